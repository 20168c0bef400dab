"""Clients that hang up, in each phase of a request."""

import json

from expectations import one_attempt_each, serves
from rig.answers import Message
from rig.gateway import prompt
from rig.waiting import eventually


def send_and_leave(gateway, data):
    with gateway.connect() as connection:
        connection.send(data)


def head_for(key, length):
    return (f"POST /v1/messages HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key.secret}\r\n"
            f"content-length: {length}\r\n\r\n").encode()


def test_before_during_and_after_the_head(gateway, upstream, key):
    head = head_for(key, 100)
    for cut in (0, 1, 10, len(head) - 1, len(head)):
        send_and_leave(gateway, head[:cut])
    serves(gateway, key)
    one_attempt_each(gateway, upstream, 1)


def test_during_the_body(gateway, upstream, key):
    body = json.dumps(prompt()).encode()
    for cut in (1, len(body) // 2, len(body) - 1):
        send_and_leave(gateway, head_for(key, len(body)) + body[:cut])
    serves(gateway, key)
    one_attempt_each(gateway, upstream, 1)


def test_before_the_upstream_answers(gateway, upstream, key):
    upstream.answers(Message(wait=60), Message())
    body = json.dumps(prompt(stream=True)).encode()
    with gateway.connect() as connection:
        connection.send(head_for(key, len(body)) + body)
        upstream.wait_for(1)
    assert upstream.wait_until_over(upstream.calls[0], 2) == "abandoned", "the upstream request is cancelled at once"
    row = one_attempt_each(gateway, upstream, 1)[0]
    assert row["estimated"] and row["cost_nano_usd"] > 0, "the upstream may have charged for it: never zero"
    serves(gateway, key)


def test_in_the_stream(gateway, upstream, sink, key):
    gate = upstream.gate()
    upstream.answers(Message(text="word " * 200, gate=gate, gate_after=20, pace=0.001), Message())
    with gateway.connect() as connection:
        body = json.dumps(prompt(stream=True)).encode()
        connection.send(head_for(key, len(body)) + body)
        answer = connection.head()
        pieces = connection.pieces(answer)
        next(pieces)
        gate.wait()
    gate.open()
    assert upstream.wait_until_over(upstream.calls[0], 2) == "abandoned"
    row = one_attempt_each(gateway, upstream, 1)[0]
    assert row["estimated"] and row["input_tokens"] == 10 and row["cache_read_tokens"] == 3000
    assert row["output_tokens"] > 1, "the text that was seen is charged, not only what message_start claimed"
    span = sink.request_span(answer.header("request-id"))
    assert span.span_id
    serves(gateway, key)


def test_in_a_whole_answer(gateway, upstream, key):
    upstream.answers(Message(text="word " * 400_000), Message())
    with gateway.connect(receive_buffer=4096) as connection:
        body = json.dumps(prompt()).encode()
        connection.send(head_for(key, len(body)) + body)
        connection.head()
    eventually(lambda: upstream.calls[0].outcome != "open", "the upstream is let go")
    one_attempt_each(gateway, upstream, 1)
    serves(gateway, key)


def test_many_at_once_leave_exact_rows(gateway, upstream, key):
    upstream.answers(Message(pace=0.02, text="word " * 100))
    body = json.dumps(prompt(stream=True)).encode()
    connections = [gateway.connect() for _ in range(40)]
    for connection in connections:
        connection.send(head_for(key, len(body)) + body)
    upstream.wait_for(40)
    for connection in connections:
        connection.close()
    for request in upstream.calls:
        assert upstream.wait_until_over(request, 5) == "abandoned"
    assert all(row["estimated"] for row in one_attempt_each(gateway, upstream, 40))
