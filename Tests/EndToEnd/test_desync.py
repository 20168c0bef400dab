"""However an upstream errs, nobody gets what another one's request was answered with, and a connection that is out of step is not
used again."""

import itertools
import json
import time

import pytest

from leniently import BODY, ask, serving  # noqa: F401
from rig import corpus
from rig.gateway import prompt
from rig.lenient import Reading, answer_all, echo, requests
from rig.wire import Closed

CUT = (Closed, ConnectionError, TimeoutError)


# Answers of the upstream before it has read the body.


STATUSES = {b"200": b"200 OK", b"413": b"413 Content Too Large", b"529": b"529 Overloaded"}


@pytest.mark.parametrize("drains", [True, False], ids=["then takes the body", "takes the body for a request"])
def test_an_upstream_that_answers_before_it_has_read_the_body(serving, drains):
    def serve(line):
        while (seen := line.head()) is not None:
            status, size = seen.identity.split(b" ")
            line.send(echo(seen.identity).replace(STATUSES[b"200"], STATUSES[status]))
            line.used += int(size) if drains else 0
            while len(line.received) < line.used and line.more():
                pass

    gateway, upstream, secret = serving(serve, first_byte="300ms", idle="300ms")
    # A request stands in the body, with its lines escaped, as JSON has to have them.
    bad = json.dumps("\r\n\r\n" + corpus.expand("<bad>", secret).decode()).encode()
    start = BODY[:-1] + b', "metadata": {"user_id": ' + bad + b"}}"
    for status, size in itertools.product(STATUSES, (1_000, 100_000, 3_000_000)):
        identity = f"{status.decode()} {size}"
        for _ in range(2):
            try:
                answer = gateway.request(
                    "POST", "/v1/messages", {"x-api-key": secret, "x-id": identity}, start + b"\n" * (size - len(start)))
            except CUT:
                continue
            assert b"msg_1" not in answer.body or answer.json["content"][0]["text"] == identity
    for line in upstream.lines:
        for reading in (Reading(), Reading("length", "LF"), Reading("neither", "CR", True)):
            assert not [seen for seen in requests(line.received, reading) if b"smuggled" in seen.target]
    if drains:
        small = [seen for line in upstream.lines for seen in requests(line.received, Reading()) if seen.identity.endswith(b" 1000")]
        assert len(small) == 2 * len(STATUSES), "what was taken whole is asked once"


def test_an_answer_that_breaks_off_before_the_body_was_read_is_not_asked_for_again(serving):
    """On a connection that served before: had nothing of an answer come, the request would go out once more."""
    def serve(line):
        while (seen := line.head()) is not None:
            asked.append(seen.identity)
            if seen.identity == b"large":
                line.send(b"HTTP/1.1 40")
                time.sleep(0.2)
                return
            line.used += len(BODY)
            while len(line.received) < line.used and line.more():
                pass
            line.send(echo(seen.identity))

    asked = []
    gateway, upstream, secret = serving(serve)
    ask(gateway, secret)
    answer = gateway.request(
        "POST", "/v1/messages", {"x-api-key": secret, "x-id": "large"}, BODY[:-1] + b"\n" * 20_000_000 + b"}")
    assert answer.status == 529, answer
    assert asked.count(b"large") == 1 and len(upstream.lines) == 1


# Answers that are out of step.

STOLEN = echo(b"stolen")
OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
TEXT = echo(b"first").split(b"\r\n\r\n", 1)[1]
LENGTH = b"content-length: %d\r\n" % len(TEXT)
CHUNK = b"%x\r\n%s\r\n" % (len(TEXT), TEXT)
OUT_OF_STEP = {
    "two answers in one piece": echo(b"first") + STOLEN,
    "three answers in one piece": echo(b"first") + STOLEN + STOLEN,
    "bytes behind the length": echo(b"first") + b"x",
    "a line behind the length": echo(b"first") + b"\r\n",
    "half an answer behind the length": echo(b"first") + STOLEN[:20],
    "bytes behind the last chunk": OK + b"transfer-encoding: chunked\r\n\r\n" + CHUNK + b"0\r\n\r\nx",
    "an answer behind the last chunk": OK + b"transfer-encoding: chunked\r\n\r\n" + CHUNK + b"0\r\n\r\n" + STOLEN,
    "an answer for a trailer": OK + b"transfer-encoding: chunked\r\n\r\n" + CHUNK + b"0\r\n" + STOLEN,
    "both lengths": OK + LENGTH + b"transfer-encoding: chunked\r\n\r\n" + CHUNK + b"0\r\n\r\n" + STOLEN,
    "two lengths": OK + LENGTH + b"content-length: 5\r\n\r\n" + TEXT + STOLEN,
    "two equal lengths": OK + LENGTH + LENGTH + b"\r\n" + TEXT + STOLEN,
    "a list of lengths": OK + b"content-length: 5, %d\r\n\r\n" % len(TEXT) + TEXT + STOLEN,
    "a length with a plus": OK + b"content-length: +5\r\n\r\n" + TEXT + STOLEN,
    "a coding that is none": OK + b"transfer-encoding: xchunked\r\n\r\n" + CHUNK + b"0\r\n\r\n" + STOLEN,
    "a coding behind a vertical tab": OK + LENGTH + b"transfer-encoding: \x0bchunked\r\n\r\n" + TEXT + STOLEN,
    "a coding behind a fold": OK + LENGTH + b"x: y\r\n transfer-encoding: chunked\r\n\r\n" + TEXT + STOLEN,
    "a coding behind a bare LF": OK + LENGTH + b"x: y\ntransfer-encoding: chunked\r\n\r\n" + TEXT + STOLEN,
    "a coding in HTTP/1.0": OK.replace(b"1.1", b"1.0") + b"transfer-encoding: chunked\r\n\r\n" + CHUNK + b"0\r\n\r\n" + STOLEN,
    "a length that is too short": OK + b"content-length: 10\r\n\r\n" + TEXT + STOLEN,
    "no length, but an answer behind it": OK + b"\r\n" + TEXT,
    "a chunk that is too short": OK + b"transfer-encoding: chunked\r\n\r\n5\r\n" + TEXT + b"\r\n0\r\n\r\n" + STOLEN,
    "a chunk whose line ends in LF": OK + b"transfer-encoding: chunked\r\n\r\n" + CHUNK.replace(b"\r\n", b"\n") + b"0\n\n" + STOLEN,
    "204 with a body": b"HTTP/1.1 204 No Content\r\n" + LENGTH + b"\r\n" + TEXT + STOLEN,
    "204 with an answer behind it": b"HTTP/1.1 204 No Content\r\n\r\n" + STOLEN,
    "304 with a body": b"HTTP/1.1 304 Not Modified\r\n" + LENGTH + b"\r\n" + TEXT + STOLEN,
    "304 with an answer behind it": b"HTTP/1.1 304 Not Modified\r\n\r\n" + STOLEN,
    "204 in chunks": b"HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked\r\n\r\n" + CHUNK + b"0\r\n\r\n" + STOLEN,
    "205 with an answer for a body": b"HTTP/1.1 205 Reset Content\r\ncontent-length: 0\r\n\r\n" + STOLEN,
    "100 with a body": b"HTTP/1.1 100 Continue\r\n" + LENGTH + b"\r\n" + TEXT + STOLEN,
    "101": b"HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n" + STOLEN,
    "199 informational answers": b"HTTP/1.1 100 Continue\r\n\r\n" * 199 + STOLEN,
    "informational answers behind it": echo(b"first") + b"HTTP/1.1 100 Continue\r\n\r\n",
    "an end that is announced, and an answer": echo(b"first", b"connection: close\r\n") + STOLEN,
    "a connection that is upgraded": echo(b"first", b"connection: upgrade\r\nupgrade: h2c\r\n") + STOLEN,
    "HTTP/0.9": TEXT + STOLEN,
    "empty lines first": b"\r\n\r\n" + echo(b"first") + STOLEN,
}


@pytest.mark.parametrize("apart", [False, True], ids=["at once", "a moment later"])
def test_answers_that_are_out_of_step_reach_nobody_else(serving, apart):
    scripts = {name.encode(): data for name, data in OUT_OF_STEP.items()}

    def serve(line):
        while (seen := line.request()) is not None:
            data = scripts.get(seen.identity)
            if data is None:
                line.send(echo(seen.identity))
                continue
            spoiled.append(line)
            place = data.find(STOLEN) if STOLEN in data else len(data) - 1
            line.send(data[:place] if apart else data)
            if apart:
                time.sleep(0.05)
                line.send(data[place:])
            line.drain()  # what is asked here now would not be answered

    spoiled = []
    gateway, upstream, secret = serving(serve, idle="300ms")
    for name in OUT_OF_STEP:
        before = len(spoiled)
        try:
            answer = gateway.request("POST", "/v1/messages", {"x-api-key": secret, "x-id": name}, BODY)
        except CUT:
            answer = None
        assert answer is None or b"stolen" not in answer.body, (name, answer)
        line = spoiled[before]
        used = len(line.received)
        if apart:
            assert line.ended.wait(5), f"{name}: the connection is given up"
        ask(gateway, secret)
        assert line.ended.wait(5), f"{name}: the connection is given up"
        assert len(line.received) == used, f"{name}: nothing more is asked on it"
    assert not upstream.disagreements()


def test_an_answer_before_the_request(serving):
    """It is taken for the answer; the true one then finds nobody who waits for it."""
    def serve(line):
        if line.number == 0:
            line.send(echo(b"too early"))
            seen = line.request()
            time.sleep(0.05)
            line.send(echo(seen.identity))
            return line.drain()
        answer_all(line)

    gateway, upstream, secret = serving(serve)
    gateway.request("POST", "/v1/messages", {"x-api-key": secret, "x-id": "first"}, BODY)
    assert upstream.lines[0].ended.wait(5), "the connection is given up"
    for _ in range(3):
        ask(gateway, secret)
    assert len(upstream.requests()) == 4


def test_informational_answers_without_end_cost_nobody_else_anything(serving):
    def serve(line):
        while (seen := line.request()) is not None:
            if seen.identity == b"flood":
                while line.send(b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" * 1000):
                    pass
            line.send(echo(seen.identity))

    gateway, upstream, secret = serving(serve, first_byte="30s")
    began = time.monotonic()
    answer = gateway.request("POST", "/v1/messages", {"x-api-key": secret, "x-id": "flood"}, BODY)
    assert answer.status == 529, answer
    ask(gateway, secret)
    assert time.monotonic() - began < 10


def test_a_client_that_asks_for_a_head_gets_no_body(gateway, key):
    with gateway.connect() as connection:
        for target in ("/healthz", "/v1/models", "/v1/nothing", "/v1/models/none", "/metrics"):
            connection.request("HEAD", target, {"x-api-key": key.secret})
            connection.answer(head_only=True)
        connection.request("GET", "/healthz", {})
        assert connection.answer().body == b"ok\n"


def test_a_poisoned_connection_does_not_reach_a_stream(serving):
    """A stream that ends, with more behind its end, is whole for its client, and the next one gets its own."""
    events = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
    start = b'event: message_start\ndata: {"type":"message_start","message":{"usage":{"input_tokens":1,"output_tokens":1}}}\n\n'

    def serve(line):
        while (seen := line.request()) is not None:
            if seen.identity != b"stream":
                line.send(echo(seen.identity))
                continue
            line.send(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
            for event in (start, events):
                line.send(b"%x\r\n%s\r\n" % (len(event), event))
            line.send(b"0\r\n\r\n" + STOLEN)

    gateway, lenient, secret = serving(serve)
    for _ in range(5):
        body = json.dumps(prompt(stream=True)).encode()
        answer = gateway.request("POST", "/v1/messages", {"x-api-key": secret, "x-id": "stream"}, body)
        assert answer.status == 200 and answer.body == start + events
        ask(gateway, secret)
    assert not lenient.disagreements()
