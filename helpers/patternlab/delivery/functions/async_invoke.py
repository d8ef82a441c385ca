"""Lambda's asynchronous invocation: accepted, run on the clock, retried (events-40 to events-50).

A caller gets 202 and no more. What then becomes of the event is decided here: up to three
attempts, the waits between them, what throttling and outages do, and who gets a record at the end.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

import simpy

from patternlab.clock import TICK
from patternlab.delivery.attempts import Attempt, outcome_of
from patternlab.delivery.formats import compact
from patternlab.delivery.functions import recursion
from patternlab.delivery.functions.async_config import AsyncConfig
from patternlab.delivery.functions.async_records import (
    EVENT_AGE_EXCEEDED,
    RECURSION,
    RETRIES_EXHAUSTED,
    SUCCESS,
    ZERO_CONCURRENCY,
    bucket_key,
    bus_entry,
    dead_letter_attributes,
    invocation_record,
)
from patternlab.delivery.functions.function import Function, Outcome
from patternlab.delivery.functions.recorder import describe
from patternlab.delivery.ids import new_id
from patternlab.delivery.knobs import Knobs
from patternlab.delivery.receivers import Parcel, Receiver, deliver_once

#: Seconds after the first and the second failed attempt, about (events-42).
RETRY_AFTER = 60.0, 120.0
FIRST_BACKOFF, LONGEST_BACKOFF = 1.0, 300.0  # seconds between tries of an event that was refused

#: CloudWatch's names for what Lambda could not hand on.
DESTINATION_FAILURES, DEAD_LETTER_ERRORS = "DestinationDeliveryFailures", "DeadLetterErrors"


@dataclass(slots=True, eq=False)
class AsyncEvent:
    """One event in the queue, and what became of it so far.

    Attributes:
        body: Its text, if it came as text.
        sent: When it was accepted, in seconds on the clock; `ended` likewise.
        attempts: How often the function ran.
        outcome: The outcome of the last attempt.
        refused: The HTTP status of the last refusal: 429 or 5xx, 400 for a loop.
        condition: None while the event waits, then how it ended (see ``async_records``).
        trace: The trace header that came with it.
        process: Gives the last outcome, None if the function never ran.
    """

    payload: Any
    body: str | None
    request_id: str
    sent: float
    trace: str | None = None
    attempts: int = 0
    outcome: Outcome | None = None
    refused: int | None = None
    condition: str | None = None
    ended: float | None = None
    process: simpy.Process = field(init=False)

    @property
    def raw(self) -> str:
        """The text of the event, as it was handed over."""
        return self.body if self.body is not None else compact(self.payload)


class AsyncQueue:
    """The queue in which Lambda keeps the events of one function.

    Args:
        function: The function.
        config: Its settings. They may be changed at any time, and then hold for events that wait.
        knobs: What AWS does not publish.
        rng: The source of jitter and duplicates.
        on_attempt: Called with every :class:`Attempt`.
        on_undelivered: Called with CloudWatch's name for a record or an event that a destination
            did not take, the destination's ARN, and why. AWS names no retries of those: they are
            lost.
    """

    def __init__(
        self,
        function: Function,
        config: AsyncConfig | None = None,
        *,
        knobs: Knobs | None = None,
        rng: random.Random | None = None,
        on_attempt: Callable[[Attempt], None] | None = None,
        on_undelivered: Callable[[str, str, str], None] | None = None,
    ) -> None:
        self.function, self.env, self.clock = function, function.env, function.clock
        self.config = config or AsyncConfig()
        self.knobs = knobs or Knobs()
        self.rng = rng or random.Random(function.name)
        self.on_attempt, self.on_undelivered = on_attempt, on_undelivered

    def put(self, payload: Any, body: str | None = None, trace: str | None = None) -> AsyncEvent:
        """Accept an event, and do not wait for it.

        All attempts have the same request id (events-43). With the knob ``async_duplicates`` an
        event may be run once more without any error (events-40).

        Args:
            payload: The event.
            body: Its text, if it came as text.
            trace: The trace header of the request.
        """
        event = self._start(payload, body, self.function.new_request_id(), trace)
        if self.knobs.async_duplicates and self.rng.random() < self.knobs.async_duplicates:
            self._start(payload, body, event.request_id, trace)
        return event

    def _start(
        self, payload: Any, body: str | None, request_id: str, trace: str | None
    ) -> AsyncEvent:
        event = AsyncEvent(payload, body, request_id, self.env.now, trace)
        event.process = self.env.process(self._work(event))
        return event

    # -- attempts ----------------------------------------------------------------------------

    def _work(self, event: AsyncEvent) -> Generator[simpy.Event, Any, Outcome | None]:
        event.condition = condition = yield from self._attempts(event)
        event.ended = self.env.now
        self._report_end(event, condition)
        return event.outcome

    def _attempts(self, event: AsyncEvent) -> Generator[simpy.Event, Any, str]:
        """Run the function until it succeeds or the event is given up; return which."""
        if self.function.breaks_loop(event.trace):
            event.refused = recursion.REFUSED
            return RECURSION
        traces = [event.trace] if event.trace else []
        while True:
            given_up = yield from self._until_accepted(event)
            if given_up is not None:
                return given_up
            event.attempts += 1
            event.outcome = yield from self.function.run(event.payload, event.request_id, traces)
            if self.on_attempt is not None:
                for row in self._reported(event, event.outcome):
                    self.on_attempt(row)
            if event.outcome.error is None:
                return SUCCESS
            if event.attempts > self.config.max_retries:
                return RETRIES_EXHAUSTED
            usual = RETRY_AFTER[event.attempts - 1]
            wait = usual * self.rng.uniform(*self.knobs.async_retry_jitter)
            if self._too_late(event, max(usual, wait)):
                return EVENT_AGE_EXCEEDED
            yield self.env.timeout(wait)

    def _until_accepted(self, event: AsyncEvent) -> Generator[simpy.Event, Any, str | None]:
        """Wait until the function takes the event; return None, or why the event is given up.

        After a refusal (429 or 5xx) the next try comes after 1 s, 2 s, 4 s ... 300 s (events-44).
        """
        wait = FIRST_BACKOFF
        while True:
            if self.function.reserved == 0:
                return ZERO_CONCURRENCY  # dropped at once (events-46)
            event.refused = self.function.refusal()
            if event.refused is None:
                return None
            pause = min(wait * self.rng.uniform(*self.knobs.async_backoff_jitter), LONGEST_BACKOFF)
            if self._too_late(event, pause):
                return EVENT_AGE_EXCEEDED
            yield self.env.timeout(pause)
            wait = min(2 * wait, LONGEST_BACKOFF)

    def _too_late(self, event: AsyncEvent, wait: float) -> bool:
        """Return whether the event is given up now: it is too old at the next try (events-45)."""
        return self.env.now + wait > event.sent + self.config.max_age - TICK

    # -- reports ----------------------------------------------------------------------------

    def _report_end(self, event: AsyncEvent, condition: str) -> None:
        config = self.config
        if condition == SUCCESS:
            self._send_record(event, condition, config.on_success)
            return
        if config.dead_letter is not None:
            attributes = dead_letter_attributes(event.request_id, event.outcome, event.refused)
            self._send(DEAD_LETTER_ERRORS, config.dead_letter, Parcel(event.raw, attributes))
        self._send_record(event, condition, config.on_failure)

    def _send_record(self, event: AsyncEvent, condition: str, destination: Receiver | None) -> None:
        if destination is None:
            return
        record = invocation_record(
            event.payload,
            request_id=event.request_id,
            function_arn=self.function.arn,
            condition=condition,
            attempts=event.attempts,
            outcome=event.outcome,
            time=self.clock.time(),
        )
        self._send(DESTINATION_FAILURES, destination, self._parcel(destination, record))

    def _parcel(self, destination: Receiver, record: dict[str, Any]) -> Parcel:
        """Return the record in the form for its destination."""
        if destination.protocol == "events":
            return Parcel(compact(bus_entry(record, destination.arn)))
        if destination.protocol == "s3":
            key = bucket_key(self.function.name, self.clock.time(), new_id(self.rng))
            return Parcel(compact(record), key=key)
        return Parcel(compact(record))

    def _send(self, metric: str, receiver: Receiver, parcel: Parcel) -> None:
        failure = deliver_once(receiver, lambda: parcel, self.function.faults)
        if failure is not None and self.on_undelivered is not None:
            self.on_undelivered(metric, receiver.arn, failure.message)

    def _reported(self, event: AsyncEvent, outcome: Outcome) -> Iterator[Attempt]:
        """Yield one per record of the event; the attempt's number is the receive count."""
        error_type = outcome.error.type if outcome.error is not None else None
        epoch = self.clock.epoch
        for record in describe(event.payload, event.request_id):
            yield Attempt(
                message_id=record["id"],
                key=record["key"],
                receive_count=event.attempts,
                group=record.get("group"),
                function=self.function.name,
                request_id=event.request_id,
                sent=epoch + event.sent,
                start=epoch + outcome.start,
                end=epoch + outcome.end,
                outcome=outcome_of(error_type),
                error_type=error_type,
            )


class FunctionReceiver:
    """A function that is invoked asynchronously (events-50).

    What its queue took is delivered, whatever the function then does with it (events-56).
    """

    protocol = "lambda"

    def __init__(self, queue: AsyncQueue) -> None:
        self.queue, self.arn = queue, queue.function.arn

    def deliver(self, parcel: Parcel) -> None:
        """Put the event that is the parcel's JSON text into the queue."""
        self.queue.put(json.loads(parcel.body), trace=parcel.trace)
