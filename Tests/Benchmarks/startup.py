"""From the start of the process to the first answer of a model, with a ledger of a million rows that all count in open budgets."""

import contextlib
import datetime
import json
import os
import signal
import socket
import subprocess
import time

import everything
import instep
import bodies
import peers
import table
import year

ROWS, STARTS = 1_000_000, 5


def prepare(house):
    """Rows of this month, as many days as it has had: what budgets of a month have to know."""
    folder = house.folder / "million"
    days = max(1, min(20, datetime.datetime.now(datetime.timezone.utc).day - 1))
    os.environ["TOLLGATE_BINARY"] = str(house.binary)
    with open(house.folder / "million.log", "w") as log, contextlib.redirect_stdout(log):
        year.make(folder, days, ROWS * 14 // 13 // days, rebuild=False)
    return folder


class Starter:
    def __init__(self, house, folder):
        self.house, self.folder, self.file = house, folder, folder / "started.yaml"
        self.key = None

    def configure(self):
        self.port = peers.free_port()
        self.file.write_text(json.dumps({
            "listen": f"127.0.0.1:{self.port}", "data": str(self.folder / "data"),
            "providers": [{"name": "main", "kind": "anthropic", "api_key": "k", "base_url": f"http://127.0.0.1:{self.house.upstream.port}"}],
            "models": [{"name": "claude-*", "target": "main/claude-*"}],
            "telemetry": {"otlp": [{"endpoint": f"http://127.0.0.1:{self.house.sink.port}"}]}, "logs": {"access": "off"}, **everything.rules()}))
        if not self.key:
            done = subprocess.run([self.house.binary, "keys", "issue", "--user", "bench", "--team", "bench", "--json", "--config", self.file],
                                  capture_output=True, text=True, check=True)
            self.key = json.loads(done.stdout)["key"]

    def once(self, ending):
        """Milliseconds to the first answer; the process is ended by the given signal."""
        self.configure()
        request = instep.Fields(self.key).request(bodies.body(1 << 10, False)).replace(b"/v1/messages ", b"/v1/messages?case=json&from=started ", 1)
        began = time.monotonic()
        process = subprocess.Popen(peers.pinned([self.house.binary, "serve", "--config", self.file, "--loops", 1], peers.PEER_CORE),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=peers.go_first)
        try:
            with self.connected(process) as link:
                link.sendall(request)
                seen = b""
                while not instep.complete(seen):
                    got = link.recv(1 << 16)
                    if not got:
                        raise peers.Failure(f"the started gateway broke off after {seen!r}")
                    seen += got
            took = time.monotonic() - began
        finally:
            process.send_signal(ending)
            process.wait(60)
        if not seen.startswith(b"HTTP/1.1 200 "):
            raise peers.Failure(f"the started gateway says {seen[:300]!r}")
        return took * 1000

    def connected(self, process):
        while process.poll() is None:
            with contextlib.suppress(ConnectionRefusedError):
                return socket.create_connection(("127.0.0.1", self.port), 60)
            time.sleep(0.0005)
        raise peers.Failure("the started gateway ended")


def measure(house):
    starter = Starter(house, prepare(house))
    first = starter.once(signal.SIGTERM)
    stopped = [starter.once(signal.SIGTERM) for _ in range(STARTS)]
    starter.once(signal.SIGKILL)
    killed = [starter.once(signal.SIGKILL) for _ in range(STARTS)]
    return {"first": [first], "stopped": stopped, "killed": killed}


def rows(figures):
    made = [["ms to the first answer, 1,000,000 rows", "median", "longest"]]
    for title, name in (("the first start ever on these rows", "first"), ("after a stop", "stopped"), ("after a kill", "killed")):
        each = sorted(figures[name])
        made.append([title, table.number(each[len(each) // 2]), table.number(each[-1])])
    return made
