"""Budgets hold before a token is spent: in parallel, over restarts and kills, and everyone who is refused reads why."""

import asyncio
import json
import random

import pytest

from expectations import is_our_error
from governed import CHEAP, DOLLAR, budget, dear, governed, listed, spent, verify
from rig.answers import Message
from rig.claude import Claude
from rig.gateway import prompt
from rig.load import Load
from rig.waiting import eventually


def test_a_spent_budget_is_told_at_once_with_everything_one_needs(make_gateway, upstream):
    gateway = governed(make_gateway, budget("everyone", "0.05", budget_applies_per=["user"])).start("--loops", "2")
    key, other = gateway.issue(), gateway.issue(user="bob")
    upstream.answers(Message(usage={**CHEAP, "output_tokens": 3000}))
    while (answer := gateway.messages(key, dear())).status == 200:
        gateway.ledger.settle()
    is_our_error(answer, 429, "billing_error")
    text = answer.error[1]
    for part in ("everyone", "user=alice", "$0.0500", "a day", "T00:00:00Z"):
        assert part in text, text
    assert answer.header("x-should-retry") == "false"
    assert 0 < int(answer.header("retry-after")) <= 86_400
    assert answer.header("anthropic-ratelimit-unified-status") == "rejected"
    assert answer.header("anthropic-ratelimit-unified-overage-period") == "daily"
    assert int(answer.header("anthropic-ratelimit-unified-reset")) % 86_400 == 0
    assert answer.header("anthropic-ratelimit-unified-representative-claim") is None, "it would replace the message"
    assert gateway.messages(other, dear()).status == 200, "somebody else's budget is not touched"
    verify(gateway)


def test_all_matching_budgets_must_admit(make_gateway, upstream):
    """The example of the documentation: a day's money for seniors, less for others, and a month's for opus."""
    gateway = governed(
        make_gateway,
        budget("seniors", "50", when={"groups": ["senior"]}, budget_applies_per=["user"]),
        budget("everyone", "10", when={"not": {"groups": ["senior"]}}, budget_applies_per=["user"]),
        budget("opus-org", "60", "cost_per_month", when={"models": ["*opus*"]})).start()
    senior, junior = gateway.issue("--group", "senior"), gateway.issue(user="bob")
    usage = {**CHEAP, "output_tokens": 1_000_000}

    def ask(key, model):
        upstream.answers(Message(usage=usage))
        answer = gateway.messages(key, prompt(model=model, max_tokens=1_000_000))
        gateway.ledger.settle()
        return answer

    assert ask(junior, "claude-sonnet-5-5").status == 200
    refused = ask(junior, "claude-sonnet-5-5")
    assert refused.status == 429 and "everyone" in refused.error[1]
    assert ask(senior, "claude-opus-5-5").status == 200
    assert spent(gateway) > 10 * DOLLAR
    verify(gateway)


class RandomCosts:
    """Answers whose output is anything up to what was asked for."""

    def __init__(self, seed, most):
        self._random, self._most = random.Random(seed), most

    async def __call__(self, exchange):
        usage = {**CHEAP, "input_tokens": self._random.randrange(10, 40), "output_tokens": self._random.randrange(1, self._most)}
        await exchange.pause(self._random.random() * 0.05)
        await Message(text="word", usage=usage)(exchange)


def test_500_in_parallel_do_not_pass_the_cap(make_gateway, upstream):
    """What is spent passes the limit by no more than the bound that the gateway states, and every decision is proved."""
    limit = 2 * DOLLAR
    gateway = governed(make_gateway, budget("cap", "2"), logs={"access": "errors"}).start("--loops", "2")
    upstream.answers(RandomCosts(4, 4000))
    load = Load(gateway, gateway.issue(), prompt(max_tokens=4000), 3000, 500)
    asyncio.run(load.run())
    gateway.ledger.settle(30)
    total = spent(gateway)
    assert sum(note.status == 200 for note in load.asked) > 20 and sum(note.status == 429 for note in load.asked) > 100
    assert total > limit * 0.8, "the budget can be used"
    report = verify(gateway)
    account = report["accounts"][0]
    assert account["settled"] == total
    assert total <= limit + account["largest_exposure"], (total, report)
    assert report["findings"] == [] and report["admissions"] + report["refusals"] == 3000


def test_with_a_bound_the_limit_is_hard(make_gateway, upstream):
    limit = 2 * DOLLAR
    gateway = governed(make_gateway, budget("cap", "2", max_overshoot="0"), logs={"access": "errors"}).start("--loops", "2")
    upstream.answers(RandomCosts(5, 4000))
    load = Load(gateway, gateway.issue(), prompt(max_tokens=4000), 1500, 500)
    asyncio.run(load.run())
    gateway.ledger.settle(30)
    assert limit * 0.5 < spent(gateway) <= limit
    verify(gateway)


def test_a_restart_keeps_what_was_spent(make_gateway, upstream):
    gateway = governed(make_gateway, budget("cap", "0.05", budget_applies_per=["user"])).start()
    key = gateway.issue()
    upstream.answers(Message(usage={**CHEAP, "output_tokens": 3000}))
    while gateway.messages(key, dear()).status == 200:
        gateway.ledger.settle()
    gateway.stop()
    gateway.restart()
    assert gateway.messages(key, dear()).status == 429
    verify(gateway)


@pytest.mark.timeout(200)
def test_killed_a_hundred_times_between_reserve_and_settle(make_gateway, upstream):
    """No budget drifts: what an account begins with after each kill is what the ledger's rows come to."""
    gateway = governed(make_gateway, budget("cap", "1000"), budget("mine", "900", budget_applies_per=["user"])).start()
    key = gateway.issue()
    gate = upstream.gate()
    for round_number in range(100):
        upstream.answers(Message(usage=CHEAP), Message(usage=CHEAP, gate=gate))
        with gateway.connect() as first, gateway.connect() as second:
            for connection in (first, second):
                ask(connection, key)
            upstream.wait_for(2 * round_number + 2)
            gateway.kill()
        gateway.restart()
    gate.open()
    gateway.stop()
    rows = gateway.ledger.requests
    assert len(rows) == 200
    report = verify(gateway)
    assert report["findings"] == [] and report["starts"] == 101
    assert {account["settled"] for account in report["accounts"]} == {spent(gateway)}


def ask(connection, key):
    connection.request(
        "POST", "/v1/messages", {"authorization": f"Bearer {key.secret}", "content-type": "application/json"},
        json.dumps(prompt(stream=True)).encode())


def test_a_raise_lets_people_go_on_and_ends(make_gateway, upstream):
    gateway = governed(make_gateway, budget("cap", "0.05", budget_applies_per=["user"])).start()
    key = gateway.issue()
    upstream.answers(Message(usage={**CHEAP, "output_tokens": 3000}))
    while gateway.messages(key, dear()).status == 200:
        gateway.ledger.settle()
    gateway.run("budgets", "raise", "cap", "--scope", "user=alice", "--by", "5", "--for", "1h", "--reason", "release week")
    eventually(lambda: gateway.messages(key, dear()).status == 200, "the raise counts", 2)

    def limits():
        return [entry["limit"] for entry in listed(gateway)["accounts"] if entry["scope"] == "user=alice"]

    eventually(lambda: limits() == ["5.050000000"], "the account shows its raised limit", 5)
    assert listed(gateway)["raises"][0]["reason"] == "release week"
    assert gateway.ledger.rows("SELECT * FROM audit WHERE action = 'raise'")
    verify(gateway)


def test_a_warning_budget_refuses_nobody(make_gateway, upstream):
    gateway = governed(make_gateway, budget("watch", "0.001", on_exceed="warn")).start()
    key = gateway.issue()
    upstream.answers(Message(usage={**CHEAP, "output_tokens": 3000}))
    for _ in range(3):
        assert gateway.messages(key, dear()).status == 200
        gateway.ledger.settle()
    gateway.logged("watch")


def test_a_session_has_a_brake_of_its_own(make_gateway, upstream):
    gateway = governed(make_gateway, budget("session", "0.05", "cost_total", budget_applies_per=["session"])).start()
    key = gateway.issue()
    upstream.answers(Message(usage={**CHEAP, "output_tokens": 3000}))
    headers = {"x-claude-code-session-id": "11111111-1111-4111-8111-111111111111"}
    while (answer := gateway.messages(key, dear(), headers=headers)).status == 200:
        gateway.ledger.settle()
    assert "session" in answer.error[1]
    other = {"x-claude-code-session-id": "22222222-2222-4222-8222-222222222222"}
    assert gateway.messages(key, headers=other).status == 200


def test_counting_tokens_is_never_refused(make_gateway, upstream):
    gateway = governed(make_gateway, budget("cap", "0.000001")).start()
    key = gateway.issue()
    assert gateway.messages(key).status == 429
    assert gateway.messages(key, target="/v1/messages/count_tokens").status == 200


@pytest.mark.client
def test_claude_code_says_at_once_that_the_budget_is_spent(make_gateway, upstream, tmp_path):
    gateway = governed(make_gateway, budget("everyone", "0.000001", budget_applies_per=["user"])).start()
    folder = tmp_path / "developer"
    folder.mkdir()
    claude = Claude(folder, gateway.url, gateway.issue().secret)
    run = claude.run("Say hello.")
    assert "Budget spent" in run.text and "everyone" in run.text, run.text
    assert upstream.calls == []
    refusals = [line for line in gateway.log if line.get("refusal") == "billing_error"]
    assert len(refusals) == 1, "no retries"
    asked = refusals[0]["time"]
    shown = next(at for at, event in run.events if event.get("type") == "result")
    assert shown - run.events[0][0] < 2, asked
