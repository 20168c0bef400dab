"""Waiting for a condition with a deadline, instead of sleeping and hoping."""

import time


def eventually(condition, what, seconds=10.0):
    """Ask until the condition gives something true, and return that; fail when the time is over."""
    deadline = time.monotonic() + seconds
    pause = 0.002
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"within {seconds} s: {what}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)
