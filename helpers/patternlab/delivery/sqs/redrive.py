"""Redrive: where a message goes that was received too often, and which queues may send there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Protocol

from patternlab.delivery.errors import invalid_parameter, invalid_value
from patternlab.delivery.sqs.message import Message

ALLOW_ALL, DENY_ALL, BY_QUEUE = "allowAll", "denyAll", "byQueue"
MAX_SOURCES = 10  # ARNs of a byQueue policy (events-7)


class RedriveQueue(Protocol):
    """What the policies know of a queue."""

    arn: str
    redrive_allow: RedriveAllowPolicy

    @property
    def fifo(self) -> bool:
        """Whether it is a FIFO queue."""

    def accept_dead_letter(self, message: Message, source_arn: str) -> Message:
        """Take over a message that the queue of that ARN gave up on."""


@dataclass
class RedrivePolicy:
    """Where a message goes when a receive would exceed `max_receive_count` (1 to 1000)."""

    dead_letter_queue: RedriveQueue
    max_receive_count: int = 10

    def check(self, source: RedriveQueue) -> None:
        """Refuse a dead-letter queue that `source` may not use (events-7)."""
        target = self.dead_letter_queue
        home, away = source.arn.split(":"), target.arn.split(":")
        if not 1 <= self.max_receive_count <= 1000:
            raise self._refused(
                f"Invalid value for maxReceiveCount: {self.max_receive_count}, valid values are "
                "from 1 to 1000 both inclusive."
            )
        if target.fifo is not source.fifo:
            raise self._refused("Dead-letter queue must be same type of queue as the source.")
        if home[4] != away[4]:
            raise self._refused("Dead-letter target owner should be same as the source.")
        if home[3] != away[3]:
            raise self._refused("Dead-letter target must be in the same Region as the source.")
        if not target.redrive_allow.allows(source.arn):
            raise self._refused("The dead-letter target's RedriveAllowPolicy does not allow it.")

    def _refused(self, reason: str) -> Exception:
        policy = {
            "deadLetterTargetArn": self.dead_letter_queue.arn,
            "maxReceiveCount": self.max_receive_count,
        }
        text = json.dumps(policy, separators=(",", ":"))
        return invalid_value(text, "RedrivePolicy", reason)


@dataclass(frozen=True)
class RedriveAllowPolicy:
    """Which queues may name this one as their dead-letter queue."""

    permission: str = ALLOW_ALL
    source_arns: tuple[str, ...] = ()

    def check(self) -> None:
        """Refuse an unknown permission, too many ARNs, and ARNs or none in the wrong place."""
        if self.permission not in (ALLOW_ALL, DENY_ALL, BY_QUEUE):
            raise self._refused("redrivePermission must be allowAll, denyAll or byQueue.")
        if self.permission == BY_QUEUE and not 1 <= len(self.source_arns) <= MAX_SOURCES:
            raise self._refused(
                f"byQueue takes 1 to {MAX_SOURCES} sourceQueueArns, not {len(self.source_arns)}. "
                "To allow more, use allowAll."
            )
        if self.permission != BY_QUEUE and self.source_arns:
            raise self._refused("sourceQueueArns can only be given with byQueue.")

    def allows(self, arn: str) -> bool:
        """Return whether the queue of that ARN may send its dead letters here."""
        if self.permission == BY_QUEUE:
            return arn in self.source_arns
        return self.permission == ALLOW_ALL

    def _refused(self, reason: str) -> Exception:
        return invalid_parameter(
            f"Value for parameter RedriveAllowPolicy is invalid. Reason: {reason}"
        )
