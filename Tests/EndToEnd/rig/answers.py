"""What the upstream stand-in can be told to answer. An answer is an async function of the exchange; these are the usual ones."""

import collections.abc
import dataclasses
import gzip
import json
import zlib

from rig import messages

Answer = collections.abc.Callable


@dataclasses.dataclass
class Json:
    """Any JSON with any status: an error, a list, a count."""

    value: dict
    status: int = 200
    headers: dict = dataclasses.field(default_factory=dict)

    async def __call__(self, exchange):
        await Whole(json.dumps(self.value).encode(), self.status, "application/json", self.headers)(exchange)


@dataclasses.dataclass
class Whole:
    """Any bytes as a body of known length."""

    data: bytes
    status: int = 200
    content_type: str = "application/json"
    headers: dict = dataclasses.field(default_factory=dict)

    async def __call__(self, exchange):
        kind = {"content-type": self.content_type} if self.content_type else {}
        await exchange.head(self.status, {**kind, "content-length": str(len(self.data)), **self.headers})
        if exchange.request.method != "HEAD":
            await exchange.body(self.data)


@dataclasses.dataclass
class Raw:
    """Bytes on the socket that need not be HTTP, then an orderly close."""

    data: bytes

    async def __call__(self, exchange):
        if self.data:
            await exchange.raw(self.data)
        exchange.cut()


def error(status, kind, text="Scripted.", **headers):
    """An error in Anthropic's envelope."""
    return Json(messages.envelope(kind, text), status, {name.replace("_", "-"): value for name, value in headers.items()})


def tool(name, **arguments):
    return {"type": "tool_use", "name": name, "input": arguments}


@dataclasses.dataclass
class Message:
    """A message, streamed or whole as the request asks, and the ways in which its stream can fail."""

    text: str = "Hello from the upstream."
    tools: list = dataclasses.field(default_factory=list)
    usage: dict = dataclasses.field(default_factory=lambda: dict(messages.USAGE))
    headers: dict = dataclasses.field(default_factory=dict)
    size: int = 12  # characters in one delta
    pace: float = 0  # seconds before each event
    wait: float = 0  # seconds before the status line
    compressed: bool = False
    gate: object = None  # wait here ...
    gate_after: int = 3  # ... after so many events
    fail: str = ""  # cut, reset, hang, or an error type for an `error` event ...
    fail_after: int = 5  # ... after so many events

    async def __call__(self, exchange):
        if self.wait:
            await exchange.pause(self.wait)
        request = exchange.request
        asked = request.json
        answer = messages.message(
            request.number, asked["model"], self._content(request.number), self.usage, bool(asked.get("safeguards")))
        if asked.get("stream"):
            await self._stream(exchange, answer)
        else:
            await self._whole(exchange, answer)
        if request.outcome == "open":
            request.usage = dict(self.usage)

    def _content(self, number):
        said = [{"type": "text", "text": self.text}] if self.text else []
        return said + [{**call, "id": f"toolu_{number:06}x{place}"} for place, call in enumerate(self.tools)]

    async def _whole(self, exchange, answer):
        data = json.dumps(answer).encode()
        headers = {"content-type": "application/json", **self.headers}
        if self.compressed:
            data, headers["content-encoding"] = gzip.compress(data), "gzip"
        await exchange.head(200, {**headers, "content-length": str(len(data))})
        if self.fail:
            await exchange.body(data[: len(data) // 2])
            return await self._break(exchange, None)
        await exchange.body(data)

    async def _stream(self, exchange, answer):
        squeeze = zlib.compressobj(wbits=31) if self.compressed else None
        encoding = {"content-encoding": "gzip"} if squeeze else {}
        kind = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}
        await exchange.head(200, {**kind, **encoding, **self.headers})
        for place, event in enumerate(messages.events(answer, self.size)):
            if self.fail and place == self.fail_after:
                return await self._break(exchange, squeeze)
            if self.gate and place == self.gate_after:
                await self.gate.passed()
            if self.pace:
                await exchange.pause(self.pace)
            await exchange.body(self._squeezed(squeeze, messages.frame(event)))
        if squeeze:
            await exchange.body(squeeze.flush())
        await exchange.end()

    def _squeezed(self, squeeze, data):
        return squeeze.compress(data) + squeeze.flush(zlib.Z_SYNC_FLUSH) if squeeze else data

    async def _break(self, exchange, squeeze):
        if self.fail == "reset":
            return exchange.reset()
        if self.fail == "hang":
            await exchange.pause(600)
        elif self.fail != "cut":
            await exchange.body(self._squeezed(squeeze, messages.frame(messages.envelope(self.fail, "Scripted."))))
            await exchange.end()
        exchange.cut()
