"""500 clients that read a large stream a byte a second."""

import contextlib

import peers
from gateway import MODEL, message
from herd import Herd
from outcome import Outcome
from process import MIB
from rig import KEPT, bound

COUNT = 500
BODY = message(stream=True, model=f"flood/{MODEL}")
IN_FLIGHT = 2 << 20  # of a stream, in all buffers on its way


def drill(rig):
    # A provider of its own: who answers legitimate requests does not have the flood to make as well.
    flood = peers.Upstream(rig.folder, name="flood")
    try:
        flood.start()
        return rig.attempt_twice(lambda: once(rig, flood))
    finally:
        flood.stop()


def once(rig, flood):
    outcome = Outcome("slow-readers", f"{COUNT} clients that read one byte a second of a stream of 17 MB that the upstream has ready at once")
    with rig.gateway(rig.providers({"flood": f"http://127.0.0.1:{flood.port}"})) as gateway:
        first = flood.count()["flooded"]
        per_client = []

        @contextlib.contextmanager
        def attack():
            with Herd(gateway.port, COUNT, lambda _: gateway.head(len(BODY), "flood") + BODY, sip=True, anew=False):
                yield
                per_client.append(flood.count()["flooded"])

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
