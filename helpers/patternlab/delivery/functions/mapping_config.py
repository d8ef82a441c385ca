"""The settings of an event source mapping on SQS, and what Lambda refuses of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from patternlab.delivery.errors import DeliveryError
from patternlab.delivery.functions.function import Function
from patternlab.delivery.sqs.queue import Queue

START_CONCURRENCY = 5  # batches (events-24)
GROWTH = 300 / 60  # batches per second
MAX_CONCURRENCY = 1_250

# Provisioned mode (events-26)
INVOKES_A_POLLER = 10
POLLER_GROWTH = 1_000 / 60  # concurrent invocations per second
MIN_POLLERS, MAX_POLLERS = 2, 200  # the defaults


@dataclass(frozen=True)
class Scaling:
    """How many batches a mapping works on at a time: at first, at most, and how it grows."""

    start: int
    ceiling: int
    growth: float  # batches per second


@dataclass
class MappingConfig:
    """The settings of an event source mapping, named as in Lambda's API; times are in seconds.

    Either of `minimum_pollers` and `maximum_pollers` turns provisioned mode on.
    """

    batch_size: int = 10
    batching_window: float = 0
    maximum_concurrency: int | None = None
    report_batch_item_failures: bool = False
    patterns: list[Mapping[str, Any]] = field(default_factory=list)
    minimum_pollers: int | None = None
    maximum_pollers: int | None = None

    @property
    def provisioned(self) -> bool:
        """Whether it runs on pollers of its own."""
        return self.minimum_pollers is not None or self.maximum_pollers is not None

    def scaling(self) -> Scaling:
        """Return how this mapping scales (events-24 to events-26)."""
        if self.provisioned:
            fewest = self.minimum_pollers or MIN_POLLERS
            most = self.maximum_pollers or max(MAX_POLLERS, fewest)
            return Scaling(fewest * INVOKES_A_POLLER, most * INVOKES_A_POLLER, POLLER_GROWTH)
        ceiling = self.maximum_concurrency or MAX_CONCURRENCY
        return Scaling(min(START_CONCURRENCY, ceiling), ceiling, GROWTH)

    def check(self, queue: Queue, function: Function) -> None:
        """Refuse what Lambda refuses (events-23, events-25, events-26, events-28)."""
        self._check_batch(queue)
        self._check_scaling()
        if len(self.patterns) > 5:
            raise _refused("A mapping takes at most 5 filter patterns; ask AWS for up to 10.")
        check_timeouts(queue, function.timeout)

    def _check_batch(self, queue: Queue) -> None:
        largest = 10 if queue.fifo else 10_000
        if not 1 <= self.batch_size <= largest:
            raise _refused(f"BatchSize must be between 1 and {largest}, not {self.batch_size}.")
        if queue.fifo and self.batching_window:
            raise _refused("Batching window is not supported for FIFO queues.")
        if not 0 <= self.batching_window <= 300:
            raise _refused("MaximumBatchingWindowInSeconds must be between 0 and 300.")
        if self.batch_size > 10 and self.batching_window < 1:
            raise _refused(
                "Maximum batch window in seconds must be greater than 0 if maximum batch size is "
                "greater than 10"
            )

    def _check_scaling(self) -> None:
        if self.maximum_concurrency is not None and not 2 <= self.maximum_concurrency <= 1000:
            raise _refused("MaximumConcurrency must be between 2 and 1000.")
        if not self.provisioned:
            return
        if self.maximum_concurrency is not None:
            raise _refused("MaximumConcurrency and ProvisionedPollerConfig exclude each other.")
        fewest, most = self.minimum_pollers or MIN_POLLERS, self.maximum_pollers or MAX_POLLERS
        if not 2 <= fewest <= 200:
            raise _refused("MinimumPollers must be between 2 and 200.")
        if not 2 <= most <= 10_000:
            raise _refused("MaximumPollers must be between 2 and 10000.")
        if fewest > most:
            raise _refused("MinimumPollers must not be greater than MaximumPollers.")


def check_timeouts(queue: Queue, function_timeout: float) -> None:
    """Refuse a function that could not finish while its messages are hidden (events-28)."""
    if function_timeout > queue.visibility_timeout:
        raise _refused(
            f"Queue visibility timeout: {queue.visibility_timeout:g} seconds is less than "
            f"Function timeout: {function_timeout:g} seconds"
        )


def _refused(message: str) -> DeliveryError:
    return DeliveryError("InvalidParameterValueException", message)
