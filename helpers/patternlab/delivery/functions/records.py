"""The event records that Lambda hands to a function (events-37)."""

from __future__ import annotations

import base64
from typing import Any

from patternlab.delivery.sqs.message import Message, Received
from patternlab.delivery.sqs.queue import Queue

#: Who sent it, as SQS reports the sender of a local cloud.
SENDER_ID = "AIDACKCEVSQ6C2EXAMPLE"

RECORD_OVERHEAD = 600  # bytes of a record besides body and attributes, about


def milliseconds(queue: Queue, seconds: float | None) -> str:
    """Return a moment on the queue's clock as SQS writes it: milliseconds since 1970, as text."""
    return str(round((queue.clock.epoch + (seconds or 0.0)) * 1000))


def sqs_record(queue: Queue, receipt: Received, region: str = "us-east-1") -> dict[str, Any]:
    """Return one entry of ``event["Records"]`` for a message received from `queue`."""
    message = receipt.message
    attributes: dict[str, str | None] = {
        "ApproximateReceiveCount": str(receipt.receive_count),
        "SentTimestamp": milliseconds(queue, message.sent),
        "SenderId": SENDER_ID,
        "ApproximateFirstReceiveTimestamp": milliseconds(queue, message.first_received),
    }
    if queue.fifo:
        attributes["SequenceNumber"] = str(message.sequence)
        attributes["MessageGroupId"] = message.group
        if message.dedup_id is not None:
            attributes["MessageDeduplicationId"] = message.dedup_id
    elif message.group is not None:
        attributes["MessageGroupId"] = message.group
    if message.source_arn:
        attributes["DeadLetterQueueSourceArn"] = message.source_arn
    if "AWSTraceHeader" in message.system:
        attributes["AWSTraceHeader"] = message.system["AWSTraceHeader"]
    return {
        "messageId": message.id,
        "receiptHandle": receipt.handle,
        "body": message.body,
        "attributes": attributes,
        "messageAttributes": _message_attributes(message),
        "md5OfBody": message.md5,
        "eventSource": "aws:sqs",
        "eventSourceARN": queue.arn,
        "awsRegion": region,
    }


def _message_attributes(message: Message) -> dict[str, Any]:
    """Return message attributes in the spelling Lambda uses, binary values in base64."""
    shown: dict[str, dict[str, Any]] = {}
    for name, value in message.attributes.items():
        entry: dict[str, Any] = {"stringListValues": [], "binaryListValues": []}
        if "StringValue" in value:
            entry["stringValue"] = value["StringValue"]
        if "BinaryValue" in value:
            entry["binaryValue"] = base64.b64encode(_bytes(value["BinaryValue"])).decode()
        shown[name] = entry | {"dataType": value["DataType"]}
    return shown


def _bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value


# -- sizes ---------------------------------------------------------------------------------------


def message_size(body: str, attributes: dict[str, Any] | None) -> int:
    """Return a message's bytes as SQS counts them: body, attributes' names, types and values."""
    size = len(body) if body.isascii() else len(body.encode())
    if attributes:
        for name, value in attributes.items():
            parts = name, value["DataType"], value.get("StringValue"), value.get("BinaryValue")
            size += sum(len(_bytes(part or "")) for part in parts)
    return size


def record_size(message: Message) -> int:
    """Return about how many bytes a message takes in an event."""
    return message_size(message.body, message.attributes) + RECORD_OVERHEAD
