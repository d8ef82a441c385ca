"""S3 events through a queue and a Lambda mapping in the model, from the write to the delete."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Any

import simpy

from benchmarks.measure import Row, seconds
from patternlab.clock import VirtualClock
from patternlab.delivery.functions.function import Function, PlainRuntime
from patternlab.delivery.functions.mapping import EventSourceMapping, MappingConfig
from patternlab.delivery.knobs import Knobs
from patternlab.delivery.receivers import QueueReceiver
from patternlab.delivery.s3.bucket import Bucket
from patternlab.delivery.s3.rules import Rule
from patternlab.delivery.sqs.standard import StandardQueue

EVENTS = 100_000
REPEATS = 3


def rows() -> Iterator[Row]:
    """With S3's latency as it is by default, and spread over minutes."""
    yield _row("S3 to SQS to Lambda: events", 20_000, Knobs(mapping_delay=0.0))
    spread = Knobs(mapping_delay=0.0, s3_latency=2.0, s3_latency_spread=1.5)
    yield _row("the same, latency spread over minutes", None, spread)


def _row(what: str, promised: float | None, knobs: Knobs) -> Row:
    took = statistics.median(seconds(lambda: _run(knobs)) for _ in range(REPEATS))
    return Row(what, EVENTS / took, "/s", (">=", promised) if promised else None)


def _write(bucket: Bucket) -> Iterator[simpy.Event]:
    """Write the objects, a thousand a second."""
    for number in range(EVENTS):
        bucket.put(f"in/{number:06d}.csv")
        if number % 1000 == 999:
            yield bucket.notifier.env.timeout(1.0)


def _run(knobs: Knobs) -> None:
    """Write objects, and let time pass until every event has been processed."""
    clock, seen = VirtualClock(), 0
    queue = StandardQueue(clock, "events", knobs=knobs)
    bucket = Bucket(clock, "uploads", knobs=knobs)
    bucket.configure([Rule(QueueReceiver(queue), prefix="in/")])
    queue.purge()

    def handler(event: Any, _context: Any) -> None:
        nonlocal seen
        seen += len(event["Records"])

    EventSourceMapping(queue, Function(clock, "load", PlainRuntime(handler)), MappingConfig())
    clock.env.process(_write(bucket))
    clock.wait(86_400)
    if seen != EVENTS or len(queue):
        raise RuntimeError(f"{seen} events of {EVENTS} were processed, {len(queue)} are left.")
