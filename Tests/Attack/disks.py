"""Small and read-only file systems for the drills, and what the ledger says afterwards."""

import contextlib
import os
import pathlib
import sqlite3
import subprocess
import time

SLOT, OPEN = 8192, 1


class NotAllowed(Exception):
    """No file system can be mounted here."""


@contextlib.contextmanager
def small_disk(folder, mebibytes):
    """A file system of its own; needs the right to mount."""
    folder.mkdir(exist_ok=True)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,mode=700", "tmpfs", folder], capture_output=True).returncode:
        raise NotAllowed("mounting a file system needs root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=False)


@contextlib.contextmanager
def breaking_disk(folder, mebibytes):
    """The same as ext4 that becomes read-only on a fault, as disks do that fail; gives what makes it so."""
    folder.mkdir(exist_ok=True)
    image = folder.with_suffix(".image")
    with open(image, "wb") as made:
        made.truncate(mebibytes << 20)
    if subprocess.run(["mkfs.ext4", "-q", image], capture_output=True).returncode:
        raise NotAllowed("mkfs.ext4 is missing")
    if subprocess.run(["mount", "-o", "loop,errors=remount-ro", image, folder], capture_output=True).returncode:
        raise NotAllowed("mounting a file system needs root and a loop device")
    device = subprocess.run(["losetup", "-j", image, "-O", "NAME", "-n"], capture_output=True, text=True, check=True).stdout.strip()
    trigger = pathlib.Path("/sys/fs/ext4") / pathlib.Path(device).name / "trigger_fs_error"
    try:
        if not trigger.exists():
            raise NotAllowed("this kernel has no trigger_fs_error for ext4")
        yield lambda: trigger.write_text("1")
    finally:
        subprocess.run(["umount", "-l", folder], check=False)
        image.unlink()


@contextlib.contextmanager
def filled(folder):
    """All room is taken, to the last byte."""
    path = folder / "filler"
    with open(path, "wb", buffering=0) as filler, contextlib.suppress(OSError):
        for size in (1 << 20, 4096, 1):
            with contextlib.suppress(OSError):
                while filler.write(b"\0" * size):
                    pass
    try:
        yield
    finally:
        path.unlink()


def rows(data):
    """How many model requests the ledger holds."""
    connection = sqlite3.connect(f"file:{data}/ledger.sqlite3?mode=ro", uri=True, timeout=10)
    try:
        return connection.execute("SELECT count(*) FROM requests WHERE operation = 'messages' AND status = 200").fetchone()[0]
    finally:
        connection.close()


def waiting(data):
    """Rows that are in the journals: in flight, or not in the database yet."""
    count = 0
    for path in pathlib.Path(data).glob("journal-*.slots"):
        with contextlib.suppress(FileNotFoundError), open(path, "rb") as journal:
            held = journal.read(os.fstat(journal.fileno()).st_blocks * 512)
            count += sum(state != 0 for state in memoryview(held[: len(held) // SLOT * SLOT]).cast("I")[SLOT // 4 :: SLOT // 4].tolist())
    return count


def settled(data, expected, seconds=20):
    """Rows in the database once none waits any more, or when the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(sqlite3.Error):
            if rows(data) >= expected and waiting(data) == 0:
                break
        time.sleep(0.1)
    return rows(data)
