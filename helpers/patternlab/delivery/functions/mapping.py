"""Lambda's event source mapping on SQS (events-23 to events-38).

It polls the queue, makes batches, invokes the function and deletes what succeeded.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Iterator
from typing import Any

import simpy

from patternlab.clock import TICK
from patternlab.delivery.attempts import REPORTED_ERROR, SUCCEEDED, Attempt, outcome_of
from patternlab.delivery.errors import DeliveryError
from patternlab.delivery.events.patterns import body_matches
from patternlab.delivery.functions.function import Function, Outcome
from patternlab.delivery.functions.mapping_config import MappingConfig
from patternlab.delivery.functions.partial import failed_receipts
from patternlab.delivery.functions.recorder import key_of
from patternlab.delivery.functions.records import record_size, sqs_record
from patternlab.delivery.sqs.message import Received
from patternlab.delivery.sqs.queue import BATCH_LIMIT, Queue

PAYLOAD_LIMIT = 6 * 1024 * 1024  # bytes of one synchronous invocation

CREATING, ENABLED, DISABLING, DISABLED = "Creating", "Enabled", "Disabling", "Disabled"
ENABLING, UPDATING, DELETING = "Enabling", "Updating", "Deleting"


class EventSourceMapping:
    """Polls `queue` and invokes `function` with batches, on the queue's clock.

    `on_attempt` is called with one :class:`Attempt` per message of each batch that was run.
    """

    def __init__(
        self,
        queue: Queue,
        function: Function,
        config: MappingConfig | None = None,
        *,
        on_attempt: Callable[[Attempt], None] | None = None,
        region: str = "us-east-1",
        enabled: bool = True,
    ) -> None:
        self.queue, self.function, self.env = queue, function, queue.env
        self.config = config or MappingConfig()
        self.config.check(queue, function)
        self.scaling = self.config.scaling()
        self.knobs, self.region, self.on_attempt = queue.knobs, region, on_attempt
        self.rng: random.Random = queue.rng
        self.active = 0  # batches being worked on, or held while the function is throttled
        self.limit = float(self.scaling.start)  # how many there may be
        self._short_since: float | None = None  # every batch is busy, and messages wait
        self._changed = self.env.event()
        self._batch: list[Received] = []  # what the open batching window has gathered
        self._bytes = 0  # their size
        self._polling: simpy.Process | None = None
        self.polls = False  # does it take messages from the queue?
        self._asked = 0  # changes of state asked for
        self.state = CREATING
        self._wanted = enabled
        self._go(CREATING)

    # -- states ------------------------------------------------------------------------------

    def enable(self) -> None:
        """Start polling, after a moment in Enabling."""
        if not self._wanted:
            self._wanted = True
            self._go(ENABLING)

    def disable(self) -> None:
        """Stop polling; batches being worked on are finished."""
        if self._wanted:
            self._wanted = False
            self._go(DISABLING)

    def update(self, config: MappingConfig, enabled: bool | None = None) -> None:
        """Take over new settings, after a moment in Updating."""
        config.check(self.queue, self.function)
        self.config, self.scaling = config, config.scaling()
        self.limit = max(self.limit, float(self.scaling.start))
        if enabled is not None:
            self._wanted = enabled
        self._go(UPDATING)

    def delete(self) -> None:
        """Stop polling at once."""
        self._wanted = self.polls = False
        self._asked += 1
        self.state = DELETING
        self._poke()

    def _go(self, state: str) -> None:
        """Enter `state` for a moment, then Enabled or Disabled, as was last wanted."""
        self.state = state
        self._asked += 1
        asked = self._asked
        if not self._wanted:
            self.polls = False
            self._poke()

        def arrive(_: simpy.Event) -> None:
            if asked == self._asked:  # nothing else was asked for meanwhile
                self.state = ENABLED if self._wanted else DISABLED
                self.polls = self._wanted
                if self.polls and (self._polling is None or not self._polling.is_alive):
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
            self._grow()
            if not started and self.active == 0 and not self.queue.visible:
                self.limit = min(self.limit, float(self._idle_limit()))
            yield simpy.AnyOf(self.env, [self._changed, *self._news()])
            if self.knobs.idle_poll and self.active == 0 and self.queue.visible:
                yield self.env.timeout(self.rng.uniform(0, self.knobs.idle_poll))

    def _news(self) -> Iterator[simpy.Event]:
        """Yield what may let the next batch start, besides the end of another one."""
        if self._has_room() or not self.queue.visible:
            yield self.queue.arrival()
        elif self.limit < self.scaling.ceiling:
            yield self.env.timeout(1.0)  # it will have grown by then

    def _has_room(self) -> bool:
        return self.active < int(min(self.limit, self.scaling.ceiling))

    def _idle_limit(self) -> int:
        if self.config.maximum_concurrency or self.config.provisioned:
            return self.scaling.start
        return min(self.scaling.start, self.knobs.idle_batches)

    def _grow(self) -> None:
        """Let concurrency grow while every batch is busy and messages wait (events-24)."""
        now = self.env.now
        if self._short_since is not None:
            grown = self.limit + (now - self._short_since) * self.scaling.growth
            self.limit = min(grown, float(self.scaling.ceiling))
        short = self.polls and self.queue.visible and not self._has_room()
        self._short_since = now if short else None

    def _start_batches(self) -> bool:
        started = False
        while self._has_room() and self.polls:
            receipts = self.queue.receive(
                min(self.config.batch_size, BATCH_LIMIT), self._visibility_timeout()
            )
            if not receipts:
                break
            receipts = self._without_loops(self._filter(receipts))
            if not receipts:
                continue
            started = True
            self._gather(receipts)
            if not self.config.batching_window:
                self._send_batch()
        return started

    def _visibility_timeout(self) -> float | None:
        """Return a longer visibility timeout if the window outlasts the queue's (events-28)."""
        window, timeout = self.config.batching_window, self.function.timeout
        if window and window + timeout > self.queue.visibility_timeout:
            return window + timeout + 30
        return None

    def _filter(self, receipts: list[Received]) -> list[Received]:
        """Delete what no pattern lets through, and return the rest (events-35)."""
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

    def _without_loops(self, receipts: list[Received]) -> list[Received]:
        """Return the messages whose chain has not run the function too often (events-39).

        Lambda refuses to be invoked with the others. As after any error they come back when their
        visibility timeout ends, until the redrive policy or the retention period takes them. What
        is behind them in a FIFO queue's group waits with them. AWS does not say what becomes of the
        rest of a batch; here it is run.
        """
        kept, waiting = [], set()
        for receipt in receipts:
            group = receipt.message.group if self.queue.fifo else None
            if group in waiting:
                continue
            if not self.function.breaks_loop(_trace(receipt)):
                kept.append(receipt)
            elif group is not None:
                waiting.add(group)
        return kept

    # -- making a batch ----------------------------------------------------------------------

    def _gather(self, receipts: list[Received]) -> None:
        """Add to the open batch; it is sent when it is full, in number or in bytes (events-23)."""
        for receipt in receipts:
            size = record_size(receipt.message)
            if self._batch and self._bytes + size > PAYLOAD_LIMIT:
                self._send_batch()
            if not self._batch:
                self._open_window()
            self._batch.append(receipt)
            self._bytes += size
            if len(self._batch) >= self.config.batch_size:
                self._send_batch()

    def _open_window(self) -> None:
        batch = self._batch = []
        if not self.config.batching_window:
            return

        def close(_: simpy.Event) -> None:
            if self._batch is batch:
                self._send_batch()

        self.env.timeout(self.config.batching_window).callbacks.append(close)

    def _send_batch(self) -> None:
        batch, self._batch, self._bytes = self._batch, [], 0
        if batch:
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
        """Invoke; while throttled, retry until the batch's visibility timeout (events-30)."""
        event = {"Records": [sqs_record(self.queue, r, self.region) for r in batch]}
        traces = [trace for receipt in batch if (trace := _trace(receipt))]
        give_up = min(receipt.visible_again for receipt in batch)
        while True:
            outcome = yield from self.function.invoke(event, traces=traces)
            if outcome is not None:
                return outcome
            if self.env.now + self.knobs.throttle_retry >= give_up - TICK:
                yield self.env.timeout(max(0.0, give_up - self.env.now))
                return None
            yield self.env.timeout(self.knobs.throttle_retry)

    def _finish(self, batch: list[Received], outcome: Outcome) -> None:
        if outcome.error is not None:
            failed = batch  # it comes back when its visibility timeout ends (events-29)
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
            for attempt in self._attempts(batch, lost, outcome):
                self.on_attempt(attempt)

    def _delete(self, receipt: Received) -> None:
        try:
            self.queue.delete(receipt.handle)
        except DeliveryError:
            pass  # a FIFO handle expired while the function ran: the message comes back (events-31)

    def _attempts(
        self, batch: list[Received], lost: set[int], outcome: Outcome
    ) -> Iterator[Attempt]:
        error = outcome.error.type if outcome.error is not None else REPORTED_ERROR
        how, name, request_id = outcome_of(error), self.function.name, outcome.request_id
        epoch = self.queue.clock.epoch
        start, end = epoch + outcome.start, epoch + outcome.end
        for receipt in batch:
            message, count = receipt.message, receipt.receive_count
            key, sent, group = key_of(message.body), epoch + message.sent, message.group
            ended = (how, error) if id(receipt) in lost else (SUCCEEDED, None)
            # By position, as there is one for each delivery: names would take a microsecond more.
            yield Attempt(message.id, key, count, group, name, request_id, sent, start, end, *ended)


def _trace(receipt: Received) -> str | None:
    return receipt.message.system.get("AWSTraceHeader")
