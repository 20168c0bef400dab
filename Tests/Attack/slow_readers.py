"""500 clients that read a large stream a byte a second."""

import contextlib

from gateway import message
from herd import Herd
from outcome import Outcome
from process import MIB
from rig import KEPT, bound

COUNT = 500
BODY = message(stream=True)
IN_FLIGHT = 2 << 20  # of a stream, in all buffers on its way


def drill(rig):
    return rig.attempt_twice(lambda: once(rig))


def once(rig):
    outcome = Outcome("slow-readers", f"{COUNT} clients that read one byte a second of a stream of 17 MB that the upstream has ready at once")
    with rig.gateway() as gateway:
        first = rig.upstream.count()["flooded"]
        per_client = []

        @contextlib.contextmanager
        def attack():
            with Herd(gateway.port, COUNT, lambda _: gateway.head(len(BODY), "flood") + BODY, sip=True, anew=False):
                yield
                per_client.append(rig.upstream.count()["flooded"])

        compared = rig.compare(gateway, attack, seconds=3)
        rig.judge(outcome, gateway, compared, bound(compared.base["rss"], connections=COUNT, in_flight=COUNT, unread=COUNT, rows=COUNT))
        taken = [(now - before) / COUNT for before, now in zip([first, *per_client], per_client)]
        outcome.measured["taken from the upstream for each"] = f"{max(taken) / MIB:.2f} MiB of 17"
        # What was freed goes back, but for what is kept.
        most = compared.base["rss"] + KEPT + 32 * MIB
        took = gateway.wait_for(lambda: gateway.figures()["rss"] < most, 15)
        outcome.measured["RSS in the end"] = f"{gateway.figures()['rss'] / MIB:.0f} MiB"
        outcome.require(took is not None, f"RSS is {gateway.figures()['rss'] / MIB:.0f} MiB 15 s after it")
        outcome.require(max(taken) < IN_FLIGHT, f"the upstream sent {max(taken) / MIB:.1f} MiB for each client that reads nothing")
    outcome.survived = "the upstream was not read while its client did not read"
    return outcome
