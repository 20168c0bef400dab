"""What was to be reached, and whether it was."""

import statistics

import scaled
import table


class Lines:
    def __init__(self):
        self.rows = [["to reach", "wanted", "measured", ""]]
        self.missed = 0

    def at_least(self, what, wanted, measured, unit=""):
        self.add(what, f"≥ {wanted:g}{unit}", measured, measured is not None and measured >= wanted, unit)

    def at_most(self, what, wanted, measured, unit=""):
        self.add(what, f"≤ {wanted:g}{unit}", measured, measured is not None and measured <= wanted, unit)

    def add(self, what, wanted, measured, good, unit):
        if measured is None:
            return
        self.missed += not good
        self.rows.append([what, wanted, f"{measured:.2f}{unit}" if not unit else f"{table.number(measured)}{unit}", "" if good else "missed"])

    def work(self, results, names):
        for case, rounds in results.items():
            title = table.case_name(case)
            if case.endswith("paced"):
                self.at_most(f"{title}: CPU per event ×", 1, table.ratio(rounds, names, "cpu_us"))
                self.at_most(f"{title}: added p50 ×", 1, table.ratio(rounds, names, "added_p50_us"))
                self.at_most(f"{title}: added p99 ×", 1, table.ratio(rounds, names, "added_p99_us"))
            else:
                self.at_least(f"{title}: requests/s ×", 1, table.ratio(rounds, names, "rate"))

    def calm(self, rounds, names):
        for title, column in (("p50", "added_p50_us"), ("p99", "added_p99_us")):
            self.at_most(f"50 requests/s: added {title} ×", 1.2, table.ratio(rounds, names, column))

    def encrypted(self, rounds, cases):
        for case in cases:
            figures = [each[case] for each in rounds]
            self.at_least(f"TLS, {table.case_name(case)}: requests/s × nginx", 1, table.ratio(figures, ["nginx", "tollgate"], "rate"))

    def held(self, idle, streams):
        self.at_most("10,000 idle connections", 100, idle["tollgate"]["held"], " MiB")
        self.at_most("2,000 streams", 100, streams["tollgate"]["held"], " MiB")

    def started(self, figures):
        self.at_most("first answer after a stop, 1,000,000 rows", 100, statistics.median(figures["stopped"]), " ms")
        self.at_most("first answer after a kill, 1,000,000 rows", 100, statistics.median(figures["killed"]), " ms")

    def scaled(self, rounds):
        for case in scaled.CASES:
            self.at_least(f"two loops, {table.case_name(case)} ×", 1.8, scaled.factor(rounds, case))
