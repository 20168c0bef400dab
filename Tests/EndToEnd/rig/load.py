"""Many requests in parallel, each told apart by its trace id, with a note of what its client saw."""

import asyncio
import dataclasses
import json
import secrets
import time


@dataclasses.dataclass
class Asked:
    """One request as its client saw it."""

    trace_id: str
    streamed: bool
    began: float
    ended: float = 0.0
    status: int = 0  # 0: no answer at all
    complete: bool = False  # a whole 200 answer, streamed ones to message_stop


class Load:
    """`count` requests by `parallel` clients on kept connections; a lost connection is made anew, a lost request is not repeated."""

    def __init__(self, gateway, key, body, count, parallel):
        self._gateway, self._key, self._count, self._parallel = gateway, key, count, parallel
        self._bodies = [json.dumps({**body, **({"stream": True} if stream else {})}).encode() for stream in (False, True)]
        self.asked = []

    async def run(self):
        await asyncio.gather(*(self._client() for _ in range(self._parallel)))

    async def _client(self):
        connection = None
        while len(self.asked) < self._count:
            if connection is None:
                connection = await self._connect()
            note = Asked(secrets.token_hex(16), len(self.asked) % 2 == 1, time.monotonic())
            self.asked.append(note)
            try:
                kept = await self._ask(note, *connection)
            except (OSError, asyncio.IncompleteReadError, ValueError):
                kept = False
            note.ended = time.monotonic()
            if not kept:
                connection[1].transport.abort()
                connection = None

    async def _connect(self):
        while True:
            try:
                return await asyncio.open_connection(*self._gateway.address, limit=2**20)
            except OSError:  # it is being restarted
                await asyncio.sleep(0.02)

    async def _ask(self, note, reader, writer):
        body = self._bodies[note.streamed]
        writer.write((
            f"POST /v1/messages HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {self._key.secret}\r\n"
            f"traceparent: 00-{note.trace_id}-{note.trace_id[:16]}-01\r\ncontent-length: {len(body)}\r\n\r\n").encode() + body)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        note.status = int(head.split(" ")[1])
        data = await self._body(reader, head)
        note.complete = note.status == 200 and (not note.streamed or b"message_stop" in data)
        return "connection: close" not in head

    async def _body(self, reader, head):
        if "transfer-encoding: chunked" not in head:
            return await reader.readexactly(int(head.split("content-length:")[1].split("\r\n")[0]))
        data = b""
        while size := int(await reader.readuntil(b"\r\n"), 16):
            data += (await reader.readexactly(size + 2))[:-2]
        await reader.readuntil(b"\r\n")
        return data
