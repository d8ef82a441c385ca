"""Wait for what other processes do, and list those that still run."""

import subprocess
import time


def comes(condition, seconds=30):
    """Wait until `condition()` holds; False if it does not within `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def running(mark):
    """The processes whose command line holds `mark`."""
    listed = subprocess.run(["ps", "-ww", "-eo", "args="], capture_output=True, text=True).stdout
    return [line for line in listed.splitlines() if mark in line]


def gone(mark):
    """Wait until no process has `mark` in its command line."""
    return comes(lambda: not running(mark))
