"""The disk of the data folder is full; then it has room again."""

import disks
from outcome import Outcome

SIZE = 48  # MiB: the journal has 16 of them from the start


def drill(rig):
    outcome = Outcome("full-disk", f"a data folder of {SIZE} MiB, filled to the last byte for 6 s, with legitimate traffic")
    folder = rig.new_folder()
    (folder / "small").mkdir()
    try:
        with disks.small_disk(folder / "small", SIZE) as disk:
            try_it(rig, outcome, disk)
    except disks.NotAllowed as reason:
        outcome.skipped = str(reason)
    return outcome


def try_it(rig, outcome, disk):
    with rig.gateway(folder=disk) as gateway:
        total = []

        def traffic(name, seconds):
            window = rig.window(gateway, seconds)
            total.append(window.requests)
            outcome.measured[name] = f"{window.requests} answered, {window.errors} clients refused, p99 {window.p99:.1f} ms"
            return window

        traffic("before", 2)
        fault_count = gateway.metrics().get("tollgate_ledger_faults_total", 0)
        with disks.filled(disk):
            full = traffic("full", 6)
            judge(outcome, gateway, "full", full, fault_count)
            status, _, body = gateway.ask()
            total.append(status == 200)
            outcome.require(status in (200, 529), f"{status} while the disk is full: {body[:200]}")
            outcome.measured["waiting rows, full"] = int(gateway.metrics().get("tollgate_ledger_rows_waiting", 0))
            code, words = gateway.doctor()
            outcome.require(code != 0 and "disk" in words, f"the doctor finds nothing: {words[-300:]}")
        outcome.require(recovers(gateway, total), "no answer 15 s after there was room again")
        traffic("after", 2)
        asked = sum(total)
        found = disks.settled(gateway.data, asked)
        outcome.measured["rows"] = f"{found} of {asked}"
        outcome.require(found == asked, f"{found} rows for {asked} answered requests")
        lines = len(gateway.log().splitlines())
        outcome.measured["log"] = f"{lines} lines"
        outcome.require(lines < 500, f"{lines} lines were logged")
    outcome.survived = "what was answered is in the ledger; what could not be accounted for was refused"


def judge(outcome, gateway, name, window, before):
    outcome.require(gateway.alive(), f"the gateway has ended while the disk was {name}: {gateway.log_end()}")
    faults = gateway.metrics().get("tollgate_ledger_faults_total", 0) - before
    outcome.measured[f"faults, {name}"] = int(faults)
    outcome.require(faults > 0, f"/metrics counts no fault while the disk is {name}")
    outcome.require(not window.errors or "529" in window.error, f"{name}: {window.error}")


def recovers(gateway, total):
    def good():
        status, _, _ = gateway.ask()
        total.append(status == 200)
        return status == 200 and gateway.metrics().get("tollgate_ledger_rows_waiting", 1) == 0
    return gateway.wait_for(good, 15, 0.3) is not None
