"""Virtual and wall time behind one interface.

A local cloud runs on a :class:`VirtualClock`: hours pass in milliseconds, and only when somebody
asks. A real account runs on a :class:`WallClock`. Both say what time it is (``now``) and how many
seconds have passed since the cloud was opened (``elapsed``), and let time pass (``wait``).
"""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import simpy

#: Where a local cloud's calendar starts, so that two runs print the same dates.
DEFAULT_START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

#: Two moments closer than this are the same moment (SQS itself counts in milliseconds).
TICK = 1e-6


#: The garbage collector's thresholds while a clock moves, for ``gc.set_threshold``.
COLLECTIONS = 50_000, 10, 10


def seconds_of(value: float, what: str = "seconds") -> float:
    """Return `value` as a float.

    Raises:
        ValueError: If it is not a length of time; the message calls it `what`.
    """
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{what} must be a number of seconds, not {value!r}.") from None
    if not math.isfinite(seconds):
        raise ValueError(f"{what} must be finite, not {seconds}. Give a number of seconds.")
    if seconds < 0:
        raise ValueError(f"{what} must not be negative ({seconds:g}): a clock never goes back.")
    return seconds


class Clock(Protocol):
    """What the rest of the course needs of a clock."""

    def now(self) -> datetime:
        """Return the date and time, aware, in UTC."""

    def time(self) -> float:
        """Return seconds since 1970."""

    @property
    def elapsed(self) -> float:
        """Seconds since the clock was started."""

    def wait(self, seconds: float) -> None:
        """Let `seconds` pass."""


class VirtualClock:
    """A clock that moves only when told to, and runs what is due on its way.

    The clock owns the SimPy environment :attr:`env` in which queues, pollers and functions live.
    ``env.now`` counts seconds from `start`.

    Args:
        start: The date and time at which the clock starts; aware, or taken as UTC.
    """

    def __init__(self, start: datetime = DEFAULT_START) -> None:
        if start.tzinfo is None:
            start = start.replace(tzinfo=UTC)
        self.start = start.astimezone(UTC)
        self.epoch = self.start.timestamp()
        self.env = simpy.Environment()
        #: Entered while the clock moves, so that what interrupts it can choose its moment.
        self.while_moving: Callable[[], AbstractContextManager[Any]] = nullcontext
        self.moves = False  # whether it is moving now

    def now(self) -> datetime:
        """Return the date and time, aware, in UTC."""
        return self.start + timedelta(seconds=self.env.now)

    def time(self) -> float:
        """Return seconds since 1970, as ``time.time()`` does."""
        return self.epoch + self.env.now

    @property
    def elapsed(self) -> float:
        """Seconds since the clock was started."""
        return self.env.now

    def wait(self, seconds: float) -> None:
        """Move on by `seconds` and run everything that falls due up to and at that moment."""
        self.run_to(self.env.now + seconds_of(seconds))

    def run_to(self, moment: float) -> None:
        """Move on to `moment` (seconds since the start) and run what is due up to and at it."""
        env = self.env
        with self._moving():
            if moment > env.now:
                alarm = env.timeout(moment - env.now)
                while not alarm.processed:
                    env.step()
            while env.peek() <= moment:
                env.step()

    def run_until(self, event: simpy.Event) -> object:
        """Move on until `event` has happened, and return its value."""
        # Not env.run(until=event): when interrupted, that leaves a callback on the event which
        # ends a later run too early.
        with self._moving():
            while not event.processed:
                if self.env.peek() == math.inf:
                    raise RuntimeError("Nothing is due on this clock that could end the wait.")
                self.env.step()
        if not event.ok and isinstance(event.value, BaseException):
            raise event.value
        return event.value

    @contextmanager
    def _moving(self) -> Iterator[None]:
        before, self.moves = self.moves, True
        try:
            with _fewer_collections(), self.while_moving():
                yield
        finally:
            self.moves = before


@contextmanager
def _fewer_collections() -> Iterator[None]:
    """Let Python's garbage collector look less often while a clock moves.

    A model makes many small objects that live on. With the usual threshold of 700 new ones, a third
    of the time goes into looking through them for cycles.
    """
    before = gc.get_threshold()
    gc.set_threshold(*map(max, before, COLLECTIONS))
    try:
        yield
    finally:
        gc.set_threshold(*before)


class WallClock:
    """Real time, for a real account.

    Args:
        progress: Called about once per second of a wait, with the seconds passed and asked for.
    """

    def __init__(self, progress: Callable[[float, float], None] | None = None) -> None:
        self._started = time.monotonic()
        self._progress = progress

    def now(self) -> datetime:
        """Return the date and time, aware, in UTC."""
        return datetime.now(UTC)

    def time(self) -> float:
        """Return seconds since 1970."""
        return time.time()

    @property
    def elapsed(self) -> float:
        """Seconds since the clock was made."""
        return time.monotonic() - self._started

    def wait(self, seconds: float) -> None:
        """Sleep for `seconds`, and call `progress` about once per second."""
        seconds = seconds_of(seconds)
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if self._progress:
                self._progress(seconds - left, seconds)
            time.sleep(min(left, 1.0))
