"""Waiting in real time, with a progress bar, a timeout, and an interrupt that leaves no trace."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tqdm.auto import tqdm

from patternlab.clock import WallClock, seconds_of

SHORT = 3.0  # seconds: a shorter wait needs no progress bar
POLL = 1.0  # seconds between two looks at a condition


@contextmanager
def progress(what: str, total: float) -> Iterator[Callable[[float], None]]:
    """Show a progress bar: call what is yielded with the seconds passed. It is gone at the end."""
    with tqdm(
        total=round(total), desc=what, unit="s", leave=False, disable=total < SHORT,
        bar_format="{desc}: {n:.0f} of {total} s |{bar}|",
    ) as bar:  # fmt: skip

        def show(passed: float) -> None:
            bar.update(min(passed, total) - bar.n)

        yield show


def wait(clock: WallClock, seconds: float) -> None:
    """Let `seconds` pass."""
    end = clock.elapsed + seconds_of(seconds, "The time to wait")
    with progress("Waiting", seconds) as show:
        while (left := end - clock.elapsed) > 0:
            show(seconds - left)
            clock.wait(min(left, POLL))


def wait_until(
    clock: WallClock, condition: Callable[[], Any], timeout: float, poll: float = POLL
) -> bool:
    """Ask `condition` every `poll` seconds until it is true; return False after `timeout` s."""
    begun = clock.elapsed
    timeout = seconds_of(timeout, "timeout")
    with progress("Waiting, at most", timeout) as show:
        while not condition():
            passed = clock.elapsed - begun
            if passed >= timeout:
                return False
            show(passed)
            clock.wait(min(poll, timeout - passed))
    return True


def when_quiet(
    read: Callable[[], Any],
    *,
    quiet: float,
    limit: float,
    sleep: Callable[[float], None] = time.sleep,
) -> Any:
    """Return what `read` finds once nothing new came for `quiet` seconds, after `limit` at most.

    `read` gives something with a length, such as a table. CloudWatch Logs shows a line some seconds
    after it was written and does not say whether more is on its way, so we look until it is quiet.
    """
    found = read()
    unchanged = waited = 0.0
    while unchanged < quiet and waited < limit:
        sleep(POLL)
        waited += POLL
        again = read()
        unchanged = 0.0 if len(again) != len(found) else unchanged + POLL
        found = again
    return found
