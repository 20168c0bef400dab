"""Ten thousand requests, faults upstream, the gateway killed three times: the ledger tells exactly what the upstream saw."""

import asyncio
import os
import random
import time

import pytest

from rig.answers import Message, Raw, error
from rig.gateway import prompt
from rig.ledger import expected, tokens
from rig.load import Load

COUNT = int(os.environ.get("CHAOS_REQUESTS", "10000"))
PARALLEL, KILLS, GRACE = 200, 3, 0.1  # an answer may reach its client moments before its row is finished


class Faults:
    """One request in twenty is answered badly; good answers carry a usage of their own each."""

    def __init__(self, seed):
        self._random = random.Random(seed)

    async def __call__(self, exchange):
        draw = self._random
        usage = {
            "input_tokens": draw.randrange(1, 5000), "cache_creation_input_tokens": draw.randrange(900),
            "cache_read_input_tokens": draw.randrange(90_000), "output_tokens": draw.randrange(1, 3000)}
        good = Message(text="word " * draw.randrange(1, 20), usage=usage, size=40)
        if draw.random() < 0.05:
            good = draw.choice([
                error(500, "api_error"), error(529, "overloaded_error"), error(429, "rate_limit_error", retry_after="1"),
                Raw(b""), Raw(b"rubbish\r\n\r\n"), Message(usage=usage, fail="cut"), Message(usage=usage, fail="reset"),
                Message(usage=usage, fail="overloaded_error")])
        await exchange.pause(draw.random() * 0.02)
        await good(exchange)


async def kill_and_restart(gateway, load, kills):
    """Kill the gateway when a quarter, a half and three quarters of the requests are under way."""
    for part in range(1, KILLS + 1):
        while len(load.asked) < COUNT * part // (KILLS + 1):
            await asyncio.sleep(0.005)
        asked = time.monotonic()
        await asyncio.to_thread(gateway.kill)
        kills.append((asked, time.monotonic()))  # it died somewhere between; the clients went on meanwhile
        await asyncio.to_thread(gateway.restart)


def near_a_kill(note, kills):
    """Whether a request was under way at a kill, or its answer so fresh that the row may not have been committed."""
    return any(note.began <= dead and note.ended >= asked - GRACE for asked, dead in kills)


@pytest.mark.chaos
@pytest.mark.timeout(400)
def test_the_ledger_is_exact_through_faults_and_kills(make_gateway, upstream):
    gateway = make_gateway()
    gateway.config["logs"]["access"] = "errors"
    gateway.start("--loops", "2")
    upstream.answers(Faults(seed=20))
    load, kills = Load(gateway, gateway.issue(), prompt(), COUNT, PARALLEL), []

    async def everything():
        await asyncio.gather(load.run(), kill_and_restart(gateway, load, kills))

    asyncio.run(everything())
    assert len(kills) == KILLS
    gateway.ledger.settle(30)
    asked = {note.trace_id: note for note in load.asked}
    check_rows(gateway, upstream, asked, kills)
    check_sums(gateway, upstream, asked, kills)


def check_rows(gateway, upstream, asked, kills):
    """Each request that the upstream saw has one attempt row; other rows exist only where no answer could come."""
    attempts = gateway.ledger.attempts
    spans = [row["span_id"] for row in attempts]
    seen = [request.span_id for request in upstream.calls]
    assert len(seen) >= COUNT * 0.9
    assert len(set(spans)) == len(spans) and len(set(seen)) == len(seen)
    assert set(seen) <= set(spans), f"{len(set(seen) - set(spans))} requests that the upstream saw have no row"
    unseen = {row["trace_id"] for row in gateway.ledger.requests} - {request.trace_id for request in upstream.calls}
    strange = [asked[trace] for trace in unseen if not near_a_kill(asked[trace], kills)]
    assert not strange, f"rows without a request upstream, far from the kills {kills}: {strange}"
    rows = [row["trace_id"] for row in gateway.ledger.requests]
    assert len(rows) == len(set(rows)), "one row for each request"


def check_sums(gateway, upstream, asked, kills):
    """Where the upstream's answer got through, the row has the upstream's count to the token."""
    rows = {row["trace_id"]: row for row in gateway.ledger.requests}
    wanted, found, inexact = [], [], []
    for request in upstream.calls:
        note, row = asked[request.trace_id], rows[request.trace_id]
        if not note.complete or not request.usage:
            continue
        if row["estimated"]:
            inexact.append(note)
            continue
        wanted.append(expected(request.usage))
        found.append(tokens(row))
    assert len(wanted) > COUNT * 0.8
    assert found == wanted
    assert totals(found) == totals(wanted)
    assert all(near_a_kill(note, kills) for note in inexact), "an answered request was estimated, far from any kill"
    assert len(inexact) <= 2 * PARALLEL * KILLS


def totals(counts):
    return {name: sum(count[name] for count in counts) for name in counts[0]}
