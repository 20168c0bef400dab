"""`GET /api/oauth/usage`: what Claude Code's usage display shows of a developer's budgets."""

import datetime
import json

from expectations import is_our_error
from rig.answers import Message
from rig.gateway import prompt

USAGE = {"input_tokens": 1000, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 80_000}
NOTHING = {"is_enabled": False, "monthly_limit": None, "used_credits": None, "utilization": None, "currency": "USD"}
BUDGETS = [
    {"id": "day", "limit_to": 1, "unit": "cost_per_day", "budget_applies_per": ["user"]},
    {"id": "month", "limit_to": 500, "unit": "cost_per_month", "budget_applies_per": ["user"]},
    {"id": "roomy", "limit_to": 5000, "unit": "cost_per_month"},
    {"id": "opus", "limit_to": 1, "unit": "cost_per_week", "when": {"models": ["*sonnet*"]}},
    {"id": "each-model", "limit_to": 2, "unit": "cost_per_week", "budget_applies_per": ["model"]},
    {"id": "session", "limit_to": 100, "unit": "cost_total", "budget_applies_per": ["session"]},
    {"id": "tokens", "limit_to": "10M", "unit": "tokens_per_day"},
    {"id": "juniors", "limit_to": 3, "unit": "cost_per_week", "when": {"groups": ["junior"]}},
]


def usage(gateway, key, **headers):
    answer = gateway.request("GET", "/api/oauth/usage", {"authorization": f"Bearer {key.secret}", **headers})
    assert answer.status == 200 and answer.header("content-type") == "application/json" and answer.header("request-id")
    return json.loads(answer.body)


def governed(make_gateway, *budgets):
    gateway = make_gateway()
    gateway.config["budgets"] = list(budgets)
    return gateway.start("--loops", "2")


def test_a_developer_sees_what_is_spent_of_the_own_budgets(make_gateway, upstream):
    gateway = governed(make_gateway, *BUDGETS)
    key, other = gateway.issue(), gateway.issue("--group", "junior", user="bob")
    before = usage(gateway, key)
    assert [(limit["group"], limit["percent"], limit["severity"]) for limit in before["limits"]] == [
        ("daily", 0, "normal"), ("monthly", 0, "normal")]
    assert before["extra_usage"] == {
        "is_enabled": True, "monthly_limit": 100, "used_credits": 0, "utilization": 0, "currency": "USD"}
    assert gateway.run("budgets", "--json").stdout.count('"rule"') == 0, "asking opens no account"
    upstream.answers(Message(usage=USAGE))
    answer = gateway.messages(key, prompt(max_tokens=10))
    assert answer.status == 200
    gateway.ledger.settle()
    cost = gateway.ledger.requests[0]["cost_nano_usd"]
    percent = cost * 100 // 10**9
    assert 75 <= percent < 100, "the first threshold is passed"
    after = usage(gateway, key)
    assert after["extra_usage"] == {
        "is_enabled": True, "monthly_limit": 100, "used_credits": cost // 10**7, "utilization": percent, "currency": "USD"}
    daily = after["limits"][0]
    assert {**daily, "resets_at": ""} == {
        "kind": "spend", "group": "daily", "percent": percent, "resets_at": "", "severity": "warning", "is_active": True}
    warned = gateway.messages(key, prompt(max_tokens=10))
    reset = datetime.datetime.fromtimestamp(int(warned.header("anthropic-ratelimit-unified-reset")), datetime.timezone.utc)
    assert daily["resets_at"] == reset.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    theirs = usage(gateway, other)
    assert [(limit["group"], limit["percent"]) for limit in theirs["limits"]] == [("daily", 0), ("weekly", 0), ("monthly", 0)], "the smallest first"


def test_a_restart_and_a_raise_are_seen(make_gateway, upstream):
    gateway = governed(make_gateway, BUDGETS[1])
    key = gateway.issue()
    upstream.answers(Message(usage=USAGE))
    assert gateway.messages(key, prompt(max_tokens=10)).status == 200
    gateway.ledger.settle()
    before = usage(gateway, key)
    assert before["extra_usage"]["used_credits"] > 0
    gateway.run("budgets", "raise", "month", "--by", "100", "--for", "1h")
    gateway.stop()
    gateway.restart()
    after = usage(gateway, key)
    assert after["extra_usage"] == {**before["extra_usage"], "monthly_limit": 60_000}
    assert after["limits"] == before["limits"]


def test_without_a_budget_there_is_nothing_to_show(gateway, key):
    assert usage(gateway, key) == {"extra_usage": NOTHING, "limits": []}


def test_it_needs_a_credential_and_knows_its_methods(gateway, key):
    is_our_error(gateway.request("GET", "/api/oauth/usage"), 401, "authentication_error")
    is_our_error(gateway.request("POST", "/api/oauth/usage", {"authorization": f"Bearer {key.secret}"}), 405, "invalid_request_error")
    assert gateway.request("HEAD", "/api/oauth/usage", {"authorization": f"Bearer {key.secret}"}).status == 200
