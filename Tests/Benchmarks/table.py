"""The figures as a table, for the terminal and for docs/benchmarks.md."""

import datetime
import pathlib
import platform
import statistics

from measure import KINDS

TITLES = {"rate": "per s", "cpu_us": "CPU µs", "added_p50_us": "added p50 µs", "added_p99_us": "added p99 µs", "peak_mib": "RSS MiB"}
WORK, LATENCY = ("rate", "cpu_us"), ("added_p50_us", "added_p99_us", "peak_mib")
NOISE_US = 5  # of an added latency: what is below is none
SHARES = (("waited %", "waited_share"), ("rig %", "rig_share"))  # of each peer, parted by slashes


def number(value):
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def case_name(case):
    size, kind = case.split("-")
    return f"{size.upper().replace('K', ' KB')}, {KINDS[kind]}"


def ratio(rounds, names, column):
    """Tollgate over the better of the others, the median of the rounds: those of one round were measured in the same minute. None: nobody to
    compare it with."""
    others = [name for name in names if name != "tollgate"]
    if not others or "tollgate" not in names:
        return None
    better = max if column == "rate" else min
    least = NOISE_US if column.startswith("added") else 0
    return statistics.median(max(least, each["tollgate"][column]) / max(least, better(each[name][column] for name in others)) for each in rounds)


def times(rounds, names, column):
    value = ratio(rounds, names, column)
    return "" if value is None else f"{value:.2f}"


def rows(results, names, columns, shares=()):
    """`results`: case -> list of rounds, a round being {peer: {column: value}}. Shown: the medians of the rounds, and `ratio`."""
    compared = len(names) > 1 and "tollgate" in names
    head = ["case"]
    for column in columns:
        head += [f"{TITLES[column]} {name}" for name in names] + ["×"] * (compared and column != "peak_mib")
    table = [head + [title for title, _ in shares]]
    for case, rounds in results.items():
        row = [case_name(case)]
        for column in columns:
            row += [number(statistics.median(each[name][column] for each in rounds)) for name in names]
            row += [times(rounds, names, column)] * (compared and column != "peak_mib")
        for _, share in shares:
            row.append("/".join(f"{100 * statistics.median(each[name][share] for each in rounds):.0f}" for name in names))
        table.append(row)
    return table


def aligned(table):
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    return "\n".join("  ".join(cell.ljust(width) if index == 0 else cell.rjust(width)
                               for index, (cell, width) in enumerate(zip(row, widths))) for row in table)


def terminal(table):
    """The head over three lines, so that the columns stay narrow."""
    lines = [[], [], []]
    for index, title in enumerate(table[0]):
        words = title.split(" ") if index else [title]
        parts = [" ".join(words[:-2]), words[-2], words[-1]] if len(words) > 2 else [""] * (3 - len(words)) + words
        for line, part in zip(lines, parts):
            line.append(part)
    return aligned(lines + table[1:])


def markdown_table(table):
    lines = ["| " + " | ".join(row) + " |" for row in table]
    return "\n".join([lines[0], "|---" + "|---:" * (len(table[0]) - 1) + "|", *lines[1:]])


def machine():
    model = next((line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    system = next((line.split("=", 1)[1].strip('"') for line in pathlib.Path("/etc/os-release").read_text().splitlines()
                   if line.startswith("PRETTY_NAME=")), platform.system())
    cores = pathlib.Path("/proc/cpuinfo").read_text().count("processor\t")
    return f"{model}, {cores} core{'s' * (cores != 1)}, {system}, Linux {platform.release()}"


def today():
    return datetime.date.today().isoformat()
