"""5,000 connections that drip heads, drip bodies, or say nothing."""

import contextlib

from herd import Herd
from outcome import Outcome
from rig import bound

COUNT = 5000


def drill(rig):
    return rig.attempt_twice(lambda: once(rig))


def once(rig):
    outcome = Outcome("slow-loris", f"{COUNT} connections: a third drips a head, a third a body, a byte a second; a third says nothing")

    def first(gateway, index):
        if index % 3 == 0:
            return b"POST /v1/messages HTTP/1.1\r\nhost: x\r\nx-slow: "
        return gateway.head(1 << 20) + b'{"model": "' if index % 3 == 1 else b""

    with rig.gateway() as gateway:
        accepted = []

        @contextlib.contextmanager
        def attack():
            # Who connects while thousands wait to be accepted waits with them: what is judged is the time after.
            with Herd(gateway.port, COUNT, lambda index: first(gateway, index), lambda index: b"a" if index % 3 < 2 else b""):
                accepted.append(gateway.wait_for(lambda: gateway.figures()["fds"] > COUNT, 10, every=0.01) or 10)
                yield

        compared = rig.compare(gateway, attack)
        outcome.measured["all accepted after"] = f"{max(accepted) * 1000:.0f} ms"
        rig.judge(outcome, gateway, compared, bound(compared.base["rss"], connections=COUNT, unfinished=COUNT * 2 // 3))
        outcome.survived = "legitimate requests were answered meanwhile, and after it"
    return outcome
