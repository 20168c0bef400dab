"""A collector that misbehaves on request: an OTLP receiver on a fixed port that can be killed, and come back."""

import socket
import threading
import time

from rig.otlp import Sink
from rig.ports import free_port


class UnreliableSink(Sink):
    """`behave` decides about each post before it is decoded: None takes it, else what `_Answers` understands."""

    def __init__(self, port=0):
        super().__init__()
        self._server.server_close()
        self._listener = None
        self.behave = lambda path, data: None
        self.posts = []  # (path, bytes, what was decided, when)
        self._connections = set()
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self):
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()
        return self

    def stop(self):
        """As if it were killed: the port is closed and every connection reset."""
        if not self._listener:
            return
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._listener = None
        for connection in list(self._connections):
            _reset(connection)

    def _accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self._connections.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            with connection, connection.makefile("rb") as stream:
                while self._one(connection, stream):
                    pass
        except (OSError, ValueError):
            pass
        finally:
            self._connections.discard(connection)

    def _one(self, connection, stream):
        line = stream.readline().decode()
        if not line:
            return False
        headers = {}
        while (field := stream.readline().decode().rstrip()):
            name, value = field.split(":", 1)
            headers[name.lower()] = value.strip()
        data = stream.read(int(headers["content-length"]))
        path = line.split(" ")[1]
        if headers.get("content-encoding") == "gzip":
            import gzip
            data = gzip.decompress(data)
        decided = self.behave(path, data)
        self.posts.append((path, data, decided, time.monotonic()))
        if decided == "reset":
            _reset(connection)
            return False
        if decided == "hang":
            while connection in self._connections and self._listener:
                time.sleep(0.02)
            return False
        if decided == "drip":
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
            while connection in self._connections and self._listener:
                connection.sendall(b"\0")
                time.sleep(0.1)
            return False
        if decided == "cut":
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")
            return False
        if decided == "garbage":
            connection.sendall(b"\x00\x01 nothing that anybody understands\r\n\r\n")
            return False
        status, fields, body = decided or (200, {}, b"")
        if 200 <= status < 300:
            self.take(path, headers, data)
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        connection.sendall(
            f"HTTP/1.1 {status} X\r\ncontent-type: application/x-protobuf\r\ncontent-length: {len(body)}\r\n{head}\r\n".encode()
            + body)
        return True


def _reset(connection):
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.shutdown(socket.SHUT_RDWR)  # what was made of it keeps it open beyond a close
        connection.close()
    except OSError:
        pass
