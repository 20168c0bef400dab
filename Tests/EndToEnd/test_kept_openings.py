"""What a start adds up for budgets is kept for the next one, and counts only as long as it is true."""

import sqlite3

from governed import CHEAP, budget, governed, limit, spent
from rig.answers import Message
from rig.waiting import eventually

COPIES = 1500


def changed(gateway, *statements):
    with sqlite3.connect(gateway.folder / "data" / "ledger.sqlite3") as database:
        for statement in statements:
            database.execute(statement)
    database.close()


def multiply(gateway):
    """The one request of the ledger, many times more."""
    with sqlite3.connect(gateway.folder / "data" / "ledger.sqlite3") as database:
        for table, key in (("requests", "id"), ("attempts", "request_id")):
            names = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            values = [f"{name} + n" if name == key else name for name in names]
            database.execute(f"WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {COPIES}) "
                             f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)} FROM {table}, c")
    database.close()


def kept(gateway):
    return gateway.ledger.rows("SELECT * FROM openings_kept")


def month(gateway):
    rows = gateway.ledger.rows("SELECT settled, reserved, updated_at FROM budget_accounts WHERE rule = 'month'")
    return rows[0] if rows else {"updated_at": 0}


def month_after(gateway, key):
    """What the month's account comes to after one more request."""
    before = month(gateway)["updated_at"]
    assert gateway.messages(key).status == 200
    gateway.ledger.settle()
    written = eventually(lambda: (now := month(gateway))["updated_at"] != before and now["reserved"] == 0 and now, "the account is written")
    return written["settled"]


def test_a_start_goes_on_from_what_was_kept_until_an_attempt_changes(make_gateway, upstream):
    gateway = governed(
        make_gateway, budget("month", 1_000_000, "cost_per_month", budget_applies_per=["user"]),
        rate_limits=[limit("tokens", 900_000_000, "tokens_per_day")]).start()
    key = gateway.issue()
    upstream.answers(Message(usage=CHEAP))
    assert gateway.messages(key).status == 200
    gateway.ledger.settle()
    assert gateway.stop() == 0
    assert kept(gateway) == [], "a single row is read in no time"
    one = spent(gateway)
    multiply(gateway)

    gateway.restart()
    eventually(lambda: kept(gateway), "what the start has read is kept")
    assert month_after(gateway, key) == (COPIES + 2) * one
    assert gateway.stop() == 0

    changed(gateway, "UPDATE openings SET amount = amount + 1 WHERE rule = 'month'")
    gateway.restart()
    assert month_after(gateway, key) == (COPIES + 3) * one + 1, "the start begins with what was kept"
    assert gateway.kill()

    changed(gateway, "UPDATE attempts SET cost_nano_usd = cost_nano_usd + 10 WHERE request_id = (SELECT min(id) FROM requests)")
    gateway.restart()
    assert month_after(gateway, key) == (COPIES + 4) * one + 10, "a changed attempt ends what was kept"


def test_other_rules_begin_with_all_rows(make_gateway, upstream):
    gateway = governed(make_gateway, budget("month", 1_000_000, "cost_per_month", budget_applies_per=["user"])).start()
    key = gateway.issue()
    upstream.answers(Message(usage=CHEAP))
    assert gateway.messages(key).status == 200
    gateway.ledger.settle()
    assert gateway.stop() == 0
    one = spent(gateway)
    multiply(gateway)
    gateway.restart()
    eventually(lambda: kept(gateway), "what the start has read is kept")
    assert gateway.stop() == 0
    changed(gateway, "UPDATE openings SET amount = amount + 1")
    gateway.config["budgets"].append(budget("team", 1_000_000, "cost_per_month", budget_applies_per=["team"]))
    gateway.restart()
    assert month_after(gateway, key) == (COPIES + 2) * one
    assert gateway.stop() == 0
