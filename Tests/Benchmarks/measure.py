"""One measurement: a case through a peer for a while."""

import dataclasses
import json
import subprocess
import time

import bodies
import peers

SIZES = {"1k": 1 << 10, "100k": 100 << 10, "400k": 400 << 10}
KINDS = {"json": "JSON", "burst": "300 events at once", "paced": "200 streams, 5 ms"}
CASES = [f"{size}-{kind}" for kind in KINDS for size in SIZES]
CONNECTIONS, STREAMS, DELTAS = 64, 200, 300
# The streams begin one after the other over the 1.5 s that each lasts, and not in step within the 5 ms.
STAGGER_US, STREAM_SECONDS = 7525, 1.6
SETTLE_SECONDS = 0.3  # for what a peer does after the answer: ledger, telemetry


def settle():
    time.sleep(SETTLE_SECONDS)


@dataclasses.dataclass
class Figures:
    rate: float = 0  # requests (paced: events) per second
    cpu_us: float = 0  # of the peer, per request (paced: per event)
    p50_us: float = 0  # one connection: a request; paced: an event's way through
    p99_us: float = 0
    peak_mib: float = 0
    rig_share: float = 0  # how much of its core load, upstream and sink used
    waited_share: float = 0  # how long the peer's threads waited for their core, of the time measured
    longest_ms: float = 0


class Bench:
    def __init__(self, folder, upstream, sink, seconds):
        self.folder, self.upstream, self.sink, self.seconds = folder, upstream, sink, seconds
        self.answer_bytes = upstream.count()["bytes"]
        self.sent = {}  # requests by peer, as the load generator counted them
        for name, size in SIZES.items():
            for stream in (False, True):
                (folder / f"{name}-{'stream' if stream else 'plain'}.json").write_bytes(bodies.body(size, stream))

    def load(self, peer, name, case, connections, warm_up, seconds, stagger=0):
        size, kind = case.split("-")
        body = self.folder / f"{size}-{'plain' if kind == 'json' else 'stream'}.json"
        return self.run(peer, name, case, kind, body, self.answer_bytes[kind], connections, warm_up, seconds, stagger)

    def run(self, peer, name, case, kind, body, length, connections, warm_up, seconds, stagger):
        command = [self.folder / "load", peer.port, f"/v1/messages?case={kind}&from={name}",
                   getattr(peer, "key", "unused"), body, connections, warm_up, seconds, stagger,
                   length, 0 if kind == "json" else DELTAS, "paced" if kind == "paced" else "plain"]
        done = subprocess.run(peers.pinned(command, peers.RIG_CORE), capture_output=True, text=True,
                              preexec_fn=peers.go_first, timeout=seconds + warm_up + 60)
        if not done.stdout:
            raise peers.Failure(f"{name}, {case}: {done.stderr}")
        result = json.loads(done.stdout)
        if result["errors"]:
            raise peers.Failure(f"{name}, {case}: {result['errors']} bad answers, the first: {result['error']}"
                                f"\n{peer.log_end()}")
        if not result["samples"]:
            raise peers.Failure(f"{name}, {case}: no answer in {seconds} s; the longest took {result['longest_ms']} ms")
        self.sent[name] = self.sent.get(name, 0) + result["requests"]
        return result

    def direct(self, case):
        """What the rig itself takes, without a peer: (p50, p99) in microseconds."""
        if case.endswith("paced"):
            result = self.load(self.upstream, "direct", case, STREAMS, STREAM_SECONDS, self.seconds, STAGGER_US)
        else:
            result = self.load(self.upstream, "direct", case, 1, 0.1, max(0.5, self.seconds / 2))
        return result["p50_us"], result["p99_us"]

    def rig_ns(self):
        return self.upstream.schedule_ns()[0] + self.sink.schedule_ns()[0]

    def peer(self, peer, case):
        paced = case.endswith("paced")
        if paced:
            shape = (STREAMS, STREAM_SECONDS, self.seconds, STAGGER_US)
        else:
            shape = (CONNECTIONS, 0.3, self.seconds)
        peer.forget_peak()
        began, (ran_before, waited_before) = time.monotonic(), peer.schedule_ns()
        rig_before = self.rig_ns()
        result = self.load(peer, peer.name, case, *shape)
        rig = self.rig_ns() - rig_before + result["cpu_ns"]
        elapsed = time.monotonic() - began
        settle()
        ran, waited = peer.schedule_ns()
        figures = Figures(
            rate=result["deltas_per_s" if paced else "requests_per_s"],
            cpu_us=(ran - ran_before) / 1000 / max(1, result["deltas" if paced else "requests"]),
            rig_share=rig / 1e9 / elapsed, waited_share=(waited - waited_before) / 1e9 / elapsed, peak_mib=peer.peak_mib())
        alone = result if paced else self.load(peer, peer.name, case, 1, 0.1, max(0.5, self.seconds / 2))
        figures.p50_us, figures.p99_us, figures.longest_ms = alone["p50_us"], alone["p99_us"], result["longest_ms"]
        return figures
