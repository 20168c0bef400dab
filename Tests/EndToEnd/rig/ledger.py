"""Reading the ledger as anyone may: SQLite, read-only, while the gateway runs or after."""

import sqlite3

from rig.waiting import eventually

TOKENS = ("input_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "cache_read_tokens", "output_tokens")


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


class Ledger:
    """Rows come as plain dictionaries, by column name."""

    def __init__(self, path):
        self._path = path

    def rows(self, query, *arguments):
        if not self._path.exists():
            return []
        connection = sqlite3.connect(f"file:{self._path}?mode=ro", uri=True, timeout=10)
        try:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query, arguments)]
        finally:
            connection.close()

    @property
    def requests(self):
        return self.rows("select * from requests")

    @property
    def attempts(self):
        return self.rows("select * from attempts")

    def request(self, request_id):
        return self.rows("select * from requests where id = ?", request_id)

    def closed(self, count, seconds=10):
        """Wait until so many requests are in the ledger and none is open, and return them."""
        eventually(lambda: len(self.requests) >= count and not self.open(), f"{count} closed rows in the ledger", seconds)
        return self.requests

    def open(self):
        return self.rows("select * from requests where ended_at is null")


def tokens(row):
    return {name: row[name] for name in TOKENS}
