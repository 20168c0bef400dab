"""Another process holds the database's lock for 20 s."""

import sqlite3
import time

import disks
from outcome import Outcome
from process import MIB

SECONDS = 20


def drill(rig):
    return rig.attempt_twice(lambda: once(rig))


def once(rig):
    outcome = Outcome("locked-ledger", f"another process holds SQLite's write lock for {SECONDS} s, with legitimate traffic")
    with rig.gateway() as gateway:
        rig.window(gateway, 1)
        asked = gateway.metrics()["tollgate_requests_total"]
        quiet, base = [rig.window(gateway) for _ in range(2)], gateway.figures()
        other = sqlite3.connect(gateway.data / "ledger.sqlite3", isolation_level=None, timeout=10)
        other.execute("BEGIN IMMEDIATE")
        began, locked, most = time.monotonic(), [], 0
        while time.monotonic() - began < SECONDS - 2:
            locked.append(rig.window(gateway))
            most = max(most, gateway.metrics().get("tollgate_ledger_rows_waiting", 0))
        faults = gateway.metrics().get("tollgate_ledger_faults_total", 0)
        time.sleep(max(0, began + SECONDS - time.monotonic()))
        other.execute("ROLLBACK")
        other.close()
        released = time.monotonic()
        took = gateway.wait_for(lambda: gateway.metrics().get("tollgate_ledger_rows_waiting", 1) == 0, 30)
        quiet.append(rig.window(gateway))
        from rig import Compared
        compared = Compared(quiet, locked, base, gateway.figures(), gateway.figures()["peak"], gateway.figures()["fds"])
        refused = sum(window.errors for window in locked)
        # Where the journal is full, requests are refused rather than served unaccounted.
        rig.judge(outcome, gateway, compared, errors=refused if all("529" in each.error for each in locked if each.errors) else 0)
        outcome.measured.update({"rows waiting": int(most), "faults counted": int(faults), "refused honestly": refused})
        outcome.require(faults > 0, "/metrics counts no fault")
        outcome.require(took is not None, "rows still wait 30 s after the lock was given back")
        total = gateway.metrics()["tollgate_requests_total"]
        served = sum(each.requests for each in quiet + locked)
        found = disks.settled(gateway.data, 0, 5)
        ledger = gateway.metrics()["tollgate_ledger_rows_total"]
        outcome.measured["rows"] = f"{found} in the database"
        outcome.measured["written after"] = f"{took or 0:.1f} s"
        answered = answered_in_all(gateway)
        outcome.require(found == answered, f"{found} rows for {answered} requests that the gateway counted")
    outcome.survived = "requests were served and their rows kept until the lock was given back"
    return outcome


def answered_in_all(gateway):
    """Requests for models that were answered with 200, as the gateway counts them."""
    import re
    import urllib.request
    with urllib.request.urlopen(f"http://127.0.0.1:{gateway.port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    return int(sum(float(value) for labels, value in re.findall(r"^tollgate_requests_total\{(.*)\} (\S+)$", text, re.MULTILINE)
                   if 'http_route="/v1/messages"' in labels and 'http_response_status_code="200"' in labels))
