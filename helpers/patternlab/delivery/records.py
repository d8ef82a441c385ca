"""The event records Lambda hands to a function (facts, row 37)."""

from __future__ import annotations

from typing import Any

from patternlab.delivery.message import Message, Received
from patternlab.delivery.queue import Queue

#: Who sent it, as SQS reports the sender of a local cloud.
SENDER_ID = "AIDACKCEVSQ6C2EXAMPLE"


def milliseconds(queue: Queue, seconds: float | None) -> str:
    """A moment on the queue's clock as SQS writes it: milliseconds since 1970, as text."""
    return str(round((queue.clock.epoch + (seconds or 0.0)) * 1000))


def sqs_record(queue: Queue, receipt: Received, region: str = "us-east-1") -> dict[str, Any]:
    """One entry of ``event["Records"]`` for a message received from `queue`."""
    message = receipt.message
    attributes = {
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
    """Message attributes in the spelling Lambda uses."""
    return {
        name: {
            **{
                small: value[large]
                for large, small in (("StringValue", "stringValue"), ("BinaryValue", "binaryValue"))
                if large in value
            },
            "stringListValues": [],
            "binaryListValues": [],
            "dataType": value["DataType"],
        }
        for name, value in message.attributes.items()
    }
