"""Charging the past anew, beside a running gateway: rows, roll-up and audit change together, and a dry run changes nothing."""

import fcntl
import json
import sqlite3
import time

import pytest

from rig.answers import Message
from rig.gateway import prompt
from rig.history import SONNET, History, cost, daily, stored, usage
from rig.waiting import eventually

DAY = 86_400
TOKENS = {"input_tokens": 1000, "cache_write_5m_tokens": 200, "cache_read_tokens": 50_000, "output_tokens": 300}


@pytest.fixture
def past(gateway):
    """Five thousand requests over three days, and some that are special."""
    history, now = History(gateway), time.time()
    for number in range(5000):
        history.add(now - 3 * DAY + number * 40, {**TOKENS, "input_tokens": number}, user=f"user-{number % 7}", session_id=f"session-{number % 90}")
    history.add(now - 1000, TOKENS, model_served="claude-opus-5-5", price_version="wrong", cost_nano_usd=5)
    history.add(now - 900, TOKENS, session_id="session-1", model_served="claude-unheard-of-9", price_version=None, cost_nano_usd=0, unpriced=1)
    history.add(now - 800, TOKENS, cost_nano_usd=cost(TOKENS) * 11 // 10, usage=usage(TOKENS, inference_geo="us"))
    history.add(now - 700, TOKENS, cost_nano_usd=cost(TOKENS) // 2)  # the batch tier, which the usage does not tell
    history.add(now - 600, {**TOKENS, "output_tokens": 600}, cost_nano_usd=2 * cost(TOKENS), attempts=[
        {"output_tokens": 300, "cost_nano_usd": cost(TOKENS), "outcome": "cut"}, {"output_tokens": 300, "cost_nano_usd": cost(TOKENS)}])
    history.add(now - 500, TOKENS, provider="gone", cost_nano_usd=77)
    history.add(now - 40 * DAY, TOKENS, cost_nano_usd=1)
    history.write()
    return gateway


def prices(gateway, text):
    file = gateway.folder / "new.prices"
    file.write_text(text)
    return file


def recompute(gateway, file, *arguments, since="7d", code=0):
    done = gateway.run("report", "recompute", "--since", since, "--prices", file, "--format", "json", *arguments, code=code)
    return json.loads(done.stdout) if code == 0 else done


def in_step(gateway):
    connection = sqlite3.connect(gateway.folder / "data" / "ledger.sqlite3", timeout=30)
    assert sorted(stored(connection)) == sorted(daily(connection)), "the roll-up is the sum of the rows"
    broken = connection.execute(
        "SELECT count(*) FROM requests r WHERE cost_nano_usd != (SELECT sum(cost_nano_usd) FROM attempts a WHERE a.request_id = r.id)").fetchone()
    assert broken == (0,)
    sessions = connection.execute("SELECT session_id, cost_nano_usd, unpriced_requests FROM sessions").fetchall()
    of_rows = connection.execute("SELECT session_id, sum(cost_nano_usd), sum(unpriced) FROM requests WHERE session_id != '' GROUP BY session_id").fetchall()
    assert sorted(sessions) == sorted(of_rows), "a session costs what its rows do"
    connection.close()


DOUBLE = "table fixed\nclaude-sonnet-5-5 - - 4 20 5 8 0.2 batch=0.5 us=1.1 search=0.01\nclaude-unheard-of-9 - - 1 1 1 1 1\n"


def test_everything_is_charged_anew(past):
    before = past.report("--since", "7d", "--by", "model")
    result = recompute(past, prices(past, DOUBLE))
    after = past.report("--since", "7d", "--by", "model")
    models = {row["model"]: row["cost_nano_usd"] for row in before["rows"]}
    now = {row["model"]: row["cost_nano_usd"] for row in after["rows"]}
    # 77 of the account that is gone stay; all else of the model costs twice, in its tier and place as before.
    assert now["claude-sonnet-5-5"] == 2 * (models["claude-sonnet-5-5"] - 77) + 77
    assert now["claude-unheard-of-9"] == 1000 * sum(TOKENS.values())
    assert now["claude-opus-5-5"] > 5
    assert result["total"]["old_nano_usd"] == before["total"]["cost_nano_usd"]
    assert result["total"]["new_nano_usd"] == after["total"]["cost_nano_usd"]
    assert (result["requests"], result["kept"], result["assumed"]) == (5006, 1, 2)
    in_step(past)
    assert past.ledger.rows("SELECT sum(unpriced) u FROM requests")[0]["u"] == 0
    row = past.ledger.rows("SELECT price_version p FROM requests WHERE model_served = 'claude-sonnet-5-5' AND provider = 'main' ORDER BY id DESC LIMIT 1")
    assert row[0]["p"] == "fixed/claude-sonnet-5-5"
    assert past.ledger.rows("SELECT cost_nano_usd c FROM requests ORDER BY id LIMIT 1")[0]["c"] == 1, "before --since nothing changes"


def test_a_tier_without_a_price_is_no_standard_one(gateway):
    """It had a price and no charge: a tier that the price did not know, and nobody knows now which."""
    history = History(gateway)
    history.add(time.time() - 100, TOKENS, cost_nano_usd=0, unpriced=1)
    history.add(time.time() - 90, TOKENS)
    history.write()
    result = recompute(gateway, prices(gateway, DOUBLE))
    assert (result["kept"], result["exact"], result["assumed"]) == (1, 1, 0)
    assert [(row["cost_nano_usd"], row["unpriced"]) for row in gateway.ledger.requests] == [(0, 1), (2 * cost(TOKENS), 0)]
    in_step(gateway)


@pytest.mark.parametrize("stream", [True, False])
def test_fast_mode_and_place_are_known_of_streams_too(gateway, upstream, stream):
    """The last usage of a stream, which the row has, leaves out what the first one said of them."""
    counts = {"input_tokens": 1000, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 100}
    key = gateway.issue()
    for more in ({"speed": "fast", "inference_geo": "us"}, {"speed": "fast"}, {"inference_geo": "us"}, {}):
        upstream.answers(Message(usage={**counts, **more}))
        assert gateway.messages(key, prompt(model="claude-opus-5-5", stream=stream)).status == 200
    gateway.ledger.closed(4)
    plain = 1000 * 4000 + 100 * 20_000
    assert sorted(row["cost_nano_usd"] for row in gateway.ledger.requests) == [plain, plain * 11 // 10, plain * 2, plain * 22 // 10]
    result = recompute(gateway, prices(gateway, "claude-opus-5-5 - - 8 40 10 16 0.4 fast=3 us=1.2\n"))
    assert (result["exact"], result["assumed"]) == (4, 0)
    assert sorted(row["cost_nano_usd"] for row in gateway.ledger.requests) == [2 * plain, plain * 24 // 10, plain * 6, plain * 72 // 10]
    in_step(gateway)
    # And back: the configuration does not have the prices by which it is charged now.
    back = recompute(gateway, "current")
    assert (back["exact"], back["assumed"]) == (4, 0)
    assert sorted(row["cost_nano_usd"] for row in gateway.ledger.requests) == [plain, plain * 11 // 10, plain * 2, plain * 22 // 10]
    in_step(gateway)


def test_it_says_what_it_leaves(past):
    done = past.run("report", "recompute", "--since", "7d", "--prices", prices(past, DOUBLE))
    assert "sessions have the new charges" in done.stdout and "--activity" in done.stdout and "--cache" in done.stdout


def test_the_audit_has_a_line_for_each_batch_and_one_for_all(past, sink):
    result = recompute(past, prices(past, DOUBLE))
    lines = past.ledger.rows("SELECT * FROM audit WHERE action LIKE 'recompute%' ORDER BY id")
    assert [line["action"] for line in lines] == ["recompute"] * 3 + ["recompute_end"]
    details = [json.loads(line["details"]) for line in lines]
    total = sum(line["new_nano_usd"] - line["old_nano_usd"] for line in details[:3])
    assert total == result["total"]["difference_nano_usd"] == details[3]["new_nano_usd"] - details[3]["old_nano_usd"]
    assert details[3]["rows"] == result["changed"] and lines[3]["subject"].endswith("new.prices") and lines[3]["actor"]
    kept = past.ledger.rows("SELECT count(*) n, sum(new_cost_nano_usd - old_cost_nano_usd) d FROM cost_corrections")[0]
    assert kept["d"] == total, "what was charged before is kept"
    names = ["report.recompute"] * 3 + ["report.recompute_end"]
    told = eventually(lambda: changes(sink, len(names)), "a gateway that runs tells of it")
    assert [event.attributes["tollgate.audit.action"] for event in told] == names
    assert [json.loads(event.attributes["tollgate.audit.details"]) for event in told] == details


def changes(sink, count):
    told = [event for event in sink.events("tollgate.audit") if event.attributes["tollgate.audit.action"].startswith("report.")]
    return len(told) >= count and told


def test_a_second_time_changes_nothing(past):
    file = prices(past, DOUBLE)
    first = recompute(past, file)
    again = recompute(past, file)
    assert first["changed"] > 5000 and again["total"]["new_nano_usd"] == first["total"]["new_nano_usd"]
    assert again["total"]["difference_nano_usd"] == 0
    in_step(past)


def test_a_dry_run_changes_nothing(past):
    before = past.ledger.rows("SELECT sum(cost_nano_usd) s FROM requests")
    dry = recompute(past, prices(past, DOUBLE), "--dry-run")
    assert past.ledger.rows("SELECT sum(cost_nano_usd) s FROM requests") == before
    assert past.ledger.rows("SELECT * FROM audit WHERE action LIKE 'recompute%'") == []
    assert recompute(past, prices(past, DOUBLE))["total"] == dry["total"]


def test_the_gateway_serves_meanwhile(past, upstream):
    key = past.issue()
    import threading
    statuses = []
    client = threading.Thread(target=lambda: statuses.extend(past.messages(key).status for _ in range(40)))
    client.start()
    recompute(past, prices(past, DOUBLE))
    client.join()
    assert statuses == [200] * 40
    past.ledger.rows("SELECT 1")
    from rig.waiting import eventually
    eventually(lambda: past.ledger.rows("SELECT count(*) n FROM requests")[0]["n"] == 5047, "all rows are in the ledger")
    in_step(past)


def test_never_two_at_once(past):
    with open(past.folder / "data" / "recompute.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = recompute(past, prices(past, DOUBLE), code=1)
    assert "another `report recompute` or `report prune` runs" in done.stderr


@pytest.mark.parametrize("text, words", [("claude-x - - 1", "five prices"), ("claude-x - - a 1 1 1 1", "a")])
def test_a_bad_price_file_is_named(gateway, text, words):
    done = gateway.run("report", "recompute", "--since", "1d", "--prices", prices(gateway, text), code=2)
    assert "new.prices:1" in done.stderr and words in done.stderr


def test_since_and_prices_are_needed(gateway):
    assert "--since is missing" in gateway.run("report", "recompute", "--prices", "current", code=2).stderr
    assert "--prices is missing" in gateway.run("report", "recompute", "--since", "1d", code=2).stderr
