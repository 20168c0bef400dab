"""A plain HTTP/1.1 client on a socket: it sends exactly the bytes it is given and hides nothing of what comes back."""

import dataclasses
import gzip
import json
import socket


class Closed(Exception):
    """The peer closed the connection before the answer was complete."""


@dataclasses.dataclass
class Answer:
    """One answer: `body` is without framing but otherwise as it came, still compressed if it was."""

    status: int
    headers: list
    body: bytes = b""
    complete: bool = False

    def header(self, name):
        values = [value for key, value in self.headers if key.lower() == name]
        return values[0] if values else None

    @property
    def plain(self):
        return gzip.decompress(self.body) if self.header("content-encoding") == "gzip" else self.body

    @property
    def json(self):
        return json.loads(self.plain)

    @property
    def events(self):
        return parse_events(self.plain)

    @property
    def error(self):
        """Type and message of Anthropic's error envelope."""
        return self.json["error"]["type"], self.json["error"]["message"]


def parse_events(data):
    """The data of every complete server-sent event."""
    found = []
    for block in data.decode().replace("\r\n", "\n").split("\n\n"):
        lines = [line[5:].strip() for line in block.split("\n") if line.startswith("data:")]
        if lines:
            found.append(json.loads("\n".join(lines)))
    return found


class Connection:
    """One connection. Use it as a context manager."""

    def __init__(self, address, tls=None, timeout=15, receive_buffer=None):
        self._socket = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
        if receive_buffer:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._socket.settimeout(timeout)
        self._socket.connect(address)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self._socket = tls.wrap_socket(self._socket, server_hostname="localhost")
        self._buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._socket.close()

    def send(self, data):
        self._socket.sendall(data)

    def timeout(self, seconds):
        """How long each read may take from now on."""
        self._socket.settimeout(seconds)

    def request(self, method, target, headers, body=b""):
        """Send a well-formed request; `headers` may name content-length itself."""
        fields = {"host": "localhost", **headers}
        if body or method == "POST":
            fields.setdefault("content-length", str(len(body)))
        head = f"{method} {target} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self.send(head.encode("latin-1") + b"\r\n" + body)

    def protocol(self):
        """What TLS has negotiated to be spoken."""
        return self._socket.selected_alpn_protocol()

    def certificate(self):
        """What the peer has shown, DER."""
        return self._socket.getpeercert(binary_form=True)

    def closed(self):
        """Whether the peer closes without another HTTP answer; waits for that."""
        try:
            while data := self._socket.recv(4096):
                self._buffer += data
            return b"HTTP/" not in self._buffer
        except ConnectionResetError:
            return True

    def answer(self, head_only=False):
        """Read one whole answer, or as much of it as comes."""
        answer = self.head()
        try:
            for piece in () if head_only else self.pieces(answer):
                answer.body += piece
            answer.complete = True
        except (Closed, ConnectionResetError):
            answer.complete = False
        return answer

    def interim(self):
        """Read one interim answer; its status."""
        return self._head()[0]

    def head(self):
        """Read a status line and headers, passing over interim answers."""
        status, fields = self._head()
        while status == 100:
            status, fields = self._head()
        return Answer(status, [tuple(part.strip() for part in field.split(":", 1)) for field in fields])

    def _head(self):
        while b"\r\n\r\n" not in self._buffer:
            self._fill()
        head, self._buffer = self._buffer.split(b"\r\n\r\n", 1)
        line, *fields = head.decode("latin-1").split("\r\n")
        return int(line.split(" ")[1]), fields

    def pieces(self, answer):
        """The body as it arrives."""
        if answer.status in (204, 304):
            return
        if "chunked" in (answer.header("transfer-encoding") or ""):
            while size := int(self._line(), 16):
                yield self._exactly(size)
                self._line()
            while self._line():
                pass
        elif (length := answer.header("content-length")) is not None:
            left = int(length)
            while left:
                if not self._buffer:
                    self._fill()
                piece, self._buffer = self._buffer[:left], self._buffer[left:]
                left -= len(piece)
                yield piece
        else:
            yield from self._rest()

    def _rest(self):
        try:
            while True:
                if not self._buffer:
                    self._fill()
                piece, self._buffer = self._buffer, b""
                yield piece
        except Closed:
            return

    def _line(self):
        while b"\r\n" not in self._buffer:
            self._fill()
        line, self._buffer = self._buffer.split(b"\r\n", 1)
        return line

    def _exactly(self, count):
        while len(self._buffer) < count:
            self._fill()
        piece, self._buffer = self._buffer[:count], self._buffer[count:]
        return piece

    def _fill(self):
        data = self._socket.recv(65536)
        if not data:
            raise Closed
        self._buffer += data
