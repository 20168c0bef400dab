"""Virtual models: which target is chosen, what follows when it fails, and what the client, the ledger and the trace know of it."""

import collections
import json
import time
import uuid

import pytest

from elsewhere import PROVIDERS
from rig.answers import Json, Message, Whole, error
from rig.bedrock_answers import failure as bedrock_failure
from rig.gateway import UPSTREAM_KEY, prompt
from rig.openai_upstream import failure as openai_failure
from rig.replies import reply
from rig.strict import checked
from rig.upstream import Hang, Stall, Upstream, refusing_port
from rig.waiting import eventually

NAME = "acme/sonnet"
PRIMARY, SECOND = "claude-sonnet-5-5", "claude-opus-5-5"


@pytest.fixture
def second():
    server = Upstream().start()
    yield server
    server.stop()


@pytest.fixture
def make(make_gateway, upstream, second):
    """A gateway with one virtual model of two targets; a test may change both, and the providers."""

    def make(strategy="priority", first=None, last=None, routing=None, providers=None, loops="2", **limits):
        gateway = make_gateway()
        given = providers or {}
        gateway.config["providers"] = [
            {"name": "first", "kind": "anthropic", "base_url": upstream.url, "api_key": UPSTREAM_KEY, **given.get("first", {})},
            {"name": "last", "kind": "anthropic", "base_url": second.url, "api_key": UPSTREAM_KEY, **given.get("last", {})}]
        targets = [{"target": f"first/{PRIMARY}", **(first or {})}, {"target": f"last/{SECOND}", **(last or {})}]
        if strategy == "priority":
            for place, target in enumerate(targets):
                target.setdefault("priority", place)
        gateway.config["models"] = [
            {"name": "claude-*", "target": "first/claude-*"},
            {"name": NAME, "routing_config": {
                "type": f"{strategy}-based-routing", "load_balance_targets": targets, **(routing or {})}}]
        gateway.config["limits"].update(limits)
        gateway.start("--loops", loops)
        return gateway, gateway.issue()

    return make


def ask(gateway, key, session=None, stream=True, headers=None, **more):
    fields = {"x-claude-code-session-id": session or str(uuid.uuid4()), **(headers or {})}
    return gateway.messages(key, prompt(stream=stream, **{"model": NAME, **more}), fields)


def attempts(gateway, count):
    return eventually(lambda: (rows := gateway.ledger.attempts) and len(rows) == count and rows, f"{count} attempts in the ledger")


def chats(sink, count):
    found = eventually(lambda: (s := sink.named("chat ")) and len(s) >= count and s, f"{count} attempts have spans")
    assert len(found) == count
    return sorted(found, key=lambda span: span.attributes["tollgate.attempt.ordinal"])


def served(answer, by):
    assert answer.status == 200, (answer.status, answer.body)
    assert b"message_stop" in answer.body or b'"type": "message"' in answer.body
    assert answer.header("x-tollgate-target") == by, answer.headers
    return answer


# Fallback


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
    (point,) = eventually(lambda: sink.latest("tollgate.fallbacks"), "the fallback is counted")
    assert point.attributes["from"] == f"first/{PRIMARY}" and point.attributes["to"] == f"last/{SECOND}"


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


# Choice


def test_weights_and_stickiness_over_two_loops(make, upstream, second):
    gateway, key = make("weight", first={"weight": 9}, last={"weight": 1})
    sessions = [str(uuid.uuid4()) for _ in range(150)]
    first = {session: ask(gateway, key, session).header("x-tollgate-target") for session in sessions}
    again = {session: ask(gateway, key, session).header("x-tollgate-target") for session in sessions}
    assert first == again, "each request has a connection of its own, so both loops were asked"
    shares = collections.Counter(first.values())
    assert 3 <= shares[f"last/{SECOND}"] <= 33, shares
    gateway.stop()
    gateway.restart()
    assert {s: ask(gateway, key, s).header("x-tollgate-target") for s in sessions[:40]} == {s: first[s] for s in sessions[:40]}


def test_a_session_stays_where_a_fallback_brought_it(make, upstream, second):
    gateway, key = make()
    upstream.answers(error(500, "api_error"), Message())
    session = str(uuid.uuid4())
    served(ask(gateway, key, session), f"last/{SECOND}")
    for _ in range(12):
        served(ask(gateway, key, session), f"last/{SECOND}")
    assert len(upstream.calls) == 1
    served(ask(gateway, key), f"first/{PRIMARY}")


def test_a_breaker_opens_and_heals(make, upstream, second, sink):
    gateway, key = make(routing={"circuit_breaker": {"failures": 2, "open_for": "1s"}}, loops="1")
    upstream.answers(error(500, "api_error"), error(500, "api_error"), Message())
    for _ in range(2):
        served(ask(gateway, key), f"last/{SECOND}")
    begin = time.monotonic()
    served(ask(gateway, key), f"last/{SECOND}")
    if time.monotonic() - begin < 0.8:
        assert len(upstream.calls) == 2, "an open target is not asked"
    eventually(lambda: ask(gateway, key).header("x-tollgate-target") == f"first/{PRIMARY}", "a probe heals it", 10)
    served(ask(gateway, key), f"first/{PRIMARY}")
    reasons = {s.attributes["tollgate.route.reason"] for s in eventually(lambda: sink.named("chat "), "spans")}
    assert "the better ones are open" in reasons
    eventually(lambda: "probe" in {s.attributes["tollgate.route.reason"] for s in sink.named("chat ")}, "the probe has a span")
    for state in ("open", "half-open", "closed"):
        eventually(lambda: sink.latest("tollgate.breaker.transitions", state=state), f"a transition to {state} is counted")
    eventually(lambda: [point.value for point in sink.latest("tollgate.breaker.open")] == [0], "none is open")


def test_a_breaker_opens_on_both_loops(make, upstream, second):
    gateway, key = make(routing={"circuit_breaker": {"failures": 2, "open_for": "30s"}})
    upstream.answers(error(500, "api_error"))
    for _ in range(20):
        served(ask(gateway, key), f"last/{SECOND}")
    assert len(upstream.calls) <= 3, "two on one loop, and one more if the other loop had one"


def test_the_fastest_is_chosen(make, upstream, second):
    gateway, key = make("latency")
    upstream.answers(Message(text="slow " * 40, pace=0.02, usage={"input_tokens": 5, "output_tokens": 20,
                             "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}))
    for _ in range(6):
        ask(gateway, key)
    targets = [served(ask(gateway, key), f"last/{SECOND}") for _ in range(6)]
    assert len(targets) == 6 and len(upstream.calls) <= 4


# What goes out


def test_overrides_and_their_stripped_twin(make, upstream, second, sink):
    gateway, key = make(
        first={"override_params": {"speed": "fast", "temperature": 0.5}, "strip_params": ["top_k"],
               "headers_override": {"set": {"anthropic-beta": "fast-mode-2026-02-01", "x-team": "acme"}, "remove": ["x-secret"]}},
        last={"strip_params": ["speed"], "headers_override": {"remove": ["anthropic-beta: fast-mode-2026-02-01"]}})
    upstream.answers(error(429, "rate_limit_error"))
    sent = b'{"model" : "acme/sonnet", "max_tokens":10,\n "temperature": 1.0,"top_k":3, "speed":"fast","messages":[{"role":"user","content":"\\u00e9"}]}'
    headers = {"authorization": f"Bearer {key.secret}", "content-type": "application/json", "anthropic-version": "2023-06-01",
               "anthropic-beta": "one-1,fast-mode-2026-02-01", "x-secret": "s"}
    answer = gateway.request("POST", "/v1/messages", headers, sent)
    assert answer.status == 200, answer.body
    first, last = upstream.calls[0], second.calls[0]
    assert first.body == (b'{"model" : "claude-sonnet-5-5", "max_tokens":10,\n "temperature": 0.5,"speed":"fast",'
                          b'"messages":[{"role":"user","content":"\\u00e9"}]}')
    assert first.header("anthropic-beta") == "one-1,fast-mode-2026-02-01" and first.header("x-team") == "acme"
    assert first.header("x-secret") is None
    assert last.body == (b'{"model" : "claude-opus-5-5", "max_tokens":10,\n "temperature": 1.0,"top_k":3, '
                         b'"messages":[{"role":"user","content":"\\u00e9"}]}')
    assert last.header("anthropic-beta") == "one-1" and last.header("x-secret") == "s"


def test_a_beta_is_added_to_those_of_the_client(make, upstream):
    gateway, key = make(first={"override_params": {"speed": "fast"}, "headers_override": {"set": {"anthropic-beta": "fast-mode-2026-02-01"}}})
    ask(gateway, key, headers={"anthropic-beta": "context-1m-2025-08-07"}, stream=False)
    (call,) = upstream.calls
    assert call.json["speed"] == "fast" and call.header("anthropic-beta") == "context-1m-2025-08-07,fast-mode-2026-02-01"


def thought(text, signature):
    return {"type": "thinking", "thinking": text, "signature": signature}


def test_thoughts_go_only_to_those_who_minted_them(make_gateway, upstream, second):
    gateway = make_gateway()
    gateway.config["providers"] = [
        {"name": "claude", "kind": "anthropic", "base_url": upstream.url, "api_key": UPSTREAM_KEY},
        {"name": "own", "kind": "openai-compatible", "dialect": "messages", "base_url": second.url + "/v1", "api_key": "k"}]
    gateway.config["models"] = [{"name": NAME, "routing_config": {"type": "priority-based-routing", "load_balance_targets": [
        {"target": f"claude/{PRIMARY}", "priority": 0}, {"target": "own/local", "priority": 1}]}}]
    gateway.start("--loops", "2")
    key = gateway.issue()
    claudes = thought("Claude's.", "EqQB" + "CkYIBBgCKkBabc+/" * 8)
    owns, text = thought("Its own.", "sig-1"), {"type": "text", "text": "Hello."}
    history = [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": [claudes, text]},
               {"role": "user", "content": "On."}, {"role": "assistant", "content": [owns, text]}, {"role": "user", "content": "On."}]
    upstream.answers(error(529, "overloaded_error"), Message())
    assert ask(gateway, key, messages=history).header("x-tollgate-target") == "own/local"
    assert ask(gateway, key, messages=history).header("x-tollgate-target") == f"claude/{PRIMARY}"
    for call in upstream.calls:
        assert [message["content"] for message in call.json["messages"]] == ["Hi.", [claudes, text], "On.", [text], "On."]
    (call,) = second.calls
    assert [message["content"] for message in call.json["messages"]] == ["Hi.", [text], "On.", [owns, text], "On."]


def test_tokens_are_counted_by_the_target(make, upstream):
    gateway, key = make()
    answer = gateway.messages(key, prompt(model=NAME), target="/v1/messages/count_tokens")
    assert answer.status == 200 and answer.json["input_tokens"] > 0


def test_plain_models_know_nothing_of_it(make, upstream):
    gateway, key = make()
    body = json.dumps(prompt()).encode()
    answer = gateway.messages(key, body)
    assert answer.status == 200 and answer.header("x-tollgate-target") is None and upstream.calls[0].body == body
    upstream.answers(error(500, "api_error"))
    assert gateway.messages(key, prompt(model=f"first/{PRIMARY}")).status == 500


def test_models_are_listed(make):
    gateway, key = make()
    answer = gateway.request("GET", "/v1/models?limit=1000", {"authorization": f"Bearer {key.secret}"})
    assert NAME in [model["id"] for model in answer.json["data"]]


# Full accounts


def test_an_error_that_was_told_counts_more_than_a_full_queue(make, upstream, second):
    gateway, key = make(providers={"last": {"max_concurrent_requests": 1, "max_queued_requests": 2, "queue_timeout": "200ms"}})
    gate = second.gate()
    second.answers(Message(gate=gate))
    upstream.answers(error(500, "api_error", "The first one."))
    with gateway.connect() as connection:
        body = json.dumps(prompt(model=f"last/{SECOND}", stream=True)).encode()
        connection.request("POST", "/v1/messages", {"authorization": f"Bearer {key.secret}", "content-type": "application/json"}, body)
        gate.wait()
        answer = ask(gateway, key)
        assert answer.status == 500 and answer.json["error"]["message"] == "The first one."
        gate.open()
        assert connection.answer().status == 200


def test_when_all_are_full_it_waits_where_it_may(make, upstream, second):
    gateway, key = make(providers={"first": {"max_concurrent_requests": 1, "max_queued_requests": 2, "queue_timeout": "20s"},
                                   "last": {"max_concurrent_requests": 1}})
    gates = [upstream.gate(), second.gate()]
    upstream.answers(Message(gate=gates[0]), Message())
    second.answers(Message(gate=gates[1]))
    headers = {"authorization": f"Bearer {key.secret}", "content-type": "application/json"}
    body = json.dumps(prompt(model=NAME, stream=True)).encode()
    with gateway.connect() as one, gateway.connect() as other, gateway.connect() as third:
        for connection, gate in ((one, gates[0]), (other, gates[1])):
            connection.request("POST", "/v1/messages", headers, body)
            gate.wait()
        third.request("POST", "/v1/messages", headers, body)
        time.sleep(0.2)
        gates[0].open()
        answer = third.answer()
        assert answer.status == 200 and answer.header("x-tollgate-target") == f"first/{PRIMARY}"
        gates[1].open()
        assert one.answer().status == 200 and other.answer().status == 200


def test_an_empty_answer_is_an_answer(make, upstream, second):
    gateway, key = make()
    upstream.answers(Whole(b"", 200))
    answer = ask(gateway, key, stream=False)
    assert answer.status == 200 and answer.body == b"" and second.calls == []


def test_a_full_account_bursts_to_the_next(make, upstream, second):
    gateway, key = make(providers={"first": {"max_concurrent_requests": 1}})
    gate = upstream.gate()
    upstream.answers(Message(gate=gate))
    with gateway.connect() as connection:
        body = json.dumps(prompt(model=NAME, stream=True)).encode()
        connection.request("POST", "/v1/messages", {"authorization": f"Bearer {key.secret}", "content-type": "application/json"}, body)
        gate.wait()
        served(ask(gateway, key), f"last/{SECOND}")
        gate.open()
        assert connection.answer().status == 200


def test_requests_wait_in_order_for_a_place(make, upstream, second):
    gateway, key = make(providers={"first": {"max_concurrent_requests": 1, "max_queued_requests": 3, "queue_timeout": "20s"}})
    gate = upstream.gate()
    upstream.answers(Message(gate=gate), Message())
    headers = {"authorization": f"Bearer {key.secret}", "content-type": "application/json"}
    connections = [gateway.connect() for _ in range(4)]
    try:
        for place, connection in enumerate(connections):
            body = json.dumps(prompt(str(place), model=PRIMARY, stream=True)).encode()
            connection.request("POST", "/v1/messages", headers, body)
            if place == 0:
                gate.wait()
            else:
                time.sleep(0.15)  # the order in which they arrive is what is tested
        full = gateway.messages(key, prompt(model=PRIMARY))
        assert full.status == 529 and "max_concurrent_requests" in full.json["error"]["message"]
        connections[2].close()
        time.sleep(0.2)
        gate.open()
        for place in (0, 1, 3):
            assert connections[place].answer().status == 200
    finally:
        for connection in connections:
            connection.close()
    assert [call.json["messages"][0]["content"] for call in upstream.calls] == ["0", "1", "3"]
