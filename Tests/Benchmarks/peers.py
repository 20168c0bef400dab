"""The processes of the rig: who is measured (nginx, Tollgate), and who stands around them (upstream, sink)."""

import contextlib
import ctypes
import json
import os
import pathlib
import signal
import socket
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
        subprocess.run(["cc", "-O2", "-Wall", "-o", folder / name, HERE / f"{name}.c"], check=True)


def pinned(command, core):
    return ["taskset", "-c", str(core), *map(str, command)]


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
    name = ""

    def __init__(self, folder):
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

    def schedule_ns(self):
        """How long its threads ran, and how long they were ready to run but waited for the core."""
        ran = waited = 0
        for task in pathlib.Path(f"/proc/{self.measured()}/task").iterdir():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # the thread has just ended
                figures = (task / "schedstat").read_text().split()
                ran, waited = ran + int(figures[0]), waited + int(figures[1])
        return ran, waited

    def forget_peak(self):
        pathlib.Path(f"/proc/{self.measured()}/clear_refs").write_text("5")

    def peak_mib(self):
        for line in pathlib.Path(f"/proc/{self.measured()}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
        raise Failure(f"{self.name} has no VmHWM")

    def count(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/count", timeout=10) as answer:
            return json.load(answer)


class Upstream(Process):
    name, core = "upstream", RIG_CORE

    def command(self):
        return [self.folder / "upstream", self.port]


class Sink(Upstream):
    name = "sink"

    def command(self):
        return [self.folder / "sink", self.port]


class Nginx(Process):
    name, key = "nginx", "unused"

    def __init__(self, folder, upstream):
        super().__init__(folder)
        (folder / "nginx.conf").write_text(f"""
            {"user root;" if os.geteuid() == 0 else ""}
            worker_processes 1;
            worker_rlimit_nofile 20000;
            daemon off;
            pid {folder}/nginx.pid;
            error_log {folder}/nginx-errors.log warn;
            events {{ worker_connections 8192; use epoll; multi_accept on; }}
            http {{
                access_log off;
                keepalive_requests 1000000000;
                keepalive_timeout 1h;
                client_max_body_size 32m;
                client_body_buffer_size 2m;
                client_body_temp_path {folder}/nginx-body;
                proxy_temp_path {folder}/nginx-proxy;
                fastcgi_temp_path {folder}/nginx-fastcgi;
                uwsgi_temp_path {folder}/nginx-uwsgi;
                scgi_temp_path {folder}/nginx-scgi;
                upstream provider {{
                    server 127.0.0.1:{upstream.port};
                    keepalive 512;
                    keepalive_requests 1000000000;
                    keepalive_timeout 1h;
                }}
                server {{
                    listen 127.0.0.1:{self.port} backlog=4096;
                    location / {{
                        proxy_pass http://provider;
                        proxy_http_version 1.1;
                        proxy_set_header Connection "";
                        proxy_set_header Host $host;
                        proxy_buffering off;
                        proxy_buffer_size 16k;
                        proxy_buffers 8 16k;
                        proxy_read_timeout 10m;
                    }}
                }}
            }}""")

    def command(self):
        return ["nginx", "-p", self.folder, "-c", self.folder / "nginx.conf"]

    def measured(self):
        """The one worker; the master only waits."""
        master = self.process.pid
        return int(pathlib.Path(f"/proc/{master}/task/{master}/children").read_text().split()[0])

    def version(self):
        return subprocess.run(["nginx", "-v"], capture_output=True, text=True).stderr.strip().split("/")[-1]


class Tollgate(Process):
    """With keys, ledger and telemetry on."""

    def __init__(self, folder, binary, upstream, sink, others=((), ()), name="tollgate", more=None, data_exists=False):
        others, self.name = [list(each) for each in others], name
        super().__init__(folder)
        data = folder / f"{name}-data"
        self.binary, self.file = binary, folder / f"{name}.yaml"
        data.mkdir(exist_ok=data_exists)
        self.file.write_text(json.dumps({  # JSON is YAML
            "listen": f"127.0.0.1:{self.port}",
            "data": str(data),
            "providers": [{"name": "bench", "kind": "anthropic", "api_key": "k",
                           "base_url": f"http://127.0.0.1:{upstream.port}"}] + others[0],
            "models": [{"name": "claude-*", "target": "bench/claude-*"}] + others[1],
            "telemetry": {"otlp": [{"endpoint": f"http://127.0.0.1:{sink.port}"}]},
            "logs": {"access": "off"},
            "limits": {"connections": 20000},
            **(more or {}),
        }, indent=2))
        self.key = json.loads(self.run("keys", "issue", "--user", "bench", "--team", "bench", "--json"))["key"]

    def command(self):
        return [self.binary, "serve", "--config", self.file, "--loops", 1]

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
