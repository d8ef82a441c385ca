"""The FIFO queue: order within a message group, and nothing stored twice within five minutes."""

from __future__ import annotations

import hashlib
from typing import Any

from patternlab.clock import TICK
from patternlab.delivery.errors import expired_handle, no_message_delay
from patternlab.delivery.sqs.groups import GroupOrder
from patternlab.delivery.sqs.lifecycle import Order
from patternlab.delivery.sqs.message import DELAYED, IN_FLIGHT, VISIBLE, Message, Received
from patternlab.delivery.sqs.queue import Queue
from patternlab.delivery.sqs.recent import Recent
from patternlab.delivery.sqs.throttle import PER_QUEUE, CallQuota

DEDUPLICATION_INTERVAL = 300.0  # seconds; of receive attempts too (events-13 and events-18)
SCOPE_QUEUE, SCOPE_GROUP = "queue", "messageGroup"
FIRST_SEQUENCE = 18_870_000_000_000_000_000  # 20 digits, as SQS's sequence numbers have
SEQUENCE_STEP = 256


class FifoQueue(Queue):
    """A FIFO queue: see :class:`GroupOrder` for what is handed out when.

    Args:
        *args: As for :class:`Queue`.
        content_deduplication: Take the SHA-256 of the body if no deduplication id is given.
        deduplication_scope: ``"queue"`` or ``"messageGroup"``.
        throughput_limit: FifoThroughputLimit, ``"perQueue"`` or ``"perMessageGroupId"``. It counts
            only with the knob ``fifo_quotas``.
        **kwargs: As for :class:`Queue`.
    """

    fifo = True

    def __init__(
        self,
        *args: Any,
        content_deduplication: bool = False,
        deduplication_scope: str = SCOPE_QUEUE,
        throughput_limit: str = PER_QUEUE,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.content_deduplication = content_deduplication
        self.deduplication_scope = deduplication_scope
        self.throughput_limit = throughput_limit
        self._quota = CallQuota()
        #: (group or None, deduplication id) -> message, and attempt id -> what it received.
        self._sent: Recent[Message] = Recent(DEDUPLICATION_INTERVAL)
        self._attempts: Recent[tuple[Received, ...]] = Recent(DEDUPLICATION_INTERVAL)

    def _make_order(self) -> Order:
        return GroupOrder(self.messages)

    def charge(self, action: str, groups: set[str] | None = None) -> None:
        """Count one API call against the quota, if the knob says so; a batch is one call.

        Args:
            action: The API action.
            groups: The message groups that the call names.

        Raises:
            DeliveryError: ThrottlingException, over the quota.
        """
        if self.knobs.fifo_quotas:
            self._quota.charge(action, groups or set(), self.env.now, self.throughput_limit)

    # -- sending -----------------------------------------------------------------------------

    def send(
        self,
        body: str,
        *,
        group: str | None = "group",
        dedup_id: str | None = None,
        delay: float | None = None,
        **kwargs: Any,
    ) -> Message:
        """Do as :meth:`Queue.send`; a duplicate returns the first message and stores nothing."""
        if delay:
            raise no_message_delay(delay)
        if dedup_id is None and self.content_deduplication:
            dedup_id = hashlib.sha256(body.encode()).hexdigest()
        first = self._first_sent(group, dedup_id)
        if first is not None:
            return first
        message = super().send(body, group=group, dedup_id=dedup_id, **kwargs)
        self._remember(message)
        return message

    def _first_sent(self, group: str | None, dedup_id: str | None) -> Message | None:
        """Return the message that a new one would duplicate; the first, if it would duplicate two.

        An id keeps the scope under which it was sent, so that a change of scope does not apply at
        once to the ids already seen.
        """
        if dedup_id is None:
            return None
        now = self.env.now + TICK
        known = [self._sent.get((scope, dedup_id), now) for scope in (None, group)]
        return min(filter(None, known), key=lambda message: message.serial, default=None)

    def _remember(self, message: Message) -> None:
        if message.dedup_id is not None:
            scope = message.group if self.deduplication_scope == SCOPE_GROUP else None
            self._sent.keep((scope, message.dedup_id), message, self.env.now)

    def _store(self, message: Message, delay: float) -> None:
        message.sequence = FIRST_SEQUENCE + SEQUENCE_STEP * message.serial
        super()._store(message, delay)

    def _admit_dead_letter(self, message: Message) -> None:
        """Start the retention anew (events-6), and deduplicate by the message's id (events-7)."""
        message.enqueued = self.env.now
        message.dedup_id = message.id
        self._remember(message)

    # -- receiving ---------------------------------------------------------------------------

    def receive(
        self,
        max_messages: int = 1,
        visibility_timeout: float | None = None,
        short_poll: bool = False,
        attempt_id: str | None = None,
    ) -> list[Received]:
        """Do as :meth:`Queue.receive`; the same `attempt_id` within 5 minutes gives the same again.

        A retry returns the same messages and handles and starts their visibility timeout anew. It
        is an ordinary receive if one of them was deleted, has had its visibility timeout changed or
        run out, or was moved (events-18).
        """
        if attempt_id is None:
            return super().receive(max_messages, visibility_timeout, short_poll)
        self.settle()
        earlier = self._attempts.get(attempt_id, self.env.now + TICK)
        if earlier and all(map(_untouched, earlier)):
            self._hide_again(earlier, visibility_timeout)
            return list(earlier)
        received = super().receive(max_messages, visibility_timeout, short_poll)
        if received:
            self._attempts.keep(attempt_id, tuple(received), self.env.now)
        return received

    def _hide_again(self, received: tuple[Received, ...], visibility_timeout: float | None) -> None:
        if visibility_timeout is None:
            visibility_timeout = self.visibility_timeout
        until = self.env.now + visibility_timeout
        for receipt in received:
            receipt.visible_again = until
            self._set_timer(receipt.message, until)
        self.settle()

    # -- receipts and the rest ---------------------------------------------------------------

    def _may_delete(self, message: Message, handle: str) -> bool:
        self._check_change(message, handle)
        return True

    def _check_change(self, message: Message, handle: str) -> None:
        if message.state is not IN_FLIGHT or handle != message.handle:
            raise expired_handle(handle)

    def set_delay(self, delay: float) -> None:
        """Change the queue's delay, for waiting messages too (events-10).

        This is the one operation that looks at every message of the queue.
        """
        self.settle()
        self.delay = delay
        for message in list(self.messages.values()):
            due = message.enqueued + delay
            if message.state is DELAYED:
                self._set_timer(message, due)
            elif message.state is VISIBLE and not message.receive_count and due > self.env.now:
                self.visible -= 1
                self._delay_until(message, due)
        self.settle()

    def purge(self) -> None:
        """Drop every message and forget the deduplication ids (events-13)."""
        super().purge()
        self._sent.clear()


def _untouched(receipt: Received) -> bool:
    message = receipt.message
    return (
        message.state is IN_FLIGHT
        and message.handle == receipt.handle
        and message.due == receipt.visible_again
    )
