"""The life of a queue's messages: delayed, visible, in flight, gone.

Live messages are in a dictionary. The moments at which something happens to them (the end of a
delay or a visibility timeout, the end of retention) are kept in lines, so that no operation looks
at the whole backlog. Entries in a line are never searched for: a stale one is dropped when its turn
comes.

Nothing moves by itself: every operation first settles what has fallen due since the last one, and
a timer runs only while somebody waits for :meth:`Lifecycle.arrival`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import simpy

from patternlab.clock import TICK
from patternlab.delivery.sqs.line import Line
from patternlab.delivery.sqs.message import DELAYED, GONE, IN_FLIGHT, VISIBLE, Message

IN_FLIGHT_LIMIT = 120_000  # standard and FIFO (events-11)
NEVER = float("inf")


class Order(Protocol):
    """Decides which of the visible messages is next; hears of all that happens to them."""

    def store(self, message: Message) -> None:
        """Note that `message` has come into the queue."""

    def show(self, message: Message) -> None:
        """Note that `message` has become visible."""

    def hide(self, message: Message) -> None:
        """Note that `message` has gone in flight."""

    def land(self, message: Message) -> None:
        """Note that `message` is about to come back from being in flight."""

    def drop(self, message: Message, was: str) -> bool:
        """Note that `message` has left the queue, from state `was`.

        Returns whether that made another message available.
        """

    def take(
        self, limit: int, give_up: Callable[[Message], bool], short_poll: bool
    ) -> list[Message]:
        """Return up to `limit` messages, without those that `give_up` has disposed of."""


def first_visible(line: Line[int, int], messages: dict[int, Message]) -> Message | None:
    """Return the first message of a line of (serial, times shown); drop stale entries on the way.

    An entry is stale when its message is not visible, or has been shown anew since.
    """
    while (head := line.first()) is not None:
        message = messages.get(head[0])
        if message is not None and message.shown == head[1] and message.state is VISIBLE:
            return message
        line.pop()
    return None


class Lifecycle:
    """Messages, their states and how many are in each: `visible`, `in_flight`, `delayed`."""

    def __init__(self, env: simpy.Environment, retention: float) -> None:
        self.env, self.retention = env, retention
        self.messages: dict[int, Message] = {}  # by serial
        self.visible = self.in_flight = self.delayed = 0
        self._order: Order
        #: Serials, by when a delay or a visibility timeout ends and by when it was enqueued.
        self._timers: Line[float, int] = Line()
        self._ages: Line[float, int] = Line()
        self._arrival: simpy.Event | None = None
        self._armed = NEVER

    def __len__(self) -> int:
        return len(self.messages)

    # -- time --------------------------------------------------------------------------------

    def settle(self) -> None:
        """Bring the queue up to now: end delays and visibility timeouts, drop old messages."""
        horizon = self.env.now + TICK
        timers, ages, messages = self._timers, self._ages, self.messages
        while (head := timers.first()) is not None and head[0] <= horizon:
            due, serial = timers.pop()
            message = messages.get(serial)
            if message is not None and message.due == due:
                self._come_back(message)
        oldest = horizon - self.retention
        while (head := ages.first()) is not None:
            if head[1] not in messages:
                ages.pop()
            elif head[0] <= oldest:
                self.drop(messages[ages.pop()[1]])
            else:
                return

    def next_due(self) -> float:
        """Return the next moment (seconds on the clock) at which something changes, or infinity."""
        self.settle()
        timers, oldest = self._timers, self._ages.first()
        while (head := timers.first()) is not None:
            message = self.messages.get(head[1])
            if message is not None and message.due == head[0]:
                break
            timers.pop()
        return min(
            head[0] if head is not None else NEVER,
            oldest[0] + self.retention if oldest is not None else NEVER,
        )

    # -- states ------------------------------------------------------------------------------

    def _store(self, message: Message, delay: float) -> None:
        self.messages[message.serial] = message
        self._ages.add(message.enqueued, message.serial)
        self._order.store(message)
        if delay > 0:
            self._delay_until(message, self.env.now + delay)
        else:
            self._make_visible(message)

    def _delay_until(self, message: Message, due: float) -> None:
        message.state = DELAYED
        self.delayed += 1
        self._set_timer(message, due)

    def _make_visible(self, message: Message) -> None:
        message.state, message.due = VISIBLE, None
        message.shown += 1
        self.visible += 1
        self._order.show(message)
        self._wake()

    def _put_in_flight(self, message: Message, until: float) -> None:
        message.state = IN_FLIGHT
        self.visible -= 1
        self.in_flight += 1
        self._order.hide(message)
        self._set_timer(message, until)

    def _come_back(self, message: Message) -> None:
        """Show `message` again: its delay or its visibility timeout is over."""
        if message.state is IN_FLIGHT:
            self._order.land(message)
            self.in_flight -= 1
        else:
            self.delayed -= 1
        self._make_visible(message)

    def drop(self, message: Message) -> None:
        """Take `message` out of the queue, whatever its state."""
        was, was_full = message.state, self.in_flight == IN_FLIGHT_LIMIT
        if was is VISIBLE:
            self.visible -= 1
        elif was is IN_FLIGHT:
            self.in_flight -= 1
        else:
            self.delayed -= 1
        message.state, message.due = GONE, None
        del self.messages[message.serial]
        if self._order.drop(message, was) or (was_full and was is IN_FLIGHT):
            self._wake()

    # -- waiting -----------------------------------------------------------------------------

    def arrival(self) -> simpy.Event:
        """Return an event that happens when a message may have become available."""
        if self._arrival is not None:
            return self._arrival
        arrival = self._arrival = self.env.event()
        self._arm()
        return arrival

    def _wake(self) -> None:
        if self._arrival is not None:
            arrival, self._arrival = self._arrival, None
            arrival.succeed()

    def _set_timer(self, message: Message, due: float) -> None:
        message.due = due
        self._timers.add(due, message.serial)
        if self._arrival is not None and due < self._armed:
            self._arm()

    def _arm(self) -> None:
        """Let the queue settle itself at the next moment that matters."""
        self._armed = due = self.next_due()
        if due < NEVER:
            self.env.timeout(max(0.0, due - self.env.now)).callbacks.append(self._ring)

    def _ring(self, _: simpy.Event) -> None:
        self.settle()
        if self._arrival is not None and self._armed <= self.env.now + TICK:
            self._arm()
