"""All attempts of one message that cannot be delivered: 100,015 of them over 23 days."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from benchmarks.measure import Row, seconds
from patternlab.clock import VirtualClock
from patternlab.delivery.receivers import QueueReceiver
from patternlab.delivery.sns.topic import Topic
from patternlab.delivery.sqs.standard import StandardQueue

ATTEMPTS, DAYS = 100_015, 24
REPEATS = 3


def rows() -> Iterator[Row]:
    """The wall time of a message's 23 days, and the attempts a second."""
    took = statistics.median(seconds(_run) for _ in range(REPEATS))
    yield Row("topic: all 100,015 attempts over 23 days", took, "s", ("<=", 2))
    yield Row("  attempts", ATTEMPTS / took, "/s")


def _run() -> None:
    clock = VirtualClock()
    topic = Topic(clock)
    queue = StandardQueue(clock, "orders")
    topic.subscribe(QueueReceiver(queue))
    topic.faults.outage(queue.arn, days=2 * DAYS)
    topic.publish("order 1")
    clock.wait(DAYS * 86_400)
    assert len(topic.log) == ATTEMPTS
