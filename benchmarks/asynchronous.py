"""Six hours in which a function is throttled, and 100 asynchronous events are tried again."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from benchmarks.measure import Row, seconds
from patternlab.clock import VirtualClock
from patternlab.delivery import AsyncQueue, Function, PlainRuntime
from patternlab.delivery.functions.async_records import EVENT_AGE_EXCEEDED

EVENTS, HOURS = 100, 6
REPEATS = 3


def rows() -> Iterator[Row]:
    """The wall time of the six hours."""
    took = statistics.median(seconds(_run) for _ in range(REPEATS))
    yield Row("asynchronous: 100 events throttled for 6 hours", took, "s", ("<=", 2))


def _run() -> None:
    clock = VirtualClock()
    function = Function(clock, "busy", PlainRuntime(lambda event, context: None))
    function.reserve(1)
    function.running = 1  # somebody else's, all the time
    queue = AsyncQueue(function)
    events = [queue.put({"n": n}) for n in range(EVENTS)]
    clock.wait(HOURS * 3600)
    assert all(event.condition == EVENT_AGE_EXCEEDED for event in events)
