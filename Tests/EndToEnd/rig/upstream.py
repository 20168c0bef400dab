"""A stand-in for the Anthropic API that answers as a test tells it and remembers what reached it."""

import asyncio
import dataclasses
import itertools
import json
import socket
import threading
import time
import urllib.parse

from rig.answers import Answer, Json, Message
from rig.waiting import eventually

MODELS = ["claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5"]


class ClientGone(Exception):
    """The gateway closed the connection before the answer was over."""


@dataclasses.dataclass
class Received:
    """One request as it arrived, and what became of it."""

    number: int
    connection: int
    method: str
    target: str
    headers: list
    body: bytes
    began: float = dataclasses.field(default_factory=time.monotonic)
    outcome: str = "open"  # then: answered, broken (by the script) or abandoned (by the gateway)
    ended: float = 0.0
    sent: bytearray = dataclasses.field(default_factory=bytearray)  # the body that was answered, without framing
    usage: dict | None = None  # what the answer claims, once all of it was sent

    @property
    def path(self):
        return urllib.parse.urlsplit(self.target).path

    @property
    def json(self):
        return json.loads(self.body)

    def header(self, name):
        values = [value for key, value in self.headers if key.lower() == name]
        return values[0] if values else None

    @property
    def trace_id(self):
        return (self.header("traceparent") or "").split("-")[1]

    @property
    def span_id(self):
        return (self.header("traceparent") or "").split("-")[2]


TAKEN = []


def refusing_port():
    """A port where nobody listens: connections are refused at once. It stays taken, so that nobody else comes to listen there."""
    TAKEN.append(socket.socket())
    TAKEN[-1].bind(("127.0.0.1", 0))
    return TAKEN[-1].getsockname()[1]


@dataclasses.dataclass
class Stall:
    """Silence: before the head, or behind a head of 200."""

    before_head: bool
    seconds: float = 600

    async def __call__(self, exchange):
        if not self.before_head:
            await exchange.head(200, {"content-type": "text/event-stream; charset=utf-8"})
        await exchange.pause(self.seconds)


@dataclasses.dataclass
class Hang:
    """No answer at all: the connection ends, `cut` in an orderly way or by a `reset`."""

    how: str

    async def __call__(self, exchange):
        exchange.cut() if self.how == "cut" else exchange.reset()


class Gate:
    """A place in a script where the upstream waits until the test lets it go on."""

    def __init__(self, loop):
        self._loop = loop
        self._open = asyncio.Event()
        self.reached = threading.Event()

    def open(self):
        self._loop.call_soon_threadsafe(self._open.set)

    async def passed(self):
        self.reached.set()
        await self._open.wait()

    def wait(self, seconds=10):
        assert self.reached.wait(seconds), f"within {seconds} s: the upstream reaches the gate"


class Exchange:
    """One request and the means to answer it, rightly or wrongly."""

    def __init__(self, upstream, request, reader, writer):
        self.upstream, self.request = upstream, request
        self._reader, self._writer = reader, writer
        self._chunked = False
        self.keep_alive = True

    async def head(self, status, headers, reason="Said"):
        """Send the status line and headers; without a content-length the body goes out in chunks."""
        named = {name.lower() for name in headers}
        self._chunked = "content-length" not in named
        lines = [f"HTTP/1.1 {status} {reason}"]
        lines += [f"{name}: {value}" for name, value in {**self.upstream.standard_headers(self.request), **headers}.items()]
        if self._chunked and "transfer-encoding" not in named:
            lines.append("transfer-encoding: chunked")
        await self.raw(("\r\n".join(lines) + "\r\n\r\n").encode())

    async def body(self, data):
        """Send some of the body."""
        self.request.sent += data
        await self.raw(b"%x\r\n%s\r\n" % (len(data), data) if self._chunked else data)

    async def end(self):
        if self._chunked:
            await self.raw(b"0\r\n\r\n")

    async def raw(self, data):
        try:
            self._writer.write(data)
            await self._writer.drain()
        except OSError as gone:
            raise ClientGone from gone

    async def pause(self, seconds):
        """Wait, and notice when the gateway hangs up meanwhile."""
        try:
            async with asyncio.timeout(seconds):
                if not await self._reader.read(1):
                    raise ClientGone
        except TimeoutError:
            return
        except OSError as gone:
            raise ClientGone from gone

    def cut(self):
        """Close the connection in an orderly way."""
        self.keep_alive = False
        self.request.outcome = "broken"

    def reset(self):
        """Close it with a TCP reset."""
        self._writer.transport.abort()
        self.cut()


class Upstream:
    """An HTTP server on a thread of its own. `answers` scripts what model requests get: each in turn, the last for ever."""

    def __init__(self, tls=None, record=True, address=("127.0.0.1", 0)):
        self._tls, self._record, self._address = tls, record, address
        self._numbers, self._connections = itertools.count(1), itertools.count(1)
        self._script = [Message()]
        self._lock = threading.Lock()
        self._writers = set()
        self.requests = []
        self.other_paths = {}
        self.idle_closer = None  # called with each new connection's number; true: cut it when its second request begins
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self._thread.start()
        self._ready.wait()
        return self

    def stop(self):
        """Close the listener and every connection; once is enough."""
        if self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self):
        asyncio.set_event_loop(self._loop)
        listen = asyncio.start_server(self._serve, *self._address, ssl=self._tls, limit=2**20, backlog=1024)
        server = self._loop.run_until_complete(listen)
        self._server = server
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        pending = asyncio.all_tasks(self._loop)
        for task in pending:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
        self._loop.close()

    @property
    def url(self):
        return f"{'https://localhost' if self._tls else 'http://127.0.0.1'}:{self.port}"

    def gate(self):
        return Gate(self._loop)

    def answers(self, *script):
        with self._lock:
            self._script = list(script)

    @property
    def calls(self):
        """The model requests so far."""
        return [request for request in self.requests if request.path == "/v1/messages"]

    def wait_for(self, count, seconds=10):
        eventually(lambda: len(self.calls) >= count, f"{count} model requests reach the upstream", seconds)
        return self.calls

    def wait_until_over(self, request, seconds=10):
        eventually(lambda: request.outcome != "open", "the upstream is done with the request", seconds)
        return request.outcome

    def drop_connections(self):
        """Close every connection, as a server does with idle ones."""
        self._loop.call_soon_threadsafe(lambda: [writer.close() for writer in self._writers])

    def refuse(self):
        """From now on nobody listens here: connections are refused, open ones end."""
        self._loop.call_soon_threadsafe(self._server.close)
        self.drop_connections()

    def standard_headers(self, request):
        return {
            "request-id": f"req_upstream{request.number:06}",
            "anthropic-organization-id": "00000000-0000-4000-8000-000000000000",
            "anthropic-ratelimit-requests-limit": "4000",
            "anthropic-ratelimit-requests-remaining": "3999",
        }

    async def _serve(self, reader, writer):
        connection = next(self._connections)
        fragile = self.idle_closer is not None and self.idle_closer(connection)
        self._writers.add(writer)
        try:
            served = 0
            while True:
                if fragile and served:
                    await reader.read(1)
                    writer.transport.abort()
                    return
                request = await self._read(reader, connection)
                if not await self._answer(Exchange(self, request, reader, writer)):
                    return
                served += 1
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _read(self, reader, connection):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *fields = head[:-4].split("\r\n")
        method, target, _ = line.split(" ")
        headers = [tuple(part.strip() for part in field.split(":", 1)) for field in fields]
        named = {name.lower(): value for name, value in headers}
        if "chunked" in named.get("transfer-encoding", ""):
            body = await self._read_chunks(reader)
        else:
            body = await reader.readexactly(int(named.get("content-length", 0)))
        request = Received(next(self._numbers), connection, method, target, headers, body)
        if self._record:
            self.requests.append(request)
        return request

    async def _read_chunks(self, reader):
        body = b""
        while size := int(await reader.readuntil(b"\r\n"), 16):
            body += await reader.readexactly(size)
            await reader.readexactly(2)
        await reader.readuntil(b"\r\n")
        return body

    async def _answer(self, exchange):
        request = exchange.request
        try:
            await self._choose(request)(exchange)
            if request.outcome == "open":
                request.outcome = "answered"
        except ClientGone:
            request.outcome = "abandoned"
            return False
        finally:
            request.ended = time.monotonic()
        return exchange.keep_alive

    def _choose(self, request) -> Answer:
        if request.path in self.other_paths:
            return self.other_paths[request.path]
        if request.method == "POST" and request.path == "/v1/messages":
            return self._scripted()
        if request.path == "/v1/messages/count_tokens":
            return Json({"input_tokens": len(request.body) // 4})
        if request.path == "/v1/models":
            return Json({"data": [{"type": "model", "id": name, "display_name": name} for name in MODELS], "has_more": False})
        return Json({"type": "error", "error": {"type": "not_found_error", "message": "Not found"}}, status=404)

    def _scripted(self) -> Answer:
        with self._lock:
            return self._script.pop(0) if len(self._script) > 1 else self._script[0]
