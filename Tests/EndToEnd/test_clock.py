"""Somebody sets the wall clock while the gateway runs: durations stay right, nothing waits for a time that has been, and money stays spent."""

import concurrent.futures
import json
import time

import pytest

from governed import CHEAP, budget, limit, listed, verify
from rig.answers import Message
from rig.clock import Clock
from rig.gateway import prompt
from rig.otlp import CLIENT, SERVER
from rig.waiting import eventually
from test_kept_openings import COPIES, kept, multiply

pytestmark = pytest.mark.skipif(not Clock.available(), reason="needs a C compiler")
HOUR, DAY = 3600, 86400


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    return Clock.compile(tmp_path_factory.mktemp("clock"))


@pytest.fixture
def clocked(make_gateway, library):
    """A gateway that is not started yet, and its clock."""

    def make(**config):
        gateway = make_gateway()
        gateway.config.update(config)
        return gateway, Clock(library, gateway)

    return make


def midday():
    """Seconds that the clock has to go on to be at noon (UTC), where days do not change by surprise."""
    return (12 * HOUR - int(time.time())) % DAY


@pytest.mark.parametrize("step", [3 * HOUR, -3 * HOUR, 40 * DAY, -40 * DAY])
def test_a_request_under_way(clocked, upstream, sink, step):
    """Its duration is what it took; its spans do not end before they begin, and go out."""
    gateway, clock = clocked()
    gateway.start("--loops", "1")
    key, gate = gateway.issue(), upstream.gate()
    upstream.answers(Message(gate=gate), Message())
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        began = time.monotonic()
        answer = pool.submit(gateway.messages, key, prompt(stream=True), {"x-claude-code-session-id": "one"})
        gate.wait()
        clock.set(step)
        time.sleep(0.3)
        gate.open()
        first = answer.result()
        took = time.monotonic() - began
    assert first.complete
    second = gateway.messages(key, headers={"x-claude-code-session-id": "one"})
    assert second.status == 200
    rows = {row["id"]: row for row in gateway.ledger.closed(2)}
    assert len(rows) == 2
    early, late = rows[first.header("request-id")], rows[second.header("request-id")]
    assert 0.3e9 <= early["duration_ns"] <= took * 1e9 + 0.2e9 and 0 < early["ttfb_ns"] < early["duration_ns"]
    assert 0 < late["duration_ns"] < 5e9
    assert abs(early["started_at"] / 1e9 - time.time()) < 30, "it began by the clock as it was"
    assert abs(late["started_at"] / 1e9 - time.time() - step) < 30, "this one began by the clock as it is"
    for answer in (first, second):
        server = sink.request_span(answer.header("request-id"))
        spans = eventually(lambda: (s := [x for x in sink.spans if x.trace_id == server.trace_id]) and any(x.kind == CLIENT for x in s) and s, "its spans")
        assert all(0 <= span.end - span.begin < 5e9 for span in spans), [(span.name, span.end - span.begin) for span in spans]
    assert not [span for span in sink.spans if span.end < span.begin]
    assert [span for span in sink.spans if span.kind == SERVER]


@pytest.mark.parametrize("step", [5 * HOUR, -5 * HOUR])
def test_what_runs_by_itself_goes_on(clocked, upstream, sink, step):
    """Exports, pings, reloads, keys, scrapes: no timer waits for a time that has been."""
    gateway, clock = clocked()
    gateway.config["limits"]["ping_interval"] = "200ms"
    gateway.start("--loops", "2")
    key = gateway.issue()
    assert gateway.messages(key).status == 200
    clock.set(step)
    before = len(sink.points)
    eventually(lambda: len(sink.points) > before, "metrics go on being exported")

    def since():
        return [point for point in sink.points if abs(point.at / 1e9 - time.time() - step) < 60]
    eventually(lambda: len({point.at for point in since()}) > 2, "several exports by the clock as it is")
    assert all(point.begin <= point.at for point in since()), "no point ends before it begins"
    assert len({point.begin for point in since() if point.begin}) == 1, "sums go on where they began"
    gateway.config["models"].append({"name": "more", "target": "main/claude-haiku-5-5"})
    gateway.reload()
    fresh = gateway.issue(user="bob")
    eventually(lambda: gateway.messages(fresh, prompt(model="more")).status == 200, "a new key and a new model", 3)
    gateway.run("keys", "revoke", key.id)
    eventually(lambda: gateway.messages(key).status == 401, "a revoked key", 3)
    upstream.answers(Message(wait=1))
    upstream.answers(Message(pace=0.5, text="two"), Message())
    answer = gateway.messages(fresh, prompt(stream=True))
    assert answer.complete and sum(event["type"] == "ping" for event in answer.events) > 3
    assert gateway.request("GET", "/metrics").status == 200
    assert sink.request_span(answer.header("request-id")).end > 0


def test_a_key_expires_by_the_clock_and_lives_when_it_is_set_back(clocked):
    gateway, clock = clocked()
    gateway.start()
    key = gateway.issue("--expires", "1h")
    for step, status in ((0, 200), (2 * HOUR, 401), (0, 200), (-2 * HOUR, 200)):
        clock.set(step)
        assert gateway.messages(key).status == status, step


def with_a_budget(clocked, dollars, loops):
    """A gateway with a budget of each person and day, at noon."""
    gateway, clock = clocked(budgets=[budget("day", dollars, budget_applies_per=["user"])])
    noon = midday()
    clock.set(noon)
    gateway.start("--loops", loops)
    return gateway, clock, noon


def test_money_that_was_spent_stays_spent(clocked, upstream):
    """A day ahead a new day's money is there; back on the first day, that of the first is gone as it was."""
    upstream.answers(Message(usage=CHEAP))
    gateway, clock, noon = with_a_budget(clocked, "0.02", loops="1")
    key = gateway.issue()

    def spend():
        answers = [gateway.messages(key, prompt("x" * 4000, max_tokens=150)).status for _ in range(10)]
        assert set(answers) <= {200, 429}
        return answers.count(200), answers[-1]

    first, last = spend()
    assert first and last == 429
    clock.set(noon + DAY)
    second, last = spend()
    assert second and last == 429
    time.sleep(1.2)  # accounts that are over may be let go of now
    clock.set(noon)
    assert spend() == (0, 429)
    clock.set(noon + DAY)
    assert spend() == (0, 429)
    clock.set(noon - DAY)
    earlier, _ = spend()
    assert earlier, "a day that nobody has spent anything in"
    gateway.ledger.settle()
    found = json.loads(gateway.run("budgets", "verify", "--json", code=None).stdout)["findings"]
    assert found == [], json.dumps(found)


@pytest.mark.parametrize("step", [-6 * HOUR, 6 * HOUR])
def test_rate_limits(clocked, step):
    """A limit is never passed because the clock went back, and nobody waits longer than a window. Ahead of the window it begins anew."""
    gateway, clock = clocked(rate_limits=[limit("few", 2, "requests_per_minute")])
    gateway.start("--loops", "1")
    key = gateway.issue()
    assert [gateway.messages(key).status for _ in range(3)] == [200, 200, 429]
    clock.set(step)
    answer = gateway.messages(key)
    if step > 0:
        assert answer.status == 200
    else:
        assert answer.status == 429 and 0 < int(answer.header("retry-after")) <= 60
        clock.set(step + 61)
        assert gateway.messages(key).status == 200


@pytest.mark.parametrize("step", [-6 * HOUR, 6 * HOUR])
def test_who_waits_for_a_place_waits_no_longer(clocked, upstream, step):
    gateway, clock = clocked(rate_limits=[limit("one", 1, "concurrent_requests", on_limit="queue", queue_timeout="1s")])
    gateway.start("--loops", "1")
    key, gate = gateway.issue(), upstream.gate()
    upstream.answers(Message(gate=gate), Message())
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        running = pool.submit(gateway.messages, key, prompt(stream=True))
        gate.wait()
        began = time.monotonic()
        waiting = pool.submit(gateway.messages, key)
        time.sleep(0.2)
        clock.set(step)
        answer = waiting.result()
        assert answer.status == 429 and 0.9 < time.monotonic() - began < 4, (answer.status, time.monotonic() - began)
        gate.open()
        assert running.result().complete
    assert gateway.messages(key).status == 200


def test_a_sequence_of_steps_leaves_rows_that_can_be_read(clocked, upstream):
    gateway, clock = clocked()
    gateway.start("--loops", "2")
    key = gateway.issue()
    ids = []
    for step in (0, -DAY, 5 * HOUR, -5 * HOUR, 0, 30, -30, 0):
        clock.set(step)
        for _ in range(3):
            answer = gateway.messages(key, prompt(stream=True), {"x-claude-code-session-id": "one"})
            assert answer.complete
            ids.append(answer.header("request-id"))
    rows = gateway.ledger.closed(len(ids))
    assert len(set(ids)) == len(ids) and {row["id"] for row in rows} == set(ids)
    assert all(0 < row["duration_ns"] < 5e9 and row["outcome"] == "ok" for row in rows)
    clock.set(0)
    report = gateway.report("--by", "day", "--since", "3d")
    assert report["total"]["requests"] == len(ids)
    assert all((row["since_last_ns"] or 0) >= 0 for row in gateway.ledger.rows("SELECT since_last_ns FROM cache_breaks"))


def gauges(gateway):
    """What `/metrics` says of budgets, by the end of the name."""
    lines = gateway.request("GET", "/metrics").body.decode().splitlines()
    return {line.split("{")[0].removeprefix("tollgate_budget_"): float(line.split()[-1]) for line in lines
            if line.startswith("tollgate_budget_") and 'scope="user=alice"' in line}


def test_figures_of_a_budget_speak_of_the_window_that_is_open(clocked, upstream):
    """They are there from the start of a gateway where something was spent, and gone with the window."""
    upstream.answers(Message(usage=CHEAP))
    gateway, clock, noon = with_a_budget(clocked, "5", loops="2")
    assert gateway.messages(gateway.issue()).status == 200
    spent = eventually(lambda: (all := gauges(gateway)) and all["reserved"] == 0 and all, "its figures")
    assert spent["settled"] > 0 and spent["limit"] == 5e9
    gateway.stop()
    gateway.restart()
    assert gauges(gateway) == spent
    clock.set(noon + DAY)
    eventually(lambda: gauges(gateway) == {}, "yesterday's money is not told as today's", 15)


def test_what_was_spent_by_a_clock_that_was_ahead_is_no_other_days(clocked, upstream):
    """Budgets have it in the window that the clock showed, over restarts too. Reports go by ids, which never go back: the doctor says so."""
    upstream.answers(Message(usage=CHEAP))
    gateway, clock = clocked(budgets=[budget("day", "5"), budget("ever", "5", unit="cost_total")])
    noon = midday()

    def accounts():
        gateway.ledger.settle()
        time.sleep(1.2)  # what the gateway tells of them is a second old
        return {account["rule"]: account["settled_nano_usd"] for account in listed(gateway)["accounts"]}

    def clock_found():
        (found,) = [each for each in json.loads(gateway.run("doctor", "--json", code=None).stdout) if each["check"] == "clock"]
        return found

    clock.set(noon + 40 * DAY)
    gateway.start("--loops", "1")
    key = gateway.issue()
    for step, requests in ((noon + 40 * DAY, 3), (noon, 1)):
        clock.set(step)
        assert [gateway.messages(key).status for _ in range(requests)] == [200] * requests
    cost = gateway.ledger.closed(4)[0]["cost_nano_usd"]
    spent = {"day": cost, "ever": 4 * cost}
    assert accounts() == spent
    found = clock_found()
    assert found["state"] == "fail" and "39 days in the future" in found["detail"], found
    gateway.stop()
    assert accounts() == spent
    gateway.restart()
    assert accounts() == spent
    assert gateway.messages(key).status == 200
    assert accounts() == {"day": 2 * cost, "ever": 5 * cost}
    assert json.loads(gateway.run("budgets", "verify", "--json").stdout)["uncompared"] == 0


@pytest.mark.parametrize("wrong", [40 * DAY, -40 * DAY])
def test_a_start_by_a_clock_that_was_wrong(clocked, upstream, wrong):
    """As on a machine that asks for the time after the gateway began: what was spent in the true windows is known."""
    upstream.answers(Message(usage=CHEAP))
    gateway, clock = clocked(budgets=[budget("month", "0.02", unit="cost_per_month", budget_applies_per=["user"])])
    noon = midday()
    clock.set(noon)
    gateway.start("--loops", "1")
    alice, bob = gateway.issue(), gateway.issue(user="bob")
    while gateway.messages(alice, prompt("x" * 4000, max_tokens=150)).status == 200:
        pass
    gateway.stop()
    clock.set(noon + wrong)
    gateway.restart()
    clock.set(noon)
    assert gateway.messages(bob).status == 200, "the first that anybody asks"
    gateway.logged("the clock was set: budgets know")
    assert gateway.messages(alice, prompt("x" * 4000, max_tokens=150)).status == 429
    gateway.stop()
    report = verify(gateway)
    assert report["findings"] == [] and report["uncompared"] == 0, report
    assert [row["action"] for row in gateway.ledger.rows("SELECT action FROM audit WHERE action = 'clock_set'")] == ["clock_set"]


def test_a_start_by_a_clock_that_is_behind_keeps_no_sums(clocked, upstream):
    """They would be of the rows up to then, and lack what rows of later windows come to."""
    upstream.answers(Message(usage=CHEAP))
    gateway, clock = clocked(budgets=[budget("month", "1000", unit="cost_per_month")])
    noon = midday()
    clock.set(noon)
    gateway.start("--loops", "1")
    key = gateway.issue()
    assert gateway.messages(key).status == 200
    one = gateway.ledger.closed(1)[0]["cost_nano_usd"]
    gateway.stop()
    multiply(gateway)
    clock.set(noon - 40 * DAY)
    gateway.restart()
    gateway.stop()
    clock.set(noon)
    (account,) = listed(gateway)["accounts"]
    assert kept(gateway) == [] and account["settled_nano_usd"] == (COPIES + 1) * one
