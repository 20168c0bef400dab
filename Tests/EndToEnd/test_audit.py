"""Every refusal is in the audit and in the telemetry; alerts of budgets reach their webhook once, and its secrets reach nobody."""

import json
import os
import pwd
import secrets

import pytest

from governed import CHEAP, audited, budget, dear, governed, limit, verify
from rig.answers import Message
from rig.gateway import Key, prompt
from rig.webhook import Webhook
from rig.waiting import eventually

OPUS, SONNET, HAIKU = "claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5"
WARNING = 13


@pytest.fixture
def webhook():
    server = Webhook().start()
    yield server
    server.stop()


def traced():
    """A trace that the client has begun, and the header that says so."""
    trace = secrets.token_hex(16)
    return trace, {"traceparent": f"00-{trace}-{trace[:16]}-01"}


CIRCLES = [
    {"role": "user", "content": "Do it."},
    *({"role": "assistant", "content": [{"type": "tool_use", "id": f"toolu_{n}", "name": "Bash", "input": {}}]} for n in range(3)),
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_2", "content": "x"}]}]
# What is asked and with what header; what is answered; the rule.
REFUSALS = {
    "a spent budget": (prompt(model=SONNET), {}, (429, "billing_error"), "spent"),
    "no price": (prompt(model="local/house-model"), {}, (429, "billing_error"), "unpriced"),
    "a limit": (prompt(model=HAIKU), {}, (429, "rate_limit_error"), "none-at-all"),
    "not allowed": (prompt(model=OPUS), {}, (400, "policy_blocked"), "no-opus"),
    "circles": (prompt(model="claude-fable-5", messages=CIRCLES), {}, (400, "policy_blocked"), "loops"),
    "a locked tag": (prompt(), {"x-tollgate-metadata": '{"team": "canary-of-a-value"}'}, (400, "invalid_request_error"),
                     "metadata.from_credential"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_every_refusal_is_in_the_audit_and_in_the_telemetry(make_gateway, upstream, sink, case):
    body, headers, answered, rule = REFUSALS[case]
    gateway = governed(
        make_gateway, budget("spent", "0.000001", when={"models": ["*sonnet*"]}),
        budget("unpriced", "10", when={"metadata": {"project": "atlas"}}),
        access=[{"id": "no-opus", "deny": {"models": ["*opus*"]}}],
        rate_limits=[limit("none-at-all", 1, "requests_per_day", when={"models": ["*haiku*"]})],
        runaway=[{"id": "loops", "same_tool_calls": 3}])
    gateway.config["providers"].append({"name": "local", "kind": "openai-compatible", "base_url": upstream.url + "/v1"})
    gateway.start("--loops", "2")
    key = gateway.issue("--metadata", "project=atlas")
    if case == "a limit":
        assert gateway.messages(key, body).status == 200
    trace, context = traced()
    answer = gateway.messages(key, body, {**headers, **context})
    assert (answer.status, answer.error[0]) == answered and len(upstream.calls) == (case == "a limit"), answer.body
    request_id = answer.header("request-id")

    (line,) = audited(gateway, "refuse", request_id=request_id)
    assert line["details"]["rule"] == rule and line["actor"] == "alice" and line["at"] > 0
    assert (line["details"]["key_id"], line["details"]["team"]) == (key.id, "platform")
    (record,) = eventually(
        lambda: sink.events("tollgate.audit", tollgate__request__id=request_id), "the refusal is a log record")
    span = sink.request_span(request_id)
    assert (record.trace_id, record.span_id) == (trace, span.span_id) and record.severity == WARNING
    told = record.attributes
    assert (told["tollgate.audit.action"], told["tollgate.rule.id"], told["error.type"]) == ("refuse", rule, answered[1])
    assert (told["user.id"], told["tollgate.team"]) == ("alice", "platform") and record.body == answer.error[1]
    assert span.attributes["tollgate.rule.id"] == rule and span.attributes["tollgate.refusal"] == answered[1]
    (logged,) = [line for line in gateway.logged(request_id) if line["message"] == "request"]
    assert (logged["refusal"], logged["rule"]) == (answered[1], rule)
    assert "canary-of-a-value" not in json.dumps(gateway.log) + str(sink.events("tollgate.audit")) + str(line)
    assert verify(gateway)["findings"] == []


def test_who_has_no_key_is_in_the_audit_too(make_gateway, sink):
    gateway = governed(make_gateway).start()
    trace, context = traced()
    for key in (None, Key("", "tg-no-such-key-0123456789")):
        answer = gateway.messages(key, headers=context)
        (line,) = audited(gateway, "refuse", request_id=answer.header("request-id"))
        assert line["details"]["type"] == "authentication_error" and line["actor"] == ""
        eventually(lambda: sink.events("tollgate.audit", tollgate__request__id=answer.header("request-id")), "a log record")
    assert {record.trace_id for record in sink.events("tollgate.audit", error__type="authentication_error")} == {trace}
    assert "no-such-key" not in json.dumps(gateway.log) + str(gateway.ledger.rows("SELECT * FROM audit"))


def test_a_warning_is_told_and_is_no_refusal(make_gateway, sink):
    gateway = governed(
        make_gateway, budget("watch", "0.000001", on_exceed="warn"), budget("look", "0.000001", audit_mode=True, budget_applies_per=["user"]),
        logs={"access": "errors"}).start()
    answer = gateway.messages(gateway.issue())
    assert answer.status == 200
    request_id = answer.header("request-id")
    (line,) = [line for line in gateway.logged(request_id) if line["message"] == "request"]
    assert line["rules_warned"] == "watch,look" and "refusal" not in line
    assert sink.request_span(request_id).attributes["tollgate.admission.warnings"] == "watch,look"
    eventually(lambda: sink.latest("tollgate.budget.decisions", tollgate__decision="warned"), "warnings are counted")
    assert gateway.ledger.rows("SELECT * FROM audit WHERE action = 'refuse'") == []
    assert verify(gateway)["findings"] == []


def test_what_people_change_is_in_the_audit(make_gateway):
    gateway = governed(make_gateway, budget("cap", "1", budget_applies_per=["user"])).start()
    me = pwd.getpwuid(os.getuid()).pw_name
    gateway.environment |= {"USER": "mallory", "LOGNAME": "mallory"}
    if os.getuid() == 0:
        gateway.environment["SUDO_USER"], me = "bob", f"{me} for bob"
    key = gateway.issue()
    gateway.run("budgets", "raise", "cap", "--scope", "user=alice", "--by", "5", "--for", "1h", "--reason", "release week")
    gateway.run("budgets", "revoke", "1")
    gateway.run("keys", "revoke", key.id)
    for action, subject in (("start", None), ("issue", key.id), ("raise", "cap"), ("revoke_raise", "cap"), ("revoke", key.id)):
        line = audited(gateway, action)[-1]
        assert subject is None or line["subject"] == subject, line
        assert line["actor"] == ("tollgate" if action == "start" else me), line
    assert "release week" in str(audited(gateway, "raise")[0]["details"])
    assert key.secret not in str(gateway.ledger.rows("SELECT * FROM audit"))


# Alerts


SECRET, HEADER = "T0001/canary-of-the-path", "Bearer canary-of-the-header"
ANSWER = Message(usage={**CHEAP, "output_tokens": 2000})  # $0.022 on Sonnet


def alerting(make_gateway, webhook, most="0.1", **more):
    alerts = {"webhook": f"{webhook.url}/services/{SECRET}?token=canary-of-the-query", "headers": {"authorization": HEADER}, **more}
    return governed(make_gateway, budget("everyone", most, budget_applies_per=["user"], alerts=alerts))


def use(gateway, key, count):
    for _ in range(count):
        assert gateway.messages(key, dear()).status == 200
        gateway.ledger.settle()


def told(posts):
    return [(body["scope"], body["threshold_percent"]) for _, _, body in posts]


def says_nothing_of(gateway, sink, *canaries):
    """Neither log, nor audit, nor anything that is exported, nor what the commands print."""
    printed = [gateway.run(*command).stdout for command in (("check",), ("budgets", "--json"), ("budgets",))]
    heard = json.dumps(gateway.log) + str(gateway.ledger.rows("SELECT * FROM audit")) + "".join(printed)
    exported = b"".join(sink.raw)
    for canary in canaries:
        assert canary not in heard and canary.encode() not in exported, canary


def test_each_threshold_is_told_once(make_gateway, upstream, sink, webhook):
    gateway = alerting(make_gateway, webhook).start("--loops", "2")
    alice, bob = gateway.issue(), gateway.issue(user="bob")
    upstream.answers(ANSWER)
    price = gateway.messages(alice, dear()) and gateway.ledger.closed(1)[0]["cost_nano_usd"]
    assert price == 22_000_000 and webhook.posts == []
    use(gateway, alice, 3)
    eventually(lambda: told(webhook.taken) == [("user=alice", 75)], "an alert at 75 %")
    path, headers, body = webhook.taken[0]
    assert path == f"/services/{SECRET}?token=canary-of-the-query"
    assert headers["authorization"] == HEADER and headers["content-type"] == "application/json"
    assert len(headers["x-tollgate-alert-id"]) == 32
    assert body.pop("at").endswith("Z") and body.pop("window_start").endswith("T00:00:00Z")
    reset = body.pop("window_end")
    assert body == {
        "type": "tollgate.budget.alert", "rule": "everyone", "scope": "user=alice", "threshold_percent": 75, "unit": "cost_per_day",
        "limit": "0.100000000", "settled": "0.088000000",
        "text": f"Budget everyone for user=alice has reached 75 %: $0.08 of $0.10 (cost_per_day) spent; it begins anew at {reset}."}

    gateway.stop()
    gateway.restart()
    # What is left does not last for what such a request has used lately, so it is raised a little.
    gateway.run("budgets", "raise", "everyone", "--by", "0.005", "--for", "1h")
    upstream.answers(Message(usage={**CHEAP, "input_tokens": 10, "output_tokens": 1400}))
    eventually(lambda: gateway.messages(alice, prompt(max_tokens=1400)).status == 200, "there is room")
    eventually(lambda: told(webhook.taken) == [("user=alice", 75), ("user=alice", 95)], "an alert at 95 %, and 75 % not again")
    use(gateway, bob, 1)
    eventually(lambda: sink.events("tollgate.budget.alert", tollgate__budget__threshold_percent=95), "it is a log record")
    eventually(lambda: len(gateway.ledger.rows("SELECT * FROM budget_alerts")) == 2, "both are in the ledger")
    gateway.kill()
    gateway.restart()
    gateway.messages(alice, prompt(max_tokens=10))
    gateway.stop()
    assert len(webhook.posts) == 2
    for threshold in (75, 95):
        (record,) = sink.events("tollgate.budget.alert", tollgate__budget__threshold_percent=threshold)
        assert record.severity == WARNING and record.attributes["tollgate.budget.scope"] == "user=alice"
        (line,) = [line for line in gateway.log if line.get("threshold_percent") == threshold]
        assert (line["level"], line["rule"], line["scope"]) == ("warning", "everyone", "user=alice")
    rows = gateway.ledger.rows("SELECT * FROM budget_alerts ORDER BY threshold")
    assert [(row["rule"], row["scope"], row["threshold"]) for row in rows] == [
        ("everyone", "user=alice", 75), ("everyone", "user=alice", 95)]
    says_nothing_of(gateway, sink, SECRET, HEADER, "canary-of-the-query")
    assert verify(gateway)["findings"] == []


def test_one_request_may_pass_all_thresholds(make_gateway, upstream, webhook):
    gateway = alerting(make_gateway, webhook, "0.03", thresholds=[10, 50, 60]).start()
    upstream.answers(ANSWER)
    use(gateway, gateway.issue(), 1)
    eventually(lambda: told(webhook.taken) == [("user=alice", 10), ("user=alice", 50), ("user=alice", 60)], "three alerts, in order")


def test_a_webhook_that_fails_is_tried_again_and_its_url_is_not_told(make_gateway, upstream, sink, webhook):
    gateway = alerting(make_gateway, webhook, "0.03", thresholds=[50]).start()
    webhook.faults = [500]
    upstream.answers(ANSWER)
    use(gateway, gateway.issue(), 1)
    eventually(lambda: told(webhook.taken) == [("user=alice", 50)], "the second attempt is taken")
    assert [headers["x-tollgate-alert-id"] for _, headers, _ in webhook.posts] == [webhook.taken[0][1]["x-tollgate-alert-id"]] * 2
    gateway.logged("the webhook refused an alert")
    eventually(lambda: sink.latest("tollgate.alerts", tollgate__result="sent"), "it is counted")
    says_nothing_of(gateway, sink, SECRET, HEADER, "canary-of-the-query")


def test_a_webhook_that_is_not_there_hinders_nobody(make_gateway, upstream, sink):
    gone = Webhook()
    gone.start().stop()
    gateway = alerting(make_gateway, gone, "0.2", thresholds=[5]).start()
    upstream.answers(ANSWER)
    use(gateway, gateway.issue(), 2)
    gateway.logged("the webhook cannot be reached")
    says_nothing_of(gateway, sink, SECRET, HEADER, "canary-of-the-query")
