"""The processes of the rig: Tollgate, and who stands around it (upstream, sink). The proxies beside it are in proxies.py."""

import contextlib
import ctypes
import json
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
RIG_CORE, PEER_CORE = (sorted(os.sched_getaffinity(0)) * 2)[:2]
SYSTEM, PR_SET_PDEATHSIG = ctypes.CDLL(None), 1


class Failure(Exception):
    """The measurement is worth nothing."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def compile_programs(folder):
    for name in ("upstream", "load", "sink"):
        subprocess.run(["cc", "-O2", "-Wall", "-o", folder / name, HERE / f"{name}.c", "-lssl", "-lcrypto"], check=True)


def pinned(command, core):
    return ([] if core is None else ["taskset", "-c", str(core)]) + [*map(str, command)]


def go_first():
    """Ahead of what else runs on this machine, where that is allowed. The kernel weighs sessions against each other
    (autogroup), and the nice value only within one: so each program gets a session, and that the priority."""
    os.setsid()
    SYSTEM.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)  # a session of its own is not reached by the terminal's Ctrl-C
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, -20)
        pathlib.Path("/proc/self/autogroup").write_text("-20")


class Process:
    """A server that is pinned to a core and listens on a port of its own."""

    core = PEER_CORE
    rig_core = RIG_CORE  # where its load comes from
    name = ""
    pem = None  # certificate and key, if it speaks TLS

    def __init__(self, folder):
        self.counted = self.name  # the name of its requests at the upstream
        self.folder, self.port, self.process = folder, free_port(), None

    def command(self):
        raise NotImplementedError

    def prepare(self):
        """In the new process, before the program."""
        go_first()

    def start(self):
        log = open(self.folder / f"{self.name}.log", "wb")
        self.process = subprocess.Popen(pinned(self.command(), self.core), stdin=subprocess.DEVNULL, stdout=log,
                                        stderr=log, cwd=self.folder, preexec_fn=self.prepare)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.02)
        self.stop()
        raise Failure(f"{self.name} does not listen: {self.log_end()}")

    def log_end(self):
        return (self.folder / f"{self.name}.log").read_text(errors="replace")[-2000:]

    def stop(self):
        """Ask it to end; what it exits with."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return "none: it had to be killed"

    def measured(self):
        """The process that does the work."""
        return self.process.pid

    def threads_ns(self):
        """By thread: how long it ran, and how long it was ready to run but waited for a core."""
        made = {}
        for task in pathlib.Path(f"/proc/{self.measured()}/task").iterdir():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # the thread has just ended
                made[task.name] = tuple(map(int, (task / "schedstat").read_text().split()[:2]))
        return made

    def schedule_ns(self):
        """The same of all of them."""
        return tuple(map(sum, zip(*self.threads_ns().values())))

    def forget_peak(self):
        pathlib.Path(f"/proc/{self.measured()}/clear_refs").write_text("5")

    def peak_mib(self):
        return self.memory_mib("VmHWM")

    def memory_mib(self, field="VmRSS"):
        for line in pathlib.Path(f"/proc/{self.measured()}/status").read_text().splitlines():
            if line.startswith(f"{field}:"):
                return int(line.split()[1]) / 1024
        raise Failure(f"{self.name} has no {field}")


class Upstream(Process):
    core = RIG_CORE

    def __init__(self, folder, pem=None, name="upstream"):
        self.name, self.pem = name, pem
        super().__init__(folder)
        self.counted = "direct"

    def command(self):
        return [self.folder / "upstream", self.port, *([self.pem] if self.pem else [])]

    @property
    def scheme(self):
        return "https" if self.pem else "http"

    def count(self):
        unverified = ssl._create_unverified_context() if self.pem else None
        with urllib.request.urlopen(f"{self.scheme}://127.0.0.1:{self.port}/count", timeout=10, context=unverified) as answer:
            return json.load(answer)


class Sink(Upstream):
    def __init__(self, folder):
        super().__init__(folder)
        self.name = self.counted = "sink"

    def command(self):
        return [self.folder / "sink", self.port]


class Tollgate(Process):
    """With keys, ledger, telemetry, session traces and cache forensics on; `more` says what else."""

    def __init__(self, folder, binary, upstream, sink, others=((), ()), name="tollgate", more=None, loops=1):
        others, self.name, self.loops = [list(each) for each in others], name, loops
        super().__init__(folder)
        self.pem = upstream.pem
        data = folder / f"{name}-data"
        self.binary, self.file = binary, folder / f"{name}.yaml"
        data.mkdir(exist_ok=True)
        provider = {"name": "bench", "kind": "anthropic", "api_key": "k", "base_url": f"{upstream.scheme}://127.0.0.1:{upstream.port}"}
        tls = {"tls": {"certificate": str(self.pem), "key": str(self.pem)}} if self.pem else {}
        self.file.write_text(json.dumps({  # JSON is YAML
            "listen": f"127.0.0.1:{self.port}",
            "data": str(data),
            "providers": [{**provider, **({"ca_file": str(self.pem)} if self.pem else {})}] + others[0],
            "models": [{"name": "claude-*", "target": "bench/claude-*"}] + others[1],
            "telemetry": {"otlp": [{"endpoint": f"http://127.0.0.1:{sink.port}"}]},
            "logs": {"access": "off"},
            "limits": {"connections": 20000},
            **tls, **(more or {}),
        }, indent=2))
        self.key = json.loads(self.run("keys", "issue", "--user", "bench", "--team", "bench", "--json"))["key"]

    def command(self):
        return [self.binary, "serve", "--config", self.file, "--loops", self.loops]

    def run(self, *arguments):
        done = subprocess.run([self.binary, *arguments, "--config", self.file], capture_output=True, text=True,
                              cwd=self.folder, timeout=120)
        if done.returncode:
            raise Failure(f"tollgate {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def version(self):
        return subprocess.run([self.binary, "version"], capture_output=True, text=True).stdout.strip()

    def rows(self):
        """How many requests the ledger holds; to be asked of a gateway that was stopped."""
        return json.loads(self.run("report", "--format", "json"))["total"]["requests"]
