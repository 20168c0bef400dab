"""A memory cgroup of 256 MB, with 2,000 streams and large bodies."""

import contextlib
import json
import os
import pathlib
import time

import large_bodies
import streams
from outcome import Outcome
from process import MIB

CAP = 256 * 1000 * 1000
CGROUPS = pathlib.Path("/sys/fs/cgroup")
# Two bodies of the largest size are the least that there must be room for.
SETTINGS = {"limits": {"body_room": "64MiB", "body_room_timeout": "5s"}}
PUSHERS = 16


class NotAllowed(Exception):
    """No memory cgroup can be made here."""


@contextlib.contextmanager
def capped():
    """A memory cgroup with the cap; gives its folder."""
    version_1 = (CGROUPS / "memory").is_dir()
    group = CGROUPS / ("memory" if version_1 else "") / f"tollgate-attack-{os.getpid()}"
    try:
        group.mkdir()
        (group / ("memory.limit_in_bytes" if version_1 else "memory.max")).write_text(str(CAP))
    except OSError as fault:
        with contextlib.suppress(OSError):
            group.rmdir()
        raise NotAllowed(f"no memory cgroup can be made here: {fault}") from fault
    try:
        yield group
    finally:
        for _ in range(50):
            with contextlib.suppress(OSError):
                group.rmdir()
                break
            time.sleep(0.1)


def drill(rig):
    outcome = Outcome("memory-cap", f"a memory cgroup of 256 MB: {streams.COUNT} streams, {PUSHERS} clients with bodies of 32 MiB, and legitimate traffic")
    try:
        with capped() as group:
            try_it(rig, outcome, group)
    except NotAllowed as reason:
        outcome.skipped = str(reason)
    return outcome


def try_it(rig, outcome, group):
    with rig.gateway(SETTINGS, before_exec=lambda: (group / "cgroup.procs").write_text(str(os.getpid()))) as gateway:
        quiet = rig.window(gateway)
        attack = streams.start(rig, gateway)
        time.sleep(4)
        with large_bodies.Pushers(gateway, PUSHERS, large_bodies.body()) as pushers:
            attacked = [rig.window(gateway) for _ in range(4)]
            outcome.require(pushers.wait(25), f"{pushers.done} of {PUSHERS} large bodies were answered: {pushers.answers}")
        result = json.loads(attack.communicate(timeout=60)[0])
        outcome.require(gateway.alive(), f"the gateway was killed: {gateway.process.poll()}")
        if not gateway.alive():
            return
        figures = gateway.figures()
        outcome.measured.update({
            "most RSS": f"{figures['peak'] / MIB:.0f} MiB", "in the cgroup": f"{most(group) / MIB:.0f} MiB of {CAP / MIB:.0f}, page cache included",
            "p99": f"{quiet.p99:.2f} → {sorted(each.p99 for each in attacked)[1]:.2f} ms",
            "large bodies": dict(sorted(pushers.answers.items())), "whole streams": result["requests"]})
        outcome.require(result["requests"] >= streams.COUNT and not result["errors"], f"{result['errors']} streams broke: {result['error']}")
        failed = sum(each.errors for each in attacked)
        outcome.require(not failed, f"{failed} legitimate requests failed: {attacked[0].error}")
        outcome.require(gateway.ask()[0] == 200, "no answer after it")
    outcome.survived = "not killed; every stream was whole, every body was taken in the end"


def most(group):
    for name in ("memory.max_usage_in_bytes", "memory.peak", "memory.current"):
        with contextlib.suppress(OSError):
            return int((group / name).read_text())
    return 0
