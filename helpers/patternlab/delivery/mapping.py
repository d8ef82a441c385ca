"""Lambda's event source mapping on SQS: it polls, makes batches, invokes, deletes (facts 23-38)."""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any

import simpy

from patternlab.clock import TICK
from patternlab.delivery.errors import DeliveryError
from patternlab.delivery.filters import body_matches
from patternlab.delivery.function import Function, Outcome
from patternlab.delivery.history import FAILED, SUCCEEDED, TIMED_OUT
from patternlab.delivery.message import Received
from patternlab.delivery.partial import failed_receipts
from patternlab.delivery.queue import BATCH_LIMIT, Queue
from patternlab.delivery.records import sqs_record
from patternlab.recorder import key_of

START_CONCURRENCY = 5  # batches (facts, row 24)
GROWTH_PER_SECOND = 300 / 60
MAX_CONCURRENCY = 1_250
PAYLOAD_LIMIT = 6 * 1024 * 1024  # bytes
RECORD_OVERHEAD = 600  # bytes of a record besides body and attributes, about

CREATING, ENABLED, DISABLING, DISABLED = "Creating", "Enabled", "Disabling", "Disabled"
ENABLING, UPDATING, DELETING = "Enabling", "Updating", "Deleting"


@dataclass
class MappingConfig:
    """The settings of an event source mapping, named as in Lambda's API, in seconds."""

    batch_size: int = 10
    batching_window: float = 0
    maximum_concurrency: int | None = None
    report_batch_item_failures: bool = False
    patterns: list[Mapping[str, Any]] = field(default_factory=list)

    def check(self, queue: Queue, function: Function) -> None:
        """Refuse what Lambda refuses, in its words (facts, rows 23, 25 and 28)."""
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
        if self.maximum_concurrency is not None and not 2 <= self.maximum_concurrency <= 1000:
            raise _refused("MaximumConcurrency must be between 2 and 1000.")
        if len(self.patterns) > 5:
            raise _refused("A mapping takes at most 5 filter patterns; ask AWS for up to 10.")
        if function.timeout > queue.visibility_timeout:
            raise _refused(
                f"Queue visibility timeout: {queue.visibility_timeout:g} seconds is less than "
                f"Function timeout: {function.timeout:g} seconds"
            )


def _refused(message: str) -> DeliveryError:
    return DeliveryError("InvalidParameterValueException", message)


class EventSourceMapping:
    """Polls `queue` and invokes `function` with batches, on the queue's clock.

    `on_attempt` is called with one row an attempt, in the order of ``history.COLUMNS``, start and
    end in seconds since 1970.
    """

    def __init__(
        self,
        queue: Queue,
        function: Function,
        config: MappingConfig | None = None,
        *,
        on_attempt: Callable[[tuple[Any, ...]], None] | None = None,
        region: str = "us-east-1",
        enabled: bool = True,
    ) -> None:
        self.queue, self.function, self.env = queue, function, queue.env
        self.config = config or MappingConfig()
        self.config.check(queue, function)
        self.knobs, self.region, self.on_attempt = queue.knobs, region, on_attempt
        self.rng: random.Random = queue.rng
        self.active = 0  # batches being worked on, or held while the function is throttled
        self.limit = float(START_CONCURRENCY)
        self._grown_at = self.env.now
        self._changed = self.env.event()
        self._batch: list[Received] = []  # what the open batching window has gathered
        self._polling: simpy.Process | None = None
        self.state = CREATING
        self._go(ENABLED if enabled else DISABLED)

    # -- states ------------------------------------------------------------------------------

    def enable(self) -> None:
        """Start polling, after a moment in Enabling."""
        if self.state not in (ENABLED, ENABLING, CREATING):
            self.state = ENABLING
            self._go(ENABLED)

    def disable(self) -> None:
        """Stop polling; batches being worked on are finished."""
        if self.state not in (DISABLED, DISABLING):
            self.state = DISABLING
            self._go(DISABLED)

    def update(self, config: MappingConfig) -> None:
        """Take over new settings, after a moment in Updating."""
        config.check(self.queue, self.function)
        target = ENABLED if self.state in (ENABLED, ENABLING, CREATING, UPDATING) else DISABLED
        self.config, self.state = config, UPDATING
        self._go(target)

    def delete(self) -> None:
        """Stop polling at once."""
        self.state = DELETING
        self._poke()

    @property
    def polls(self) -> bool:
        """Does it take messages from the queue in its present state?"""
        return self.state in (ENABLED, UPDATING)

    def _go(self, target: str) -> None:
        asked_in = self.state

        def arrive(_: simpy.Event) -> None:
            if self.state is not asked_in:
                return  # something else was asked for meanwhile
            self.state = target
            if target is ENABLED and (self._polling is None or not self._polling.is_alive):
                self._polling = self.env.process(self._poll())
            self._poke()

        self.env.timeout(self.knobs.mapping_delay).callbacks.append(arrive)

    def _poke(self) -> None:
        changed, self._changed = self._changed, self.env.event()
        changed.succeed()

    # -- polling -----------------------------------------------------------------------------

    def _poll(self) -> Generator[simpy.Event, Any, None]:
        while self.polls:
            self._grow()
            started = self._start_batches()
            if not self.polls:
                return
            events = [self._changed]
            if self._has_room():
                events.append(self.queue.arrival())
            elif self.queue.visible and self.limit < self._ceiling():
                events.append(self.env.timeout(1.0))  # saturated: it will have grown by then
            if not started and self.active == 0 and not self.queue.visible:
                self.limit = float(self._idle_limit())
            yield simpy.AnyOf(self.env, events)
            if self.knobs.idle_poll and self.active == 0 and self.queue.visible:
                yield self.env.timeout(self.rng.uniform(0, self.knobs.idle_poll))

    def _has_room(self) -> bool:
        return self.active < int(min(self.limit, self._ceiling()))

    def _ceiling(self) -> int:
        return self.config.maximum_concurrency or MAX_CONCURRENCY

    def _idle_limit(self) -> int:
        if self.config.maximum_concurrency:
            return START_CONCURRENCY
        return min(START_CONCURRENCY, self.knobs.idle_batches)

    def _grow(self) -> None:
        """Concurrency grows by 300 a minute while every batch is busy and messages wait."""
        passed, self._grown_at = self.env.now - self._grown_at, self.env.now
        if not self._has_room() and self.queue.visible:
            self.limit = min(self.limit + passed * GROWTH_PER_SECOND, float(self._ceiling()))

    def _start_batches(self) -> bool:
        started = False
        while self._has_room() and self.polls:
            receipts = self.queue.receive(
                min(self.config.batch_size, BATCH_LIMIT), self._visibility_timeout()
            )
            if not receipts:
                break
            receipts = self._filter(receipts)
            if not receipts:
                continue
            started = True
            if self.config.batching_window:
                self._gather(receipts)
            else:
                self.active += 1
                self.env.process(self._work(receipts))
        return started

    def _visibility_timeout(self) -> float | None:
        """A window that would outlast the visibility timeout lengthens it (facts, row 28)."""
        window, timeout = self.config.batching_window, self.function.timeout
        if window and window + timeout > self.queue.visibility_timeout:
            return window + timeout + 30
        return None

    def _filter(self, receipts: list[Received]) -> list[Received]:
        """Drop what no pattern lets through: it is deleted, not left (facts, row 35)."""
        patterns = self.config.patterns
        if not patterns:
            return receipts
        passed = []
        for receipt in receipts:
            if any(body_matches(pattern, receipt.message.body) for pattern in patterns):
                passed.append(receipt)
            else:
                self.queue.delete(receipt.handle)
        return passed

    # -- batching window ---------------------------------------------------------------------

    def _gather(self, receipts: list[Received]) -> None:
        """Add to the open batch; send it when it is full or its window ends."""
        for receipt in receipts:
            if self._batch and _size(self._batch) + _size([receipt]) > PAYLOAD_LIMIT:
                self._send_batch()
            if not self._batch:
                self._open_window()
            self._batch.append(receipt)
            if len(self._batch) >= self.config.batch_size:
                self._send_batch()

    def _open_window(self) -> None:
        batch = self._batch = []

        def close(_: simpy.Event) -> None:
            if self._batch is batch and batch:
                self._send_batch()

        self.env.timeout(self.config.batching_window).callbacks.append(close)

    def _send_batch(self) -> None:
        batch, self._batch = self._batch, []
        self.active += 1
        self.env.process(self._work(batch))

    # -- one batch ---------------------------------------------------------------------------

    def _work(self, batch: list[Received]) -> Generator[simpy.Event, Any, None]:
        try:
            outcome = yield from self._invoke(batch)
            if outcome is not None:
                self._finish(batch, outcome)
        finally:
            self.active -= 1
            self._poke()

    def _invoke(self, batch: list[Received]) -> Generator[simpy.Event, Any, Outcome | None]:
        """Invoke; while throttled, try again until the batch's visibility timeout (row 30)."""
        event = {"Records": [sqs_record(self.queue, r, self.region) for r in batch]}
        give_up = min(receipt.visible_again for receipt in batch)
        while True:
            outcome = yield from self.function.invoke(event)
            if outcome is not None:
                return outcome
            if self.env.now + self.knobs.throttle_retry >= give_up - TICK:
                yield self.env.timeout(max(0.0, give_up - self.env.now))
                return None
            yield self.env.timeout(self.knobs.throttle_retry)

    def _finish(self, batch: list[Received], outcome: Outcome) -> None:
        if outcome.error is not None:
            failed = batch  # it comes back when its visibility timeout ends (row 29)
        elif self.config.report_batch_item_failures:
            failed = failed_receipts(outcome.response, batch)
        else:
            failed = []
        if failed and self.knobs.error_backoff:
            self.limit = max(1.0, self.limit * (1 - self.knobs.error_backoff))
        lost = {id(receipt) for receipt in failed}
        for receipt in batch:
            if id(receipt) not in lost:
                self._delete(receipt)
        if self.on_attempt is not None:
            self._report(batch, lost, outcome)

    def _delete(self, receipt: Received) -> None:
        try:
            self.queue.delete(receipt.handle)
        except DeliveryError:
            pass  # a FIFO handle expired while the function ran: the message comes back (row 31)

    def _report(self, batch: list[Received], lost: set[int], outcome: Outcome) -> None:
        error = outcome.error
        bad = TIMED_OUT if error is not None and error.type == "Sandbox.Timedout" else FAILED
        why = error.type if error is not None else "batchItemFailures"
        epoch, name = self.queue.clock.epoch, self.function.name
        start, end = epoch + outcome.start, epoch + outcome.end
        for receipt in batch:
            message, came_back = receipt.message, id(receipt) in lost
            self.on_attempt(
                (
                    message.id,
                    key_of(message.body),
                    receipt.receive_count,
                    message.group,
                    name,
                    outcome.request_id,
                    start,
                    end,
                    bad if came_back else SUCCEEDED,
                    why if came_back else None,
                )
            )


def _size(batch: list[Received]) -> int:
    return sum(len(receipt.message.body) + RECORD_OVERHEAD for receipt in batch)
