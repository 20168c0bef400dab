"""No second request: whatever a client sends, the upstream sees what was asked, in whatever way it reads."""

import collections
import concurrent.futures
import itertools
import json
import re
import urllib.parse

import pytest

from leniently import ask, serving  # noqa: F401
from rig import corpus
from rig.gateway import prompt
from rig.lenient import Lenient, Reading, echo

READ = corpus.load("requests")
ATTEMPTS = corpus.load("smuggling")


def send(gateway, data):
    """And waits until the connection ends or nothing comes for a moment."""
    with gateway.connect() as connection:
        connection.timeout(0.1)
        try:
            connection.send(data)
            connection.closed()
        except OSError:
            pass


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
