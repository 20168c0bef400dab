"""Connections opened and closed as fast as the machine can."""

import contextlib
import socket
import struct
import threading

from gateway import message
from outcome import Outcome
from rig import bound

BODY = message()


class Flood:
    """Three threads: one closes at once, one breaks off, one sends a request and does not wait for the answer."""

    def __init__(self, gateway):
        self.gateway, self.opened = gateway, 0
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(kind,), daemon=True) for kind in range(3)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _run(self, kind):
        request = self.gateway.head(len(BODY)) + BODY
        while not self._ended.is_set():
            with contextlib.suppress(OSError), socket.socket() as made:
                if kind == 1:
                    made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                made.connect(("127.0.0.1", self.gateway.port))
                if kind == 2:
                    made.send(request)
                self.opened += 1


def drill(rig):
    return rig.attempt_twice(lambda: once(rig))


def once(rig):
    outcome = Outcome("connection-flood", "connections as fast as three clients can: closed at once, reset at once, gone after a request")
    with rig.gateway() as gateway:
        floods = []

        def attack():
            floods.append(Flood(gateway))
            return floods[-1]

        compared = rig.compare(gateway, attack)
        rig.judge(outcome, gateway, compared, bound(compared.base["rss"], connections=4096, in_flight=2048, rows=8192))
        outcome.measured["connections"] = sum(flood.opened for flood in floods)
    outcome.survived = "legitimate clients were served meanwhile"
    return outcome
