"""One gateway with every kind of provider behind it, for many tests: what a request left is found by its id."""

import json
import re

from elsewhere import PROVIDERS
from expectations import leaves_its_traces
from rig.gateway import Gateway
from rig.otlp import CLIENT, Sink
from rig.waiting import eventually

TRANSLATED = [kind for kind in PROVIDERS if not kind.endswith("-claude")]
OPENAI = ["responses", "chat", "azure", "xai", "compatible"]
CHAT = ["chat", "compatible"]
READERS = ["responses", "chat", "gemini", "bedrock-converse"]  # one of each dialect
GEMINI = ["gemini", "vertex-gemini"]
PRICED = [kind for kind in PROVIDERS if PROVIDERS[kind].prices]
PRIVATE = re.compile(r"arn:aws|\borg-\w{4}|\bproj_\w{4}|(?<!\d)\d{12}(?!\d)|sk-proj|AKIA|ASIA|AIza|ya29|secret/|Bearer ")


class Everywhere:
    """The gateway, a stand-in for each kind, and a key."""

    def __init__(self, folder, kinds=None, limits=(), **more):
        self.sink = Sink().start()
        self.others = {kind: PROVIDERS[kind].make().start() for kind in kinds or PROVIDERS}
        self.gateway = Gateway(folder, "http://127.0.0.1:1", self.sink.url)
        self.gateway.config["providers"] = []
        for kind, other in self.others.items():
            own = folder / kind
            own.mkdir()
            self.gateway.config["providers"].append({"name": kind, **PROVIDERS[kind].setting(other, own), **more})
        self.gateway.config["models"] = [
            {"name": f"{kind}!", "target": f"{kind}/{PROVIDERS[kind].model}"} for kind in self.others]
        self.gateway.config["limits"] |= dict(limits)
        self.gateway.start("--loops", "2")
        self.key = self.gateway.issue()

    def stop(self):
        try:
            assert self.gateway.stop() == 0, self.gateway.noise
            assert not self.gateway.noise, self.gateway.noise
        finally:
            self.sink.stop()
            for other in self.others.values():
                other.stop()

    def answers(self, kind, *script):
        self.others[kind].answers(*script)

    def body(self, kind, stream=False, **more):
        return {"model": f"{kind}!", "max_tokens": 1000, "messages": [{"role": "user", "content": "Hi"}],
                **({"stream": True} if stream else {}), **more}

    def ask(self, kind, *script, stream=False, headers=None, **more):
        if script:
            self.answers(kind, *script)
        answer = self.gateway.messages(self.key, self.body(kind, stream, **more), headers)
        assert not PRIVATE.search(answer.body.decode(errors="replace")), answer.body
        assert answer.status not in (401, 402, 403), answer.body
        return answer

    def row(self, kind, answer):
        """The one row of a request; it has an attempt for exactly each request that the provider saw, and its traces."""
        request_id = answer.header("request-id")
        (row,) = eventually(lambda: self.gateway.ledger.request(request_id), f"a row for {request_id}")
        seen = sorted(call.span_id for call in self.others[kind].calls if call.trace_id == row["trace_id"])
        found = sorted(attempt["span_id"] for attempt in self.attempts(row))
        assert found == seen, (found, seen)
        leaves_its_traces(self.gateway, self.sink, request_id, answer.status)
        return row

    def attempts(self, row):
        return [attempt for attempt in self.gateway.ledger.attempts if attempt["request_id"] == row["id"]]

    def failed(self, kind, answer):
        """The row of a request that failed at the provider: its attempt's span and its row name the error alike."""
        row = self.row(kind, answer)
        (span,) = eventually(
            lambda: [s for s in self.sink.spans if s.kind == CLIENT and s.trace_id == row["trace_id"] and s.name.startswith("chat ")],
            "the attempt's span arrives")
        named = span.attributes.get("error.type")
        assert named and not named.isdigit() or named == str(self.attempts(row)[-1]["status"]) != "200", span.attributes
        assert row["error_type"] == named, (row, named)
        return row

    def refused(self, answer, path):
        """400 that names the path; nothing was sent, and there is no row."""
        assert answer.status == 400, (answer.status, answer.body)
        assert answer.error[0] == "invalid_request_error" and answer.error[1].startswith(path), answer.error
        request_id = answer.header("request-id")
        leaves_its_traces(self.gateway, self.sink, request_id, 400)
        assert not self.gateway.ledger.request(request_id)


def ends_in_error(answer, *kinds):
    """The client knows that it failed: by a status if nothing was told, else by the last event."""
    if answer.status == 200:
        events = answer.events
        assert events, f"no error at all: {answer.body}"
        assert events[-1]["type"] == "error" and not any(e["type"] == "message_stop" for e in events), events
        kind = events[-1]["error"]["type"]
    else:
        assert answer.status in (400, 429, 500, 504, 529), (answer.status, answer.body)
        kind = answer.error[0]
    assert not kinds or kind in kinds, (kind, answer.body)
    return kind


def says(answer):
    """The text of an answer that came well, whole or streamed."""
    assert answer.status == 200, (answer.status, answer.body)
    if not answer.header("content-type").startswith("text/event-stream"):
        return "".join(block.get("text", "") for block in answer.json["content"])
    assert answer.events[-1]["type"] == "message_stop", answer.events[-1]
    return "".join(e["delta"].get("text", "") for e in answer.events if e["type"] == "content_block_delta")


class Frames:
    """A 200 with the frames of a reply, changed in some way."""

    def __init__(self, inner, change=None, content_type=None):
        self.inner, self.change, self.content_type = inner, change or (lambda frames: frames), content_type

    async def __call__(self, exchange):
        rendered = exchange.upstream.render(exchange.request, self.inner)
        await exchange.head(200, {"content-type": self.content_type or rendered.content_type, **rendered.headers})
        for frame in self.change(rendered.frames):
            await exchange.body(frame)
        await exchange.end()


class Said:
    """A 200 with these bytes; None: the rest is silence."""

    def __init__(self, *pieces, content_type="text/event-stream"):
        self.pieces, self.content_type = pieces, content_type

    async def __call__(self, exchange):
        await exchange.head(200, {"content-type": self.content_type})
        for piece in self.pieces:
            if piece is None:
                await exchange.pause(600)
            else:
                await exchange.body(piece)
        await exchange.end()


def sse(value):
    return f"data: {json.dumps(value)}\n\n".encode()
