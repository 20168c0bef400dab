"""Memory of what is open: 10,000 connections without a request, and 2,000 streams that run. Each peer is a new process, with the rig's other figures beside."""

import time

import everything
import measure
import peers
import table

IDLE, STREAMS = 10_000, 2_000
# Opened one after the other over about 2 s; then looked at when nothing has moved for a while. Tollgate gives memory back every 10 s.
IDLE_STAGGER_US, LOOK_AT, LOOK_AT_TOLLGATE = 200, 4.0, 14.0
STREAM_STAGGER_US, STREAM_SECONDS = 1000, 9.0


def newcomers(house, purpose):
    made = [each(house.folder, house.upstream) for each in house.proxies()]
    if house.binary:
        made.append(peers.Tollgate(house.folder, house.binary, house.upstream, house.sink, name=f"tollgate-{purpose}", more=everything.rules()))
    for peer in made:
        peer.name = peer.counted = f"{peer.name.split('-')[0]}-{purpose}"
    return made


def idle(house, bench):
    """Resident MiB with all connections open, each of which has had one answer: a JSON one to 1 KB."""
    figures = {}
    for peer in newcomers(house, "idle"):
        house.start(peer)
        fresh = peer.memory_mib()
        look_at = LOOK_AT_TOLLGATE if isinstance(peer, peers.Tollgate) else LOOK_AT
        running = bench.begin(peer, "json", bench.folder / "1k-plain.json", bench.answer_bytes["json"], IDLE, 0, look_at + 0.5, IDLE_STAGGER_US, ["once"])
        time.sleep(look_at)
        looked = peer.memory_mib()
        result = bench.finish(peer, "idle", running, 120)
        if result["requests"] != IDLE:
            raise peers.Failure(f"{peer.name}: {result['requests']} of {IDLE} idle connections had an answer")
        figures[peer.name.split("-")[0]] = {"fresh": fresh, "held": looked}
        house.retire(peer)
    return figures


def streams(house, bench):
    """The highest resident MiB while 2,000 streams run, an event each every 500 ms."""
    figures = {}
    for peer in newcomers(house, "streams"):
        house.start(peer)
        fresh = peer.memory_mib()
        peer.forget_peak()
        running = bench.begin(
            peer, "slow", bench.folder / "1k-stream.json", bench.answer_bytes["slow"], STREAMS, 0, STREAM_SECONDS, STREAM_STAGGER_US, ["once"])
        bench.finish(peer, "streams", running, 120)
        figures[peer.name.split("-")[0]] = {"fresh": fresh, "held": peer.peak_mib()}
        house.retire(peer)
    return figures


def rows(idle_figures, stream_figures, names):
    made = [["resident MiB", *names]]
    made.append(["just started", *(table.number(idle_figures[name]["fresh"]) for name in names)])
    made.append([f"{IDLE:,} idle connections", *(table.number(idle_figures[name]["held"]) for name in names)])
    made.append([f"{STREAMS:,} streams at once", *(table.number(stream_figures[name]["held"]) for name in names)])
    return made
