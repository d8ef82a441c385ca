"""Whose turn it is in a standard queue: by order of sending, fairly between tenants (events-21)."""

from __future__ import annotations

import math
from collections.abc import Callable
from heapq import heappop, heappush

from patternlab.delivery.sqs.lifecycle import NEVER, first_visible
from patternlab.delivery.sqs.line import Line
from patternlab.delivery.sqs.message import IN_FLIGHT, Message
from patternlab.delivery.sqs.queue import Queue

SHARE = 0.10  # of the queue's messages in flight, or of its processing time
OWN_IN_FLIGHT = 30  # messages
QUIET_AFTER = 300.0  # seconds without a message sent
REACH = 10  # how far a reordered message may jump ahead


class Load:
    """Messages in flight, now and over the last `window` seconds.

    `busy` is the time spent in flight, in seconds, in which older time counts for less and less.
    """

    __slots__ = ("window", "in_flight", "busy", "_at")

    def __init__(self, window: float) -> None:
        self.window, self.in_flight, self.busy, self._at = window, 0, 0.0, 0.0

    def count(self, change: int, now: float) -> None:
        """Count `change` more messages in flight, from `now` on."""
        if self.window:
            kept = math.exp((self._at - now) / self.window)
            self.busy = self.busy * kept + self.in_flight * self.window * (1 - kept)
            self._at = now
        self.in_flight += change

    def start(self, now: float) -> None:
        """Begin to measure at `now`."""
        self.busy, self._at = 0.0, now


class Tenant:
    """The messages of one MessageGroupId."""

    __slots__ = ("name", "line", "load", "size", "listed", "last_sent")

    def __init__(self, name: str, window: float) -> None:
        self.name = name
        self.line: Line[int, int] = Line()  # (serial, times shown) of its visible messages
        self.load = Load(window)
        self.size = 0  # messages, in whatever state
        self.listed: int | None = None  # the serial under which it waits for its turn
        self.last_sent = -NEVER


class FairOrder:
    """Hands out the messages of quiet tenants first, each in order of sending.

    A tenant is noisy while it has more than 10 % of the queue's messages in flight and at least 30
    of its own, or more than 10 % of the recent processing time ("recent" is a knob), unless it has
    sent nothing for 5 minutes. Of several noisy tenants the one with the fewest messages in flight
    is served first; nobody is throttled. A message without a group is a tenant of its own, so
    never noisy; all of those share one line.
    """

    def __init__(self, queue: Queue) -> None:
        self._queue, self._messages = queue, queue.messages
        self._alone: Line[int, int] = Line()  # messages without a group
        self._tenants: dict[str | None, Tenant] = {}
        self._turns: list[tuple[int, str]] = []  # heap of (serial of its first message, group)
        self._total = Load(queue.knobs.fair_window)

    # -- what happens to messages ------------------------------------------------------------

    def store(self, message: Message) -> None:
        if message.group is None:
            return
        now = self._queue.env.now
        if not self._tenants:
            self._total.start(now)
        tenant = self._tenants.get(message.group)
        if tenant is None:
            tenant = self._tenants[message.group] = Tenant(message.group, self._total.window)
        tenant.size += 1
        tenant.last_sent = now

    def show(self, message: Message) -> None:
        if message.group is None:
            self._alone.add(message.serial, message.shown)
            return
        tenant = self._tenants[message.group]
        tenant.line.add(message.serial, message.shown)
        self._list(tenant, message)

    def _list(self, tenant: Tenant, message: Message) -> None:
        """Note `message` if it is the tenant's first one."""
        if tenant.listed is None or message.serial < tenant.listed:
            tenant.listed = message.serial
            heappush(self._turns, (message.serial, tenant.name))

    def hide(self, message: Message) -> None:
        self._count(message, 1)

    def land(self, message: Message) -> None:
        self._count(message, -1)

    def drop(self, message: Message, was: str) -> bool:
        if was is IN_FLIGHT:
            self._count(message, -1)
        if message.group is not None:
            tenant = self._tenants[message.group]
            tenant.size -= 1
            if not tenant.size:
                del self._tenants[message.group]  # its backlog is used up: it starts afresh
        return False

    def _count(self, message: Message, change: int) -> None:
        if not self._tenants:
            self._total.in_flight += change
            return
        now = self._queue.env.now
        self._total.count(change, now)
        if message.group is not None:
            self._tenants[message.group].load.count(change, now)

    # -- handing out -------------------------------------------------------------------------

    def take(
        self, limit: int, give_up: Callable[[Message], bool], short_poll: bool
    ) -> list[Message]:
        knobs, rng = self._queue.knobs, self._queue.rng
        miss = knobs.short_poll_miss if short_poll else 0.0
        taken: list[Message] = []
        missed: list[Message] = []
        while len(taken) < limit and (message := self._pop()) is not None:
            if knobs.reordering and rng.random() < knobs.reordering:
                message = self._jump(message, rng.randrange(1, REACH + 1))
            if miss and rng.random() < miss:
                missed.append(message)
            elif not give_up(message):
                taken.append(message)
        for message in missed:
            self.show(message)
        return taken

    def _jump(self, message: Message, places: int) -> Message:
        """Return a message from up to `places` further back, instead of `message`."""
        passed = [message]
        while len(passed) <= places and (later := self._pop()) is not None:
            passed.append(later)
        chosen = passed.pop()
        for message in passed:
            self.show(message)
        return chosen

    def _pop(self) -> Message | None:
        """Take out the message whose turn it is."""
        alone = message = first_visible(self._alone, self._messages)
        if self._tenants:
            message = self._turn_of_tenants(alone.serial if alone is not None else NEVER)
        if message is None or message is alone:
            if alone is not None:
                self._alone.pop()
            return alone
        tenant = self._tenants[message.group]
        tenant.line.pop()
        if (head := first_visible(tenant.line, self._messages)) is not None:
            self._list(tenant, head)
        return message

    def _turn_of_tenants(self, alone: float) -> Message | None:
        """Return the first message of the tenant whose turn it is.

        That is the quiet tenant that has waited longest, or else a noisy one. `alone` is the
        serial of the first message without a group, which may come before.
        """
        now = self._queue.env.now
        self._total.count(0, now)
        noisy: list[tuple[int, int, Message]] = []  # (in flight, serial, message)
        found = None
        while found is None and self._turns and self._turns[0][0] < alone:
            serial, group = heappop(self._turns)
            tenant = self._tenants.get(group)
            if tenant is None or tenant.listed != serial:
                continue
            tenant.listed = None
            message = first_visible(tenant.line, self._messages)
            if message is None:
                continue
            if message.serial != serial:
                self._list(tenant, message)
            elif self._is_noisy(tenant, now):
                noisy.append((tenant.load.in_flight, serial, message))
            else:
                found = message
        if found is None and noisy and alone == NEVER:
            found = min(noisy)[2]
        for _, _, message in noisy:
            if message is not found:
                self._list(self._tenants[message.group], message)
        return found

    def _is_noisy(self, tenant: Tenant, now: float) -> bool:
        if now - tenant.last_sent >= QUIET_AFTER:
            return False
        load, total = tenant.load, self._total
        load.count(0, now)
        if load.in_flight >= OWN_IN_FLIGHT and load.in_flight > SHARE * total.in_flight:
            return True
        return load.busy > SHARE * total.busy
