"""What callgrind has counted: instructions by function and thread."""

import collections
import pathlib
import re
import shutil
import subprocess

NAMED = re.compile(r"(c?fn)=\((\d+)\)\s*(.*)")


class Counts:
    """Instructions of one part of a run: in each function itself, and with what it calls."""

    def __init__(self):
        self.own, self.whole = collections.Counter(), collections.Counter()
        # (caller, callee): how often.
        self.calls = collections.Counter()

    @property
    def total(self):
        return sum(self.own.values())

    def add(self, other, times=1):
        for mine, theirs in ((self.own, other.own), (self.whole, other.whole), (self.calls, other.calls)):
            for name, count in theirs.items():
                mine[name] += times * count

    def per(self, number):
        made = Counts()
        made.own = collections.Counter({name: count / number for name, count in self.own.items()})
        made.whole = collections.Counter({name: count / number for name, count in self.whole.items()})
        return made


def read(path):
    """One file of callgrind's, which holds one thread. https://valgrind.org/docs/manual/cl-format.html"""
    counts, names, function, called = Counts(), {}, "?", None
    with open(path, errors="replace") as lines:
        for line in lines:
            first = line[0]
            if first.isdigit() or first in "+-*":
                fields = line.split()
                cost = int(fields[1]) if len(fields) > 1 else 0
                if called is None:
                    counts.own[function] += cost
                elif called != function:
                    counts.whole[function] += cost
                called = None
            elif line.startswith("fn=") or line.startswith("cfn="):
                kind, number, name = NAMED.match(line.rstrip("\n")).groups()
                name = names.setdefault(number, name) if name else names[number]
                name = name.split("'")[0]  # callgrind counts a recursion's depths apart
                if kind == "fn":
                    function = name
                else:
                    target = name
            elif line.startswith("calls="):
                called = target
                counts.calls[function, target] += int(line[6:].split()[0])
    for name, cost in counts.own.items():
        counts.whole[name] += cost
    return counts


class Run:
    """A process under callgrind, counted in parts."""

    def __init__(self, folder, linkers_names=False):
        self.folder, self.parts = pathlib.Path(folder), 0
        self.demangle = "no" if linkers_names else "yes"

    def command(self, program):
        return ["valgrind", "--tool=callgrind", "--separate-threads=yes", f"--demangle={self.demangle}",
                f"--callgrind-out-file={self.folder}/counts", *map(str, program)]

    def part(self, pid):
        """What was counted since the last part: by thread, the busiest first."""
        done = subprocess.run(["callgrind_control", "-d", str(pid)], capture_output=True, text=True, cwd=self.folder, timeout=300)
        self.parts += 1
        files = sorted(self.folder.glob(f"counts.{self.parts}-*"))
        if not files:
            raise RuntimeError(f"callgrind_control: {done.stdout}{done.stderr}")
        threads = [read(file) for file in files]
        for file in files:
            file.unlink()
        return sorted(threads, key=lambda each: -each.total)


def plain_names(counts):
    """The same with names for people."""
    program = shutil.which("swift-demangle") or shutil.which("swift-demangle", path="/opt/swift/usr/bin")
    names = sorted(set(counts.own) | set(counts.whole))
    shown = subprocess.run([program, "--compact", "--simplified"], input="\n".join(names), capture_output=True, text=True, check=True).stdout.splitlines() if program else names
    by_name, made = dict(zip(names, shown)), Counts()
    for mine, theirs in ((made.own, counts.own), (made.whole, counts.whole)):
        for name, count in theirs.items():
            mine[by_name[name]] += count
    return made
