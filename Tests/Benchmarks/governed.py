"""Admission: the same requests with twenty rules of which five budgets and three limits are about each, beside none."""

import statistics

import everything
import measure
import peers
import table

CASE = "1k-json"


def gateway(folder, binary, upstream, sink):
    return peers.Tollgate(folder, binary, upstream, sink, name="governed", more=everything.rules())


def one_round(bench, plain, governed, number):
    """Both, in turned order every second time."""
    order = [plain, governed] if number % 2 == 0 else [governed, plain]
    return {peer.name: measured(bench, peer) for peer in order}


def measured(bench, peer):
    before = peer.schedule_ns()[0]
    result = bench.load(peer, peer.name, CASE, measure.CONNECTIONS, 0.3, bench.seconds)
    measure.settle()
    ran = peer.schedule_ns()[0] - before
    return {"rate": result["requests_per_s"], "cpu_us": ran / 1000 / max(1, result["requests"])}


def rows(rounds):
    made = [["1 KB, one JSON answer", "per s", "CPU µs", "added CPU µs"]]
    for name, title in (("tollgate", "no rules"), ("governed", "20 rules: 5 accounts, 3 limits")):
        figures = [table.number(statistics.median(each[name][column] for each in rounds)) for column in ("rate", "cpu_us")]
        added = statistics.median(each[name]["cpu_us"] - each["tollgate"]["cpu_us"] for each in rounds)
        made.append([title, *figures, table.number(added) if name == "governed" else ""])
    return made
