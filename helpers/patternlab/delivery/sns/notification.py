"""A message that was published, in the forms in which subscribers get it (events-57)."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any

from patternlab.delivery.formats import timestamp
from patternlab.delivery.receivers import Parcel, Receiver

#: SNS signs with a private key of its own. Nobody else can, so this one says what it is.
SIGNATURE = base64.b64encode(b"A local cloud cannot sign as AWS does: made up").decode()


@dataclass(slots=True)
class Notification:
    """A message as it was published.

    Attributes:
        published: When, in seconds on the clock.
        timestamp: When, in seconds since 1970.
        attributes: ``{name: {"Type": ..., "Value": ...}}``, binary values in base64.
        by_protocol: The texts of a message whose MessageStructure is "json".
        trace: The trace header of the request that published it.
    """

    id: str
    topic_arn: str
    message: str
    published: float
    timestamp: float
    subject: str | None = None
    attributes: dict[str, dict[str, str]] = field(default_factory=dict)
    group: str | None = None
    dedup_id: str | None = None
    sequence: str | None = None
    by_protocol: dict[str, str] | None = None
    trace: str | None = None

    def text_for(self, protocol: str) -> str:
        """Return the message for subscribers of that protocol."""
        if self.by_protocol is None:
            return self.message
        return self.by_protocol.get(protocol, self.by_protocol["default"])

    def sqs_attributes(self) -> dict[str, dict[str, Any]]:
        """Return the attributes as SendMessage takes them, for raw delivery."""
        return {name: _sqs_attribute(value) for name, value in self.attributes.items()}


def _sqs_attribute(value: dict[str, str]) -> dict[str, Any]:
    if value["Type"].startswith("Binary"):
        return {"DataType": value["Type"], "BinaryValue": base64.b64decode(value["Value"])}
    return {"DataType": value["Type"], "StringValue": value["Value"]}


def _urls(notification: Notification, subscription_arn: str) -> tuple[str, str]:
    region = notification.topic_arn.split(":")[3]
    host = f"https://sns.{region}.amazonaws.com"
    return (
        f"{host}/SimpleNotificationService-made-up.pem",
        f"{host}/?Action=Unsubscribe&SubscriptionArn={subscription_arn}",
    )


def parcel_for(
    receiver: Receiver, notification: Notification, subscription_arn: str, raw: bool
) -> Parcel:
    """Return what a subscription delivers to `receiver`, in the form for its protocol.

    A FIFO queue gets the group and the deduplication id. A standard queue gets a group from
    standard topics only (fair queues), not from FIFO ones (events-60).
    """
    note, protocol = notification, receiver.protocol
    if protocol == "lambda":
        return Parcel(json.dumps(lambda_event(note, subscription_arn)), trace=note.trace)
    body = note.text_for(protocol) if raw else envelope(note, subscription_arn, protocol)
    if protocol != "sqs":
        return Parcel(body, headers=_headers(note, subscription_arn, raw))
    to_fifo = receiver.arn.endswith(".fifo")
    return Parcel(
        body,
        attributes=note.sqs_attributes() if raw else {},
        group=note.group if to_fifo or not note.sequence else None,
        dedup_id=note.dedup_id if to_fifo else None,
        trace=note.trace,
    )


def _headers(notification: Notification, subscription_arn: str, raw: bool) -> dict[str, str]:
    headers = {
        "x-amz-sns-message-type": "Notification",
        "x-amz-sns-message-id": notification.id,
        "x-amz-sns-topic-arn": notification.topic_arn,
        "x-amz-sns-subscription-arn": subscription_arn,
        "Content-Type": "text/plain; charset=UTF-8",
    }
    return headers | ({"x-amz-sns-rawdelivery": "true"} if raw else {})


def envelope(notification: Notification, subscription_arn: str, protocol: str) -> str:
    """Return the JSON text that queues and web servers get, unless delivery is raw.

    Messages of FIFO topics have a sequence number in place of the signature.
    """
    certificate, unsubscribe = _urls(notification, subscription_arn)
    fields: dict[str, Any] = {"Type": "Notification", "MessageId": notification.id}
    if notification.sequence:
        fields["SequenceNumber"] = notification.sequence
    fields["TopicArn"] = notification.topic_arn
    if notification.subject:
        fields["Subject"] = notification.subject
    fields["Message"] = notification.text_for(protocol)
    fields["Timestamp"] = timestamp(notification.timestamp)
    if not notification.sequence:
        fields |= {
            "SignatureVersion": "1",
            "Signature": SIGNATURE,
            "SigningCertURL": certificate,
        }
    fields["UnsubscribeURL"] = unsubscribe
    if notification.attributes:
        fields["MessageAttributes"] = notification.attributes
    return json.dumps(fields, indent=2, separators=(",", " : "), ensure_ascii=False)


def lambda_event(notification: Notification, subscription_arn: str) -> dict[str, Any]:
    """Return the event that a subscribed function gets: one record, with URLs spelt ``Url``."""
    certificate, unsubscribe = _urls(notification, subscription_arn)
    message = {
        "Type": "Notification",
        "MessageId": notification.id,
        "TopicArn": notification.topic_arn,
        "Subject": notification.subject,
        "Message": notification.text_for("lambda"),
        "Timestamp": timestamp(notification.timestamp),
        "SignatureVersion": "1",
        "Signature": SIGNATURE,
        "SigningCertUrl": certificate,
        "UnsubscribeUrl": unsubscribe,
        "MessageAttributes": notification.attributes,
    }
    record = {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": subscription_arn,
        "Sns": message,
    }
    return {"Records": [record]}


def notification_size(message: str, attributes: dict[str, dict[str, str]] | None) -> int:
    """Return a message's bytes as SNS counts them: text, attributes' names, types and values."""
    size = len(message.encode())
    for name, value in (attributes or {}).items():
        size += len(name.encode()) + len(value["Type"].encode())
        if value["Type"].startswith("Binary"):
            size += len(base64.b64decode(value["Value"]))
        else:
            size += len(str(value["Value"]).encode())
    return size
