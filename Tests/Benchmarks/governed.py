"""Admission: the same requests with twenty rules and more, of which five budgets and three limits are about each, beside none."""

import statistics

import measure
import peers
import table

CASE = "1k-json"


def start(house):
    return house.start(peers.Tollgate(house.folder, house.binary, house.upstream, house.sink, name="free"))


def one_round(bench, governed, free, number):
    return {peer.name: bench.rate_and_cost(peer, CASE) for peer in measure.turned([free, governed], number)}


def rows(rounds):
    made = [["1 KB, one JSON answer", "per s", "CPU µs", "added CPU µs"]]
    for name, title in (("free", "no rules"), ("tollgate", "5 budgets, 3 limits, access rules")):
        figures = [table.number(statistics.median(each[name][column] for each in rounds)) for column in ("rate", "cpu_us")]
        added = statistics.median(each["tollgate"]["cpu_us"] - each["free"]["cpu_us"] for each in rounds)
        made.append([title, *figures, table.number(added) if name == "tollgate" else ""])
    return made
