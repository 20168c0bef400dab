"""One measurement: a case through a peer for a while."""

import dataclasses
import json
import subprocess
import time

import bodies
import peers

SIZES = {"1k": 1 << 10, "60k": 60 << 10, "100k": 100 << 10, "500k": 500 << 10}
KINDS = {"json": "JSON", "burst": "300 events at once", "paced": "200 streams, 5 ms"}
CASES = [f"{size}-{kind}" for kind in ("json", "burst") for size in SIZES] + ["1k-paced", "100k-paced"]
CONNECTIONS, STREAMS, DELTAS, SLOW_DELTAS = 64, 200, 300, 20
# The streams begin one after the other over the 1.5 s that each lasts, and not in step within the 5 ms.
STAGGER_US, STREAM_SECONDS = 7525, 1.6
SETTLE_SECONDS = 0.3  # for what a peer does after the answer: ledger, telemetry


def settle():
    time.sleep(SETTLE_SECONDS)


def turned(running, number):
    """The other way round every second time."""
    return running if number % 2 == 0 else running[::-1]


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

    def load(self, peer, case, connections, warm_up, seconds, stagger=0, more=()):
        size, kind = case.split("-")
        body = self.folder / f"{size}-{'plain' if kind == 'json' else 'stream'}.json"
        return self.run(peer, case, kind, body, self.answer_bytes[kind], connections, warm_up, seconds, stagger, more)

    def run(self, peer, case, kind, body, length, connections, warm_up, seconds, stagger, more=()):
        return self.finish(peer, case, self.begin(peer, kind, body, length, connections, warm_up, seconds, stagger, more), seconds + warm_up + 60)

    def begin(self, peer, kind, body, length, connections, warm_up, seconds, stagger, more=()):
        deltas = {"json": 0, "slow": SLOW_DELTAS}.get(kind, DELTAS)
        command = [self.folder / "load", peer.port, f"/v1/messages?case={kind}&from={peer.counted}", getattr(peer, "key", "unused"), body,
                   connections, warm_up, seconds, stagger, length, deltas, "paced" if kind in ("paced", "slow") else "plain",
                   *(["tls"] if peer.pem else []), *more]
        return subprocess.Popen(peers.pinned(command, peer.rig_core), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                preexec_fn=peers.go_first)

    def finish(self, peer, case, running, patience):
        said, complaint = running.communicate(timeout=patience)
        if not said:
            raise peers.Failure(f"{peer.name}, {case}: {complaint}")
        result = json.loads(said)
        if result["errors"]:
            raise peers.Failure(f"{peer.name}, {case}: {result['errors']} bad answers, the first: {result['error']}\n{peer.log_end()}")
        if not result["samples"]:
            raise peers.Failure(f"{peer.name}, {case}: no answer in time; the longest took {result['longest_ms']} ms")
        self.sent[peer.counted] = self.sent.get(peer.counted, 0) + result["requests"]
        return result

    def worked(self, peer, case, *shape, more=()):
        """(nanoseconds that the peer's threads ran, what load says), with what it does after the answers."""
        before = peer.schedule_ns()[0]
        result = self.load(peer, case, *shape, more=more)
        settle()
        return peer.schedule_ns()[0] - before, result

    def rate_and_cost(self, peer, case):
        ran, result = self.worked(peer, case, CONNECTIONS, 0.3, self.seconds)
        return {"rate": result["requests_per_s"], "cpu_us": ran / 1000 / max(1, result["requests"])}

    def direct(self, case):
        """What the rig itself takes, without a peer: (p50, p99) in microseconds."""
        if case.endswith("paced"):
            result = self.load(self.upstream, case, STREAMS, STREAM_SECONDS, self.seconds, STAGGER_US)
        else:
            result = self.load(self.upstream, case, 1, 0.1, max(0.5, self.seconds / 2))
        return result["p50_us"], result["p99_us"]

    def rig_ns(self):
        return self.upstream.schedule_ns()[0] + self.sink.schedule_ns()[0]

    def peer(self, peer, case):
        paced = case.endswith("paced")
        shape = (STREAMS, STREAM_SECONDS, self.seconds, STAGGER_US) if paced else (CONNECTIONS, 0.3, self.seconds)
        peer.forget_peak()
        began, (ran_before, waited_before) = time.monotonic(), peer.schedule_ns()
        rig_before = self.rig_ns()
        result = self.load(peer, case, *shape)
        rig = self.rig_ns() - rig_before + result["cpu_ns"]
        elapsed = time.monotonic() - began
        settle()
        ran, waited = peer.schedule_ns()
        figures = Figures(
            rate=result["deltas_per_s" if paced else "requests_per_s"],
            cpu_us=(ran - ran_before) / 1000 / max(1, result["deltas" if paced else "requests"]),
            rig_share=rig / 1e9 / elapsed, waited_share=(waited - waited_before) / 1e9 / elapsed, peak_mib=peer.peak_mib())
        alone = result if paced else self.load(peer, case, 1, 0.1, max(0.5, self.seconds / 2))
        figures.p50_us, figures.p99_us, figures.longest_ms = alone["p50_us"], alone["p99_us"], result["longest_ms"]
        return figures

    def one_round(self, running, case, number):
        """All peers; latency above what the rig takes without one."""
        p50, p99 = self.direct(case)
        figures = {}
        for peer in turned(running, number):
            result = dataclasses.asdict(self.peer(peer, case))
            figures[peer.name] = {**result, "added_p50_us": result["p50_us"] - p50, "added_p99_us": result["p99_us"] - p99}
        return figures
