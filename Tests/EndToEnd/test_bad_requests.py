"""Requests that must be refused: the right error, a span, a log line, no charge, and a gateway that goes on."""

import json
import socket

import pytest

from expectations import is_our_error, refused, serves
from rig.gateway import Key, now, prompt

VALID = json.dumps(prompt()).encode()


@pytest.fixture
def strict(make_gateway):
    gateway = make_gateway()
    gateway.config["limits"] |= {
        "head_bytes": 16384, "body_bytes": 65536, "header_timeout": "300ms", "body_timeout": "300ms", "idle_timeout": "30s"}
    return gateway.start()


@pytest.mark.parametrize("body", [
    b"{", b"", b"[]", b'"text"', b"null", b'{"model": "claude-sonnet-5-5",}', b"\xff\xfe{}", VALID + b"x", VALID[:-1],
    b'{"model": claude}', b"[" * 5000,
], ids=lambda body: repr(body[:20]))
def test_malformed_json(gateway, sink, key, body):
    refused(gateway, sink, gateway.messages(key, body), 400, "invalid_request_error")
    serves(gateway, key)


@pytest.mark.parametrize("body", [
    b'{"messages": []}', b'{"model": 7}', b'{"model": null}', b'{"model": ""}', b'{"a": {"model": "claude-sonnet-5-5"}}',
], ids=lambda body: body.decode())
def test_no_model(gateway, sink, key, body):
    request_id = refused(gateway, sink, gateway.messages(key, body), 400, "invalid_request_error")
    assert request_id and "model" in gateway.messages(key, body).error[1]


@pytest.mark.parametrize("body", [
    b'{"model": "claude-a", "model": "claude-b"}', b'{"model": "claude-a", "mod\\u0065l": "claude-b"}',
    b'{"model": "claude-a", "stream": true, "stream": false}',
], ids=lambda body: body.decode())
def test_a_member_that_decides_and_stands_there_twice(gateway, sink, key, body):
    """Which of the two would the upstream take?"""
    refused(gateway, sink, gateway.messages(key, body), 400, "invalid_request_error")


def test_a_models_name_is_no_place_for_texts(gateway, sink, upstream, key):
    """What is known of a name is kept for a while."""
    before = len(upstream.calls)
    refused(gateway, sink, gateway.messages(key, {**prompt(), "model": "claude-" + "x" * 250}), 400, "invalid_request_error")
    assert len(upstream.calls) == before
    assert gateway.messages(key, {**prompt(), "model": "claude-" + "x" * 249}).status == 200


def test_a_model_that_no_rule_routes(gateway, sink, key):
    answer = gateway.messages(key, {**prompt(), "model": "gpt-99"})
    refused(gateway, sink, answer, 404, "not_found_error")
    assert "gpt-99" in answer.error[1] and answer.header("x-should-retry") == "false"


def test_a_body_over_the_limit_by_its_length(strict, sink):
    key = strict.issue()
    with strict.connect() as connection:
        head = f"POST /v1/messages HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key.secret}\r\ncontent-length: 65537\r\n\r\n"
        connection.send(head.encode())
        answer = connection.answer()
    refused(strict, sink, answer, 413, "request_too_large")
    serves(strict, key)


def test_a_body_over_the_limit_in_chunks(strict, sink):
    key = strict.issue()
    with strict.connect() as connection:
        head = f"POST /v1/messages HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key.secret}\r\ntransfer-encoding: chunked\r\n\r\n"
        connection.send(head.encode() + b"".join(b"4000\r\n" + b" " * 0x4000 + b"\r\n" for _ in range(5)))
        answer = connection.answer()
    refused(strict, sink, answer, 413, "request_too_large")


def test_a_body_at_the_limit_is_taken(strict, upstream):
    key = strict.issue()
    padding = 65536 - len(json.dumps(prompt("")))
    assert strict.messages(key, prompt("x" * padding)).status == 200
    assert len(upstream.calls[0].body) == 65536


@pytest.mark.parametrize("headers", [
    {}, {"authorization": "Bearer wrong"}, {"x-api-key": "wrong"}, {"authorization": "Basic eDp5"}, {"authorization": "Bearer"},
    {"authorization": "Bearer sk-ant-oat01-someone"}, {"x-tollgate-api-key": "wrong", "authorization": "Bearer sk-ant-oat01-x"},
], ids=str)
def test_a_missing_or_wrong_key(gateway, sink, headers):
    answer = gateway.messages(None, headers=headers)
    refused(gateway, sink, answer, 401, "authentication_error")
    assert answer.header("x-should-retry") == "false"
    assert answer.error[1] != "invalid x-api-key"
    assert "wrong" not in answer.error[1]


def test_a_wrong_key_says_so_before_the_body_is_read(gateway, sink):
    with gateway.connect() as connection:
        connection.send(b"POST /v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: wrong\r\ncontent-length: 9\r\n\r\n123456789")
        refused(gateway, sink, connection.answer(), 401, "authentication_error")


@pytest.mark.parametrize("method, target", [
    ("GET", "/v1/nothing"), ("POST", "/v1/complete"), ("GET", "/v1/messages/batches"), ("POST", "//v1/messages"), ("GET", "/%00"),
])
def test_an_unknown_path(gateway, sink, key, method, target):
    answer = gateway.request(method, target, {"x-api-key": key.secret})
    request_id = is_our_error(answer, 404, "not_found_error")
    gateway.logged(request_id)
    assert sink.request_span(request_id).attributes["http.response.status_code"] == 404


@pytest.mark.parametrize("method, target", [
    ("GET", "/v1/messages"), ("DELETE", "/v1/models"), ("PUT", "/v1/messages"), ("BREW", "/v1/messages"),
])
def test_a_wrong_method(gateway, key, method, target):
    answer = gateway.request(method, target, {"x-api-key": key.secret})
    gateway.logged(is_our_error(answer, 405, "invalid_request_error", "not_found_error"))
    assert answer.header("allow")


def test_a_head_that_never_ends(strict, sink):
    key = strict.issue()
    with strict.connect() as connection:
        connection.send(b"POST /v1/messages HTTP/1.1\r\nhost: x\r\nx-slow: ")
        refused(strict, sink, connection.answer(), 408, "invalid_request_error", "timeout_error")
        assert connection.closed()
    serves(strict, key)


def test_a_body_that_never_ends(strict, sink):
    key = strict.issue()
    with strict.connect() as connection:
        head = f"POST /v1/messages HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key.secret}\r\ncontent-length: 500\r\n\r\n"
        connection.send(head.encode() + b'{"model":')
        refused(strict, sink, connection.answer(), 408, "invalid_request_error", "timeout_error")
        assert connection.closed()
    serves(strict, key)


def test_a_connection_that_says_nothing_is_closed_without_a_word(strict):
    with strict.connect() as connection:
        assert connection.closed()


FRAMING = {
    "both lengths": b"content-length: 5\r\ntransfer-encoding: chunked\r\n",
    "two lengths": b"content-length: 5\r\ncontent-length: 6\r\n",
    "the same length twice": b"content-length: 5\r\ncontent-length: 5\r\n",
    "a list of lengths": b"content-length: 5, 5\r\n",
    "a signed length": b"content-length: +5\r\n",
    "a negative length": b"content-length: -1\r\n",
    "a length that overflows": b"content-length: 99999999999999999999\r\n",
    "an unknown coding": b"transfer-encoding: gzip, chunked\r\n",
    "chunked, but not last": b"transfer-encoding: chunked, identity\r\n",
    "chunked twice": b"transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n",
    "a space before the colon": b"content-length : 5\r\n",
    "a folded line": b"x-a: b\r\n c\r\ncontent-length: 5\r\n",
    "a bare line feed": b"x-a: b\ncontent-length: 5\r\n",
    "a bare carriage return": b"x-a: b\rc\r\ncontent-length: 5\r\n",
    "a null": b"x-a: b\0c\r\ncontent-length: 5\r\n",
    "a name with a space": b"x a: b\r\ncontent-length: 5\r\n",
    "no name": b": b\r\ncontent-length: 5\r\n",
    "no colon": b"nonsense\r\ncontent-length: 5\r\n",
    "a second host": b"host: y\r\ncontent-length: 5\r\n",
}


# What is not ambiguous, but too much or too new, has a status of its own (RFC 9110 15.5.14, RFC 9112 6.1).
OTHER_STATUS = {b"content-length: 99999999999999999999\r\n": 413, b"transfer-encoding: gzip, chunked\r\n": 501}


@pytest.mark.parametrize("fields", FRAMING.values(), ids=FRAMING.keys())
def test_ambiguous_framing_is_refused_and_the_connection_closed(gateway, sink, fields):
    with gateway.connect() as connection:
        connection.send(b"POST /v1/messages HTTP/1.1\r\nhost: x\r\n" + fields + b"\r\n12345GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        status = OTHER_STATUS.get(fields, 400)
        refused(gateway, sink, connection.answer(), status, "invalid_request_error", "request_too_large")
        assert connection.closed(), "what follows ambiguous framing must not be read as a request"


@pytest.mark.parametrize("line", [
    b"POST /v1/messages\r\n", b"POST  /v1/messages HTTP/1.1\r\n", b"POST /v1/messages HTTP/1.1 \r\n", b"POST /v1/me ssages HTTP/1.1\r\n",
    b" POST /v1/messages HTTP/1.1\r\n", b"P(ST /v1/messages HTTP/1.1\r\n", b"POST /v1/messages http/1.1\r\n", b"\x16\x03\x01\x02\x00\r\n",
    b"POST /\x80 HTTP/1.1\r\n",
], ids=repr)
def test_a_request_line_that_is_none(gateway, sink, line):
    with gateway.connect() as connection:
        connection.send(line + b"host: x\r\n\r\n")
        refused(gateway, sink, connection.answer(), 400, "invalid_request_error")
        assert connection.closed()


@pytest.mark.parametrize("chunks", [
    b"5 \r\nabcde\r\n0\r\n\r\n", b"0x5\r\nabcde\r\n0\r\n\r\n", b"-5\r\nabcde\r\n0\r\n\r\n",
    b"\r\nabcde\r\n0\r\n\r\n", b"5\nabcde\r\n0\r\n\r\n",
    b"5\r\nabcdeX\r\n0\r\n\r\n", b"FFFFFFFFFFFFFFFFF\r\n", b"g\r\n", b"5;a\rb\r\nabcde\r\n0\r\n\r\n", b"0\r\nbad trailer\r\n\r\n",
], ids=repr)
def test_chunks_that_are_none(gateway, sink, key, chunks):
    with gateway.connect() as connection:
        head = f"POST /v1/messages HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key.secret}\r\ntransfer-encoding: chunked\r\n\r\n"
        connection.send(head.encode() + chunks)
        refused(gateway, sink, connection.answer(), 400, "invalid_request_error")
        assert connection.closed()


def test_a_head_over_the_limit(strict, sink):
    with strict.connect() as connection:
        connection.send(b"GET / HTTP/1.1\r\nhost: x\r\nx-large: " + b"a" * 20000 + b"\r\n\r\n")
        refused(strict, sink, connection.answer(), 431, "invalid_request_error", "request_too_large")


def test_no_host(gateway, sink):
    with gateway.connect() as connection:
        connection.send(b"GET / HTTP/1.1\r\n\r\n")
        refused(gateway, sink, connection.answer(), 400, "invalid_request_error")


def test_another_version_of_http(gateway):
    with gateway.connect() as connection:
        connection.send(b"GET / HTTP/2.0\r\nhost: x\r\n\r\n")
        is_our_error(connection.answer(), 505, "invalid_request_error")


def test_requests_that_come_together_are_answered_in_order(gateway, upstream, key):
    with gateway.connect() as connection:
        for number in range(3):
            connection.request("POST", "/v1/messages", {"x-api-key": key.secret}, json.dumps(prompt(f"number {number}")).encode())
        answers = [connection.answer() for _ in range(3)]
    assert [answer.status for answer in answers] == [200] * 3
    assert [f"number {n}" in request.body.decode() for n, request in enumerate(upstream.calls)] == [True] * 3


def test_expect_continue_is_answered_before_the_body(gateway, key):
    body = json.dumps(prompt()).encode()
    with gateway.connect() as connection:
        connection.request(
            "POST", "/v1/messages", {"x-api-key": key.secret, "expect": "100-continue", "content-length": str(len(body))})
        assert connection.interim() == 100
        connection.send(body)
        assert connection.answer().status == 200


def test_a_body_in_chunks_is_taken(gateway, upstream, key):
    body = json.dumps(prompt()).encode()
    with gateway.connect() as connection:
        head = f"POST /v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: {key.secret}\r\ntransfer-encoding: chunked\r\n\r\n"
        pieces = b"".join(b"%x\r\n%s\r\n" % (len(body[at : at + 7]), body[at : at + 7]) for at in range(0, len(body), 7))
        connection.send(head.encode() + pieces + b"0\r\nx-trailer: 1\r\n\r\n")
        assert connection.answer().status == 200
    assert upstream.calls[0].body == body


def test_many_bad_requests_leave_no_open_row_and_no_memory(gateway, key):
    wrong = Key("", "wrong")
    for _ in range(50):
        gateway.messages(wrong)
    before = gateway.resident()
    for _ in range(500):
        gateway.messages(wrong)
        gateway.messages(key, b"{")
    assert gateway.resident() - before < 16 * 2**20
    assert gateway.ledger.open() == 0 and gateway.ledger.attempts == []


def test_json_in_a_prompt_for_the_mock_may_be_as_deep_as_json_may_be(make_gateway):
    gateway = make_gateway()
    gateway.config["providers"] = [{"name": "main", "kind": "mock"}]
    gateway.start()
    key = gateway.issue()
    for depth in (100, 110, 126, 127, 128, 200):
        text = 'mock:tool=x {"a":' + "[" * depth + "]" * depth + "}"
        body = prompt(tools=[{"name": "x", "input_schema": {"type": "object"}}], messages=[{"role": "user", "content": text}])
        assert gateway.messages(key, body).status in (200, 400)
    assert gateway.request("GET", "/healthz").status == 200


def test_whoever_sends_on_after_a_refusal_holds_up_nobody(make_gateway):
    gateway = make_gateway().start("--loops", "1")
    with socket.create_connection(gateway.address) as peer:
        peer.sendall(b"POST /v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: wrong\r\ncontent-length: 9000000000000\r\n\r\n")
        began, sent = now(), 0
        with pytest.raises(OSError):
            while now() - began < 20:
                peer.sendall(bytes(1 << 20))
                sent += 1
                if sent == 100:
                    assert gateway.request("GET", "/healthz").status == 200
        assert now() - began < 10 and sent > 100
