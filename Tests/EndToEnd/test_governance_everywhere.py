"""Budgets and limits where requests go on to other targets: fallbacks, retries, full accounts, spent targets, and all of it at once."""

import json
import random
import threading
import time
from datetime import datetime, timezone

import pytest

from expectations import is_our_error
from governed import CHEAP, DOLLAR, asked, audited, budget, costs, dear, limit, listed, settled, spent, verify
from rig.answers import Message, error
from rig.gateway import prompt
from rig.upstream import Stall
from rig.waiting import eventually
from rig.wire import Closed
from virtual import NAME, PRIMARY, SECOND, ask, served, two_targets

EACH = [
    budget("organisation", "100"), budget("person", "50", "cost_per_month", budget_applies_per=["user"]),
    budget("first", "30", when={"providers": ["first"]}), budget("last", "30", when={"providers": ["last"]}),
    budget("models", "20", "cost_per_week", budget_applies_per=["model"]),
    budget("tokens", "10M", "tokens_per_day", budget_applies_per=["provider"])]
ALL = (("organisation", ""), ("person", "user=alice"))


@pytest.fixture
def pair(make_gateway, upstream, second):
    """A virtual model of two targets, and rules."""
    def start(*budgets, strategy="priority", **more):
        gateway = make_gateway()
        gateway.config["budgets"] = list(budgets or EACH)
        for name in ("rate_limits", "prices"):
            if name in more:
                gateway.config[name] = more.pop(name)
        return two_targets(gateway, upstream, second, strategy, **more)
    return start


def charged(gateway, first, last, used):
    """Each account has its part: what was spent at the first and at the last target, and the tokens used there."""
    found = settled(gateway)
    for account in ALL:
        assert found[account] == first + last == spent(gateway), found
    assert found.get(("first", ""), 0) == found.get(("models", f"model={PRIMARY}"), 0) == first, found
    assert found.get(("last", ""), 0) == found.get(("models", f"model={SECOND}"), 0) == last, found
    for provider, count in used.items():
        assert found.get(("tokens", f"provider={provider}"), 0) == count, found


def after_a_restart(gateway):
    """The accounts begin with what they ended with."""
    before = settled(gateway)
    gateway.stop()
    gateway.restart()
    key = gateway.issue(user="witness")
    gateway.messages(key, prompt(model=NAME, stream=True))
    assert settled(gateway).keys() >= before.keys()
    assert verify(gateway)["starts"] == 2


# Fallbacks


def test_an_attempt_that_cost_nothing_charges_nothing(pair, upstream, second):
    gateway, key = pair()
    upstream.answers(error(500, "api_error"))
    second.answers(Message(usage=CHEAP))
    for _ in range(3):
        served(ask(gateway, key), f"last/{SECOND}")
    (cost,) = {cost for provider, cost, _ in costs(gateway) if provider == "last"}
    assert cost > 0
    charged(gateway, 0, 3 * cost, {"first": 0, "last": 3 * 1100})
    after_a_restart(gateway)


def test_both_attempts_are_charged_where_both_cost(pair, upstream, second):
    """The first target keeps silent and may charge what it has read; the second one answers."""
    gateway, key = pair(first={"first_byte_timeout": "150ms"})
    upstream.answers(Stall(before_head=True))
    second.answers(Message(usage=CHEAP))
    served(ask(gateway, key), f"last/{SECOND}")
    (first, given_up, input_tokens), (last, cost, _) = costs(gateway)
    assert (first, last) == ("first", "last") and given_up > 0 and cost > given_up
    charged(gateway, given_up, cost, {"first": input_tokens, "last": 1100})
    after_a_restart(gateway)


def test_retries_are_charged_each_for_itself(pair, upstream, second):
    gateway, key = pair(first={"retry_config": {"attempts": 3, "delay": "1ms", "on_status_codes": [500]}})
    upstream.answers(error(500, "api_error"), error(500, "api_error"), Message(usage=CHEAP))
    served(ask(gateway, key), f"first/{PRIMARY}")
    assert [provider for provider, _, _ in costs(gateway)] == ["first"] * 3
    charged(gateway, spent(gateway), 0, {"first": 1100})


def test_a_connection_that_had_died_costs_nothing(pair, upstream):
    upstream.idle_closer = lambda connection: connection == 1
    gateway, key = pair(loops="1")
    for _ in range(2):
        served(ask(gateway, key), f"first/{PRIMARY}")
    assert len(costs(gateway)) == 3
    charged(gateway, spent(gateway), 0, {})


def test_a_full_account_gives_back_what_was_held(pair, upstream, second):
    gateway, key = pair(providers={"first": {"max_concurrent_requests": 1}})
    gate = upstream.gate()
    upstream.answers(Message(gate=gate, usage=CHEAP))
    second.answers(Message(usage=CHEAP))
    with asked(gateway, key, prompt(model=NAME, stream=True)) as connection:
        gate.wait()
        served(ask(gateway, key), f"last/{SECOND}")
        audited(gateway, "release")
        gate.open()
        assert connection.answer().status == 200
    by = {provider: cost for provider, cost, _ in costs(gateway)}
    charged(gateway, by["first"], by["last"], {"first": 1100, "last": 1100})
    eventually(lambda: not any(float(account["reserved"]) for account in listed(gateway)["accounts"]), "nothing is reserved")


def test_what_only_waited_for_a_place_when_its_process_died_cost_nothing(pair, upstream):
    gateway, key = pair(providers={"first": {"max_concurrent_requests": 1, "max_queued_requests": 1}})
    gate = upstream.gate()
    upstream.answers(Message(gate=gate, usage=CHEAP))
    direct = prompt(model=f"first/{PRIMARY}", stream=True)
    with asked(gateway, key, direct):
        gate.wait()
        with asked(gateway, key, direct):
            eventually(lambda: gateway.ledger.open() == 2, "both have a row")
            # It is the third that is refused, so the second waits.
            assert gateway.messages(key, direct).status == 529
            eventually(lambda: len(gateway.ledger.requests) == 1, "the refused one is in the ledger")
            gateway.kill()
    gate.open()
    gateway.restart()
    gateway.stop()
    waited, sent = sorted(
        (row["cost_nano_usd"], row["estimated"]) for row in gateway.ledger.requests if row["outcome"] == "interrupted")
    assert waited == (0, 0) and sent[0] > 0 and sent[1] == 1
    assert [cost for _, cost, _ in costs(gateway)] == [sent[0]]
    verify(gateway)


def test_a_proof_may_begin_while_requests_are_in_flight(pair, upstream, second):
    gateway, key = pair()
    gate = upstream.gate()
    upstream.answers(Message(gate=gate, usage=CHEAP))
    with asked(gateway, key, prompt(model=NAME, stream=True)) as before:
        gate.wait()
        since = datetime.now(timezone.utc).isoformat()
        with asked(gateway, key, prompt(model=NAME, stream=True)) as after:
            eventually(lambda: len(upstream.calls) == 2, "both are in flight")
            gate.open()
            assert before.answer().status == after.answer().status == 200
    served(ask(gateway, key), f"first/{PRIMARY}")
    gateway.stop()
    report = json.loads(gateway.run("budgets", "verify", "--json", "--since", since).stdout)
    assert report["admissions"] == 2 and report["findings"] == [] and report["starts"] == 0, report
    assert verify(gateway)["admissions"] == 3


def test_a_proof_of_a_gateway_that_runs_is_not_spoilt_by_a_long_request(pair, upstream, second):
    gateway, key = pair()
    gate = upstream.gate()
    upstream.answers(Message(gate=gate, usage=CHEAP))
    with asked(gateway, key, prompt(model=NAME, stream=True)) as long:
        gate.wait()
        upstream.answers(Message(usage=CHEAP))
        threads = [threading.Thread(target=lambda: [ask(gateway, key) for _ in range(70)]) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        eventually(lambda: gateway.ledger.open() == 1 and len(gateway.ledger.requests) == 560, "all others are written")
        report = verify(gateway)
        assert report["admissions"] > 500 and report["uncompared"] > 1000 and report["findings"] == [], report
        gate.open()
        assert long.answer().status == 200
    gateway.stop()
    report = verify(gateway)
    assert report["uncompared"] == 0 and report["admissions"] > 500


# A spent budget of one target


def test_a_spent_budget_of_the_first_target_lets_the_next_serve(pair, upstream, second, sink):
    gateway, key = pair(budget("first-only", "0.000001", when={"models": [f"first/{PRIMARY}"]}), budget("all", "10"))
    for _ in range(3):
        answer = served(ask(gateway, key), f"last/{SECOND}")
        assert answer.header("anthropic-ratelimit-unified-status") != "rejected"
    assert upstream.calls == []
    spans = [sink.request_span(answer.header("request-id"))]
    assert "first-only" in spans[0].attributes["tollgate.route.reason"]
    assert settled(gateway)[("all", "")] == spent(gateway)
    (line,) = audited(gateway, "refuse", request_id=answer.header("request-id"))
    assert line["details"]["rule"] == "first-only"
    report = verify(gateway)
    assert (report["admissions"], report["refusals"], report["findings"]) == (3, 3, [])
    plain = gateway.messages(key, prompt(model=PRIMARY))
    is_our_error(plain, 429, "billing_error")


def test_when_every_target_is_spent_the_first_reason_is_told(pair, upstream, second):
    gateway, key = pair(budget("a", "0.000001", when={"providers": ["first"]}), budget("b", "0.000001", when={"providers": ["last"]}))
    answer = ask(gateway, key)
    is_our_error(answer, 429, "billing_error")
    assert "`a`" in answer.error[1] and answer.header("x-should-retry") == "false"
    assert upstream.calls == second.calls == []
    eventually(lambda: verify(gateway)["refusals"] == 2, "both refusals in the audit")  # which the writer adds in its time


def test_a_spent_fallback_leaves_the_upstreams_own_error(pair, upstream, second):
    gateway, key = pair(budget("b", "0.000001", when={"providers": ["last"]}))
    upstream.answers(error(529, "overloaded_error", "Come later."))
    answer = ask(gateway, key)
    assert answer.status == 529 and answer.error == ("overloaded_error", "Come later.")
    assert second.calls == [] and verify(gateway)["findings"] == []


def test_limits_count_what_goes_to_a_target(pair, upstream, second):
    """A limit of one target sends the rest to the next, as a burst from servers of one's own to the cloud."""
    gateway, key = pair(rate_limits=[limit("own", 2, "requests_per_minute", when={"providers": ["first"]})])
    targets = [ask(gateway, key).header("x-tollgate-target") for _ in range(4)]
    assert targets == [f"first/{PRIMARY}"] * 2 + [f"last/{SECOND}"] * 2
    verify(gateway)


def test_places_are_given_back_between_targets(pair, upstream, second):
    """With one place for all, a request that falls back needs it once at a time."""
    gateway, key = pair(rate_limits=[limit("one", 1, "concurrent_requests")])
    upstream.answers(error(500, "api_error"))
    for _ in range(4):
        served(ask(gateway, key), f"last/{SECOND}")
        gateway.ledger.settle()
    assert settled(gateway)


# Everything at once


class Moody:
    """A provider that mostly answers, and else fails in every way there is."""

    def __init__(self, seed):
        self._random = random.Random(seed)

    async def __call__(self, exchange):
        chance, usage = self._random.random(), {**CHEAP, "output_tokens": self._random.randrange(1, 2000)}
        await exchange.pause(self._random.random() * 0.01)
        if chance < 0.15:
            await error(self._random.choice([429, 500, 529]), "overloaded_error")(exchange)
        elif chance < 0.2:
            exchange.reset()
        elif chance < 0.3:
            await Message(text="word " * 20, usage=usage, fail=self._random.choice(["cut", "reset"]), fail_after=8)(exchange)
        else:
            await Message(text="word " * 20, usage=usage)(exchange)


def test_whatever_happens_the_ledger_proves_it(pair, upstream, second):
    """Fallbacks, retries, full accounts, queues, hang-ups, reloads, raises, spent budgets and kills, in parallel on two loops."""
    gateway, key = pair(
        *EACH, budget("tight", "0.5", "cost_per_month", when={"providers": ["first"]}),
        budget("hard", "5", "cost_per_week", max_overshoot="0.1"),
        rate_limits=[limit("turns", 12, "concurrent_requests", on_limit="queue", queue_timeout="500ms")],
        first={"retry_config": {"attempts": 2, "delay": "1ms"}}, providers={"first": {"max_concurrent_requests": 4}},
        routing={"circuit_breaker": {"failures": 1000}})
    upstream.answers(Moody(1))
    second.answers(Moody(2))
    stop = threading.Event()

    def client(seed):
        chance = random.Random(seed)
        while not stop.is_set():
            body = dear(model=NAME, stream=chance.random() < 0.7)
            try:
                with asked(gateway, key, body, {"x-claude-code-session-id": f"s{seed}"}) as connection:
                    if chance.random() < 0.2:
                        time.sleep(chance.random() * 0.02)
                    else:
                        connection.answer()
            except (Closed, OSError):  # it was killed
                time.sleep(0.02)

    clients = [threading.Thread(target=client, args=(seed,)) for seed in range(24)]
    for thread in clients:
        thread.start()
    for turn in range(3):
        time.sleep(0.5)
        gateway.run("budgets", "raise", "tight", "--by", "0.3", "--for", "1h")
        gateway.config["budgets"][1]["limit_to"] = str(40 + turn)
        gateway.reload()
        time.sleep(0.3)
        gateway.kill()
        gateway.restart()
    stop.set()
    for thread in clients:
        thread.join()
    eventually(lambda: gateway.ledger.open() == 0, "nothing is in flight")
    gateway.stop()
    report = verify(gateway, code=None)
    assert report["findings"] == [] and report["unreadable"] == 0, report
    assert report["admissions"] > 100 and report["refusals"] > 10 and report["starts"] == 4, report
    each = {}
    for provider, cost, tokens in costs(gateway):
        each[provider] = [sum(pair) for pair in zip(each.get(provider, [0, 0]), (cost, tokens))]
    charged(gateway, each["first"][0], each["last"][0], {name: tokens for name, (_, tokens) in each.items()})
    found = settled(gateway)
    assert found[("hard", "")] == spent(gateway) <= 5.1 * DOLLAR and found[("tight", "")] == each["first"][0]


def test_an_outage_costs_nobody_a_turn(pair, upstream, second):
    """A request counts once at a limit, and keeps its place, however many targets it tries."""
    gateway, key = pair(rate_limits=[limit("minute", 3, "requests_per_minute"), limit("one", 1, "concurrent_requests")])
    upstream.answers(error(500, "api_error"))
    for _ in range(3):
        served(ask(gateway, key), f"last/{SECOND}")
        gateway.ledger.settle()
    refused = ask(gateway, key)
    is_our_error(refused, 429, "rate_limit_error")
    assert "minute" in refused.error[1] and len(second.calls) == 3
