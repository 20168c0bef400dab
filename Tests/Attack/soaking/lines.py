"""HTTP for many requests at once: kept connections, and answers read as they come."""

import asyncio
import dataclasses

STAGES = ("in the head", "in the body", "before the answer", "after the head", "in the answer")


class Abandoned(Exception):
    """The client hung up, as it was told to."""


@dataclasses.dataclass
class Heard:
    """What came of a request; status 0: no answer at all."""

    status: int = 0
    head: str = ""
    data: bytes = b""
    whole: bool = False
    left: str = ""  # the stage in which the client hung up


class Lines:
    """Connections to one address; the one used last is used next."""

    def __init__(self, address):
        self._address, self._idle = address, []
        self.opened = 0

    async def ask(self, head, body, leave=""):
        """Send a request and read the answer; `leave` names the stage in which to hang up instead."""
        heard, reader, writer = Heard(), *await self._connection()
        try:
            await self._send(writer, head, body, leave)
            await self._read(reader, heard, leave)
            heard.whole = True
        except Abandoned:
            heard.left = leave
        except (OSError, asyncio.IncompleteReadError, ValueError, EOFError):
            pass
        if heard.whole and "connection: close" not in heard.head:
            self._idle.append((reader, writer))
        else:
            writer.transport.abort()
        return heard

    def close(self):
        for _, writer in self._idle:
            writer.close()
        self._idle.clear()

    async def _connection(self):
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        self.opened += 1
        return await asyncio.open_connection(*self._address, limit=2**20)

    async def _send(self, writer, head, body, leave):
        if leave == STAGES[0]:
            writer.write(head[: len(head) // 2])
        elif leave == STAGES[1]:
            writer.write(head + body[: len(body) // 2])
        else:
            writer.write(head + body)
        await writer.drain()
        if leave in STAGES[:3]:
            await asyncio.sleep(0.1)
            raise Abandoned

    async def _read(self, reader, heard, leave):
        heard.head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        heard.status = int(heard.head.split(" ", 2)[1])
        if leave == STAGES[3]:
            raise Abandoned
        if "transfer-encoding: chunked" in heard.head:
            await self._chunks(reader, heard, leave)
        elif "content-length:" in heard.head:
            heard.data = await reader.readexactly(int(heard.head.split("content-length:")[1].split("\r\n")[0]))

    async def _chunks(self, reader, heard, leave):
        pieces = []
        while size := int(await reader.readuntil(b"\r\n"), 16):
            pieces.append((await reader.readexactly(size + 2))[:-2])
            if leave == STAGES[4] and len(pieces) == 3:
                raise Abandoned
            heard.data = b"".join(pieces) if len(pieces) < 3 else heard.data
        heard.data = b"".join(pieces)
        await reader.readuntil(b"\r\n")
