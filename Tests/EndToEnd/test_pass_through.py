"""What goes through must go through unchanged: bodies byte for byte, headers but for the few that are not the upstream's business."""

import gzip
import json

import pytest

from expectations import charged_exactly, one_attempt_each
from rig import messages
from rig.answers import Json, Message, error, tool
from rig.gateway import MODEL, UPSTREAM_KEY, prompt
from virtual import ask

# Spacing, order, escapes, duplicates and depth as no serialiser would write them again.
ODD = (
    b'{ "messages" : [ {"role":"user","content":"caf\\u00e9 \xc3\xa9 \\/ \\ud83d\\ude00 \\"model\\": \\"x\\""} ] ,\n\t'
    b'"metadata": {"model": "not-this-one", "user_id": "{\\"session_id\\":\\"s\\"}"}, "max_tokens":1e2,'
    b' "tools": [{"name":"model","input_schema":{"properties":{"model":{"type":"string"}}}}],'
    b'"model" : "claude-sonnet-5-5" , "temperature":1.00, "future_field": [[[[{}]]]], "stream": false }')


def fields(request):
    return {name.lower(): value for name, value in request.headers}


def test_a_body_goes_out_byte_for_byte(gateway, upstream, key):
    assert gateway.messages(key, ODD).status == 200
    assert upstream.calls[0].body == ODD


@pytest.mark.parametrize("name", ["x", "acme/fast", "a-name-much-longer-than-the-name-of-the-upstream", 'quo"ted', "caf\u00e9"])
def test_only_the_value_of_model_is_spliced(make_gateway, upstream, name):
    gateway = make_gateway()
    gateway.config["models"].append({"name": name, "target": "main/claude-opus-5-5"})
    gateway.start()
    written = json.dumps(name).encode()
    body = ODD.replace(b'"model" : "claude-sonnet-5-5"', b'"model" : ' + written)
    answer = gateway.messages(gateway.issue(), body)
    assert answer.status == 200, answer.body
    assert upstream.calls[0].body == ODD.replace(b'"model" : "claude-sonnet-5-5"', b'"model" : "claude-opus-5-5"')
    row = gateway.ledger.closed(1)[0]
    assert (row["model_requested"], row["model_served"]) == (name, "claude-opus-5-5")


def test_an_account_and_a_model_can_be_named_directly(gateway, upstream, key):
    assert gateway.messages(key, {**prompt(), "model": "main/claude-opus-5-5"}).status == 200
    assert upstream.calls[0].json["model"] == "claude-opus-5-5"


def test_a_large_body_goes_out_byte_for_byte(gateway, upstream, key):
    body = json.dumps(prompt("\u20ac" * 400_000)).encode()
    assert gateway.messages(key, body).status == 200
    assert upstream.calls[0].body == body


def test_headers_go_out_as_the_upstream_needs_them(gateway, upstream, key):
    sent = {
        "anthropic-version": "2026-10-21", "anthropic-beta": "b,a, c", "anthropic-future": "yes", "X-Claude-Code-Session-Id": "s-1",
        "user-agent": "claude-cli/2.1.329 (external, cli)", "x-app": "cli", "X-Unknown": "Kept As It Is", "x-stainless-lang": "js",
    }
    dropped = {
        "x-api-key": key.secret, "connection": "keep-alive, x-hop", "x-hop": "1", "keep-alive": "timeout=5", "te": "trailers",
        "proxy-authorization": "Basic x", "proxy-connection": "keep-alive", "upgrade": "h2c",
        "x-tollgate-metadata": '{"project":"p"}', "x-tfy-metadata": '{"ticket":"t"}', "x-tollgate-logging-config": "{}",
        "traceparent": "00-" + "a" * 32 + "-" + "b" * 16 + "-01", "baggage": "user=secret",
    }
    assert gateway.messages(key, headers={**sent, **dropped}, target="/v1/messages?beta=true&x=%20y").status == 200
    request = upstream.calls[0]
    arrived = fields(request)
    assert request.target == "/v1/messages?beta=true&x=%20y"
    for name, value in sent.items():
        assert arrived[name.lower()] == value
    for name in ("x-hop", "keep-alive", "te", "proxy-authorization", "proxy-connection", "upgrade", "authorization", "baggage",
                 "x-tollgate-metadata", "x-tfy-metadata", "x-tollgate-logging-config"):
        assert name not in arrived, name
    assert arrived["x-api-key"] == UPSTREAM_KEY
    assert arrived["host"] == f"127.0.0.1:{upstream.port}"
    assert request.trace_id == "a" * 32 and request.span_id != "b" * 16
    names = [name.lower() for name, _ in request.headers]
    assert len(names) == len(set(names)), "no header goes out twice"


def test_repeated_headers_stay_repeated(gateway, upstream, key):
    with gateway.connect() as connection:
        body = json.dumps(prompt()).encode()
        connection.send(
            b"POST /v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: " + key.secret.encode()
            + b"\r\nanthropic-beta: one\r\nanthropic-beta: two\r\ncontent-length: " + str(len(body)).encode() + b"\r\n\r\n" + body)
        assert connection.answer().status == 200
    betas = ",".join(value for name, value in upstream.calls[0].headers if name.lower() == "anthropic-beta")
    assert betas.replace(" ", "") == "one,two"


@pytest.mark.parametrize("stream", [False, True])
def test_answers_come_back_byte_for_byte(gateway, upstream, key, stream):
    upstream.answers(Message(text="\u00e9\u20ac " * 500, headers={"x-from-upstream": "Kept", "cache-control": "no-store"}))
    answer = gateway.messages(key, prompt(stream=stream))
    assert answer.complete and answer.body == bytes(upstream.calls[0].sent)
    assert answer.header("x-from-upstream") == "Kept" and answer.header("cache-control") == "no-store"


def test_headers_of_the_pooled_account_are_not_shown(gateway, upstream, key):
    upstream.answers(Message(headers={
        "anthropic-ratelimit-unified-status": "allowed", "anthropic-ratelimit-tokens-limit": "1", "connection": "x-hop", "x-hop": "1",
        "via": "1.1 edge", "cf-ray": "abc", "set-cookie": "__cf=1"}))
    answer = gateway.messages(key)
    shown = {name.lower() for name, _ in answer.headers}
    assert not [name for name in shown if name.startswith("anthropic-ratelimit-")]
    assert not shown & {"anthropic-organization-id", "x-hop"}
    assert answer.header("request-id") != "req_upstream000001"
    assert [name for name, _ in answer.headers if name.lower() == "request-id"] == ["request-id"]


SUBSCRIPTION = {"authorization": "Bearer sk-ant-oat01-personal", "anthropic-beta": "oauth-2025-04-20,claude-code-20250219"}


@pytest.mark.parametrize("header", ["x-tollgate-api-key", "x-tfy-api-key"])
def test_a_subscription_passes_through(gateway, upstream, key, header):
    upstream.answers(Message(headers={"anthropic-ratelimit-unified-status": "allowed_warning"}))
    answer = gateway.messages(None, headers={**SUBSCRIPTION, header: key.secret})
    assert answer.status == 200, answer.body
    arrived = fields(upstream.calls[0])
    assert arrived["authorization"] == SUBSCRIPTION["authorization"] and arrived["anthropic-beta"] == SUBSCRIPTION["anthropic-beta"]
    assert "x-api-key" not in arrived and header not in arrived
    assert answer.header("anthropic-ratelimit-unified-status") == "allowed_warning"
    assert answer.header("anthropic-ratelimit-requests-limit") == "4000"


def test_what_anthropic_says_of_a_login_is_for_its_owner(gateway, upstream, key):
    upstream.answers(error(401, "authentication_error", "OAuth token has expired."))
    answer = gateway.messages(None, headers={**SUBSCRIPTION, "x-tollgate-api-key": key.secret})
    assert answer.status == 401 and answer.body == bytes(upstream.calls[0].sent)


@pytest.mark.parametrize("status, kind", [(401, "authentication_error"), (403, "permission_error")])
def test_a_login_that_serves_no_more_is_not_hidden_behind_a_fallback(make, upstream, second, status, kind):
    """Claude Code signs in anew once it hears; behind the answers of another account it never would."""
    gateway, key = make()
    upstream.answers(error(status, kind, "OAuth token has expired."))
    answer = ask(gateway, None, headers={**SUBSCRIPTION, "x-tollgate-api-key": key.secret})
    assert answer.status == status and answer.body == bytes(upstream.calls[0].sent)
    assert not second.calls
    assert ask(gateway, key).status == 200 and len(second.calls) == 1, "what is the gateway's own falls back"


def test_a_key_of_ours_is_never_taken_for_a_subscription(gateway, upstream, key):
    """Whoever sets both variables sends a key of ours as `Authorization`, too: it must not leave the house."""
    other = gateway.issue(user="bob")
    for bearer in (key, other):
        answer = gateway.messages(bearer, headers={"x-tollgate-api-key": key.secret})
        assert answer.status == 200
        arrived = fields(upstream.calls[-1])
        assert arrived["x-api-key"] == UPSTREAM_KEY and "authorization" not in arrived


@pytest.mark.parametrize("lines", [["Bearer sk-ant-oat01-personal", "Bearer {key}"], ['Bearer "{key}"'], ["Bearer Bearer {key}"]],
                         ids=["behind a login", "in quotes", "said twice"])
def test_a_key_of_ours_is_no_subscription_however_it_is_written(gateway, upstream, key, lines):
    """Only the first line is looked at but all go out, and what is quoted is not found among the keys."""
    body = json.dumps(prompt()).encode()
    written = "".join(f"authorization: {line}\r\n" for line in lines).format(key=gateway.issue(user="bob").secret)
    with gateway.connect() as connection:
        connection.send(f"POST /v1/messages HTTP/1.1\r\nhost: x\r\nx-tollgate-api-key: {key.secret}\r\n{written}"
                        f"content-length: {len(body)}\r\n\r\n".encode() + body)
        assert connection.answer().status == 200
    arrived = fields(upstream.calls[0])
    assert arrived["x-api-key"] == UPSTREAM_KEY and "authorization" not in arrived


def test_a_subscription_goes_to_no_other_provider_than_anthropic(make_gateway):
    gateway = make_gateway()
    gateway.config["providers"].append({"name": "pretend", "kind": "mock"})
    gateway.config["models"] = [{"name": "claude-*", "target": "pretend/claude-*"}]
    gateway.start()
    key = gateway.issue()
    answer = gateway.messages(None, headers={**SUBSCRIPTION, "x-tollgate-api-key": key.secret})
    assert answer.status in (200, 401)
    assert "sk-ant-oat01-personal" not in answer.body.decode() + str(answer.headers)


@pytest.mark.parametrize("stream", [False, True])
def test_gzipped_answers_pass_and_are_metered(gateway, upstream, key, stream):
    upstream.answers(Message(text="word " * 300, compressed=True))
    answer = gateway.messages(key, prompt(stream=stream), headers={"accept-encoding": "gzip"})
    if answer.header("content-encoding") == "gzip":
        assert answer.body == bytes(upstream.calls[0].sent)
    else:
        assert answer.body == gzip.decompress(bytes(upstream.calls[0].sent))
    assert b"word " in answer.plain
    charged_exactly(one_attempt_each(gateway, upstream, 1)[0], messages.USAGE)


@pytest.mark.parametrize("stream", [False, True])
def test_safeguards_and_their_results_survive(gateway, upstream, key, stream):
    asked = [{"type": "dangerous_tool_use", "classifier_context": {"cwd": "/tmp"}}]
    upstream.answers(Message(tools=[tool("Bash", command="ls")]))
    answer = gateway.messages(key, prompt(stream=stream, safeguards=asked))
    assert upstream.calls[0].json["safeguards"] == asked
    assert b'"safeguard_results"' in answer.body and b"not_flagged" in answer.body


def test_token_counting_passes_and_costs_nothing(gateway, upstream, key):
    answer = gateway.messages(key, target="/v1/messages/count_tokens?beta=true")
    assert answer.status == 200 and answer.json["input_tokens"] > 0
    assert upstream.requests[0].target == "/v1/messages/count_tokens?beta=true"
    assert all(row["cost_nano_usd"] == 0 for row in gateway.ledger.requests)


def test_a_refused_token_count_passes_as_it_is(gateway, upstream, key):
    upstream.other_paths["/v1/messages/count_tokens"] = Json(messages.envelope("not_found_error", "No counting."), 404)
    answer = gateway.messages(key, target="/v1/messages/count_tokens")
    assert (answer.status, answer.error) == (404, ("not_found_error", "No counting."))


def test_all_token_classes_are_metered(gateway, upstream, key):
    usage = {**messages.USAGE, "cache_creation_input_tokens": 900, "cache_write_1h": 250}
    upstream.answers(Message(usage=usage))
    for stream in (False, True):
        assert gateway.messages(key, prompt(stream=stream)).status == 200
    for row in one_attempt_each(gateway, upstream, 2):
        charged_exactly(row, usage)
        assert row["model_served"] == MODEL and row["cost_nano_usd"] > 0
