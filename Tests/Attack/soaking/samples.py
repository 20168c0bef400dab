"""What the process takes, every few seconds, and whether it grows."""

import os
import pathlib
import re

FIELDS = ("seconds", "rss", "anonymous", "fds", "threads", "open_rows", "waiting_rows", "data", "requests", "client_connections")
FIGURES = {"waiting_rows": r"^tollgate_ledger_rows_waiting (\S+)", "client_connections": r"^tollgate_connections_open\{[^}]*\} (\S+)"}


def status(pid):
    """Resident bytes, those of them that are anonymous, descriptors and threads."""
    lines = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines())
    rss, anonymous = (int(lines[name].split()[0]) * 1024 for name in ("VmRSS", "RssAnon"))
    return {"rss": rss, "anonymous": anonymous, "threads": int(lines["Threads"]), "fds": len(os.listdir(f"/proc/{pid}/fd"))}


def kinds_of_descriptors(pid):
    """How many of each kind there are: what grew when something did."""
    found = {}
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            target = re.sub(r"\d+", "N", os.readlink(f"/proc/{pid}/fd/{name}"))
        except OSError:
            continue
        found[target] = found.get(target, 0) + 1
    return found


def figures(text):
    """Of a text of /metrics, the sums of what is sampled."""
    return {name: sum(float(value) for value in re.findall(form, text, re.M)) for name, form in FIGURES.items()}


def size(folder):
    return sum(file.stat().st_blocks * 512 for file in folder.rglob("*") if file.is_file())


def slope(points):
    """Least squares: growth for each unit of the first coordinate, and the mean of the second."""
    count = len(points)
    at, mean = sum(x for x, _ in points) / count, sum(y for _, y in points) / count
    spread = sum((x - at) ** 2 for x, _ in points)
    return (sum((x - at) * (y - mean) for x, y in points) / spread if spread else 0.0), mean


def last_two_thirds(samples, name):
    end = samples[-1]["seconds"]
    return [(sample["seconds"] / 60, sample[name]) for sample in samples if sample["seconds"] >= end / 3]


def table(samples, parts=13):
    """Some rows of the log, evenly spread."""
    step = max(1, (len(samples) - 1) // (parts - 1))
    rows = ["| minute | RSS, MiB | anonymous, MiB | descriptors | threads | open rows | ledger and spool, MiB | requests |",
            "|---|---|---|---|---|---|---|---|"]
    for sample in samples[::step]:
        rows.append("| {:.0f} | {:.1f} | {:.1f} | {} | {} | {} | {:.1f} | {} |".format(
            sample["seconds"] / 60, sample["rss"] / 2**20, sample["anonymous"] / 2**20, sample["fds"], sample["threads"],
            sample["open_rows"], sample["data"] / 2**20, sample["requests"]))
    return "\n".join(rows)
