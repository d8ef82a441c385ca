"""One message, and one receipt of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

DELAYED, VISIBLE, IN_FLIGHT, GONE = "delayed", "visible", "in flight", "gone"


@dataclass(slots=True, eq=False, repr=False)
class Message:
    """A message as the queue stores it. Times are seconds since the clock's start."""

    serial: int  # its place in the queue: 1, 2, 3 ...
    id: str
    body: str
    sent: float  # SentTimestamp
    attributes: dict[str, Any] = field(default_factory=dict)  # as SendMessage takes them
    system: dict[str, Any] = field(default_factory=dict)  # AWSTraceHeader
    enqueued: float = field(init=False)  # where its retention counts from
    group: str | None = None
    dedup_id: str | None = None
    sequence: int | None = None
    receive_count: int = 0
    first_received: float | None = None
    received: float = 0.0  # when it was last received
    handle: str = ""  # the newest receipt handle
    state: str = DELAYED
    due: float | None = None  # when its delay or its visibility timeout ends
    shown: int = 0  # how often it has become visible; tells stale entries from live ones
    source_arn: str | None = None  # DeadLetterQueueSourceArn
    _md5: str | None = None

    def __post_init__(self) -> None:
        self.enqueued = self.sent

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
