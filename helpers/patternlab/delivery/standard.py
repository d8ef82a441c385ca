"""The standard queue: at least once, in best-effort order."""

from __future__ import annotations

from collections import deque

from patternlab.delivery.message import VISIBLE, Message
from patternlab.delivery.queue import Queue, over_limit


class StandardQueue(Queue):
    """A standard queue. Messages are handed out in the order in which they became available.

    >>> from patternlab.clock import VirtualClock
    >>> clock = VirtualClock()
    >>> queue = StandardQueue(clock, visibility_timeout=30)
    >>> message = queue.send("hello")
    >>> [receipt] = queue.receive()
    >>> queue.receive()          # in flight: nobody else sees it
    []
    >>> clock.wait(30)
    >>> queue.receive()[0].receive_count
    2
    """

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self._ready: deque[tuple[int, Message]] = deque()

    def _show(self, message: Message) -> None:
        self._ready.append((message.shown, message))

    def _next(self, max_messages: int, short_poll: bool) -> list[Message]:
        taken: list[Message] = []
        ready, missed = self._ready, []
        miss = self.knobs.short_poll_miss if short_poll else 0.0
        while ready and len(taken) < max_messages:
            self._maybe_reorder()
            shown, message = entry = ready.popleft()
            if message.state is not VISIBLE or message.shown != shown:
                continue
            if miss and self.rng.random() < miss:
                missed.append(entry)
            elif not self._dead_letter(message):
                taken.append(message)
        ready.extendleft(reversed(missed))
        return taken

    def _maybe_reorder(self) -> None:
        if self.knobs.reordering and self.rng.random() < self.knobs.reordering:
            self._ready.rotate(-self.rng.randrange(1, 11))

    def _over_limit(self, room: int, short_poll: bool) -> None:
        if room <= 0 and short_poll:
            raise over_limit()
