"""The FIFO queue: order within a message group, and nothing delivered twice within five minutes."""

from __future__ import annotations

import hashlib
from collections import deque
from heapq import heapify, heappop, heappush
from typing import Any

from patternlab.delivery.errors import expired_handle
from patternlab.delivery.message import DELAYED, IN_FLIGHT, VISIBLE, Message
from patternlab.delivery.queue import Queue

DEDUPLICATION_INTERVAL = 300.0  # seconds (facts, row 13)
SCAN_LIMIT = 120_000  # messages looked through to find available groups (facts, row 17)
FIRST_SEQUENCE = 18_870_000_000_000_000_000  # 20 digits, as SQS's sequence numbers have


class _Group:
    """One message group: what is available, and what is in flight, by sequence number."""

    __slots__ = ("ready", "flying", "listed")

    def __init__(self) -> None:
        self.ready: list[tuple[int, int, Message]] = []  # (sequence, times shown, message)
        self.flying: list[tuple[int, Message]] = []
        self.listed = False  # is it in the queue's round of groups?

    def first_in_flight(self) -> float:
        """Sequence number of the first message in flight; nothing from there on is delivered."""
        flying = self.flying
        while flying and flying[0][1].state is not IN_FLIGHT:
            heappop(flying)
        return flying[0][0] if flying else float("inf")

    def first_ready(self) -> Message | None:
        ready = self.ready
        while ready and (ready[0][2].state is not VISIBLE or ready[0][2].shown != ready[0][1]):
            heappop(ready)
        return ready[0][2] if ready else None


class FifoQueue(Queue):
    """A FIFO queue.

    Within a message group nothing that comes *after* a message in flight is delivered; what comes
    before it is (facts, row 14). Other groups are not touched. A receive takes as many messages as
    it can from one group, in order, then goes on to the next; groups it touched go to the back.

    `content_deduplication` takes the SHA-256 of the body as deduplication id where none is given;
    `deduplication_scope` is ``"queue"`` or ``"messageGroup"``.
    """

    fifo = True

    def __init__(
        self,
        *args: Any,
        content_deduplication: bool = False,
        deduplication_scope: str = "queue",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.content_deduplication = content_deduplication
        self.deduplication_scope = deduplication_scope
        self._sequence = FIRST_SEQUENCE
        self._groups: dict[str, _Group] = {}
        self._round: deque[str] = deque()
        self._recent: dict[Any, tuple[float, Message]] = {}  # deduplication key -> (until, message)
        self._window = 0  # messages within the scan limit
        self._beyond: deque[Message] = deque()  # messages behind it, in order
        self._outside: set[int] = set()  # their serials

    # -- sending -----------------------------------------------------------------------------

    def send(self, body: str, *, group: str = "group", **kwargs: Any) -> Message:
        """As :meth:`Queue.send`; a duplicate returns the first message and stores nothing."""
        dedup_id = kwargs.pop("dedup_id", None)
        if dedup_id is None and self.content_deduplication:
            dedup_id = hashlib.sha256(body.encode()).hexdigest()
        self._forget_old_duplicates()
        key = (group, dedup_id) if self.deduplication_scope == "messageGroup" else dedup_id
        if dedup_id is not None and key in self._recent:
            return self._recent[key][1]
        message = super().send(body, group=group, dedup_id=dedup_id, **kwargs)
        if dedup_id is not None:
            self._recent[key] = (self.env.now + DEDUPLICATION_INTERVAL, message)
        return message

    def _forget_old_duplicates(self) -> None:
        recent, horizon = self._recent, self.env.now
        while recent:
            key = next(iter(recent))  # dictionaries keep order: the oldest is first
            if recent[key][0] > horizon:
                return
            del recent[key]

    def _store(self, message: Message, delay: float) -> None:
        self._sequence += 256
        message.sequence = self._sequence
        if self._window < SCAN_LIMIT and not self._beyond:
            self._window += 1
        else:
            self._beyond.append(message)
            self._outside.add(message.serial)
        super()._store(message, delay)

    def _admit_dead_letter(self, message: Message) -> None:
        message.sent = self.env.now  # a FIFO dead-letter queue resets the clock (row 6)
        message.dedup_id = message.id

    # -- handing out -------------------------------------------------------------------------

    def _show(self, message: Message) -> None:
        if message.serial in self._outside:
            return
        group = self._groups.get(message.group)
        if group is None:
            group = self._groups[message.group] = _Group()
        heappush(group.ready, (message.sequence, message.shown, message))
        self._list(message.group, group)

    def _hide(self, message: Message) -> None:
        heappush(self._groups[message.group].flying, (message.sequence, message))

    def _list(self, name: str, group: _Group) -> None:
        if not group.listed:
            group.listed = True
            self._round.append(name)

    def _next(self, max_messages: int, short_poll: bool) -> list[Message]:
        taken: list[Message] = []
        touched: list[str] = []
        while self._round and len(taken) < max_messages:
            name = self._round.popleft()
            group = self._groups[name]
            group.listed = False
            before = len(taken)
            self._take(group, taken, max_messages)
            if len(taken) > before:
                touched.append(name)
            elif group.first_ready() is None and group.first_in_flight() == float("inf"):
                del self._groups[name]
        return taken

    def _take(self, group: _Group, taken: list[Message], max_messages: int) -> None:
        limit = group.first_in_flight()
        while len(taken) < max_messages:
            message = group.first_ready()
            if message is None or message.sequence > limit:
                return
            heappop(group.ready)
            if not self._dead_letter(message):
                taken.append(message)

    def _dropped(self, message: Message, was: str) -> None:
        if message.serial in self._outside:
            self._outside.discard(message.serial)
            return
        self._window -= 1
        self._admit_from_beyond()
        group = self._groups.get(message.group)
        if group is not None and was is IN_FLIGHT and group.first_ready() is not None:
            self._list(message.group, group)
            self._wake()

    def _admit_from_beyond(self) -> None:
        """The scan reaches one message further for each one that left."""
        while self._beyond and self._window < SCAN_LIMIT:
            message = self._beyond.popleft()
            if message.serial not in self._outside:
                continue  # it left the queue while it was out of sight
            self._outside.discard(message.serial)
            self._window += 1
            if message.state is VISIBLE:
                self._show(message)

    # -- receipts and the rest ---------------------------------------------------------------

    def _check_handle(self, message: Message, handle: str) -> bool:
        if message.state is not IN_FLIGHT or handle != self._handle_of(message):
            raise expired_handle(handle)
        return True

    def set_delay(self, delay: float) -> None:
        """Change the queue's delay; on FIFO queues it holds for waiting messages too (row 10)."""
        self.settle()
        self.delay = delay
        for message in self.messages.values():
            if message.state is DELAYED:
                self._set_timer(message, message.sent + delay)
        heapify(self._timers)
        self.settle()

    def purge(self) -> None:
        """Drop every message and forget the deduplication ids."""
        super().purge()
        self._recent.clear()
