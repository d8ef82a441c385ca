"""One message, and one receipt of it."""

from __future__ import annotations

import hashlib
from typing import Any

DELAYED, VISIBLE, IN_FLIGHT, GONE = "delayed", "visible", "in flight", "gone"


class Message:
    """A message as the queue stores it. Times are seconds since the clock's start."""

    __slots__ = (
        "serial",
        "id",
        "body",
        "attributes",
        "system",
        "sent",
        "enqueued",
        "group",
        "dedup_id",
        "sequence",
        "receive_count",
        "first_received",
        "received",
        "handle",
        "state",
        "due",
        "shown",
        "source_arn",
        "_md5",
    )

    def __init__(self, serial: int, id: str, body: str, sent: float) -> None:
        self.serial = serial  # its place in the queue: 1, 2, 3 ...
        self.id = id
        self.body = body
        self.attributes: dict[str, Any] = {}  # message attributes, as SendMessage takes them
        self.system: dict[str, Any] = {}  # AWSTraceHeader
        self.sent = sent  # SentTimestamp
        self.enqueued = sent  # where its retention counts from
        self.group: str | None = None
        self.dedup_id: str | None = None
        self.sequence: int | None = None
        self.receive_count = 0
        self.first_received: float | None = None
        self.received = 0.0  # when it was last received
        self.handle = ""  # the newest receipt handle
        self.state = DELAYED
        self.due: float | None = None  # when its delay or its visibility timeout ends
        self.shown = 0  # how often it has become visible; tells stale entries from live ones
        self.source_arn: str | None = None  # DeadLetterQueueSourceArn
        self._md5: str | None = None

    @property
    def md5(self) -> str:
        """The MD5 of the body, as SQS reports it."""
        if self._md5 is None:
            self._md5 = hashlib.md5(self.body.encode(), usedforsecurity=False).hexdigest()
        return self._md5

    def moved(self, serial: int) -> Message:
        """Return a copy for another queue: same id, content, times and counts (events-5)."""
        copy = Message(serial, self.id, self.body, self.sent)
        copy.attributes, copy.system, copy._md5 = self.attributes, self.system, self._md5
        copy.group, copy.dedup_id, copy.enqueued = self.group, self.dedup_id, self.enqueued
        copy.receive_count, copy.first_received = self.receive_count, self.first_received
        return copy

    def __repr__(self) -> str:
        return f"<Message {self.id} {self.state} received {self.receive_count} times>"


class Received:
    """What one ReceiveMessage call got of one message: a snapshot, with its receipt handle."""

    __slots__ = ("message", "handle", "receive_count", "received", "visible_again")

    def __init__(self, message: Message, visible_again: float) -> None:
        self.message = message
        self.handle = message.handle
        self.receive_count = message.receive_count
        self.received = message.received
        self.visible_again = visible_again
