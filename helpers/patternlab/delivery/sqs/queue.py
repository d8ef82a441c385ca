"""What standard and FIFO queues share: sending, receiving, receipts, redrive, purge."""

from __future__ import annotations

import random
from collections.abc import Callable, Generator
from functools import partial
from typing import Any

import simpy

from patternlab.clock import TICK, VirtualClock
from patternlab.delivery import errors
from patternlab.delivery.ids import new_id
from patternlab.delivery.knobs import Knobs
from patternlab.delivery.sqs.handles import Handles
from patternlab.delivery.sqs.lifecycle import IN_FLIGHT_LIMIT, Lifecycle, Order
from patternlab.delivery.sqs.message import IN_FLIGHT, Message, Received
from patternlab.delivery.sqs.redrive import RedriveAllowPolicy, RedrivePolicy

MAX_VISIBILITY_TIMEOUT = 43_200  # seconds: 12 hours
MAX_DELAY = 900
BATCH_LIMIT = 10
PURGE_INTERVAL = 60.0  # seconds from one purge to the next (events-22)


class Queue(Lifecycle):
    """A queue on a virtual clock; use :class:`StandardQueue` or :class:`FifoQueue`.

    Args:
        clock: The clock it lives on.
        name: Its name.
        visibility_timeout: Seconds that a received message is hidden, 0 to 43,200.
        delay: Seconds until a message that was sent becomes visible, 0 to 900.
        retention: Seconds that a message is kept, 60 to 1,209,600.
        redrive: Names the dead-letter queue.
        redrive_allow: Which queues may use this one as their dead-letter queue.
        arn: Its ARN, made from the name if it is not given.
        knobs: What AWS does not publish.
        rng: The source of everything random.
    """

    fifo = False

    def __init__(
        self,
        clock: VirtualClock,
        name: str = "queue",
        *,
        visibility_timeout: float = 30,
        delay: float = 0,
        retention: float = 345_600,
        redrive: RedrivePolicy | None = None,
        redrive_allow: RedriveAllowPolicy | None = None,
        arn: str | None = None,
        knobs: Knobs | None = None,
        rng: random.Random | None = None,
    ) -> None:
        super().__init__(clock.env, retention)
        self.clock, self.name = clock, name
        self.arn = arn or f"arn:aws:sqs:us-east-1:123456789012:{name}"
        self.visibility_timeout = visibility_timeout
        self.delay, self.redrive = delay, redrive
        self.redrive_allow = redrive_allow or RedriveAllowPolicy()
        self.knobs = knobs or Knobs()
        self.rng = rng or random.Random(name)
        self._handles = Handles(self.arn)
        self._serial = 0
        self._purged_at: float | None = None
        self._counts: tuple[float, tuple[int, int, int]] | None = None
        self._order = self._make_order()

    def _make_order(self) -> Order:
        raise NotImplementedError

    # -- sending -----------------------------------------------------------------------------

    def send(
        self,
        body: str,
        *,
        delay: float | None = None,
        attributes: dict[str, Any] | None = None,
        system: dict[str, Any] | None = None,
        group: str | None = None,
        dedup_id: str | None = None,
    ) -> Message:
        """Put a message into the queue and return it. `delay` in seconds overrides the queue's."""
        self.settle()
        message = Message(self._new_serial(), new_id(self.rng), body, self.env.now)
        message.group, message.dedup_id = group, dedup_id
        if attributes:
            message.attributes = attributes
        if system:
            message.system = system
        self._store(message, self.delay if delay is None else delay)
        return message

    def accept_dead_letter(self, message: Message, source_arn: str) -> Message:
        """Take over a message that the queue of that ARN gave up on (events-5, events-6)."""
        self.settle()
        moved = message.moved(self._new_serial())
        moved.source_arn = source_arn
        self._admit_dead_letter(moved)
        self._store(moved, 0)
        return moved

    def _admit_dead_letter(self, message: Message) -> None:
        """Do nothing: standard queues keep the original enqueue time. FIFO queues override this."""

    def _new_serial(self) -> int:
        self._serial += 1
        return self._serial

    # -- receiving ---------------------------------------------------------------------------

    def receive(
        self,
        max_messages: int = 1,
        visibility_timeout: float | None = None,
        short_poll: bool = False,
        attempt_id: str | None = None,
    ) -> list[Received]:
        """Return up to `max_messages` available messages, now.

        A message whose receive would exceed ``max_receive_count`` goes to the dead-letter queue
        instead.

        Args:
            max_messages: 1 to 10.
            visibility_timeout: Seconds, instead of the queue's.
            short_poll: It may miss messages (a knob) and meets the in-flight limit as an error.
            attempt_id: ReceiveRequestAttemptId; it means something on FIFO queues only.
        """
        self.settle()
        room = IN_FLIGHT_LIMIT - self.in_flight
        if room <= 0:
            self._over_limit(short_poll)
        if visibility_timeout is None:
            visibility_timeout = self.visibility_timeout
        now = self.env.now
        until = now + visibility_timeout
        received = []
        for message in self._order.take(min(max_messages, room), self._dead_letter, short_poll):
            message.receive_count += 1
            message.received = now
            if message.first_received is None:
                message.first_received = now
            message.handle = self._handles.make(message.serial, message.receive_count)
            self._put_in_flight(message, until)
            received.append(Received(message, until))
        if visibility_timeout == 0:
            self.settle()
        return received

    def poll(
        self,
        max_messages: int = 1,
        wait: float = 0,
        visibility_timeout: float | None = None,
        attempt_id: str | None = None,
    ) -> Generator[simpy.Event, Any, list[Received]]:
        """Receive in a long poll of `wait` seconds: a process, over as soon as it has messages."""
        end = self.env.now + wait
        while True:
            received = self.receive(max_messages, visibility_timeout, wait == 0, attempt_id)
            left = end - self.env.now
            if received or left <= TICK:
                return received
            yield self.arrival() | self.env.timeout(left)

    def next_available(self) -> Message | None:
        """Return the next message a receive would look at, without receiving it."""
        self.settle()
        taken = self._order.take(1, lambda message: False, False)
        if not taken:
            return None
        self._order.show(taken[0])
        return taken[0]

    def _dead_letter(self, message: Message) -> bool:
        """Move `message` to the dead-letter queue if it was received too often; return whether."""
        policy = self.redrive
        if policy is None or message.receive_count < policy.max_receive_count:
            return False
        self.drop(message)
        policy.dead_letter_queue.accept_dead_letter(message, self.arn)
        return True

    def _over_limit(self, short_poll: bool) -> None:
        """Refuse, or not, to receive when too many messages are in flight (events-11)."""

    # -- receipts ----------------------------------------------------------------------------

    def delete(self, handle: str) -> None:
        """Delete the message that `handle` was given for. No error if it is deleted already."""
        self.settle()
        message = self._find(handle)
        if message is not None and self._may_delete(message, handle):
            self.drop(message)

    def change_visibility(self, handle: str, visibility_timeout: float) -> None:
        """Hide the message for `visibility_timeout` seconds from now; 0 shows it at once."""
        self.settle()
        message = self._find(handle)
        if message is None:
            raise errors.not_available(handle)
        self._check_change(message, handle)
        until = self.env.now + visibility_timeout
        if until - message.received > MAX_VISIBILITY_TIMEOUT + TICK:
            raise errors.beyond_twelve_hours(visibility_timeout)
        if message.state is IN_FLIGHT:
            self._set_timer(message, until)
        elif visibility_timeout > 0:
            self._put_in_flight(message, until)
        self.settle()

    def _may_delete(self, message: Message, handle: str) -> bool:
        """Return whether `handle` deletes the message; otherwise it is ignored."""
        raise NotImplementedError

    def _check_change(self, message: Message, handle: str) -> None:
        """Refuse a handle that may not change the visibility timeout any more."""

    def _find(self, handle: str) -> Message | None:
        """Return the message of `handle`, or None if it is gone; refuse one never given out."""
        serial, receive_count = self._handles.read(handle)
        message = self.messages.get(serial)
        if serial > self._serial or (message and receive_count > message.receive_count):
            raise errors.invalid_handle(handle)
        return message

    # -- the rest ----------------------------------------------------------------------------

    def set_delay(self, delay: float) -> None:
        """Change the queue's delay, for messages sent from now on (events-10)."""
        self.delay = delay

    def charge(self, action: str, groups: set[str] | None = None) -> None:
        """Count one API call against the queue's quota. Standard queues have none that matter."""

    def purge(self) -> None:
        """Drop every message, also those in flight and delayed; once per minute (events-22)."""
        now, last_time = self.env.now, self._purged_at
        if last_time is not None and now - last_time < PURGE_INTERVAL - TICK:
            raise errors.purge_in_progress(self.name)
        self._purged_at = now
        last = self._serial
        self._later(self.knobs.purge_lag, lambda: self._drop_up_to(last))

    def _drop_up_to(self, last: int) -> None:
        for message in list(self.messages.values()):
            if message.serial <= last:
                self.drop(message)

    def change(self, **attributes: Any) -> None:
        """Set attributes as SetQueueAttributes does: after the lag among the knobs, if any."""
        for name, value in attributes.items():
            lag = self.knobs.retention_lag if name == "retention" else self.knobs.attribute_lag
            self._later(lag, partial(self._set, name, value))

    def _set(self, name: str, value: Any) -> None:
        if name == "delay":
            self.set_delay(value)
        else:
            setattr(self, name, value)

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        if seconds > 0:
            self.env.timeout(seconds).callbacks.append(lambda _: action())
        else:
            action()

    def counts(self) -> tuple[int, int, int]:
        """Return visible, in flight, delayed: Approximate..., as old as the knob says."""
        self.settle()
        now = self.env.now
        if self._counts is None or now - self._counts[0] >= self.knobs.counter_lag:
            self._counts = now, (self.visible, self.in_flight, self.delayed)
        return self._counts[1]
