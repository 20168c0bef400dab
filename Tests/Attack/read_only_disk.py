"""The disk of the data folder fails and becomes read-only."""

import os
import shutil
import time

import disks
from outcome import Outcome

SIZE = 128


def drill(rig):
    outcome = Outcome("read-only-disk", "the data folder's file system fails and the kernel makes it read-only, with legitimate traffic")
    folder = rig.new_folder()
    try:
        with disks.breaking_disk(folder / "failing", SIZE) as fail:
            try_it(rig, outcome, folder / "failing", fail)
    except disks.NotAllowed as reason:
        outcome.skipped = str(reason)
    return outcome


def try_it(rig, outcome, disk, fail):
    with rig.gateway(folder=disk) as gateway:
        before = rig.window(gateway, 2)
        time.sleep(1)
        # All pages of the journal are clean and must be asked for again, as after half a minute.
        os.sync()
        faults = gateway.metrics().get("tollgate_ledger_faults_total", 0)
        fail()
        after = rig.window(gateway, 6)
        if not outcome.require(gateway.alive(), f"the gateway has ended with {gateway.process.poll()}: {gateway.log_end()}"):
            return
        outcome.measured["before"] = f"{before.requests} answered"
        outcome.measured["read-only"] = f"{after.requests} answered, {after.errors} clients refused"
        outcome.require(not after.errors or "529" in after.error, f"other than refused: {after.error}")
        status, _, body = gateway.ask()
        outcome.require(status in (200, 529), f"{status} {body[:200]}")
        counted = gateway.metrics().get("tollgate_ledger_faults_total", 0) - faults
        outcome.measured["faults counted"] = int(counted)
        outcome.require(counted > 0, "/metrics counts no fault")
        code, words = gateway.doctor()
        outcome.require(code != 0, f"the doctor finds nothing: {words[-300:]}")
        answered = before.requests + after.requests + (status == 200)
        waiting = int(gateway.metrics().get("tollgate_ledger_rows_waiting", 0))
        outcome.measured["rows waiting"] = waiting
        gateway.stop()
        # What was written into the journal is in memory that outlives the process: it is copied to a good disk.
        copy = rig.new_folder()
        shutil.copytree(gateway.data, copy / gateway.data.name)
    with rig.gateway(folder=copy) as gateway:
        found = disks.settled(gateway.data, answered)
        outcome.measured["rows"] = f"{found} of {answered}, once the folder was copied to a good disk"
        outcome.require(found == answered, f"{found} rows for {answered} answered requests")
        outcome.require(gateway.ask()[0] == 200, "no answer on the good disk")
    outcome.survived = "requests went on or were refused, and none of those answered is missing from the copy"
