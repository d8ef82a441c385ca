"""Deliveries a second in the model, with full event records and history, and how that grows."""

from __future__ import annotations

import random
import statistics
from collections.abc import Iterator
from typing import Any

from benchmarks.measure import Row, seconds
from patternlab.delivery.functions.mapping import MappingConfig
from patternlab.delivery.scenarios import World, sqs_lambda

SMALL, LARGE = 10_000, 100_000
FAILING = 0.05
REPEATS = 3


def rows() -> Iterator[Row]:
    """Standard queues, then FIFO queues with few, many and very many groups."""
    yield from _kind("standard queue", 30_000, None)
    for groups in (1, 100, 10_000):
        yield from _kind(f"FIFO, {groups:,} groups", 20_000, groups)


def _kind(name: str, promised: float, groups: int | None) -> Iterator[Row]:
    small = statistics.median(_run(SMALL, groups)[0] for _ in range(REPEATS))
    runs = [_run(LARGE, groups) for _ in range(REPEATS)]
    large = statistics.median(took for took, _ in runs)
    deliveries = runs[0][1]
    yield Row(f"{name}: deliveries, 100,000 messages", deliveries / large, "/s", (">=", promised))
    yield Row(f"{name}: time(100 k) / time(10 k)", large / small, "x", ("<=", 12))


def _run(messages: int, groups: int | None) -> tuple[float, int]:
    """Seconds to deliver `messages` that wait in the queue, and how many deliveries it took."""
    world = _world(groups is not None)
    for number in range(messages):
        group = {} if groups is None else {"group": f"g{number % groups}"}
        world.queue.send(f"order {number}", **group)
    took = seconds(lambda: (world.run(limit=1e9), world.history))
    return took, len(world.attempts)


def _world(fifo: bool) -> World:
    rng = random.Random(1)

    def handler(event: Any, _context: Any) -> dict[str, Any]:
        ids = [record["messageId"] for record in event["Records"] if rng.random() < FAILING]
        return {"batchItemFailures": [{"itemIdentifier": name} for name in ids]}

    config = MappingConfig(batch_size=10, report_batch_item_failures=True)
    return sqs_lambda(handler, config=config, max_receive_count=10, fifo=fifo)
