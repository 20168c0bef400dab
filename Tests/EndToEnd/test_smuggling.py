"""No second request: whatever a client sends and however an upstream errs, the upstream sees what was asked, and nobody gets
what another one's request was answered with."""

import collections
import concurrent.futures
import itertools
import json
import re
import socket
import time
import urllib.parse

import pytest

from rig import corpus
from rig.gateway import prompt
from rig.lenient import Lenient, Reading, answer_all, echo, requests
from rig.wire import Closed

READ = corpus.load()
ATTEMPTS = corpus.load(corpus.FILE.parent / "smuggling.txt")
BODY = corpus.BODY.encode()
TOKENS = itertools.count(1)
CUT = (Closed, ConnectionError, TimeoutError)


@pytest.fixture
def serving(make_gateway):
    """Starts a gateway before a lenient upstream that serves its connections in some way."""
    upstreams = []

    def start(serve=answer_all, **timeouts):
        upstreams.append(Lenient(serve).start())
        gateway = make_gateway(upstreams[-1].url)
        gateway.config["providers"][0]["timeouts"] = {"first_byte": "2s", "idle": "2s", **timeouts}
        gateway.start("--loops", "1")
        return gateway, upstreams[-1], gateway.issue().secret

    yield start
    for upstream in upstreams:
        upstream.stop()


def ask(gateway, secret, target="/v1/messages?after", body=BODY):
    """A client like any other; it must get what was answered to it. Gives the token that says who it is."""
    token = f"token-{next(TOKENS)}"
    answer = gateway.request("POST", target, {"x-api-key": secret, "x-id": token}, body)
    assert answer.status == 200 and answer.json["content"][0]["text"] == token, (answer.status, answer.body)
    return token


def send(gateway, data):
    """All that comes back, until the connection ends or nothing comes for a moment."""
    with socket.create_connection(gateway.address) as connection:
        connection.settimeout(0.1)
        found = b""
        try:
            connection.sendall(data)
            while piece := connection.recv(65536):
                found += piece
        except OSError:
            pass
        return found


def nothing_smuggled(upstream):
    """Nobody who reads what the upstream received, in whatever way, finds a request or a field that was not meant."""
    assert not upstream.disagreements()
    for line in upstream.lines:
        assert not re.search(rb"(^|[\r\n])[ \t]*x-smuggled", bytes(line.received).lower())
    for seen in upstream.requests():
        assert seen.whole and b"?smuggled" not in seen.target, seen


def attempt_all(gateway, upstream, secret, cases, between=None):
    """Sends each case with an id of its own, several at a time, and after each what `between` sends; gives what each came to."""
    def one(place):
        # The id stands behind the key, wherever that stands.
        send(gateway, cases[place].bytes(f"{secret}\\r\\nX-Id: case-{place}"))
        return between and between()

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(one, range(len(cases))))
    nothing_smuggled(upstream)
    return tokens


def test_no_reader_sees_another_request(serving):
    gateway, upstream, secret = serving()
    tokens = attempt_all(gateway, upstream, secret, READ + ATTEMPTS, lambda: ask(gateway, secret))
    seen = upstream.requests()
    assert sorted(r.identity.decode() for r in seen if r.identity.startswith(b"token-")) == sorted(tokens)
    times = collections.Counter(r.identity.decode() for r in seen)
    for place, case in enumerate(READ + ATTEMPTS):
        assert times[f"case-{place}"] <= ("<next>" in case.text) + 1, case.id
    targets = {r.target.decode() for r in seen}
    assert all(target == "/v1/messages" or target.startswith("/v1/messages?") for target in targets), targets


@pytest.mark.parametrize("prefers", ["length", "chunked", "neither"])
def test_an_upstream_that_errs_in_its_own_way_answers_everybody_rightly(serving, prefers):
    reading = Reading(prefers, ends="CR", loose=True, first=False)

    def serve(line):
        while (seen := line.request(reading)) is not None:
            line.send(echo(seen.identity))

    gateway, upstream, secret = serving(serve)
    # One that takes bodies for requests loses the next one, whose line stands behind a body: that one may fail, but no more.
    between = None if prefers == "neither" else lambda: ask(gateway, secret)
    attempt_all(gateway, upstream, secret, ATTEMPTS, between)


# Values of a request that go upstream in another place: models in paths, betas and sessions in fields, all of it in bodies.

LINES = "\r\nX-Smuggled: 1\r\n\r\nPOST /v1/messages?smuggled HTTP/1.1\r\nX-Smuggled: 2\r\n\r\n"
WAYS = {
    "bedrock": {"kind": "bedrock", "region": "us-east-1", "aws": {"access_key_id": "AKIDEXAMPLE", "secret_access_key": "secret"}},
    "gemini": {"kind": "gemini", "api_key": "k"},
    "azure": {"kind": "azure", "dialect": "chat-completions", "api_version": "2025-01-01", "api_key": "k"},
    "openai": {"kind": "openai", "api_key": "k"},
    "foundry": {"kind": "azure", "dialect": "messages", "api_key": "k"},
    "claude": {"kind": "bedrock", "region": "us-east-1", "aws": {"access_key_id": "AKIDEXAMPLE", "secret_access_key": "secret"}},
}


@pytest.mark.parametrize("lines", [LINES, LINES.replace("\r", ""), LINES.replace("\n", ""), "\0" + LINES, " HTTP/1.1" + LINES, "\u560d\u560a" + LINES],
                         ids=["CR LF", "LF", "CR", "NUL", "a version", "wide"])
def test_a_value_makes_no_line(make_gateway, lines):
    upstream = Lenient().start()
    gateway = make_gateway(upstream.url)
    gateway.config["providers"] = [{"name": name, "base_url": upstream.url, **way} for name, way in WAYS.items()]
    gateway.config["models"] = [
        {"name": f"{name}-*", "target": f"{name}/{'anthropic.claude' if name == 'claude' else 'model'}-*"} for name in WAYS]
    gateway.start("--loops", "1")
    key = gateway.issue()
    encoded = urllib.parse.quote(lines, safe="")
    fields = {"anthropic-beta": f"a{encoded},b", "x-claude-code-session-id": encoded, "x-tollgate-fidelity": "1", "x-id": "me",
              "x-tollgate-metadata": json.dumps({"a": lines})}
    sent = 0
    for name in WAYS:
        body = prompt(lines, model=f"{name}-{lines}", metadata={"user_id": lines}, stop_sequences=[lines], anthropic_beta=[lines],
                      system=lines, **{"a" + lines: lines})
        for stream, target in itertools.product((False, True), ("/v1/messages", f"/v1/messages?a={encoded}", "/v1/messages/count_tokens")):
            answer = gateway.messages(key, {**body, "stream": stream}, fields, target)
            assert not re.search(rb"x-smuggled", b"\n".join(f"{n}: {v}".encode() for n, v in answer.headers).lower()), answer.headers
            sent += 1
        native = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 1, "messages": body["messages"], "anthropic_beta": [lines]}
        gateway.messages(key, native, fields, f"/bedrock/model/{name}-{encoded}/invoke")
        sent += 1
    nothing_smuggled(upstream)
    assert len(WAYS) <= len(upstream.requests()) <= sent
    upstream.stop()


# Answers of the gateway before the body was read: what is left of it is no request.

UNREAD = {
    "a wrong key": ("POST", "/v1/messages", "X-Api-Key: wrong\\r\\n"),
    "no key": ("POST", "/v1/messages", ""),
    "an unknown path": ("POST", "/v1/nothing", "X-Api-Key: <key>\\r\\n"),
    "a wrong method": ("PUT", "/v1/messages", "X-Api-Key: <key>\\r\\n"),
    "a page": ("GET", "/healthz", ""),
    "a page that has nothing": ("HEAD", "/healthz", ""),
    "an encoded body": ("POST", "/v1/messages", "X-Api-Key: <key>\\r\\nContent-Encoding: gzip\\r\\n"),
}
FRAMES = {
    "by length": "Content-Length: <n>\\r\\n\\r\\n",
    "by a length beyond the limit": "Content-Length: 99999999999\\r\\n\\r\\n",
    "in chunks": "Transfer-Encoding: chunked\\r\\n\\r\\nffff\\r\\n",
    "with an expectation": "Expect: 100-continue\\r\\nContent-Length: <n>\\r\\n\\r\\n",
}


@pytest.mark.parametrize("apart", [False, True], ids=["at once", "after the answer"])
def test_what_is_left_of_an_unread_body_is_no_request(serving, apart):
    gateway, upstream, secret = serving()
    rest = corpus.expand("<bad><bad>", secret)
    for (name, (method, target, fields)), (framing, frame) in itertools.product(UNREAD.items(), FRAMES.items()):
        head = corpus.expand(f"{method} {target} HTTP/1.1\\r\\nHost: gateway\\r\\n{fields}{frame}", secret)
        with gateway.connect() as connection:
            connection.send(head if apart else head + rest)
            answer = connection.answer(head_only=method == "HEAD")
            assert answer.header("connection") == "close", (name, framing, answer)
            if apart:
                try:
                    connection.send(rest)
                except OSError:
                    pass
            assert connection.closed(), (name, framing)
    assert upstream.requests() == []


def test_a_body_of_broken_json_is_no_request(serving):
    gateway, upstream, secret = serving()
    for body in (b"[" * 100_000, b"\r\n" * 50_000, b"{}" * 50_000):
        with gateway.connect() as connection:
            connection.send(corpus.expand("<post>Content-Length: 300000\\r\\n\\r\\n", secret) + body)
            connection.send(corpus.expand("<bad>", secret) * 3)
            connection.send(b" " * (300_000 - len(body) - 3 * len(corpus.expand("<bad>", secret))))
            assert connection.answer().status == 400
    assert upstream.requests() == []


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
