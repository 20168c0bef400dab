"""Telemetry: the same requests with everything on (spans, session traces, cache forensics, metrics, events) beside none of it."""

import statistics

import everything
import measure
import peers
import table

CASES = {"1k-json": "1 KB, one JSON answer", "100k-json": "100 KB, one JSON answer", "1k-paced": "1 KB, 200 streams, 5 ms: per event"}
OFF = {"telemetry": {"session_traces": False, "cache_forensics": False, "metrics": {"prometheus": {"enabled": False}},
                     "claude_code": {"receive": False}}}


def start(house):
    return house.start(peers.Tollgate(house.folder, house.binary, house.upstream, house.sink, name="silent", more={**everything.rules(), **OFF}))


def one_round(bench, loud, silent, number):
    """Each case with both."""
    return {case: {peer.name: measured(bench, peer, case) for peer in measure.turned([loud, silent], number)} for case in CASES}


def measured(bench, peer, case):
    paced = case.endswith("paced")
    shape = (measure.STREAMS, measure.STREAM_SECONDS, bench.seconds, measure.STAGGER_US) if paced else (measure.CONNECTIONS, 0.3, bench.seconds)
    ran, result = bench.worked(peer, case, *shape)
    return ran / 1000 / max(1, result["deltas" if paced else "requests"])


def rows(rounds):
    made = [["CPU µs", "telemetry off", "everything on", "added"]]
    for case, title in CASES.items():
        figures = [statistics.median(each[case][name] for each in rounds) for name in ("silent", "tollgate")]
        added = statistics.median(each[case]["tollgate"] - each[case]["silent"] for each in rounds)
        made.append([title, *map(table.number, figures), table.number(added)])
    return made
