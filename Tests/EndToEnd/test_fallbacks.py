"""What follows when a virtual model's target fails, and what the client, the ledger and the trace know of it."""

import json
import time

import pytest

from elsewhere import PROVIDERS
from rig.answers import Json, Message, error
from rig.bedrock_answers import failure as bedrock_failure
from rig.gateway import UPSTREAM_KEY, prompt
from rig.openai_upstream import failure as openai_failure
from rig.replies import reply
from rig.strict import checked
from rig.upstream import Hang, Stall, refusing_port
from rig.waiting import eventually
from virtual import NAME, PRIMARY, SECOND, ask, attempts, chats, served

FAILURES = {
    "429": error(429, "rate_limit_error"),
    "500": error(500, "api_error"),
    "503": Json({"any": "shape"}, 503),
    "529": error(529, "overloaded_error"),
    "401": error(401, "authentication_error"),
    "stalled head": Stall(before_head=True),
    "stalled body": Stall(before_head=False),
    "cut head": Hang("cut"),
    "error first": Message(fail="overloaded_error", fail_after=0),
    "cut first": Message(fail="cut", fail_after=0),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_the_next_target_serves(make, upstream, second, sink, failure):
    gateway, key = make(first={"first_byte_timeout": "500ms"}, ping_interval="100ms")
    upstream.answers(FAILURES[failure])
    answer = served(ask(gateway, key), f"last/{SECOND}")
    assert len(upstream.calls) == 1 and len(second.calls) == 1
    assert second.calls[0].json["model"] == SECOND and b"ping" not in answer.body.split(b"message_start")[0]
    rows = attempts(gateway, 2)
    assert [row["outcome"] for row in rows][1] == "ok" and rows[0]["outcome"] != "ok"
    assert [row["provider"] for row in rows] == ["first", "last"]
    first, last = chats(sink, 2)
    assert first.attributes["tollgate.route.reason"] == "first choice by priority"
    assert last.attributes["tollgate.route.reason"].startswith("fallback after ")
    assert last.attributes["tollgate.route.reason"].endswith(f" of first/{PRIMARY}")
    server = sink.request_span(answer.header("request-id"))
    assert server.attributes["tollgate.route.model"] == NAME
    assert server.attributes["tollgate.route.strategy"] == "priority-based-routing"
    assert server.attributes["tollgate.route.candidates"] == f"first/{PRIMARY} 0.0 closed, last/{SECOND} 1.0 closed"
    assert server.attributes["tollgate.route.target"] == f"last/{SECOND}"
    (line,) = [line for line in gateway.logged(answer.header("request-id")) if "attempts" in line]
    assert line["attempts"] == 2 and line["target"] == f"last/{SECOND}"
    (point,) = eventually(lambda: sink.latest("tollgate.route.fallbacks"), "the fallback is counted")
    assert point.attributes["tollgate.target"] == f"first/{PRIMARY}"


def test_a_refused_connection_goes_on(make, second):
    gateway, key = make(providers={"first": {"base_url": f"http://127.0.0.1:{refusing_port()}"}})
    served(ask(gateway, key), f"last/{SECOND}")
    assert [row["outcome"] for row in attempts(gateway, 2)] == ["unreachable", "ok"]


def test_whole_answers_fall_back_too(make, upstream):
    gateway, key = make()
    upstream.answers(error(500, "api_error"))
    served(ask(gateway, key, stream=False), f"last/{SECOND}")


def test_other_statuses_are_told_as_they_are(make, upstream, second):
    gateway, key = make()
    upstream.answers(error(400, "invalid_request_error", "messages: too few"))
    answer = ask(gateway, key)
    assert answer.status == 400 and answer.json["error"]["message"] == "messages: too few"
    assert second.calls == []


def test_the_last_error_is_told_byte_for_byte(make, upstream, second):
    gateway, key = make()
    upstream.answers(error(500, "api_error", "The first one."))
    second.answers(error(529, "overloaded_error", "The last one.", retry_after="7"))
    answer = ask(gateway, key)
    assert answer.status == 529 and answer.header("retry-after") == "7"
    assert answer.body == bytes(second.calls[0].sent)
    assert answer.header("x-tollgate-target") == f"last/{SECOND}"
    assert len(attempts(gateway, 2)) == 2


def test_an_error_that_was_kept_is_told_when_the_last_one_is_away(make, upstream):
    gateway, key = make(providers={"last": {"base_url": f"http://127.0.0.1:{refusing_port()}"}})
    upstream.answers(error(429, "rate_limit_error", "Slowly.", retry_after="3"))
    answer = ask(gateway, key)
    assert answer.status == 429 and answer.header("retry-after") == "3" and answer.body == bytes(upstream.calls[0].sent)


def test_a_stream_that_has_begun_never_falls_back(make, upstream, second):
    gateway, key = make()
    upstream.answers(Message(text="word " * 20, fail="overloaded_error", fail_after=6))
    answer = ask(gateway, key)
    assert answer.status == 200 and b"event: error" in answer.body and second.calls == []
    upstream.answers(Message(text="word " * 20, fail="cut", fail_after=6))
    answer = ask(gateway, key)
    assert answer.status == 200 and b"event: error" in answer.body and second.calls == []


def test_nothing_goes_out_before_the_first_byte_time_is_over(make, upstream, second):
    gateway, key = make(first={"first_byte_timeout": "1s"}, ping_interval="100ms")
    upstream.answers(Stall(before_head=False))
    begin = time.monotonic()
    answer = served(ask(gateway, key), f"last/{SECOND}")
    assert time.monotonic() - begin >= 0.9
    assert answer.body.startswith(b"event: message_start")


def test_logs_tell_what_all_attempts_were_charged(make, upstream, sink):
    """As the row does: one that was given up for its silence among them."""
    gateway, key = make(first={"first_byte_timeout": "500ms"}, ping_interval="100ms")
    upstream.answers(Stall(before_head=True))
    answer = served(ask(gateway, key), f"last/{SECOND}")
    (row,), charged = gateway.ledger.closed(1), attempts(gateway, 2)
    assert all(attempt["cost_nano_usd"] > 0 for attempt in charged), charged
    paid = row["input_tokens"] + row["cache_read_tokens"] + row["cache_write_5m_tokens"] + row["cache_write_1h_tokens"]
    said = (paid, row["output_tokens"], sum(attempt["cost_nano_usd"] for attempt in charged))
    (line,) = gateway.logged(answer.header("request-id"))
    assert (line["input_tokens"], line["output_tokens"], line["cost_nano_usd"]) == said
    (event,) = eventually(lambda: sink.events("tollgate.access", tollgate__request__id=answer.header("request-id")), "it is told")
    assert tuple(event.attributes[f"tollgate.{name}"] for name in ("tokens.input", "tokens.output", "cost.nano_usd")) == said


def test_retries_at_the_same_target(make, upstream, second, sink):
    gateway, key = make(first={"retry_config": {"attempts": 3, "delay": 50, "on_status_codes": [503]}})
    upstream.answers(error(503, "api_error"), error(503, "api_error"), Message())
    served(ask(gateway, key), f"first/{PRIMARY}")
    assert len(upstream.calls) == 3 and second.calls == []
    times = [call.began for call in upstream.calls]
    assert times[1] - times[0] >= 0.05 and times[2] - times[1] >= 0.1
    assert [s.attributes["tollgate.route.reason"] for s in chats(sink, 3)] == [
        "first choice by priority", "retry 1 after 503", "retry 2 after 503"]


def test_a_short_retry_after_is_waited_for_and_a_long_one_is_not(make, upstream, second):
    gateway, key = make(first={"retry_config": {"attempts": 2, "delay": 10, "on_status_codes": [429]}})
    upstream.answers(error(429, "rate_limit_error", retry_after="1"), Message())
    served(ask(gateway, key), f"first/{PRIMARY}")
    assert upstream.calls[1].began - upstream.calls[0].began >= 1
    gateway.ledger.settle()  # what became of it is known everywhere
    upstream.answers(error(429, "rate_limit_error", retry_after="30"))
    served(ask(gateway, key), f"last/{SECOND}")
    assert len(upstream.calls) == 3


def test_a_hang_up_ends_the_wait_for_a_retry(make, upstream, second):
    gateway, key = make(first={"retry_config": {"attempts": 4, "delay": "20s", "on_status_codes": [503]}})
    upstream.answers(error(503, "api_error"))
    with gateway.connect() as connection:
        body = json.dumps(prompt(model=NAME, stream=True)).encode()
        connection.request("POST", "/v1/messages", {"authorization": f"Bearer {key.secret}", "content-type": "application/json"}, body)
        upstream.wait_for(1)
        upstream.wait_until_over(upstream.calls[0])
    attempts(gateway, 1)
    assert len(upstream.calls) == 1 and second.calls == []


def test_only_fallback_candidates_follow(make, upstream, second):
    gateway, key = make(last={"fallback_candidate": False})
    upstream.answers(error(500, "api_error"))
    assert ask(gateway, key).status == 500
    assert second.calls == []


TRANSLATED = {
    "429": lambda kind: failures(kind, 429),
    "503": lambda kind: failures(kind, 503),
    "401": lambda kind: failures(kind, 401),
    "stalled head": lambda kind: Stall(before_head=True),
    "stalled body": lambda kind: Stall(before_head=False),
    "cut first": lambda kind: reply(fail="cut", fail_after=0),
    "error first": lambda kind: reply(fail="failed" if kind == "responses" else "error", fail_after=0),
}


def failures(kind, status):
    if kind == "bedrock-claude":
        return bedrock_failure({429: "ThrottlingException", 503: "ServiceUnavailableException", 401: "ExpiredTokenException"}[status])
    return openai_failure(status)


@pytest.mark.parametrize("failure", TRANSLATED)
@pytest.mark.parametrize("kind", ["responses", "chat", "bedrock-claude"])
def test_from_another_dialect_to_claude(make_gateway, upstream, sink, tmp_path, kind, failure):
    for other in checked(PROVIDERS[kind].make()):
        gateway = make_gateway()
        gateway.config["providers"] = [
            {"name": "other", **PROVIDERS[kind].setting(other, tmp_path)},
            {"name": "claude", "kind": "anthropic", "base_url": upstream.url, "api_key": UPSTREAM_KEY}]
        gateway.config["models"] = [{"name": NAME, "routing_config": {"type": "priority-based-routing", "load_balance_targets": [
            {"target": f"other/{PROVIDERS[kind].model}", "priority": 0, "first_byte_timeout": "500ms"},
            {"target": f"claude/{PRIMARY}", "priority": 1}]}}]
        gateway.config["limits"]["ping_interval"] = "100ms"
        gateway.start("--loops", "2")
        if kind == "bedrock-claude" and failure == "error first":
            other.answers(reply(fail="throttlingException", fail_after=0))
        else:
            other.answers(TRANSLATED[failure](kind))
        answer = served(ask(gateway, gateway.issue()), f"claude/{PRIMARY}")
        assert answer.body.startswith(b"event: message_start")
        assert [row["provider"] for row in attempts(gateway, 2)] == ["other", "claude"]


@pytest.mark.parametrize("failure", ["500", "error first", "cut first", "stalled body"])
def test_from_claude_to_another_dialect(make_gateway, upstream, openai_upstream, failure):
    gateway = make_gateway()
    gateway.config["providers"] = [
        {"name": "claude", "kind": "anthropic", "base_url": upstream.url, "api_key": UPSTREAM_KEY},
        {"name": "gpt", "kind": "openai", "base_url": openai_upstream.url + "/v1", "api_key": openai_upstream.key}]
    gateway.config["models"] = [{"name": NAME, "routing_config": {"type": "priority-based-routing", "load_balance_targets": [
        {"target": f"claude/{PRIMARY}", "priority": 0, "first_byte_timeout": "500ms", "override_params": {"speed": "fast"}},
        {"target": "gpt/gpt-5.5", "priority": 1, "override_params": {"temperature": 0.25}}]}}]
    gateway.start("--loops", "2")
    upstream.answers(FAILURES[failure])
    openai_upstream.answers(reply("From elsewhere."))
    answer = served(ask(gateway, gateway.issue()), "gpt/gpt-5.5")
    assert answer.header("content-type").startswith("text/event-stream") and answer.body.startswith(b"event: message_start")
    assert upstream.calls[0].json["speed"] == "fast"
    assert "speed" not in openai_upstream.calls[0].json


def test_a_target_that_needs_a_login_is_passed_over(make, upstream, second):
    gateway, key = make(providers={"first": {"api_key": None}})
    served(ask(gateway, key), f"last/{SECOND}")
    assert upstream.calls == []
