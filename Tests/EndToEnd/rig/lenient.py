"""An upstream that takes anything: it keeps every byte, and what it received can be read in all the ways in which servers err.

Only the standard library, and nothing of the rig: the drill Tests/Attack/smuggling.py uses it as well."""

import dataclasses
import itertools
import json
import re
import socket
import threading

TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
REQUEST_LINE = re.compile(rb"(%s)[ \t]+(\S.*?)[ \t]+HTTP/\d" % TOKEN)
ENDS = {"CR LF": rb"\r\n", "LF": rb"\r?\n", "CR": rb"\r\n|\r(?!\n)|\n"}


@dataclasses.dataclass(frozen=True)
class Reading:
    """How a server errs: which length it prefers (`neither` takes no body at all), what ends a line, whether it makes a known name
    of one that is nearly it, and which of several lengths it takes."""

    prefers: str = "chunked"
    ends: str = "CR LF"
    loose: bool = False
    first: bool = True


STRICT = Reading()
READINGS = [Reading(*each) for each in itertools.product(("chunked", "length", "neither"), ENDS, (False, True), (True, False))]


@dataclasses.dataclass(frozen=True)
class Seen:
    """A request as some reading has it. `whole` is false where bytes are missing."""

    method: bytes
    target: bytes
    body: bytes = b""
    identity: bytes = b""
    whole: bool = True


def read(stream, reading, at=0):
    """The request that begins at `at`, and where it ends; None where none begins any more. What is no request line is passed over."""
    end = ENDS[reading.ends]
    line_end = re.compile(end)
    while True:
        while stream[at : at + 1] in (b"\r", b"\n"):
            at += 1
        line = line_end.search(stream, at)
        if not line:
            return None
        found = REQUEST_LINE.match(stream, at, line.start())
        if found:
            break
        at = line.end()
    head = re.compile(rb"(?:%s)(?:%s)" % (end, end)).search(stream, at)
    if not head:
        return Seen(found[1], found[2], whole=False), len(stream)
    fields = _fields(line_end.split(stream[line.end() : head.start()]), reading.loose)
    identity = b"".join(value for name, value in fields if name == b"x-id")
    body, at, whole = _body(stream, head.end(), fields, reading)
    return Seen(found[1], found[2], body, identity, whole), at


def requests(stream, reading):
    """All requests of a connection."""
    stream, at, found = bytes(stream), 0, []
    while (next_one := read(stream, reading, at)) is not None:
        found.append(next_one[0])
        at = next_one[1]
    return found


def _fields(lines, loose):
    fields = []
    for line in lines:
        if line[:1] in (b" ", b"\t") and fields and not loose:
            fields[-1] = (fields[-1][0], fields[-1][1] + b" " + line.strip())
            continue
        name, _, value = line.partition(b":")
        nearly = re.sub(rb"[\x00-\x20\x7f-\xff]", b"", name.lower().replace(b"_", b"-"))
        if loose and nearly in (b"content-length", b"transfer-encoding"):
            name, value = nearly, value.split(b"\0")[0]
        fields.append((name.lower(), value.strip()))
    return fields


def _body(stream, at, fields, reading):
    lengths = [int(number[0]) for name, value in fields if name == b"content-length" if (number := re.search(rb"\d+", value))]
    length = (lengths[0] if reading.first else lengths[-1]) if lengths else None
    chunked = any(b"chunked" in value.lower() for name, value in fields if name == b"transfer-encoding")
    if reading.prefers == "neither" or (length is None and not chunked):
        return b"", at, True
    if chunked and (reading.prefers == "chunked" or length is None):
        return _chunks(stream, at, re.compile(ENDS[reading.ends]))
    return stream[at : at + length], min(at + length, len(stream)), at + length <= len(stream)


def _chunks(stream, at, line_end):
    body = b""
    while line := line_end.search(stream, at):
        size = re.match(rb"\s*(?:0x)?([0-9a-fA-F]+)", stream[at : line.start()])
        at = line.end()
        if not size:
            break
        if not int(size[1], 16):
            last = line_end.search(stream, at)
            while last and last.start() != at:
                at = last.end()
                last = line_end.search(stream, at)
            return body, last.end() if last else len(stream), bool(last)
        body += stream[at : at + int(size[1], 16)]
        at += int(size[1], 16)
        behind = line_end.match(stream, at)
        at = behind.end() if behind else at
    return body, len(stream), False


def echo(identity, more=b""):
    """An answer that says who asked."""
    text = json.dumps({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-5-5", "stop_reason": "end_turn",
        "content": [{"type": "text", "text": identity.decode("latin-1")}], "usage": {"input_tokens": 1, "output_tokens": 1}}).encode()
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n%scontent-length: %d\r\n\r\n%s" % (more, len(text), text)


class Line:
    """One connection to the upstream. `received` is all that came."""

    def __init__(self, number, connection):
        self.number, self._socket = number, connection
        self.received, self.used, self.ended = bytearray(), 0, threading.Event()

    def request(self, reading=STRICT):
        """Wait for the next whole request; None when the gateway has closed."""
        while True:
            found = read(bytes(self.received[self.used :]), reading)
            if found and found[0].whole:
                self.used += found[1]
                return found[0]
            if not self.more():
                return None

    def head(self):
        """Wait for a head, and leave the body where it is; None when no more can come."""
        searched = self.used
        while True:
            end = self.received.find(b"\r\n\r\n", searched)
            found = end >= 0 and read(bytes(self.received[: end + 4]), Reading("neither"), self.used)
            if found:
                self.used = found[1]
                return found[0]
            searched = end + 4 if end >= 0 else max(searched, len(self.received) - 3)
            if end < 0 and not self.more():
                return None

    def more(self, seconds=None):
        """Read on; False at the end, or when nothing came in so many seconds."""
        try:
            self._socket.settimeout(seconds)
            data = self._socket.recv(65536)
        except TimeoutError:
            return False
        except OSError:
            data = b""
        self.received += data
        if not data:
            self.ended.set()
        return bool(data)

    def drain(self):
        """Read until the gateway closes."""
        while self.more():
            pass

    def send(self, data):
        try:
            self._socket.settimeout(None)
            self._socket.sendall(data)
            return True
        except OSError:
            return False

    def close(self):
        """End it, also under a thread that reads from it."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._socket.close()


def answer_all(line):
    """Answer each request with who asked."""
    while (seen := line.request()) is not None:
        line.send(echo(seen.identity))


class Lenient:
    """Serves each connection on a thread, by `serve(line)`; with a context `tls` over TLS, as `localhost`."""

    def __init__(self, serve=answer_all, tls=None):
        self.serve, self.lines, self._tls = serve, [], tls
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self._listener.getsockname()[1]
        self.url = f"{'https://localhost' if tls else 'http://127.0.0.1'}:{self.port}"

    def start(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def stop(self):
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
        for line in self.lines:
            line.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                if self._tls:
                    connection = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
            except OSError:  # the client has gone
                continue
            line = Line(len(self.lines), connection)
            self.lines.append(line)
            threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line):
        try:
            self.serve(line)
        finally:
            line.close()

    def requests(self, reading=STRICT):
        """Of all connections."""
        return [seen for line in list(self.lines) for seen in requests(line.received, reading)]

    def disagreements(self, readings=READINGS):
        """What some reading makes of what was received and a right one does not: nothing, if all went well."""
        found = []
        for line in list(self.lines):
            data = bytes(line.received)
            right = requests(data, STRICT)
            known = {(seen.method, seen.target) for seen in right}
            for reading in readings:
                other = requests(data, reading)
                if reading.prefers == "neither":
                    # Whoever takes no bodies reads them as lines; none may look like a request.
                    wrong = [seen for seen in other if (seen.method, seen.target) not in known] or len(other) > len(right)
                else:
                    wrong = other != right
                if wrong:
                    found.append((line.number, reading, right, other))
        return found
