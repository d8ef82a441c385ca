"""What SQS refuses before it looks at a queue: sizes, delays, ids, ranges."""

from __future__ import annotations

import json
import re
from typing import Any

from moto.sqs.exceptions import InvalidParameterValue, SQSException

from patternlab.delivery.functions.records import message_size
from patternlab.delivery.sqs.queue import MAX_DELAY, MAX_VISIBILITY_TIMEOUT, Queue

BATCH_BYTES = 1_048_576  # one message, or one batch (events-12)
SERVICE = "AWS.SimpleQueueService."

#: Attribute -> smallest and largest value, in seconds or bytes.
RANGES = {
    "DelaySeconds": (0, MAX_DELAY),
    "MaximumMessageSize": (1024, BATCH_BYTES),
    "MessageRetentionPeriod": (60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, MAX_VISIBILITY_TIMEOUT),
}


def check_attributes(attributes: dict[str, Any]) -> None:
    """Refuse a value outside SQS's limits."""
    for name, (low, high) in RANGES.items():
        value = attributes.get(name)
        if value is None:
            continue
        if not re.fullmatch(r"-?\d+", str(value)) or not low <= int(value) <= high:
            raise _invalid(name)
    if attributes.get("Policy"):
        try:
            policy = json.loads(attributes["Policy"])
        except ValueError:
            raise _invalid("Policy") from None
        if not isinstance(policy, dict):
            raise _invalid("Policy")


def _invalid(name: str) -> SQSException:
    return SQSException("InvalidAttributeValue", f"Invalid value for the parameter {name}.")


def check_body(body: str, attributes: dict[str, Any] | None, limit: int) -> None:
    """Refuse an empty message, or one of more than `limit` bytes."""
    if not body:
        raise SQSException(
            "MissingParameter", "The request must contain the parameter MessageBody."
        )
    if message_size(body, attributes) > limit:
        raise InvalidParameterValue(
            "One or more parameters are invalid. Reason: Message must be shorter than "
            f"{limit} bytes."
        )


def check_delay(queue: Queue, delay: int | None) -> None:
    """Refuse a delay outside the limits; FIFO queues themselves refuse any of one message."""
    if delay is not None and not queue.fifo and not 0 <= int(delay) <= MAX_DELAY:
        raise InvalidParameterValue(
            f"Value {delay} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be "
            f">= 0 and <= {MAX_DELAY}."
        )


def check_fifo(group: str | None, dedup_id: str | None, content_deduplication: bool) -> None:
    """Refuse a message without a group, or without anything to tell duplicates by."""
    if not group:
        raise SQSException(
            "MissingParameter", "The request must contain the parameter MessageGroupId."
        )
    if not dedup_id and not content_deduplication:
        raise InvalidParameterValue(
            "The queue should either have ContentBasedDeduplication enabled or "
            "MessageDeduplicationId provided explicitly"
        )


def check_receive(parameters: dict[str, int | None]) -> None:
    """Refuse a receive that asks for too many messages, or for too long."""
    number = parameters.get("MaxNumberOfMessages")
    if number is not None and not 1 <= number <= 10:
        raise _out_of_range("MaxNumberOfMessages", number, "between 1 and 10")
    wait = parameters.get("WaitTimeSeconds")
    if wait is not None and not 0 <= wait <= 20:
        raise _out_of_range("WaitTimeSeconds", wait, ">= 0 and <= 20")
    visibility = parameters.get("VisibilityTimeout")
    if visibility is not None:
        check_visibility(visibility)


def check_visibility(timeout: int) -> None:
    """Refuse a visibility timeout outside the limits."""
    if not 0 <= int(timeout) <= MAX_VISIBILITY_TIMEOUT:
        raise _out_of_range("VisibilityTimeout", timeout, f">= 0 and <= {MAX_VISIBILITY_TIMEOUT}")


def _out_of_range(name: str, value: int, limits: str) -> InvalidParameterValue:
    return InvalidParameterValue(
        f"Value {value} for parameter {name} is invalid. Reason: Must be {limits}, if provided."
    )


def check_entry_ids(ids: list[str]) -> None:
    """Refuse a batch of more than ten entries, and ids that are malformed or not distinct."""
    if len(ids) > 10:
        raise SQSException(
            SERVICE + "TooManyEntriesInBatchRequest",
            f"Maximum number of entries per request are 10. You have sent {len(ids)}.",
        )
    for i, entry_id in enumerate(ids):
        if not re.fullmatch(r"[\w-]{1,80}", entry_id):
            raise SQSException(
                SERVICE + "InvalidBatchEntryId",
                "A batch entry id can only contain alphanumeric characters, hyphens and "
                "underscores. It can be at most 80 letters long.",
            )
        if entry_id in ids[:i]:
            raise SQSException(SERVICE + "BatchEntryIdsNotDistinct", f"Id {entry_id} repeated.")


def check_batch_size(entries: list[dict[str, Any]]) -> None:
    """Refuse a batch of more than 1 MiB in all."""
    size = sum(message_size(e["MessageBody"], e.get("MessageAttributes")) for e in entries)
    if size > BATCH_BYTES:
        raise SQSException(
            SERVICE + "BatchRequestTooLong",
            f"Batch requests cannot be longer than {BATCH_BYTES} bytes. "
            f"You have sent {size} bytes.",
        )


def read_policy(name: str, policy: Any, example: str) -> tuple[dict[str, Any], str]:
    """Return a policy attribute as a dictionary and as text; refuse what is not a JSON object."""
    text = policy if isinstance(policy, str) else json.dumps(policy, separators=(",", ":"))
    try:
        content = json.loads(text)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise bad_policy(name, text, f"It must be a JSON object like {example}.")
    return content, text


def bad_policy(name: str, text: str, reason: str) -> InvalidParameterValue:
    """A policy attribute that SQS refuses, and why."""
    return InvalidParameterValue(f"Value {text} for parameter {name} is invalid. Reason: {reason}")
