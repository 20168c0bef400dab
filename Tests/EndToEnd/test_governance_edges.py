"""Where a hold, a bound or an account could go astray: between two targets, over a reload, over a restart."""

import json
import re

from governed import CHEAP, asked, budget, dear, governed, limit, settled, verify
from rig.answers import Message, error
from rig.gateway import prompt
from virtual import NAME, PRIMARY, SECOND, ask, served, two_targets


def account(gateway, rule, scope=""):
    return settled(gateway).get((rule, scope))


def test_a_burst_does_not_meet_its_own_hold(make_gateway, upstream, second):
    gateway = governed(make_gateway, rate_limits=[limit("two", 2, "concurrent_requests", rate_limit_applies_per=["user"])])
    _, key = two_targets(gateway, upstream, second, providers={"first": {"max_concurrent_requests": 1}}, loops="1")
    gate = upstream.gate()
    upstream.answers(Message(gate=gate))
    with asked(gateway, key, prompt(model=NAME, stream=True)) as held:
        gate.wait()
        served(ask(gateway, key), f"last/{SECOND}")
        gate.open()
        assert held.answer().status == 200


def test_a_reload_that_brings_a_budget_back_brings_what_was_spent(make_gateway, upstream):
    rule = budget("cap", "1")
    other = budget("other", "100", budget_applies_per=["team"])
    gateway = governed(make_gateway, rule, other).start()
    key = gateway.issue()
    upstream.answers(Message(usage={**CHEAP, "output_tokens": 3000}))
    assert gateway.messages(key, dear()).status == 200
    once = account(gateway, "cap")
    gateway.config["budgets"] = [other]
    gateway.reload()
    assert gateway.messages(key, dear()).status == 200
    gateway.ledger.settle()
    gateway.config["budgets"] = [rule, other]
    gateway.reload()
    assert gateway.messages(key, dear()).status == 200
    assert account(gateway, "cap") == 3 * once == account(gateway, "other", "team=platform")
    gateway.stop()
    gateway.restart()
    assert gateway.messages(key, dear()).status == 200
    assert account(gateway, "cap") == 4 * once


def test_a_model_whose_price_is_nothing_costs_a_new_budget_nothing(make_gateway, upstream):
    gateway = governed(make_gateway, budget("old", "5", unpriced_reserve=1))
    gateway.config["prices"] = "own.prices"
    (gateway.folder / "own.prices").write_text(f"table own\n{dear()['model']} - - 0 0 0 0 0\n")
    gateway.start()
    key = gateway.issue()
    upstream.answers(Message(usage={**CHEAP, "output_tokens": 3000}))
    assert [gateway.messages(key, dear()).status for _ in range(3)] == [200] * 3
    gateway.ledger.settle()
    gateway.config["budgets"].append(budget("new", "2", unpriced_reserve=1, unit="cost_per_month"))
    gateway.reload()
    assert gateway.messages(key, dear()).status == 200
    assert account(gateway, "new") == account(gateway, "old") == 0
    gateway.config["budgets"][0]["id"] = "renamed"
    gateway.stop()
    gateway.restart()
    assert gateway.messages(key, dear()).status == 200
    assert account(gateway, "renamed") == 0


def test_tags_that_do_not_fit_the_row_leave_accounts_as_they_are(make_gateway, upstream):
    gateway = governed(make_gateway, budget("project", "0.1", budget_applies_per=["metadata.project"])).start()
    key = gateway.issue()
    upstream.answers(Message(usage={**CHEAP, "output_tokens": 3000}))
    tags = {"x-tollgate-metadata": json.dumps({"project": "atlas", "note": "x" * 1500}), "x-claude-code-session-id": "s" * 300}
    while gateway.messages(key, dear(), tags).status == 200:
        gateway.ledger.settle()
    gateway.stop()
    gateway.restart()
    assert gateway.messages(key, dear(), tags).status == 429
    assert gateway.messages(key, dear(), {"x-tollgate-metadata": '{"project": "borealis"}'}).status == 200
    verify(gateway)


def test_the_bound_is_of_what_the_target_is_asked_for(make_gateway, upstream, second):
    gateway = governed(make_gateway, budget("cap", "1", max_overshoot="0"))
    _, key = two_targets(gateway, upstream, second, first={"override_params": {"max_tokens": 100_000}}, last={"strip_params": ["top_k"]})
    served(ask(gateway, key, max_tokens=10), f"last/{SECOND}")
    assert upstream.calls == [], "so much is more than the budget"


def test_what_a_request_refers_to_is_in_its_bound(make_gateway, upstream):
    gateway = governed(make_gateway, budget("cap", "1", max_overshoot="0")).start()
    key = gateway.issue()
    upstream.answers(Message(usage=CHEAP))
    paper = {"type": "document", "source": {"type": "url", "url": "https://papers.example/long.pdf"}}
    refused = gateway.messages(key, prompt(messages=[{"role": "user", "content": [paper]}]))
    assert refused.status == 429 and "cap" in refused.error[1]
    assert re.search(r"needs about \$0\.00\d\d and at most \$\d\.\d\d, of which .* no more than \$0\.00 may pass the limit \(max_overshoot\)", refused.error[1]), refused.error
    assert gateway.messages(key, prompt()).status == 200
    verify(gateway)


def test_a_developers_own_limit_closes_no_target_to_others(make, upstream, second):
    gateway, key = make()
    login = {"x-tollgate-api-key": key.secret, "authorization": "Bearer sk-ant-oat01-mine"}
    upstream.answers(error(429, "rate_limit_error", "your plan", retry_after="30"), Message())
    served(ask(gateway, key, headers=login), f"last/{SECOND}")
    served(ask(gateway, gateway.issue(user="bob")), f"first/{PRIMARY}")
