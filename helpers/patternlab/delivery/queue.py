"""What standard and FIFO queues share: storage, timers, receipts, redrive, retention, counts.

Storage is a dictionary of live messages plus heaps of moments (ends of delays and visibility
timeouts, ages), so that no operation looks at the whole backlog. Entries in a heap are never
searched for; an entry that no longer tells the truth is dropped when it comes up.

Nothing moves by itself: every operation first settles what has fallen due since the last one, and
a timer runs only while somebody waits for :meth:`Queue.arrival`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Any

import simpy

from patternlab.clock import TICK, VirtualClock
from patternlab.delivery.errors import (
    DeliveryError,
    invalid_handle,
    invalid_parameter,
)
from patternlab.delivery.knobs import Knobs
from patternlab.delivery.message import DELAYED, GONE, IN_FLIGHT, VISIBLE, Message, Received

MAX_VISIBILITY_TIMEOUT = 43_200  # seconds: 12 hours
MAX_DELAY = 900
IN_FLIGHT_LIMIT = 120_000  # standard and FIFO (facts, row 11)
BATCH_LIMIT = 10


@dataclass
class RedrivePolicy:
    """Where a message goes when a receive would exceed `max_receive_count`."""

    dead_letter_queue: Queue
    max_receive_count: int = 10


class Queue:
    """A queue on a virtual clock; use :class:`StandardQueue` or :class:`FifoQueue`.

    Parameters are SQS's queue attributes, in seconds: `visibility_timeout` (0 to 43,200), `delay`
    (0 to 900), `retention` (60 to 1,209,600).

    Subclasses say in which order messages are handed out, through five methods: ``_show`` (it has
    become available), ``_hide`` (it is no longer), ``_next`` (take up to n), ``_check_handle`` and
    ``_over_limit``.
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
        arn: str | None = None,
        knobs: Knobs | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self.clock, self.env, self.name = clock, clock.env, name
        self.arn = arn or f"arn:aws:sqs:us-east-1:123456789012:{name}"
        self.visibility_timeout = visibility_timeout
        self.delay, self.retention, self.redrive = delay, retention, redrive
        self.knobs = knobs or Knobs()
        self.rng = rng or random.Random(0)
        self.messages: dict[int, Message] = {}
        self.visible = self.in_flight = self.delayed = 0
        self._tag = f"AQEB{self.rng.getrandbits(48):012x}"
        self._serial = 0
        self._timers: list[tuple[float, int, Message]] = []
        self._ages: list[tuple[float, int, Message]] = []
        self._arrival: simpy.Event | None = None
        self._armed: float | None = None

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
        message = Message(self._new_serial(), self._new_id(), body, self.env.now)
        message.group, message.dedup_id = group, dedup_id
        if attributes:
            message.attributes = attributes
        if system:
            message.system = system
        self._store(message, self.delay if delay is None else delay)
        return message

    def accept_dead_letter(self, message: Message, source: Queue) -> Message:
        """Take over `message` from `source`, which gave up on it (facts, rows 5 and 6)."""
        self.settle()
        moved = message.moved(self._new_serial())
        moved.source_arn = source.arn
        self._admit_dead_letter(moved)
        self._store(moved, 0)
        return moved

    def _admit_dead_letter(self, message: Message) -> None:
        """Standard queues keep the original enqueue time; FIFO queues override this."""

    def _new_serial(self) -> int:
        self._serial += 1
        return self._serial

    def _new_id(self) -> str:
        h = f"{self.rng.getrandbits(128):032x}"
        return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-{h[16:20]}-{h[20:]}"

    def _store(self, message: Message, delay: float) -> None:
        self.messages[message.serial] = message
        heappush(self._ages, (message.sent, message.serial, message))
        if delay > 0:
            self.delayed += 1
            self._set_timer(message, self.env.now + delay)
        else:
            self._make_visible(message)

    # -- receiving ---------------------------------------------------------------------------

    def receive(
        self,
        max_messages: int = 1,
        visibility_timeout: float | None = None,
        short_poll: bool = False,
    ) -> list[Received]:
        """Up to `max_messages` available messages, now; an empty list when there are none.

        A message whose receive would exceed ``max_receive_count`` goes to the dead-letter queue
        instead. A `short_poll` may miss messages (a knob) and meets the in-flight limit as an error.
        """
        self.settle()
        room = IN_FLIGHT_LIMIT - self.in_flight
        if room < max_messages:
            self._over_limit(room, short_poll)
        if visibility_timeout is None:
            visibility_timeout = self.visibility_timeout
        now = self.env.now
        until = now + visibility_timeout
        received = []
        for message in self._next(min(max_messages, room), short_poll):
            message.receive_count += 1
            message.received = now
            if message.first_received is None:
                message.first_received = now
            self._put_in_flight(message, until)
            received.append(Received(message, self._handle_of(message), until))
        if visibility_timeout == 0:
            self.settle()
        return received

    def poll(self, max_messages: int = 1, wait: float = 0, visibility_timeout: float | None = None):
        """A SimPy process: a long poll of `wait` seconds that returns as soon as it has something."""
        end = self.env.now + wait
        while True:
            received = self.receive(max_messages, visibility_timeout, short_poll=wait == 0)
            left = end - self.env.now
            if received or left <= TICK:
                return received
            yield self.arrival() | self.env.timeout(left)

    def arrival(self) -> simpy.Event:
        """An event that happens when a message may have become available."""
        if self._arrival is None:
            self._arrival = self.env.event()
            self._armed = None
            self._arm()
        return self._arrival

    def _dead_letter(self, message: Message) -> bool:
        """Move `message` to the dead-letter queue if one more receive would be too many."""
        policy = self.redrive
        if policy is None or message.receive_count < policy.max_receive_count:
            return False
        self._drop(message)
        policy.dead_letter_queue.accept_dead_letter(message, self)
        return True

    # -- receipts ----------------------------------------------------------------------------

    def delete(self, handle: str) -> None:
        """Delete the message that `handle` was given for; deleting twice is no error."""
        self.settle()
        message = self._find(handle)
        if message is None:
            return
        if not self._check_handle(message, handle):
            return
        if self.knobs.duplicates and self.rng.random() < self.knobs.duplicates:
            return  # one of SQS's copies was out of reach: the message will come back (row 20)
        self._drop(message)

    def change_visibility(self, handle: str, visibility_timeout: float) -> None:
        """Hide the message for `visibility_timeout` seconds from now; 0 shows it at once."""
        self.settle()
        message = self._find(handle)
        if message is None:
            raise invalid_parameter(
                f"Value {handle} for parameter ReceiptHandle is invalid. Reason: Message does not "
                "exist or is not available for visibility timeout change."
            )
        if not self._check_handle(message, handle):
            return
        until = self.env.now + visibility_timeout
        if until - message.received > MAX_VISIBILITY_TIMEOUT + TICK:
            raise invalid_parameter(
                f"Value {visibility_timeout:g} for parameter VisibilityTimeout is invalid. Reason: "
                "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]"
            )
        if message.state is IN_FLIGHT:
            self._set_timer(message, until)
        elif visibility_timeout > 0:
            self._put_in_flight(message, until)
        self.settle()

    def _check_handle(self, message: Message, handle: str) -> bool:
        """Is `handle` from the newest receive? (A standard queue ignores an older one.)"""
        return handle == self._handle_of(message)

    def _handle_of(self, message: Message) -> str:
        return f"{self._tag}{message.serial:010x}{message.receive_count:06x}"

    def _find(self, handle: str) -> Message | None:
        """The live message of `handle`, None when it is gone, an error when never given out."""
        serial = _number(handle[-16:-6]) if handle[: len(self._tag)] == self._tag else None
        if serial is None or len(handle) != len(self._tag) + 16 or not 0 < serial <= self._serial:
            raise invalid_handle(handle)
        return self.messages.get(serial)

    # -- the rest ----------------------------------------------------------------------------

    def purge(self) -> None:
        """Drop every message, those in flight and delayed too."""
        for message in list(self.messages.values()):
            self._drop(message)

    def settle(self) -> None:
        """Bring the queue up to now: end delays and visibility timeouts, let old messages go."""
        horizon = self.env.now + TICK
        timers = self._timers
        while timers and timers[0][0] <= horizon:
            due, _, message = heappop(timers)
            if message.due == due:
                if message.state is IN_FLIGHT:
                    self.in_flight -= 1
                else:
                    self.delayed -= 1
                self._make_visible(message)
        ages = self._ages
        while ages and (ages[0][2].state is GONE or ages[0][0] + self.retention <= horizon):
            message = heappop(ages)[2]
            if message.state is not GONE:
                self._drop(message)

    def next_due(self) -> float:
        """The next moment (seconds on the clock) at which something changes; infinity if never."""
        self.settle()
        timers, ages = self._timers, self._ages
        while timers and timers[0][2].due != timers[0][0]:
            heappop(timers)
        soonest = timers[0][0] if timers else float("inf")
        return min(soonest, ages[0][0] + self.retention if ages else float("inf"))

    def __len__(self) -> int:
        return len(self.messages)

    def _make_visible(self, message: Message) -> None:
        message.state, message.due = VISIBLE, None
        message.shown += 1
        self.visible += 1
        self._show(message)
        self._wake()

    def _put_in_flight(self, message: Message, until: float) -> None:
        if message.state is VISIBLE:
            self.visible -= 1
        message.state = IN_FLIGHT
        self.in_flight += 1
        self._hide(message)
        self._set_timer(message, until)

    def _drop(self, message: Message) -> None:
        was = message.state
        if was is VISIBLE:
            self.visible -= 1
        elif was is IN_FLIGHT:
            self.in_flight -= 1
        elif was is DELAYED:
            self.delayed -= 1
        message.state, message.due = GONE, None
        self.messages.pop(message.serial, None)
        self._dropped(message, was)

    def _set_timer(self, message: Message, due: float) -> None:
        message.due = due
        heappush(self._timers, (due, message.serial, message))
        if self._arrival is not None and (self._armed is None or due < self._armed):
            self._arm()

    def _arm(self) -> None:
        due = self.next_due()
        if due == float("inf"):
            return
        self._armed = due
        bell = self.env.timeout(max(0.0, due - self.env.now))
        bell.callbacks.append(self._ring)

    def _ring(self, _: simpy.Event) -> None:
        self.settle()
        if self._arrival is not None and (self._armed is None or self._armed <= self.env.now + TICK):
            self._arm()

    def _wake(self) -> None:
        if self._arrival is not None:
            arrival, self._arrival, self._armed = self._arrival, None, None
            arrival.succeed()

    # -- what the two kinds of queue decide --------------------------------------------------

    def _show(self, message: Message) -> None:
        raise NotImplementedError

    def _hide(self, message: Message) -> None:
        """`message` has just gone in flight."""

    def _dropped(self, message: Message, was: str) -> None:
        """`message`, which was in state `was`, has just left the queue."""

    def _next(self, max_messages: int, short_poll: bool) -> list[Message]:
        raise NotImplementedError

    def _over_limit(self, room: int, short_poll: bool) -> None:
        """Less than a full batch fits under the in-flight limit."""


def _number(text: str) -> int | None:
    try:
        return int(text, 16)
    except ValueError:
        return None


def over_limit() -> DeliveryError:
    """A short poll of a standard queue that has 120,000 messages in flight (facts, row 11)."""
    return DeliveryError(
        "OverLimit",
        f"Too many messages in flight: a queue holds at most {IN_FLIGHT_LIMIT} received and not "
        "yet deleted ones. Delete messages you have processed.",
    )
