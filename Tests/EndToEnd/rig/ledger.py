"""Reading the ledger as anyone may: SQLite, read-only, while the gateway runs or after; and the journals beside it.

A request in flight has its row in a journal, which outlives a killed process; finished rows move into the database
within moments, and what a killed process left moves there at the next start.
"""

import os
import pathlib
import sqlite3

from rig.waiting import eventually

TOKENS = ("input_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "cache_read_tokens", "output_tokens")
DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
SLOT, OPEN = 8192, 1  # a journal: a header, then the rows, all of one size, a row's state in its first word


def expected(usage):
    """The ledger's token columns for a usage that the upstream claimed."""
    hour = usage.get("cache_write_1h", 0)
    return {
        "input_tokens": usage["input_tokens"],
        "cache_write_5m_tokens": usage["cache_creation_input_tokens"] - hour,
        "cache_write_1h_tokens": hour,
        "cache_read_tokens": usage["cache_read_input_tokens"],
        "output_tokens": usage["output_tokens"],
    }


def tokens(row):
    return {name: row[name] for name in TOKENS}


def id_text(number):
    """A row id as clients see it."""
    return "req_" + "".join(DIGITS[number >> shift & 31] for shift in range(60, -1, -5))


def id_number(text):
    number = 0
    for digit in text.removeprefix("req_"):
        number = number << 5 | DIGITS.index(digit)
    return number


def readable(row):
    """A row as a dictionary, trace and span ids in hexadecimal, the request's id as clients see it."""
    plain = {name: value.hex() if isinstance(value, bytes) else value for name, value in dict(row).items()}
    return plain | {name: id_text(plain[name]) for name in ("id", "request_id") if isinstance(plain.get(name), int)}


class Ledger:
    def __init__(self, folder):
        self._folder = pathlib.Path(folder)

    def rows(self, query, *arguments):
        path = self._folder / "ledger.sqlite3"
        if not path.exists():
            return []
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
        try:
            connection.row_factory = sqlite3.Row
            return [readable(row) for row in connection.execute(query, arguments)]
        finally:
            connection.close()

    @property
    def requests(self):
        """The finished model requests, oldest first."""
        return self.rows("SELECT * FROM requests WHERE operation = 'messages' ORDER BY id")

    @property
    def attempts(self):
        """Their attempts."""
        return self.rows(
            "SELECT a.*, r.trace_id FROM attempts a JOIN requests r ON r.id = a.request_id "
            "WHERE r.operation = 'messages' ORDER BY a.request_id, a.ordinal")

    def request(self, request_id):
        """The row of one request, of any kind: a list of one, or empty."""
        return self.rows("SELECT * FROM requests WHERE id = ?", id_number(request_id))

    def _states(self):
        """The state of every row in the journals; what is beyond the blocks on the disk was never used."""
        for path in sorted(self._folder.glob("journal-*.slots")):
            try:
                with open(path, "rb") as journal:
                    data = journal.read(os.fstat(journal.fileno()).st_blocks * 512)
            except FileNotFoundError:
                continue
            yield from memoryview(data[: len(data) // SLOT * SLOT]).cast("I")[SLOT // 4 :: SLOT // 4].tolist()

    def open(self):
        """How many requests are in flight."""
        return sum(state == OPEN for state in self._states())

    def settle(self, seconds=10):
        """Wait until no row is in flight or on its way into the database."""
        eventually(lambda: not any(self._states()), "every row is finished and in the database", seconds)

    def closed(self, count, seconds=10):
        """Wait until so many requests are in the ledger and none is on its way, and return them."""
        eventually(lambda: len(self.requests) >= count and not any(self._states()), f"{count} rows in the ledger", seconds)
        return self.requests
