"""Added latency when little happens: 50 requests a second, at fixed times, 60 KB in, JSON out. A request's time begins when it was due."""

import statistics

import measure
import table

CASE, RATE, CONNECTIONS, LEAST_SECONDS = "60k-json", 50, 16, 4


def once(bench, peer):
    result = bench.load(peer, CASE, CONNECTIONS, 0.3, max(LEAST_SECONDS, bench.seconds), more=[f"rate={RATE}"])
    return result["p50_us"], result["p99_us"]


def one_round(bench, running, number):
    p50, p99 = once(bench, bench.upstream)
    figures = {}
    for peer in measure.turned(running, number):
        mine = once(bench, peer)
        figures[peer.name] = {"added_p50_us": mine[0] - p50, "added_p99_us": mine[1] - p99}
    return figures


def rows(rounds, names):
    made = [["60 KB, JSON, 50 a second", *names, "×"]]
    for title, column in (("added p50 µs", "added_p50_us"), ("added p99 µs", "added_p99_us")):
        middle = [statistics.median(each[name][column] for each in rounds) for name in names]
        made.append([title, *map(table.number, middle), table.times(rounds, names, column)])
    return made
