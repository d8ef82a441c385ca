"""One step of the slider in notebook 01: from the model to the PNG."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.measure import Row, median_seconds
from patternlab import plots
from patternlab.delivery.scenarios import flaky_orders


def rows() -> Iterator[Row]:
    """The median step."""
    yield Row("slider step, model to PNG", median_seconds(_step, 15) * 1000, "ms", ("<=", 120))


def _step() -> bytes:
    settings = {"visibility_timeout": 30, "max_receive_count": 5}
    world = flaky_orders(failure_rate=0.3, seed=1, **settings)
    return plots.retry_timeline(world.history, **settings).png()
