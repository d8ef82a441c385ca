"""Whose turn it is in a FIFO queue: message groups, and how far SQS looks.

The facts are events-14 to events-17.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush

from patternlab.delivery.sqs.lifecycle import NEVER, first_visible
from patternlab.delivery.sqs.line import Line
from patternlab.delivery.sqs.message import IN_FLIGHT, VISIBLE, Message

SCAN_LIMIT = 120_000  # messages looked through to find available groups (events-17)


class Group:
    """One message group: what is visible and what is in flight, by serial number."""

    __slots__ = ("visible", "flying", "listed")

    def __init__(self) -> None:
        self.visible: Line[int, int] = Line()  # (serial, times shown)
        self.flying: list[int] = []  # heap of serials
        self.listed = False  # is it in the round?


class GroupOrder:
    """Hands out nothing of a group that comes *after* one of its messages in flight.

    What comes before it is handed out. A call takes as many messages as it can from one group, in
    order, then goes on to the next one of the round. A group that was taken from goes to the back.

    Only the first 120,000 messages of the queue are looked at: a longer backlog hides the groups
    behind it.
    """

    def __init__(self, messages: dict[int, Message]) -> None:
        self._messages = messages
        self._groups: dict[str | None, Group] = {}
        self._round: deque[str | None] = deque()
        self._scanned = 0  # serial of the last message within the scan
        self._within = 0  # how many live messages that are
        self._beyond: deque[int] = deque()  # serials behind it, in order

    # -- what happens to messages ------------------------------------------------------------

    def store(self, message: Message) -> None:
        if self._within < SCAN_LIMIT and not self._beyond:
            self._within += 1
            self._scanned = message.serial
        else:
            self._beyond.append(message.serial)

    def show(self, message: Message) -> None:
        if message.serial <= self._scanned:
            group = self._group(message.group)
            group.visible.add(message.serial, message.shown)
            self._list(message.group, group)

    def hide(self, message: Message) -> None:
        heappush(self._group(message.group).flying, message.serial)

    def land(self, message: Message) -> None:
        """Do nothing: its place in the group is freed when it is next looked at."""

    def drop(self, message: Message, was: str) -> bool:
        if message.serial > self._scanned:
            return False
        self._within -= 1
        more = self._scan_on()
        name = message.group
        group = self._groups.get(name)
        if group is None:
            return more
        if first_visible(group.visible, self._messages) is not None:
            if was is IN_FLIGHT:
                self._list(name, group)
            return more or was is IN_FLIGHT
        if not group.listed and self._first_in_flight(group) == NEVER:
            del self._groups[name]
        return more

    def _scan_on(self) -> bool:
        """Scan as many more messages as have left; return whether one of them is visible."""
        more = False
        while self._beyond and self._within < SCAN_LIMIT:
            self._scanned = self._beyond.popleft()
            message = self._messages.get(self._scanned)
            if message is not None:
                self._within += 1
                if message.state is VISIBLE:
                    self.show(message)
                    more = True
        return more

    def _group(self, name: str | None) -> Group:
        group = self._groups.get(name)
        if group is None:
            group = self._groups[name] = Group()
        return group

    def _list(self, name: str | None, group: Group) -> None:
        if not group.listed:
            group.listed = True
            self._round.append(name)

    # -- handing out -------------------------------------------------------------------------

    def take(
        self, limit: int, give_up: Callable[[Message], bool], short_poll: bool
    ) -> list[Message]:
        taken: list[Message] = []
        while self._round and len(taken) < limit:
            name = self._round.popleft()
            group = self._groups[name]
            group.listed = False
            before = len(taken)
            barrier = self._first_in_flight(group)
            while len(taken) < limit:
                message = first_visible(group.visible, self._messages)
                if message is None or message.serial > barrier:
                    break
                group.visible.pop()
                if not give_up(message):
                    taken.append(message)
            if len(taken) == before and barrier == NEVER:
                self._groups.pop(name, None)
        return taken

    def _first_in_flight(self, group: Group) -> float:
        flying, messages = group.flying, self._messages
        while flying:
            message = messages.get(flying[0])
            if message is not None and message.state is IN_FLIGHT:
                return flying[0]
            heappop(flying)
        return NEVER
