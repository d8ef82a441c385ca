"""Whose turn it is in a standard queue: by order of sending, fairly between tenants (row 21)."""

from __future__ import annotations

import math
from collections.abc import Callable
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from patternlab.delivery.lifecycle import NEVER
from patternlab.delivery.line import Line
from patternlab.delivery.message import IN_FLIGHT, VISIBLE, Message

if TYPE_CHECKING:
    from patternlab.delivery.queue import Queue

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
        """`change` messages more are in flight, from `now` on."""
        if self.window:
            kept = math.exp((self._at - now) / self.window)
            self.busy = self.busy * kept + self.in_flight * self.window * (1 - kept)
            self._at = now
        self.in_flight += change


class Tenant:
    """The messages of one MessageGroupId."""

    __slots__ = ("line", "load", "last_sent")

    def __init__(self, window: float) -> None:
        self.line = Line()  # (serial, times shown) of its visible messages
        self.load = Load(window)
        self.last_sent = -NEVER


class FairOrder:
    """Messages of quiet tenants come first, each in order of sending; nobody is throttled.

    A tenant is noisy while it has more than 10 % of the queue's messages in flight and at least 30
    of its own, or more than 10 % of the recent processing time ("recent" is a knob), unless it has
    sent nothing for 5 minutes. Of several noisy tenants the one with the fewest messages in flight
    is served first. A message without a group is a tenant of its own, so never noisy; all of those
    share one line.
    """

    def __init__(self, queue: Queue) -> None:
        self._queue, self._messages = queue, queue.messages
        self._alone = Line()  # messages without a group
        self._tenants: dict[str, Tenant] = {}
        self._heads: list[tuple[int, str]] = []  # (serial of its first message, group)
        self._total = Load(queue.knobs.fair_window)

    # -- what happens to messages ------------------------------------------------------------

    def store(self, message: Message) -> None:
        if message.group is not None:
            self._tenant(message.group).last_sent = self._queue.env.now

    def show(self, message: Message) -> None:
        if message.group is None:
            self._alone.add(message.serial, message.shown)
            return
        tenant = self._tenant(message.group)
        first = tenant.line.first()
        tenant.line.add(message.serial, message.shown)
        if first is None or message.serial < first[0]:
            heappush(self._heads, (message.serial, message.group))

    def hide(self, message: Message) -> None:
        self._count(message, 1)

    def land(self, message: Message) -> None:
        self._count(message, -1)

    def drop(self, message: Message, was: str) -> bool:
        if was is IN_FLIGHT:
            self._count(message, -1)
        if message.group is not None:
            tenant = self._tenants[message.group]
            if not tenant.load.in_flight and self._first(tenant.line) is None:
                del self._tenants[message.group]  # its backlog is used up: it starts afresh
        return False

    def _tenant(self, group: str) -> Tenant:
        tenant = self._tenants.get(group)
        if tenant is None:
            tenant = self._tenants[group] = Tenant(self._total.window)
        return tenant

    def _count(self, message: Message, change: int) -> None:
        if not self._tenants:
            self._total.in_flight += change
            return
        now = self._queue.env.now
        self._total.count(change, now)
        if message.group is not None:
            self._tenant(message.group).load.count(change, now)

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
        """A message from up to `places` further back, in front of `message`."""
        passed = [message]
        while len(passed) <= places and (later := self._pop()) is not None:
            passed.append(later)
        chosen = passed.pop()
        for message in passed:
            self.show(message)
        return chosen

    def _pop(self) -> Message | None:
        """Take out the message whose turn it is."""
        alone = self._first(self._alone)
        if not self._tenants:
            if alone is not None:
                self._alone.pop()
            return alone
        group, message = self._first_of_tenants(alone.serial if alone is not None else NEVER)
        if group is None:
            if alone is not None:
                self._alone.pop()
            return alone
        line = self._tenants[group].line
        line.pop()
        if (head := self._first(line)) is not None:
            heappush(self._heads, (head.serial, group))
        return message

    def _first_of_tenants(self, alone: float) -> tuple[str | None, Message | None]:
        """The group whose turn it is, if it is a quiet one's and before serial `alone`, or nobody
        quiet waits. Its entry leaves the heads."""
        now = self._queue.env.now
        self._total.count(0, now)
        noisy: list[tuple[int, int, str, Message]] = []  # in flight, serial, group, message
        found: tuple[str | None, Message | None] = (None, None)
        while self._heads and self._heads[0][0] < alone:
            serial, group = heappop(self._heads)
            tenant = self._tenants.get(group)
            message = self._first(tenant.line) if tenant is not None else None
            if message is None:
                continue
            if message.serial != serial:
                heappush(self._heads, (message.serial, group))
            elif self._is_noisy(tenant, now):
                noisy.append((tenant.load.in_flight, serial, group, message))
            else:
                found = group, message
                break
        if found[0] is None and noisy and alone == NEVER:
            fewest = min(noisy)
            noisy.remove(fewest)
            found = fewest[2], fewest[3]
        for _, serial, group, _ in noisy:
            heappush(self._heads, (serial, group))
        return found

    def _is_noisy(self, tenant: Tenant, now: float) -> bool:
        if now - tenant.last_sent >= QUIET_AFTER:
            return False
        load, total = tenant.load, self._total
        load.count(0, now)
        if load.in_flight >= OWN_IN_FLIGHT and load.in_flight > SHARE * total.in_flight:
            return True
        return load.busy > SHARE * total.busy

    def _first(self, line: Line) -> Message | None:
        """The first of a line that is still what the line says; others are dropped on the way."""
        messages = self._messages
        while (head := line.first()) is not None:
            message = messages.get(head[0])
            if message is not None and message.shown == head[1] and message.state is VISIBLE:
                return message
            line.pop()
        return None
