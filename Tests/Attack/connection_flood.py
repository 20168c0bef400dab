"""Connections opened and closed as fast as the machine can."""

import contextlib
import multiprocessing
import os
import socket
import struct

import peers
from gateway import message
from outcome import Outcome
from rig import bound

BODY = message()


def give_way():
    """In a process: everything else on the rig's core goes first, at once."""
    os.sched_setaffinity(0, {peers.RIG_CORE})
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


class Flood:
    """Three processes: one closes at once, one breaks off, one sends a request and does not wait for the answer.

    They take what the legitimate clients and the upstream leave of the rig's core: with the same right to it they would delay those
    by milliseconds themselves, whatever is attacked (nginx: p99 0.2 to 5 ms)."""

    def __init__(self, gateway):
        self.request, self.port = gateway.head(len(BODY)) + BODY, gateway.port
        context = multiprocessing.get_context("fork")
        self._ended, self._counts = context.Event(), [context.Value("q", 0) for _ in range(3)]
        self._processes = [context.Process(target=self._run, args=(kind,), daemon=True) for kind in range(3)]

    @property
    def opened(self):
        return sum(count.value for count in self._counts)

    def __enter__(self):
        for process in self._processes:
            process.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        for process in self._processes:
            process.join()

    def _run(self, kind):
        give_way()
        while not self._ended.is_set():
            with contextlib.suppress(OSError), socket.socket() as made:
                if kind == 1:
                    made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                made.connect(("127.0.0.1", self.port))
                if kind == 2:
                    made.send(self.request)
                self._counts[kind].value += 1


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
