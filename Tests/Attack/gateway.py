"""A gateway with everything on, as the benchmarks run it, and what the drills ask it."""

import json
import os
import pathlib
import re
import resource
import socket
import time
import urllib.error
import urllib.request

import everything
import peers
import process

MODEL = "claude-sonnet-4-5-20250929"
EVERYTHING = {
    **everything.rules(),  # five budgets and three limits are about each request
    "logs": {"access": "errors"},
}


def merged(base, more):
    """Groups are merged, everything else is replaced."""
    result = dict(base)
    for name, value in more.items():
        result[name] = merged(result[name], value) if isinstance(value, dict) and isinstance(result.get(name), dict) else value
    return result


class Gateway(peers.Tollgate):
    """Keys, rules, ledger, spans, session traces, cache forensics, metrics on. `more` is merged into its configuration.

    `descriptors` is its RLIMIT_NOFILE; `before_exec` runs in its process before it starts; `loops` None leaves the number to it."""

    def __init__(self, folder, binary, upstream, sink, more=None, loops=1, descriptors=None, before_exec=None):
        folder.mkdir(exist_ok=True)
        self.descriptors, self.before_exec = descriptors, before_exec
        self.config = merged(merged(EVERYTHING, {"limits": {"connections": 20000}}), more or {})
        super().__init__(folder, binary, upstream, sink, more=self.config)
        self.loops = loops

    @property
    def data(self):
        return self.folder / f"{self.name}-data"

    @property
    def pid(self):
        return self.process.pid

    def command(self):
        loops = [] if self.loops is None else ["--loops", self.loops]
        return [self.binary, "serve", "--config", self.file, *loops]

    def prepare(self):
        """In the new process."""
        peers.go_first()
        if self.descriptors:
            resource.setrlimit(resource.RLIMIT_NOFILE, (self.descriptors, self.descriptors))
        if self.before_exec:
            self.before_exec()

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def figures(self):
        return process.figures(self.pid)

    def cpu_seconds(self):
        return process.cpu_seconds(self.pid)

    def log(self):
        return (self.folder / f"{self.name}.log").read_text(errors="replace")

    def doctor(self):
        """(exit code, what it prints)."""
        import subprocess
        done = subprocess.run([self.binary, "doctor", "--config", self.file], capture_output=True, text=True, cwd=self.folder, timeout=60)
        return done.returncode, done.stdout + done.stderr

    # Requests

    def connect(self, seconds=10):
        return socket.create_connection(("127.0.0.1", self.port), seconds)

    def head(self, length, case="json", more=""):
        return (f"POST /v1/messages?case={case}&from=tollgate HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {self.key}\r\n"
                f"content-type: application/json\r\nanthropic-version: 2023-06-01\r\n{more}content-length: {length}\r\n\r\n").encode()

    def ask(self, body=None, case="json", seconds=10):
        """One request of a connection of its own: (status, fields, body)."""
        body = body if body is not None else message()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/v1/messages?case={case}&from=tollgate", data=body, headers={
            "authorization": f"Bearer {self.key}", "content-type": "application/json", "anthropic-version": "2023-06-01"})
        try:
            with urllib.request.urlopen(request, timeout=seconds) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.headers, answer.read()

    def metrics(self):
        """`GET /metrics`: the sum of all series by name."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        sums = {}
        for name, value in re.findall(r"^([a-zA-Z_:][\w:]*)(?:\{.*\})? ([-+.\deEinfNa]+)", text, re.MULTILINE):
            sums[name] = sums.get(name, 0.0) + float(value)
        return sums

    def wait_for(self, holds, seconds, every=0.1):
        """Until it holds; how long that took, None if it did not."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            if holds():
                return time.monotonic() - began
            time.sleep(every)
        return None


def message(text="Say hello.", stream=False, **more):
    return json.dumps({"model": MODEL, "max_tokens": 100, "messages": [{"role": "user", "content": text}],
                       **({"stream": True} if stream else {}), **more}).encode()
