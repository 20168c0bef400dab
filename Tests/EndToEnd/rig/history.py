"""A past for a ledger: rows as the gateway would have written them, on any day, with costs that a test chooses."""

import datetime
import json
import sqlite3

EPOCH_MS = 1_577_836_800_000
TOKENS = ("input_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "cache_read_tokens", "output_tokens")
TEXTS = ("user", "team", "key_id", "session_id", "agent_id", "parent_agent_id", "agent_type", "request_class", "prompt_id", "project",
         "model_requested", "model_served", "provider", "provider_kind", "client_version", "entrypoint", "operation", "outcome")
# Nano-dollars for a token of claude-sonnet-5-5, by class: 2, 2.5, 4, 0.1 and 10 dollars for a million.
SONNET = dict(zip(TOKENS, (2000, 2500, 4000, 100, 10000)))
SONNET_VERSION = "anthropic-2026-11-20/claude-sonnet-5-5"


def cost(tokens, prices=SONNET):
    return sum(prices[name] * count for name, count in tokens.items())


class History:
    def __init__(self, gateway):
        self.path = gateway.folder / "data" / "ledger.sqlite3"
        self._sequence = 0
        self.rows = []

    def add(self, at, tokens=None, cost_nano_usd=None, attempts=None, **columns):
        """A request at a moment (Unix seconds). `attempts`: of several, dictionaries of their columns that differ."""
        self._sequence += 1
        tokens = {name: 0 for name in TOKENS} | (tokens or {})
        texts = {name: "" for name in TEXTS} | {
            "user": "alice", "team": "platform", "model_requested": "claude-sonnet-5-5", "model_served": "claude-sonnet-5-5",
            "provider": "main", "provider_kind": "anthropic", "operation": "messages", "outcome": "ok"}
        numbers = {"unpriced": 0, "estimated": 0, "truncated": 0, "streamed": 1, "status": 200, "web_search_requests": 0, "web_fetch_requests": 0,
                   "bytes_in": 1, "bytes_out": 1, "usage": None, "price_version": SONNET_VERSION}
        given = {**texts, **numbers, **columns}
        request = {
            "id": int(at * 1000 - EPOCH_MS) << 22 | self._sequence, "started_at": int(at * 10**9), "duration_ns": 10**9, **tokens, **given,
            "cost_nano_usd": cost(tokens) if cost_nano_usd is None else cost_nano_usd, "attempts": len(attempts or [0])}
        single = {"provider": request["provider"], "model": request["model_served"], **tokens,
                  **{name: request[name] for name in ("cost_nano_usd", "outcome", "estimated", "price_version")}}
        self.rows.append((request, [{**single, **attempt} for attempt in attempts or [{}]]))
        return request["id"]

    def write(self):
        """Into the database, beside a gateway or without one."""
        connection = sqlite3.connect(self.path, timeout=30)
        with connection:
            for request, attempts in self.rows:
                insert(connection, "requests", request)
                for ordinal, attempt in enumerate(attempts):
                    insert(connection, "attempts", {
                        "request_id": request["id"], "ordinal": ordinal, "started_at": request["started_at"], "reused_connection": 0,
                        "web_search_requests": 0, "web_fetch_requests": 0, **attempt})
            rebuild(connection)
        connection.close()
        self.rows = []


def insert(connection, table, values):
    connection.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})", tuple(values.values()))


KEYS = ("user", "team", "key_id", "project", "model_requested", "model_served", "provider", "operation", "outcome")


def daily(connection):
    """What the roll-up has to hold, from the rows."""
    sums = ", ".join(f"sum({name})" for name in (*TOKENS, "web_search_requests", "web_fetch_requests", "cost_nano_usd"))
    return connection.execute(
        f"SELECT date(((id >> 22) + {EPOCH_MS}) / 1000, 'unixepoch'), {', '.join(KEYS)}, count(*), sum(outcome NOT IN ('ok', 'client_gone')), "
        f"sum(estimated), sum(unpriced), {sums} FROM requests GROUP BY {', '.join(str(n) for n in range(1, 11))}").fetchall()


RETRIED_KEYS = ("user", "team", "key_id", "project", "model_served", "provider")
SUMS = ("requests", "errors", "estimated_requests", "unpriced_requests", *TOKENS, "web_search_requests", "web_fetch_requests", "cost_nano_usd")
MONTHS_BEFORE = "(SELECT value FROM meta WHERE name = 'months_before')"
MONTHLY = (f"SELECT substr(day, 1, 8) || '01', {', '.join(KEYS)}, {', '.join(f'sum({name})' for name in SUMS)} FROM daily_costs "
           f"WHERE strftime('%s', day) / 86400 < {MONTHS_BEFORE} GROUP BY {', '.join(str(n) for n in range(1, 11))}")


def retried(connection):
    """By how much the attempts of requests with several differ from the requests, from the rows."""
    sums, connection.row_factory = {}, sqlite3.Row

    def add(request, row, model, sign, figures):
        at = datetime.datetime.fromtimestamp(((request["id"] >> 22) + EPOCH_MS) / 1000, datetime.UTC)
        key = (f"{at:%Y-%m-%d}", *(request[name] for name in ("user", "team", "key_id", "project")), model, row["provider"])
        counts = [*figures, *(row[name] for name in (*TOKENS, "web_search_requests", "web_fetch_requests", "cost_nano_usd"))]
        sums[key] = [one + sign * other for one, other in zip(sums.get(key, [0] * len(counts)), counts)]
    for request in connection.execute("SELECT * FROM requests WHERE attempts > 1").fetchall():
        error = request["outcome"] not in ("ok", "client_gone")
        add(request, request, request["model_served"], -1, (1, error, request["estimated"], request["unpriced"]))
        for row in connection.execute("SELECT * FROM attempts WHERE request_id = ?", (request["id"],)):
            unpriced = row["price_version"] is None and row["cost_nano_usd"] == 0 and row["input_tokens"] + row["output_tokens"] > 0
            add(request, row, row["model"], 1, (1, 0, row["estimated"], unpriced))
    connection.row_factory = None
    return [(*key, *counts) for key, counts in sums.items()]


def rebuild(connection):
    for table, rows in (("daily_costs", daily(connection)), ("retried_costs", retried(connection))):
        connection.execute(f"DELETE FROM {table}")
        if rows:
            keys = ("day", *(KEYS if table == "daily_costs" else RETRIED_KEYS))
            connection.executemany(f"INSERT INTO {table} ({', '.join((*keys, *SUMS))}) VALUES ({', '.join('?' * len(rows[0]))})", rows)
    connection.execute("UPDATE meta SET value = (SELECT ifnull(strftime('%s', substr(max(day), 1, 8) || '01') / 86400, 0) FROM daily_costs) "
                       "WHERE name = 'months_before'")
    connection.execute("DELETE FROM monthly_costs")
    connection.execute(f"INSERT INTO monthly_costs ({', '.join(('day', *KEYS, *SUMS))}) {MONTHLY}")
    facts = ("user", "team", "project", "client_version", "entrypoint", "models", "context_model")
    connection.execute(
        f"INSERT INTO sessions (session_id, first_id, last_id, last_at, context_id, context_tokens, {', '.join((*facts, *SUMS))}) "
        f"SELECT session_id, min(id), max(id), max(started_at), 0, 0, {', '.join(chr(39) * 2 for _ in facts)}, count(*), sum(outcome NOT IN ('ok', 'client_gone')), "
        f"{', '.join(f'sum({name})' for name in ('estimated', 'unpriced', *SUMS[4:]))} FROM requests WHERE session_id != '' GROUP BY session_id "
        f"ON CONFLICT (session_id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in SUMS)}")


def stored(connection):
    """The roll-up by days, which those by months and of retries must agree with."""
    months = connection.execute(f"SELECT day, {', '.join((*KEYS, *SUMS))} FROM monthly_costs").fetchall()
    assert sorted(months) == sorted(connection.execute(MONTHLY).fetchall())
    assert sorted(connection.execute(f"SELECT day, {', '.join((*RETRIED_KEYS, *SUMS))} FROM retried_costs").fetchall()) == sorted(retried(connection))
    return connection.execute(f"SELECT day, {', '.join((*KEYS, *SUMS))} FROM daily_costs").fetchall()


def usage(tokens, **more):
    """The usage object that Anthropic would have sent."""
    return json.dumps({"input_tokens": tokens["input_tokens"], "output_tokens": tokens["output_tokens"], **more})
