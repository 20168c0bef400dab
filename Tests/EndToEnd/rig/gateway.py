"""The gateway under test: its configuration, its process, its command line, and requests to it."""

import dataclasses
import json
import os
import pathlib
import signal
import subprocess
import threading
import time

from rig.ledger import Ledger
from rig.waiting import eventually
from rig.wire import Connection

ROOT = pathlib.Path(__file__).resolve().parents[3]
MODEL = "claude-sonnet-5-5"
UPSTREAM_KEY = "sk-ant-api03-upstream-canary-7f3d"


def binary():
    """The executable: TOLLGATE_BINARY, else the newest of the two builds; None if there is none."""
    named = os.environ.get("TOLLGATE_BINARY")
    if named:
        return pathlib.Path(named).resolve()
    built = [path for kind in ("debug", "release") if (path := ROOT / ".build" / kind / "tollgate").exists()]
    return max(built, key=lambda path: path.stat().st_mtime, default=None)


@dataclasses.dataclass
class Key:
    id: str
    secret: str


class Gateway:
    """One gateway with a folder of its own. `config` may be changed before `start`, or before `reload`."""

    def __init__(self, folder, upstream_url, otlp_url=None):
        self.folder = folder
        self.file = folder / "tollgate.yaml"
        self.config = {
            "listen": "127.0.0.1:0",
            "data": str(folder / "data"),
            "providers": [{"name": "main", "kind": "anthropic", "base_url": upstream_url, "api_key": UPSTREAM_KEY}],
            "models": [{"name": "claude-*", "target": "main/claude-*"}],
            "limits": {"drain_timeout": "10s"},
            "logs": {"access": "all"},
        }
        if otlp_url:
            self.config["telemetry"] = {"otlp": [{"endpoint": otlp_url}]}
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(folder),
            "OTEL_BSP_SCHEDULE_DELAY": "50", "OTEL_BLRP_SCHEDULE_DELAY": "50", "OTEL_METRIC_EXPORT_INTERVAL": "100",
        }
        self.process, self.log, self.noise, self.tls = None, [], [], None
        self.expect_exit = 0

    # The process

    def write(self):
        self.file.write_text(json.dumps(self.config, indent=2))  # JSON is YAML

    def start(self, *arguments):
        self.write()
        (self.folder / "data").mkdir(exist_ok=True)
        return self.launch([binary(), "serve", "--config", self.file, *arguments])

    def launch(self, command):
        """Run what becomes the gateway, and wait until it listens."""
        before = len(self.log)
        self.process = subprocess.Popen(
            command, env=self.environment, cwd=self.folder,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self._reader = threading.Thread(target=self._read_log, args=(self.process.stderr,), daemon=True)
        self._reader.start()
        line = eventually(lambda: self._listening(before), "the gateway says where it listens", 20)
        host, port = line["address"].rsplit(":", 1)
        self.address = (host.strip("[]"), int(port))
        return self

    def _listening(self, before):
        if self.process.poll() is not None:
            raise AssertionError(f"the gateway stopped with {self.process.returncode}: {self.log[before:]} {self.noise}")
        return next((line for line in self.log[before:] if "address" in line), None)

    def _read_log(self, stream):
        for line in stream:
            try:
                self.log.append(json.loads(line))
            except ValueError:
                self.noise.append(line)

    def stop(self, seconds=20):
        """Stop as a service manager does, and give the exit code."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.wait(seconds)

    def kill(self):
        self.process.kill()
        self.expect_exit = -signal.SIGKILL
        return self.wait()

    def wait(self, seconds=20):
        code = self.process.wait(seconds)
        self._reader.join(seconds)
        return code

    def restart(self):
        """Start again on the same address."""
        self.config["listen"] = "%s:%d" % self.address
        self.expect_exit = 0
        return self.start()

    def reload(self):
        self.write()
        before = len(self.log)
        self.process.send_signal(signal.SIGHUP)
        eventually(lambda: any("reload" in json.dumps(line).lower() for line in self.log[before:]),
                   "the gateway says that it reloaded")

    def resident(self):
        """Resident memory in bytes."""
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no VmRSS")

    def logged(self, text, seconds=5):
        """The log lines that hold a text anywhere; at least one."""
        return eventually(lambda: [line for line in self.log if text in json.dumps(line)], f"{text!r} is logged", seconds)

    # The command line

    def run(self, *arguments, config=True, code=0):
        """Run another command of the executable."""
        self.file.exists() or self.write()
        command = [binary(), *arguments] + (["--config", self.file] if config else [])
        done = subprocess.run(command, env=self.environment, cwd=self.folder, capture_output=True, text=True, timeout=60)
        assert code is None or done.returncode == code, (done.returncode, done.stdout, done.stderr)
        return done

    def issue(self, *arguments, user="alice", team="platform"):
        made = json.loads(self.run("keys", "issue", "--user", user, "--team", team, "--json", *arguments).stdout)
        return Key(made["id"], made["key"])

    def report(self, *arguments):
        return json.loads(self.run("report", "--format", "json", *arguments).stdout)

    @property
    def ledger(self):
        return Ledger(self.folder / "data")

    # Requests

    @property
    def url(self):
        return f"{'https://localhost' if self.tls else 'http://' + self.address[0]}:{self.address[1]}"

    def connect(self, **options):
        return Connection(self.address, tls=self.tls, **options)

    def request(self, method, target, headers=None, body=b"", **options):
        with self.connect(**options) as connection:
            connection.request(method, target, headers or {}, body)
            return connection.answer(head_only=method == "HEAD")

    def messages(self, key, body=None, headers=None, target="/v1/messages", **options):
        """A model request; `key` None sends no credential."""
        body = prompt() if body is None else body
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        credential = {"authorization": f"Bearer {key.secret}"} if key else {}
        fields = {**credential, "content-type": "application/json", "anthropic-version": "2023-06-01", **(headers or {})}
        return self.request("POST", target, fields, data, **options)


def prompt(text="Say hello.", stream=False, **more):
    return {"model": MODEL, "max_tokens": 100, "messages": [{"role": "user", "content": text}],
            **({"stream": True} if stream else {}), **more}


def now():
    return time.monotonic()
