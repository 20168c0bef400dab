"""Requests in step: one thread plays the client and the upstream, so that each reads only what was sent to it and nothing depends on who is faster."""

import selectors
import socket

import bodies
import peers

PATIENCE = 120  # seconds; the gateway is slow here


def listener():
    made = socket.create_server(("127.0.0.1", 0), backlog=64)
    made.settimeout(PATIENCE)
    return made


def whole_answer(upstream, case):
    """An answer as the rig's upstream sends it: head, and the pieces of its body as they are framed."""
    with socket.create_connection(("127.0.0.1", upstream.port), PATIENCE) as link:
        link.sendall(f"POST /v1/messages?case={case}&from=direct HTTP/1.1\r\ncontent-length: 0\r\n\r\n".encode())
        seen = b""
        while not complete(seen):
            seen += link.recv(1 << 20)
    head, _, rest = seen.partition(b"\r\n\r\n")
    return head + b"\r\n\r\n", rest


def complete(seen):
    head, found, rest = seen.partition(b"\r\n\r\n")
    if not found:
        return False
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return len(rest) >= int(value)
    return rest.endswith(b"\r\n0\r\n\r\n")


def chunks(framed):
    """The chunks of a body, each with its framing; the last one ends it."""
    made = []
    while framed:
        line = framed.index(b"\r\n") + 2
        size = int(framed[:line], 16)
        made.append(framed[:line + size + 2])
        framed = framed[line + size + 2:]
    return made


class Fields:
    """What Claude Code sends; the same for each request."""

    def __init__(self, key):
        self.key = key

    def request(self, body):
        return (
            "POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\nContent-Type: application/json\r\n"
            f"User-Agent: claude-cli/2.0.14 (external, cli)\r\nAuthorization: Bearer {self.key}\r\n"
            "anthropic-version: 2023-06-01\r\nanthropic-beta: claude-code-20250219,fine-grained-tool-streaming-2025-05-14\r\n"
            "X-Claude-Code-Session-Id: 33bd2ff1-61af-4d6b-8aaf-4b4a161cb228\r\nx-app: cli\r\nX-Stainless-Lang: js\r\n"
            "X-Stainless-Package-Version: 0.60.0\r\nX-Stainless-OS: Linux\r\nX-Stainless-Arch: x64\r\nX-Stainless-Runtime: node\r\n"
            "X-Stainless-Runtime-Version: v22.12.0\r\nX-Stainless-Retry-Count: 0\r\nX-Stainless-Timeout: 600\r\n"
            f"Accept-Encoding: identity\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body


class Rig:
    """One connection on each side of the gateway, both kept."""

    def __init__(self, gateway, provider, texts):
        self.fields, self.provider = Fields(gateway.key), provider
        self.client = socket.create_connection(("127.0.0.1", gateway.port), PATIENCE)
        self.client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.link = None
        self.json = b"".join(texts["json"])
        self.stream = [texts["burst"][0], *chunks(texts["burst"][1])]
        self.requests = {(size, stream): self.fields.request(bodies.body(size, stream)) for size in (1 << 10, 100 << 10) for stream in (False, True)}

    def take_request(self, request):
        """Send it from one side while the other reads: neither waits for the other's buffer."""
        self.client.setblocking(False)
        left = memoryview(request)
        with selectors.DefaultSelector() as ready:
            ready.register(self.client, selectors.EVENT_WRITE)
            ready.register(self.link or self.provider, selectors.EVENT_READ)
            seen = bytearray()
            while not whole_request(seen):
                events = ready.select(PATIENCE)
                if not events:
                    raise peers.Failure("no request reaches the upstream")
                for key, _ in events:
                    if key.fileobj is self.client:
                        left = left[self.client.send(left):]
                        if not left:
                            ready.unregister(self.client)
                    elif key.fileobj is self.provider:
                        ready.unregister(self.provider)
                        self.link, _ = self.provider.accept()
                        self.link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                        ready.register(self.link, selectors.EVENT_READ)
                    else:
                        got = self.link.recv(1 << 20)
                        if not got:
                            raise peers.Failure("the gateway left its upstream in the middle")
                        seen += got
        self.client.settimeout(PATIENCE)

    def receive(self, done):
        seen = bytearray()
        while not done(seen):
            got = self.client.recv(1 << 20)
            if not got:
                raise peers.Failure(f"the gateway broke off after {bytes(seen[-300:])}")
            seen += got
        if seen.startswith(b"HTTP/") and not seen.startswith(b"HTTP/1.1 200 "):
            raise peers.Failure(f"no 200: {bytes(seen[:600])}")

    def json_answer(self, size):
        self.take_request(self.requests[size, False])
        self.link.sendall(self.json)
        self.receive(complete)

    def burst_answer(self, size):
        self.take_request(self.requests[size, True])
        self.link.sendall(b"".join(self.stream))
        self.receive(complete)

    def stepped_answer(self, size, events):
        """A stream of which each event is sent when the one before has arrived."""
        self.take_request(self.requests[size, True])
        opening, deltas, closing = self.stream[:4], self.stream[4:-4], self.stream[-4:]
        self.link.sendall(b"".join(opening))
        self.receive(lambda seen: seen.endswith(b'{"type": "ping"}\n\n\r\n'))
        for delta in deltas[:events]:
            self.link.sendall(delta)
            self.receive(lambda seen: seen.endswith(b"\n\n\r\n"))
        self.link.sendall(b"".join(closing))
        self.receive(lambda seen: seen.endswith(b"\r\n0\r\n\r\n"))


def whole_request(seen):
    head, found, rest = bytes(seen[:4096]).partition(b"\r\n\r\n")
    if not found:
        return False
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return len(seen) >= len(head) + 4 + int(value)
    raise peers.Failure(f"a request without a length: {head!r}")
