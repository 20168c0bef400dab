"""More connections than limits.connections allows."""

import time

from descriptors import BODY, Client, answered
from herd import Herd
from outcome import Outcome

LIMIT, COUNT = 300, 2000


def drill(rig):
    outcome = Outcome("too-many-connections", f"limits.connections {LIMIT}, and {COUNT} clients that connect again whenever they are closed")
    with rig.gateway({"limits": {"connections": LIMIT}}) as gateway:
        kept = [Client(gateway) for _ in range(5)]
        outcome.require(all(client.ask()[0] == 200 for client in kept), "no answers before it")
        base = gateway.figures()
        request = gateway.head(len(BODY)) + BODY
        # Half of them ask for something, and go on to hold what they have got.
        with Herd(gateway.port, COUNT, lambda index: request if index % 2 else b"", at_once=50) as herd:
            time.sleep(4)
            answers = [client.ask()[0] for client in kept for _ in range(4)]
            open_now = gateway.figures()["fds"]
        outcome.measured.update({"kept connections": f"{answers.count(200)} of {len(answers)} answered", "others were told": dict(sorted(herd.answers.items())),
                                 "closed at once": herd.closed, "descriptors": f"{base['fds']} → {open_now}"})
        outcome.require(answers.count(200) == len(answers), f"clients that were connected got {answers}")
        outcome.require(herd.answers.get(529, 0) > 0, f"nobody was told why: {herd.answers}")
        outcome.require(open_now < base["fds"] + LIMIT * 2 + 200, f"{open_now} descriptors")
        refused = int(gateway.metrics().get("tollgate_connections_refused_total", 0))
        outcome.measured["counted in /metrics"] = refused
        outcome.require(refused > 0, "/metrics counts none")
        took = gateway.wait_for(lambda: answered(gateway), 10)
        outcome.require(took is not None, "no new client is served 10 s after it")
    outcome.survived = "clients that were connected were served, others were told to come again or closed"
    return outcome
