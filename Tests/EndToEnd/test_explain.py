"""`tollgate explain`: the same that a request would meet, without sending one."""

import json
import uuid

import pytest

from rig.answers import Message
from rig.gateway import MODEL, prompt
from rig.waiting import eventually
from virtual import NAME, PRIMARY, SECOND, ask, served

USAGE = {"input_tokens": 1000, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 100}


def explain(gateway, *arguments, code=0, model=MODEL):
    return json.loads(gateway.run("explain", "--model", model, "--json", *arguments, code=code).stdout)


def ruled(make_gateway, **rules):
    gateway = make_gateway()
    gateway.config.update(rules)
    return gateway


@pytest.fixture
def idle(upstream):
    """Nothing may be sent."""
    yield
    assert upstream.requests == []


def test_a_plain_model_leads_to_one_target(make_gateway, idle):
    gateway = ruled(make_gateway)
    said = explain(gateway)
    assert said["target"] == f"main/{MODEL}" and "strategy" not in said
    (candidate,) = said["candidates"]
    assert candidate["serves"] and candidate["price"].endswith(MODEL)
    assert candidate["budgets"] == candidate["limits"] == candidate["runaway"] == []


def test_a_model_that_is_not_routed_is_said_to_be(make_gateway, idle):
    gateway = ruled(make_gateway)
    said = explain(gateway, model="gpt-5", code=1)
    assert said["candidates"] == [] and "target" not in said
    assert "is not routed" in gateway.run("explain", "--model", "gpt-5", code=1).stdout


def test_weights_follow_the_session_as_the_gateway_does(make, upstream, second):
    gateway, key = make("weight", first={"weight": 3}, last={"weight": 2})
    upstream.answers(Message())
    second.answers(Message())
    found = set()
    for _ in range(12):
        session = str(uuid.uuid4())
        said = explain(gateway, "--session", session, "--key", key.id, model=NAME)
        served(ask(gateway, key, session), by=said["target"])
        assert said["reason"] == "first choice by weight"
        assert [candidate["weight"] for candidate in said["candidates"]] in ([3, 2], [2, 3])
        found.add(said["target"])
    assert len(found) == 2, "twelve sessions are at both targets"


def test_without_a_session_the_shares_are_shown(make):
    gateway, _ = make("weight", first={"weight": 3}, last={"weight": 2})
    said = explain(gateway, model=NAME)
    assert [(candidate["weight"], candidate.get("score")) for candidate in said["candidates"]] == [(3, None), (2, None)]
    assert "none is given" in said["reason"] and "target" not in said
    assert "one of them would serve it" in gateway.run("explain", "--model", NAME).stdout


def test_a_target_that_is_denied_is_passed_over_as_the_gateway_does(make, upstream, second):
    gateway, key = make()
    gateway.config["access"] = [{"id": "no-first", "when": {"users": ["alice"]}, "deny": {"providers": ["first"]}}]
    gateway.reload()
    second.answers(Message())
    said = explain(gateway, "--user", "alice", model=NAME)
    assert [candidate.get("denied_by") for candidate in said["candidates"]] == ["no-first", None]
    served(ask(gateway, key), by=said["target"])
    assert said["target"] == f"last/{SECOND}" and upstream.requests == []
    assert explain(gateway, "--user", "bob", model=NAME)["target"] == f"first/{PRIMARY}"
    explain(gateway, "--user", "alice", "--provider", "first", model=NAME, code=1)


def test_budgets_are_told_with_what_is_left_of_them(make_gateway, upstream):
    gateway = ruled(make_gateway, budgets=[
        {"id": "seniors", "limit_to": 50, "unit": "cost_per_day", "when": {"groups": ["senior"]}, "budget_applies_per": ["user"]},
        {"id": "everyone", "limit_to": 10, "unit": "cost_per_day", "when": {"not": {"groups": ["senior"]}}, "budget_applies_per": ["user"]},
        {"id": "opus-org", "limit_to": 1000, "unit": "cost_per_month", "when": {"models": ["*opus*"]}},
    ]).start()
    key = gateway.issue()
    upstream.answers(Message(usage=USAGE))
    assert gateway.messages(key).status == 200
    gateway.ledger.settle()
    cost = gateway.ledger.requests[0]["cost_nano_usd"]

    def everyone():
        (budget,) = explain(gateway, "--key", key.id)["candidates"][0]["budgets"]
        return budget

    eventually(lambda: everyone()["settled"] == f"{cost / 1e9:.9f}", "the account is as it was settled")
    budget = everyone()
    assert (budget["rule"], budget["scope"], budget["unit"]) == ("everyone", "user=alice", "cost_per_day")
    assert budget["left"] == f"{10 - cost / 1e9:.9f}" and budget["resets"].endswith("T00:00:00Z")
    assert explain(gateway, "--key", key.id)["candidates"][0]["not_about"] == {"seniors": "groups", "opus-org": "models"}
    senior = explain(gateway, "--user", "eve", "--group", "senior")["candidates"][0]
    assert [budget["rule"] for budget in senior["budgets"]] == ["seniors"] and senior["not_about"]["everyone"] == "not"
    gateway.run("budgets", "raise", "everyone", "--by", "5", "--for", "1h", "--scope", "user=alice")
    assert everyone()["limit"] == "15.000000000"
    gateway.stop()
    assert everyone()["settled"] == budget["settled"], "the same without a running gateway"
    text = gateway.run("explain", "--model", MODEL, "--key", key.id).stdout
    for part in ("user alice", "everyone", "left", "begins anew", "not about it: seniors (groups), opus-org (models)", "would serve it"):
        assert part in text, text


def test_a_spent_budget_and_a_missing_price_refuse(make_gateway, upstream):
    gateway = ruled(make_gateway, budgets=[{"id": "tiny", "limit_to": "0.01", "unit": "cost_per_day"}])
    gateway.config["models"].append({"name": "mystery", "target": "main/mystery-1"})
    gateway.start()
    upstream.answers(Message(usage={**USAGE, "output_tokens": 100_000}))
    assert gateway.messages(gateway.issue(), prompt(max_tokens=10)).status == 200
    gateway.ledger.settle()
    gateway.stop()
    said = explain(gateway, code=1)
    assert said["candidates"][0]["budgets"][0]["refuses"] and "target" not in said
    assert "price" not in explain(gateway, model="mystery", code=1)["candidates"][0]
    assert "refuses" in gateway.run("explain", "--model", MODEL, code=1).stdout


def test_limits_and_runaway_rules_are_told(make_gateway, idle):
    gateway = ruled(
        make_gateway,
        rate_limits=[
            {"id": "ci", "limit_to": 500, "unit": "requests_per_day", "when": {"metadata": {"environment": "ci"}}},
            {"id": "fair", "limit_to": 4, "unit": "concurrent_requests", "rate_limit_applies_per": ["user"], "on_limit": "queue"}],
        runaway=[{"id": "loops", "same_tool_calls": 10}])
    said = explain(gateway, "--user", "alice", "--metadata", "environment=ci")["candidates"][0]
    assert said["limits"] == [
        {"rule": "ci", "scope": "", "unit": "requests_per_day", "limit": 500, "on_limit": "reject"},
        {"rule": "fair", "scope": "user=alice", "unit": "concurrent_requests", "limit": 4, "on_limit": "queue"}]
    assert said["runaway"][0].startswith("runaway loops: same_tool_calls=10")
    assert explain(gateway, "--virtual-account", "bot")["candidates"][0]["not_about"] == {"ci": "metadata.environment"}


def test_a_key_that_is_not_there_is_nobody(make_gateway, idle):
    gateway = ruled(make_gateway)
    refused = gateway.run("explain", "--model", MODEL, "--key", "key_0123456789abcdef", code=2)
    assert refused.stderr.strip() == "tollgate: there is no key `key_0123456789abcdef`; `tollgate keys list` shows those that were issued"
    explain(gateway, "--key", "jwt_0123456789abcdef", "--user", "alice")


def test_tags_that_the_key_sets_cannot_be_set_by_the_request(make_gateway, idle):
    gateway = ruled(make_gateway)
    key = gateway.issue("--metadata", "team=atlas")
    refused = gateway.run("explain", "--model", MODEL, "--key", key.id, "--metadata", "team=other", code=2)
    assert "team" in refused.stderr
    explain(gateway, "--key", key.id, "--metadata", "team=atlas")
