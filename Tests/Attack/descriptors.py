"""No descriptors are left: neither for clients nor for the upstream."""

import contextlib
import http.client
import json
import time

from gateway import message
from herd import Herd
from outcome import Outcome
from process import MIB, Sampler

LIMIT = 200
BODY = message()


class Client:
    """One kept connection."""

    def __init__(self, gateway):
        self._connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=10)
        self._key = gateway.key

    def ask(self):
        self._connection.request("POST", "/v1/messages?case=json&from=tollgate", BODY, {"authorization": f"Bearer {self._key}"})
        answer = self._connection.getresponse()
        return answer.status, answer.read()


def drill(rig):
    outcome = Outcome("descriptors", f"RLIMIT_NOFILE {LIMIT}, and 1,000 clients that connect and hold what they get")
    # Each request opens a connection of its own to the provider.
    provider = {"name": "bench", "kind": "anthropic", "api_key": "k", "base_url": f"http://127.0.0.1:{rig.upstream.port}", "max_idle_connections": 0}
    with rig.gateway({"providers": [provider]}, descriptors=LIMIT) as gateway:
        kept = [Client(gateway) for _ in range(5)]
        outcome.require(all(client.ask()[0] == 200 for client in kept), "no answers before it")
        base, log = gateway.figures(), len(gateway.log())
        with Sampler(gateway.pid) as sampler, Herd(gateway.port, 1000, lambda index: gateway.head(len(BODY)) if index % 2 else b"", anew=False):
            time.sleep(1)
            began = gateway.cpu_seconds()
            time.sleep(3)
            busy = (gateway.cpu_seconds() - began) / 3
            answers = [client.ask() for client in kept for _ in range(4)]
        outcome.measured["processor meanwhile"] = f"{busy:.0%}"
        outcome.require(busy < 0.3, f"{busy:.0%} of a core while there is nothing to do: it tries again and again")
        served = sum(status == 200 for status, _ in answers)
        outcome.measured["kept connections"] = f"{served} of {len(answers)} answered"
        for status, body in answers:
            outcome.require(status == 200 or status == 529 and json.loads(body)["error"]["type"] == "overloaded_error", f"{status} {body[:200]}")
        outcome.require(served == len(answers), f"clients that were connected got {[status for status, _ in answers]}: {next((body for status, body in answers if status != 200), '')}")
        # Each request that was broken off has its line; what is about the want of descriptors has one now and then.
        lines = [line for line in gateway.log()[log:].splitlines() if '"message":"request"' not in line]
        outcome.measured["log"] = f"{len(lines)} lines"
        outcome.require(0 < len(lines) < 20, f"{len(lines)} lines were logged, such as {lines[-1]}")
        outcome.measured["descriptors"] = f"{base['fds']} → {sampler.most('fds')} → {gateway.figures()['fds']}"
        took = gateway.wait_for(lambda: answered(gateway), 15)
        outcome.require(took is not None, "no new client is served 15 s after it")
        if took is not None:
            outcome.measured["new clients served after"] = f"{took:.1f} s"
        faults = gateway.metrics().get("tollgate_connections_faults_total", 0) + gateway.metrics().get("tollgate_connections_refused_total", 0)
        outcome.measured["counted in /metrics"] = int(faults)
        outcome.require(faults > 0, "/metrics tells nothing of it")
        outcome.require(gateway.figures()["rss"] < base["rss"] + 32 * MIB, "memory grew")
    outcome.survived = "clients that were connected were served, and new ones when there were descriptors again"
    return outcome


def answered(gateway):
    with contextlib.suppress(OSError):
        return gateway.ask(seconds=2)[0] == 200
    return False
