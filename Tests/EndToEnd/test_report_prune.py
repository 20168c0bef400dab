"""Rows of old requests are taken out beside a running gateway: sums stay, budgets go on, and what cannot be told any more is refused."""

import datetime
import json
import time

import pytest

from rig.answers import Message
from rig.gateway import prompt
from rig.history import History

DAY = 86_400
TOKENS = {"input_tokens": 1000, "cache_read_tokens": 50_000, "output_tokens": 300}
MONTHLY = {"id": "monthly", "limit_to": 1000, "unit": "cost_per_month"}
RUNS = {"id": "runs", "limit_to": 20, "unit": "cost_total", "budget_applies_per": ["session"]}


def first_kept(months):
    today = datetime.datetime.now(datetime.timezone.utc)
    count = today.year * 12 + today.month - 1 - months
    return f"{count // 12}-{count % 12 + 1:02}-01"


@pytest.fixture
def old(make_gateway):
    """Three thousand requests of the last 300 days, beside those of a gateway that runs with budgets."""
    gateway = make_gateway()
    gateway.config["budgets"] = [MONTHLY, RUNS]
    gateway.start()
    history, now = History(gateway), time.time()
    for number in range(3000):
        history.add(now - 300 * DAY + number * 8_600, TOKENS, user=f"user-{number % 7}", session_id=f"session-{number // 10}")
    history.write()
    return gateway


def prune(gateway, *arguments, code=0):
    done = gateway.run("report", "prune", *arguments, code=code)
    return done.stdout if code == 0 else done.stderr


def test_rows_go_and_sums_stay_while_requests_are_served(old, upstream):
    upstream.answers(*[Message()] * 4)
    key = old.issue()
    assert old.messages(key, prompt()).status == 200
    old.ledger.closed(1)
    by = ("--by", "month,user,model", "--since", "2020-01-01")
    before = old.report(*by)
    foreseen = prune(old, "--keep-months", "3", "--dry-run")
    assert before["total"]["requests"] == 3001 and old.report(*by)["total"] == before["total"]
    assert old.messages(key, prompt()).status == 200
    told, day = prune(old, "--keep-months", "3"), first_kept(3)
    assert foreseen.replace("to be taken out", "taken out") == told and f"before {day}" in told, (foreseen, told)
    bound = datetime.datetime.fromisoformat(day + "T00:00:00+00:00").timestamp() * 1e9
    (left,) = old.ledger.rows(f"SELECT sum(started_at >= {bound}) AS n, count(DISTINCT iif(started_at < {bound}, session_id, NULL)) AS kept FROM requests")
    assert 500 < left["n"] < 1500 and left["kept"] <= 1, "of sessions before only one that went on"
    assert old.messages(key, prompt()).status == 200
    old.ledger.closed(3)

    after = old.report(*by)
    assert after["total"]["requests"] == 3003
    past = [row for row in before["rows"] if row["month"] < day[:7]]
    assert past and past == [row for row in after["rows"] if row["month"] < day[:7]]
    refused = old.run("report", "--by", "session", "--since", "400d", code=1).stderr
    assert f"--since {day}" in refused and "report prune" in refused, refused
    assert old.report("--by", "session", "--since", day)["total"]["requests"] == left["n"] + 1
    assert json.loads(old.run("report", "--cache", "--since", day, "--format", "json").stdout)
    assert {row["action"]: row["subject"] for row in old.ledger.rows("SELECT * FROM audit WHERE action LIKE 'prune%'")} == {
        "prune": day, "prune_end": day}

    proof = old.run("budgets", "verify")
    assert "each of them was right" in proof.stdout and day in proof.stderr, (proof.stdout, proof.stderr)
    findings = json.loads(old.run("doctor", "--json", code=None).stdout)
    assert {finding["state"] for finding in findings if finding["check"] == "sums"} == {"ok"}
    old.stop()
    old.start()
    assert old.messages(key, prompt()).status == 200
    assert "days made anew" in old.run("report", "rebuild").stdout
    old.ledger.closed(4)
    rebuilt = old.report(*by)
    assert past == [row for row in rebuilt["rows"] if row["month"] < day[:7]] and rebuilt["total"]["requests"] == 3004
    assert "rows of 0 requests" in prune(old, "--keep-months", "3")


def test_what_would_lose_money_is_refused(old):
    assert "from 3 to 1200" in prune(old, "--keep-months", "2", code=2)
    assert "keep-months" in prune(old, code=2)
    old.stop()
    old.config["budgets"] = [MONTHLY, {"id": "project", "limit_to": 5000, "unit": "cost_total"}]
    old.write()
    assert "budget `project` counts without end" in prune(old, "--keep-months", "3", code=2)
    assert old.ledger.rows("SELECT count(*) AS n FROM requests") == [{"n": 3000}]
