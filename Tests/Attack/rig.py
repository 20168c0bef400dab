"""The rig around the gateway that is attacked: a fast upstream, an OTLP sink, legitimate traffic, and what is measured.

The upstream, the sink and the load generator are those of Tests/Benchmarks. The gateway has a core, all else the other."""

import contextlib
import dataclasses
import json
import os
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "Tests/Benchmarks"))

import bodies  # noqa: E402
import peers  # noqa: E402
from gateway import Gateway  # noqa: E402
from process import MIB, Sampler  # noqa: E402

CONNECTIONS, RATE = 16, 600  # legitimate traffic: clients, and their requests a second, answered or not
WINDOW_SECONDS = 2
IDLE_UPSTREAM = 256  # connections to the provider that are kept for the next request (max_idle_connections)
KEPT_DESCRIPTORS = CONNECTIONS + IDLE_UPSTREAM + 8
SETTLE_SECONDS = 10
ALLOWED = 3  # legitimate p99 under attack, times that without


KIB = 1 << 10
KEPT = 32 * MIB  # freed memory: what stays for the next request, and what has not gone back yet


def bound(base, connections=0, unfinished=0, in_flight=0, unread=0, bodies=0, rows=0):
    """The RSS that docs/reliability.md allows, in bytes, over that of the idle process.

    `unfinished`: connections with a part of a head or a body; `in_flight`: requests; `unread`: answers that clients do not read;
    `bodies`: the room for them; `rows`: of the journal, in flight or waiting for the database, or as many as there ever were."""
    return (base + KEPT + 4 * KIB * connections + 20 * KIB * unfinished + 40 * KIB * in_flight + 256 * KIB * unread
            + bodies + 8 * KIB * rows)


@dataclasses.dataclass
class Window:
    """Legitimate traffic for a while. Times in milliseconds."""

    p50: float
    p99: float
    longest: float
    requests: int
    errors: int
    error: str = ""


@dataclasses.dataclass
class Compared:
    """Windows without the attack and under it, in turns; and what the process took meanwhile."""

    quiet: list
    attacked: list
    base: dict  # RSS, descriptors and threads before the first attack
    after: dict  # and when the last was over
    peak_rss: int
    peak_fds: int

    def p99(self, windows):
        return statistics.median(window.p99 for window in windows)

    @property
    def ratio(self):
        return self.p99(self.attacked) / self.p99(self.quiet)

    @property
    def errors(self):
        return sum(window.errors for window in self.quiet + self.attacked)

    def measured(self):
        return {
            "legitimate p50": f"{statistics.median(each.p50 for each in self.quiet):.2f} → {statistics.median(each.p50 for each in self.attacked):.2f} ms",
            "p99": f"{self.p99(self.quiet):.2f} → {self.p99(self.attacked):.2f} ms ({self.ratio:.2f}×)",
            "longest": f"{max(each.longest for each in self.attacked):.1f} ms",
            "requests": sum(each.requests for each in self.attacked), "failed": self.errors,
            "RSS": f"{self.base['rss'] / MIB:.0f} → {self.peak_rss / MIB:.0f} → {self.after['rss'] / MIB:.0f} MiB",
            "descriptors": f"{self.base['fds']} → {self.peak_fds} → {self.after['fds']}",
        }


def go_at_once(pid=0):
    """What measures, and what answers, does not wait for a slice of what attacks from the same core; where that is allowed."""
    if pid == 0:
        peers.go_first()
    with contextlib.suppress(OSError):
        os.sched_setscheduler(pid, os.SCHED_RR, os.sched_param(1))


class Rig:
    def __init__(self, folder, binary, stack):
        self.folder, self.binary, self._stack = folder, binary, stack
        peers.compile_programs(folder)
        self.upstream, self.sink = self._start(peers.Upstream(folder)), self._start(peers.Sink(folder))
        go_at_once(self.upstream.process.pid)
        self.body = folder / "1k.json"
        self.body.write_bytes(bodies.body(1 << 10, False))
        self.answer_bytes = self.upstream.count()["bytes"]
        self._made = 0

    def _start(self, process):
        self._stack.callback(process.stop)
        return process.start()

    def new_folder(self):
        """An empty folder, gone when all drills are over."""
        self._made += 1
        made = self.folder / f"drill-{self._made}"
        made.mkdir()
        return made

    @contextlib.contextmanager
    def gateway(self, more=None, folder=None, **options):
        """A gateway that was started, with a folder of its own; stopped at the end. See Gateway for what it takes."""
        gateway = Gateway(folder or self.new_folder(), self.binary, self.upstream, self.sink, more, **options)
        try:
            yield gateway.start()
        finally:
            gateway.stop()

    def providers(self, places, **account):
        """More of a configuration: `bench`, and providers by name with their base URLs, whose models are `NAME/MODEL`."""
        bench = {"name": "bench", "kind": "anthropic", "api_key": "k", "base_url": f"http://127.0.0.1:{self.upstream.port}"}
        more = [{"name": name, "kind": "anthropic", "api_key": "k", "base_url": url, **account} for name, url in places.items()]
        return {"providers": [bench, *more], "models": [{"name": "claude-*", "target": "bench/claude-*"}]}

    def window(self, gateway, seconds=WINDOW_SECONDS, connections=CONNECTIONS):
        """Legitimate traffic for a while."""
        command = [self.folder / "load", gateway.port, "/v1/messages?case=json&from=tollgate", gateway.key, self.body,
                   connections, 0.2, seconds, 0, self.answer_bytes["json"], 0, "plain", f"rate={RATE}"]
        done = subprocess.run(peers.pinned(command, peers.RIG_CORE), capture_output=True, text=True, preexec_fn=go_at_once,
                              timeout=seconds + 60)
        if not done.stdout:
            return Window(0, float("inf"), float("inf"), 0, connections, f"no connection: {done.stderr}")
        result = json.loads(done.stdout)
        p99 = result["p99_us"] / 1000 if result["samples"] else float("inf")
        return Window(result["p50_us"] / 1000, p99, result["longest_ms"], result["requests"], result["errors"], result["error"])

    def compare(self, gateway, attack, rounds=3, seconds=WINDOW_SECONDS):
        """`attack` is called for a context, in which the attack is under way. In turns without it and under it, since the machine
        is not ours alone; behind each attack the gateway has SETTLE_SECONDS to close what has ended."""
        self.window(gateway, 1)  # warm
        base, quiet, attacked = gateway.figures(), [], []
        with Sampler(gateway.pid) as sampler:
            for _ in range(rounds):
                quiet.append(self.window(gateway, seconds))
                with attack():
                    attacked.append(self.window(gateway, seconds))
                gateway.wait_for(lambda: gateway.figures()["fds"] <= base["fds"] + KEPT_DESCRIPTORS, SETTLE_SECONDS)
        return Compared(quiet, attacked, base, gateway.figures(), sampler.most("rss"), sampler.most("fds"))

    def judge(self, outcome, gateway, compared, rss_limit=None, errors=0):
        """What every attack must leave as it was. `rss_limit` in bytes."""
        outcome.measured.update(compared.measured())
        outcome.require(gateway.alive(), f"the gateway has ended: {gateway.log_end()}")
        outcome.require(compared.ratio <= ALLOWED, f"legitimate p99 is {compared.ratio:.2f}× that without the attack; {ALLOWED}× is allowed")
        first = next((each.error for each in compared.quiet + compared.attacked if each.errors), "")
        outcome.require(compared.errors <= errors, f"{compared.errors} legitimate requests failed: {first}")
        if rss_limit:
            outcome.measured["RSS limit"] = f"{rss_limit / MIB:.0f} MiB"
            outcome.require(compared.peak_rss <= rss_limit, f"RSS of {compared.peak_rss / MIB:.0f} MiB, more than the formula's {rss_limit / MIB:.0f} MiB")
        outcome.require(compared.after["fds"] <= compared.base["fds"] + KEPT_DESCRIPTORS,
                        f"{compared.after['fds']} descriptors after it, {compared.base['fds']} before")
        return outcome

    def attempt_twice(self, drill):
        """The drill's outcome; where it did not pass, that of another try: others work on the machine too. Says so."""
        outcome = drill()
        if outcome.passed or outcome.skipped:
            return outcome
        again = drill()
        again.measured["tries"] = 2
        if not again.passed:
            again.failures.append("the first try: " + "; ".join(outcome.failures))
        return again


def binary():
    """The executable: TOLLGATE_BINARY, else the release build."""
    path = pathlib.Path(os.environ.get("TOLLGATE_BINARY") or ROOT / ".build/release/tollgate").resolve()
    return path if os.access(path, os.X_OK) else None
