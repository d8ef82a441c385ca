"""The standard queue: at least once, in best-effort order."""

from __future__ import annotations

from patternlab.delivery.errors import over_limit
from patternlab.delivery.sqs.fair import FairOrder
from patternlab.delivery.sqs.lifecycle import IN_FLIGHT_LIMIT, Order
from patternlab.delivery.sqs.message import Message
from patternlab.delivery.sqs.queue import Queue


class StandardQueue(Queue):
    """A standard queue. Messages are handed out in the order in which they were sent.

    AWS calls that order "best-effort"; how often it is broken is a knob, off by default. Messages
    with a `group` (MessageGroupId) make the queue a fair one: see :class:`FairOrder`.

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

    def _make_order(self) -> Order:
        return FairOrder(self)

    def _may_delete(self, message: Message, handle: str) -> bool:
        """Return whether `handle` is the newest one, and the delete is not lost.

        With the handle of an earlier receive nothing is deleted (events-2). A delete is lost when
        one of SQS's copies was out of reach; then the message comes back (events-20).
        """
        lost = self.knobs.duplicates and self.rng.random() < self.knobs.duplicates
        return handle == message.handle and not lost

    def _over_limit(self, short_poll: bool) -> None:
        if short_poll:
            raise over_limit(IN_FLIGHT_LIMIT)
