"""A forward proxy: CONNECT only, to wherever the test says that a name is."""

import base64
import contextlib
import socket
import threading


class Proxy:
    """`connects` lists what was asked for, `credentials` what came with it."""

    def __init__(self, port, status=200):
        self.port_of_all, self.status = port, status
        self.connects, self.credentials = [], []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]

    def start(self):
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def stop(self):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # closing alone leaves the thread in accept(), and the port open
        self._listener.close()

    def _serve(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._tunnel, args=(client,), daemon=True).start()

    def _tunnel(self, client):
        head = b""
        while b"\r\n\r\n" not in head:
            piece = client.recv(4096)
            if not piece:
                return client.close()
            head += piece
        line, *fields = head.decode().split("\r\n")
        self.connects.append(line)
        given = [field.split(" ")[-1] for field in fields if field.lower().startswith("proxy-authorization: basic ")]
        self.credentials += [base64.b64decode(value).decode() for value in given]
        client.sendall(f"HTTP/1.1 {self.status} Said\r\n\r\n".encode())
        if self.status != 200:
            return client.close()
        server = socket.create_connection(("127.0.0.1", self.port_of_all))
        for one, other in ((client, server), (server, client)):
            threading.Thread(target=self._copy, args=(one, other), daemon=True).start()

    def _copy(self, one, other):
        try:
            while data := one.recv(65536):
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)
        except OSError:
            pass
