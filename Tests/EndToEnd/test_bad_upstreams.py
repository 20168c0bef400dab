"""Upstreams that misbehave: what the client is told, and that every request they saw is in the ledger once."""

import gzip
import json
import socket

import pytest

from expectations import charged_exactly, is_our_error, leaves_its_traces, one_attempt_each, serves
from rig import messages
from rig.answers import Json, Message, Raw, Whole
from rig.gateway import prompt
from rig.otlp import CLIENT, ERROR
from rig.waiting import eventually


@pytest.fixture
def impatient(make_gateway):
    gateway = make_gateway()
    gateway.config["providers"][0]["timeouts"] = {"connect": "300ms", "first_byte": "300ms", "idle": "300ms"}
    return gateway.start()


def attempt_span(sink, server):
    found = eventually(
        lambda: [s for s in sink.spans if s.kind == CLIENT and s.trace_id == server.trace_id], "the attempt's span arrives")
    return found[-1]


def unavailable(gateway, sink, answer):
    """No upstream could serve: 529, an ERROR span for the attempt without counts, and with the cost of its row, which may be an estimate."""
    request_id = is_our_error(answer, 529, "overloaded_error")
    server = leaves_its_traces(gateway, sink, request_id, 529)
    span = attempt_span(sink, server)
    assert span.status == ERROR and span.attributes["error.type"]
    assert {name for name in span.attributes if name.startswith("gen_ai.usage.")} <= {"gen_ai.usage.cost"}
    (row,) = eventually(lambda: gateway.ledger.request(request_id), "the row is written")
    assert span.attributes.get("tollgate.cost.nano_usd", 0) == row["cost_nano_usd"]
    return request_id


@pytest.mark.parametrize("stream", [False, True])
def test_an_upstream_that_refuses_connections(make_gateway, sink, stream):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        gateway = make_gateway(f"http://127.0.0.1:{taken.getsockname()[1]}").start()
        request_id = unavailable(gateway, sink, gateway.messages(gateway.issue(), prompt(stream=stream)))
    gateway.ledger.closed(1)
    assert [row["id"] for row in gateway.ledger.requests] == [request_id]
    assert gateway.ledger.requests[0]["cost_nano_usd"] == 0


def test_an_upstream_whose_name_does_not_resolve(make_gateway, sink):
    gateway = make_gateway("http://no-such-host.invalid").start()
    unavailable(gateway, sink, gateway.messages(gateway.issue()))


@pytest.mark.parametrize("stream", [False, True])
def test_an_upstream_that_never_answers(impatient, upstream, sink, stream):
    upstream.answers(Message(wait=60))
    key = impatient.issue()
    unavailable(impatient, sink, impatient.messages(key, prompt(stream=stream)))
    assert upstream.wait_until_over(upstream.calls[0]) == "abandoned"
    one_attempt_each(impatient, upstream, 1)


def test_a_stream_that_falls_silent_is_given_up(impatient, upstream, sink):
    upstream.answers(Message(fail="hang"))
    answer = impatient.messages(impatient.issue(), prompt(stream=True))
    assert answer.status == 200 and answer.events[-1]["type"] == "error"
    assert upstream.wait_until_over(upstream.calls[0]) == "abandoned"
    row = one_attempt_each(impatient, upstream, 1)[0]
    assert row["estimated"] and row["input_tokens"] == 10 and row["output_tokens"] >= 1


GARBAGE = {
    "nothing": b"",
    "no HTTP": b"hello there, this is no HTTP at all\r\n\r\n",
    "half a head": b"HTTP/1.1 200 OK\r\ncontent-ty",
    "a bad status": b"HTTP/1.1 abc OK\r\ncontent-length: 0\r\n\r\n",
    "a status out of range": b"HTTP/1.1 999 OK\r\ncontent-length: 0\r\n\r\n",
    "both lengths": b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}x",
    "a bare line feed": b"HTTP/1.1 200 OK\ncontent-length: 2\n\n{}",
    "a null in a header": b"HTTP/1.1 200 OK\r\nx: a\0b\r\ncontent-length: 2\r\n\r\n{}",
    "TLS": b"\x15\x03\x01\x00\x02\x02\x46",
}


@pytest.mark.parametrize("data", GARBAGE.values(), ids=GARBAGE.keys())
def test_an_upstream_that_answers_garbage(gateway, upstream, sink, key, data):
    upstream.answers(Raw(data))
    unavailable(gateway, sink, gateway.messages(key, prompt(stream=True)))
    assert len(gateway.ledger.closed(1)) == 1
    assert {row["span_id"] for row in gateway.ledger.attempts} >= {request.span_id for request in upstream.calls}


def test_a_bad_chunk_in_a_stream(gateway, upstream, key):
    start = messages.frame(next(messages.events(messages.message(1, "claude-sonnet-5-5", [], messages.USAGE))))
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    upstream.answers(Raw(head + b"%x\r\n%s\r\nzz\r\n" % (len(start), start)))
    answer = gateway.messages(key, prompt(stream=True))
    assert [event["type"] for event in answer.events] == ["message_start", "error"]
    assert one_attempt_each(gateway, upstream, 1)[0]["estimated"]


@pytest.mark.parametrize("fail", ["cut", "reset"])
@pytest.mark.parametrize("after", [1, 5])
def test_a_stream_that_is_cut(gateway, upstream, sink, key, fail, after):
    upstream.answers(Message(fail=fail, fail_after=after))
    answer = gateway.messages(key, prompt(stream=True))
    last = answer.events[-1]
    assert answer.status == 200 and answer.complete
    assert last["type"] == "error" and last["error"]["type"] in ("api_error", "overloaded_error"), last
    assert answer.body.startswith(bytes(upstream.calls[0].sent)), "what the upstream sent comes first, unchanged"
    row = one_attempt_each(gateway, upstream, 1)[0]
    assert row["estimated"] and row["cache_read_tokens"] == 3000
    span = attempt_span(sink, sink.request_span(answer.header("request-id")))
    assert span.status == ERROR and span.attributes["error.type"]
    serves(gateway, key)


def test_a_stream_that_ends_cleanly_but_too_early(gateway, upstream, key):
    async def early(exchange):
        events = list(messages.events(messages.message(1, "claude-sonnet-5-5", [], messages.USAGE)))
        await exchange.head(200, {"content-type": "text/event-stream"})
        await exchange.body(messages.frame(events[0]))
        await exchange.end()

    upstream.answers(early)
    answer = gateway.messages(key, prompt(stream=True))
    assert answer.events[-1]["type"] == "error", "every stream ends in message_stop or error"
    assert one_attempt_each(gateway, upstream, 1)[0]["estimated"]


def test_a_whole_answer_that_is_cut(gateway, upstream, sink, key):
    upstream.answers(Message(fail="cut"))
    answer = gateway.messages(key)
    assert not answer.complete or is_our_error(answer, 529, "overloaded_error")
    assert one_attempt_each(gateway, upstream, 1)[0]["estimated"]


@pytest.mark.parametrize("kind", ["overloaded_error", "api_error", "billing_error", "policy_blocked"])
def test_an_error_event_in_the_stream_passes_byte_for_byte(gateway, upstream, sink, key, kind):
    upstream.answers(Message(fail=kind))
    answer = gateway.messages(key, prompt(stream=True))
    assert answer.complete and answer.body == bytes(upstream.calls[0].sent)
    row = one_attempt_each(gateway, upstream, 1)[0]
    assert row["estimated"] and row["input_tokens"] == 10
    span = attempt_span(sink, sink.request_span(answer.header("request-id")))
    assert span.status == ERROR and span.attributes["error.type"] == kind


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("status, data, kind", [
    (400, json.dumps(messages.envelope("invalid_request_error", "prompt is too long: 2 tokens > 1 maximum")).encode(), "application/json"),
    (401, json.dumps(messages.envelope("authentication_error", "invalid x-api-key")).encode(), "application/json"),
    (403, b"<html>Forbidden by a firewall</html>", "text/html"),
    (404, b"", None),
    (413, b"\x00\x01\xff not text", "application/octet-stream"),
    (429, json.dumps(messages.envelope("rate_limit_error", "Later.")).encode(), "application/json"),
    (500, b"{", "application/json"),
    (502, b"<html>" + b"x" * 100_000, "text/html"),
    (503, b"", "text/plain"),
    (529, json.dumps(messages.envelope("overloaded_error", "Overloaded")).encode(), "application/json"),
])
def test_errors_of_the_upstream_pass_byte_for_byte(gateway, upstream, sink, key, status, data, kind, stream):
    upstream.answers(Whole(data, status, kind, {"retry-after": "7", "x-should-retry": "false"}))
    answer = gateway.messages(key, prompt(stream=stream))
    assert (answer.status, answer.body, answer.header("content-type")) == (status, data, kind)
    assert answer.header("retry-after") == "7" and answer.header("x-should-retry") == "false"
    row = one_attempt_each(gateway, upstream, 1)[0]
    assert row["status"] == status and row["cost_nano_usd"] == 0
    span = sink.request_span(answer.header("request-id"))
    assert span.attributes["http.response.status_code"] == status
    assert attempt_span(sink, span).attributes["error.type"]
    gateway.logged(answer.header("request-id"))


def test_a_redirect_is_not_followed(gateway, upstream, key):
    upstream.answers(Json({}, 307, {"location": "/v1/elsewhere"}))
    gateway.messages(key)
    assert len(upstream.requests) == 1


def test_an_idle_connection_that_closes_in_the_moment_of_reuse(make_gateway, upstream):
    upstream.idle_closer = lambda connection: connection == 1
    gateway = make_gateway().start("--loops", "1")
    key = gateway.issue()
    for _ in range(2):
        answer = gateway.messages(key)
        assert answer.status == 200, answer.body
    assert [request.connection for request in upstream.calls] == [1, 2]
    rows = gateway.ledger.closed(2)
    assert len(rows) == 2
    for row in rows:
        charged_exactly(row, messages.USAGE)


def test_idle_connections_that_the_upstream_closed_are_not_used_again(make_gateway, upstream):
    gateway = make_gateway().start("--loops", "1")
    key = gateway.issue()
    serves(gateway, key)
    upstream.drop_connections()
    serves(gateway, key)
    assert len(gateway.ledger.closed(2)) == 2
    seen = {request.span_id for request in upstream.calls}
    # The end may reach the gateway in the moment of reuse: that attempt is in the ledger, too, and cost nothing.
    lost = [row for row in gateway.ledger.attempts if row["span_id"] not in seen]
    assert all(row["reused_connection"] and not row["status"] and not row["cost_nano_usd"] for row in lost)
    assert len(gateway.ledger.attempts) - len(lost) == 2


def test_connections_to_the_upstream_are_kept(make_gateway, upstream):
    gateway = make_gateway().start("--loops", "1")
    key = gateway.issue()
    for stream in (False, True, False, True):
        assert gateway.messages(key, prompt(stream=stream)).status == 200
    assert {request.connection for request in upstream.calls} == {1}


def test_an_error_that_is_gzipped_passes_as_it_is(gateway, upstream, key):
    data = gzip.compress(json.dumps(messages.envelope("overloaded_error", "Overloaded")).encode())
    upstream.answers(Whole(data, 529, headers={"content-encoding": "gzip"}))
    answer = gateway.messages(key, headers={"accept-encoding": "gzip"})
    assert answer.status == 529 and answer.error == ("overloaded_error", "Overloaded")
