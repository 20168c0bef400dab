"""What the kernel tells about a process: memory, descriptors, threads, processor time."""

import contextlib
import os
import pathlib
import threading
import time

MIB = 1 << 20
TICK = os.sysconf("SC_CLK_TCK")


class Gone(Exception):
    """The process has ended."""


def figures(pid):
    """RSS in bytes, descriptors, threads."""
    try:
        status = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
        return {"rss": int(status["VmRSS"].split()[0]) * 1024, "peak": int(status["VmHWM"].split()[0]) * 1024,
                "fds": descriptors(pid), "threads": int(status["Threads"])}
    except (FileNotFoundError, ProcessLookupError, KeyError) as fault:
        raise Gone(f"process {pid} has ended") from fault


def descriptors(pid):
    """Linux 6.2 and later say how many in the folder's size; to list thousands takes milliseconds, for which the load waits."""
    folder = f"/proc/{pid}/fd"
    return os.stat(folder).st_size or len(os.listdir(folder))


def cpu_seconds(pid):
    """Processor time that it used so far, of all threads."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError) as fault:
        raise Gone(f"process {pid} has ended") from fault
    return (int(fields[11]) + int(fields[12])) / TICK


def forget_peak(pid):
    pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")


class Sampler:
    """Looks at a process ten times a second, between `with` and its end."""

    def __init__(self, pid, interval=0.1):
        self.pid, self.interval = pid, interval
        self.samples = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        with contextlib.suppress(Gone):
            while not self._ended.is_set():
                self.samples.append((time.monotonic(), figures(self.pid)))
                self._ended.wait(self.interval)

    def __enter__(self):
        forget_peak(self.pid)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()
        with contextlib.suppress(Gone):
            self.samples.append((time.monotonic(), figures(self.pid)))

    def most(self, name):
        """The kernel's own peak for `rss` (nothing between two samples is missed), else the highest sample."""
        return max((sample["peak" if name == "rss" else name] for _, sample in self.samples), default=0)
