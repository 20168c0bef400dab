"""Two event loops beside one, with both cores for everybody: the work that a second of the gateway's CPU does.

Load and upstream need cores of their own, and there are only two: a second loop cannot show twice the requests there. What could keep it from it is
what a request costs more when two loops run at once: waits for each other's locks, cache lines that go to and fro, work that only one of them may do.
So the requests for each second of CPU are compared, of two loops that both run all the time beside one that shares the machine in the same way;
twice the ratio is what two loops do on two cores that they have for themselves, as a multiple of one."""

import statistics

import everything
import measure
import peers
import table

CASES = ("1k-json", "60k-burst")
CONNECTIONS = 128


def start(house):
    running = []
    for loops in (1, 2):
        gateway = peers.Tollgate(house.folder, house.binary, house.spread_upstream, house.sink, name=f"loops-{loops}", more=everything.rules(), loops=loops)
        gateway.core = gateway.rig_core = None  # anywhere
        running.append(house.start(gateway))
    return running


def one_round(bench, running, number):
    return {case: {gateway.loops: measured(bench, gateway, case) for gateway in measure.turned(running, number)} for case in CASES}


def measured(bench, gateway, case):
    before = gateway.threads_ns()
    result = bench.load(gateway, case, CONNECTIONS, 0.5, bench.seconds)
    measure.settle()
    ran = sorted((figures[0] - before.get(name, (0, 0))[0] for name, figures in gateway.threads_ns().items()), reverse=True)
    busiest = ran[:gateway.loops]
    return {"rate": result["requests_per_s"], "per_cpu_s": result["requests"] / (sum(ran) / 1e9), "share": busiest[0] / max(1, sum(busiest))}


def factor(rounds, case):
    return 2 * statistics.median(each[case][2]["per_cpu_s"] / each[case][1]["per_cpu_s"] for each in rounds)


def rows(rounds):
    made = [["two loops beside one", "requests per CPU s, 1", "requests per CPU s, 2", "×", "per s, 1", "per s, 2", "share of the busier loop %"]]
    for case in CASES:
        def middle(loops, column):
            return statistics.median(each[case][loops][column] for each in rounds)
        made.append([table.case_name(case), table.number(middle(1, "per_cpu_s")), table.number(middle(2, "per_cpu_s")), f"{factor(rounds, case):.2f}",
                     table.number(middle(1, "rate")), table.number(middle(2, "rate")), table.number(100 * middle(2, "share"))])
    return made
