"""A long outage of the collector under load, with a kill of the gateway in the middle."""

import asyncio
import os
import time

import pytest

from rig.gateway import prompt
from rig.load import Load
from rig.waiting import eventually
from test_spool import collector, missing_requests, recorded, segments, spooling  # noqa: F401 (fixtures)


@pytest.mark.drill
@pytest.mark.timeout(3600)
def test_ten_minutes_without_a_collector(spooling, collector):
    """DRILL_SECONDS of load with the collector away, the gateway killed and restarted in the middle."""
    seconds = float(os.environ.get("DRILL_SECONDS", "600"))
    rate = float(os.environ.get("DRILL_RATE", "200"))
    spooling.start("--loops", "2")
    key = spooling.issue()
    load, kills = Load(spooling, key, prompt(), 10**9, 20), []
    paced(load, rate)

    async def drill():
        await asyncio.sleep(2)
        collector.stop()
        await asyncio.sleep(seconds / 2)
        kills.append(time.monotonic())
        await asyncio.to_thread(spooling.kill)
        await asyncio.to_thread(spooling.restart)
        await asyncio.sleep(seconds / 2)
        load._count = 0

    async def everything():
        await asyncio.gather(load.run(), drill())

    asyncio.run(everything())
    spooling.ledger.settle(60)
    size = sum(file.stat().st_size for file in segments(spooling))
    memory = spooling.resident()
    missing = missing_requests(spooling, collector, load, kills)
    collector.start()
    began = time.monotonic()
    eventually(lambda: not missing(), "every span arrives", 600)
    print(f"\n{len(load.asked)} requests, {len(recorded(spooling))} spans with rows, {len(collector.spans)} spans, "
          f"{collector.duplicates} duplicates, {size} bytes spooled, {memory} bytes resident, "
          f"replayed in {time.monotonic() - began:.1f} s")


def paced(load, rate):
    """Has each of the load's clients ask so that all together make `rate` requests a second."""
    ask, interval = load._ask, load._parallel / rate

    async def paced_ask(note, reader, writer):
        began = time.monotonic()
        kept = await ask(note, reader, writer)
        await asyncio.sleep(max(0, interval - (time.monotonic() - began)))
        return kept

    load._ask = paced_ask
