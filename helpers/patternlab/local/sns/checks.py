"""What SNS refuses of topics and subscriptions, in its words where they are known."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from moto.sns.exceptions import InvalidParameterValue

from patternlab.delivery.errors import DeliveryError
from patternlab.delivery.sns.delivery_policy import RetryPolicy, parse_delivery_policy
from patternlab.delivery.sns.endpoints import RETRIES
from patternlab.delivery.sns.filter_policy import ATTRIBUTES, BODY, FilterPolicy
from patternlab.delivery.sns.topic import (
    LARGEST_SIZE,
    SCOPE_GROUP,
    SCOPE_TOPIC,
    SMALLEST_SIZE,
)
from patternlab.local.sns.endpoints import find_queue

FEEDBACK = re.compile(
    r"(HTTP|Firehose|Lambda|Application|SQS)"
    r"(SuccessFeedbackRoleArn|FailureFeedbackRoleArn|SuccessFeedbackSampleRate)"
)
TOPIC_ATTRIBUTES = {
    "ArchivePolicy",
    "ContentBasedDeduplication",
    "DataProtectionPolicy",
    "DeliveryPolicy",
    "DisplayName",
    "FifoThroughputScope",
    "FifoTopic",
    "KmsMasterKeyId",
    "MaximumMessageSize",
    "Policy",
    "SignatureVersion",
    "TracingConfig",
}
SUBSCRIPTION_ATTRIBUTES = {
    "DeliveryPolicy",
    "FilterPolicy",
    "FilterPolicyScope",
    "RawMessageDelivery",
    "RedrivePolicy",
    "ReplayPolicy",
    "SubscriptionRoleArn",
}
INVALID = "Invalid parameter: "
IN_ATTRIBUTES = INVALID + "Attributes Reason: "


def refused(reason: str, prefix: str = INVALID) -> InvalidParameterValue:
    """InvalidParameter with SNS's usual beginning."""
    return InvalidParameterValue(prefix + reason)


def with_sns_errors(operation: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call the model; what it refuses becomes SNS's error response."""
    prefix = kwargs.pop("prefix", INVALID)
    try:
        return operation(*args, **kwargs)
    except DeliveryError as error:
        raise refused(error.message, prefix) from None


# -- topics --------------------------------------------------------------------------------------


def check_arn(arn: str | None) -> None:
    """Refuse what is no ARN."""
    parts = (arn or "").split(":")
    if len(parts) < 6:
        raise refused(f"TopicArn Reason: An ARN must have at least 6 elements, not {len(parts)}")


def check_topic_attribute(name: str, value: Any, fifo: bool, prefix: str = INVALID) -> None:
    """Refuse an attribute that topics do not have, or cannot have with that value."""
    if name not in TOPIC_ATTRIBUTES and not FEEDBACK.fullmatch(name):
        raise refused("AttributeName", prefix)
    if name == "MaximumMessageSize":
        text = str(value)
        if not text.isdigit() or not SMALLEST_SIZE <= int(text) <= LARGEST_SIZE:
            raise refused(
                f"MaximumMessageSize: must be from {SMALLEST_SIZE} to {LARGEST_SIZE}", prefix
            )
    elif name == "FifoThroughputScope" and (not fifo or value not in (SCOPE_TOPIC, SCOPE_GROUP)):
        raise refused(
            f"FifoThroughputScope: {SCOPE_TOPIC} or {SCOPE_GROUP}, on FIFO topics only", prefix
        )
    elif name == "DeliveryPolicy":
        topic_policy(value, prefix)
    elif name.endswith("SuccessFeedbackSampleRate") and not _percentage(value):
        raise refused(f"{name}: must be from 0 to 100", prefix)


def topic_policy(text: str, prefix: str = INVALID) -> RetryPolicy | None:
    """The HTTP/S retry policy of a topic; None for an empty text."""
    return with_sns_errors(parse_delivery_policy, text, True, prefix=prefix) if text else None


def _percentage(value: Any) -> bool:
    return str(value).isdigit() and int(value) <= 100


def check_message(subject: str | None, structure: str | None) -> None:
    """Refuse a subject that is empty, too long or has line breaks, and an unknown structure."""
    if subject is not None and (not 0 < len(subject) <= 100 or any(c in subject for c in "\r\n")):
        raise refused("Subject")
    if structure not in (None, "json"):
        raise refused(f"Invalid Message Structure parameter: {structure}")


# -- subscriptions -------------------------------------------------------------------------------


def check_endpoint(protocol: str, endpoint: str) -> None:
    """Refuse an unknown protocol, and an endpoint that is not of its protocol."""
    if protocol not in RETRIES:
        raise refused(f"Amazon SNS does not support this protocol string: {protocol}")
    if protocol in ("http", "https") and not endpoint.startswith(f"{protocol}://"):
        raise refused("Endpoint must match the specified protocol")
    if protocol == "lambda" and not re.match(r"arn:[\w-]+:lambda:[\w-]+:\d+:function:.", endpoint):
        raise refused("Lambda endpoint ARN")


def check_attribute_name(name: str, prefix: str) -> None:
    """Refuse an attribute that subscriptions do not have."""
    if name not in SUBSCRIPTION_ATTRIBUTES:
        raise refused("AttributeName", prefix)


def check_raw(value: Any, prefix: str) -> None:
    """Refuse a RawMessageDelivery that is neither true nor false."""
    if str(value).lower() not in ("true", "false"):
        raise refused(
            f"RawMessageDelivery: Invalid value [{value}]. Must be true or false.", prefix
        )


def check_scope(value: str, prefix: str) -> None:
    """Refuse an unknown FilterPolicyScope."""
    if value not in (ATTRIBUTES, BODY):
        raise refused(
            f"FilterPolicyScope: Invalid value [{value}]. Please use either {BODY} or {ATTRIBUTES}",
            prefix,
        )


def read_filter(text: str | None, scope: str | None, prefix: str) -> FilterPolicy | None:
    """The filter policy in the attribute; None for an empty text."""
    if not text:
        return None
    return with_sns_errors(FilterPolicy, text, scope or ATTRIBUTES, prefix=prefix)


def read_delivery_policy(text: str | None, prefix: str) -> RetryPolicy | None:
    """The retry policy in the attribute; None for an empty text."""
    return with_sns_errors(parse_delivery_policy, text, prefix=prefix) if text else None


def read_redrive(text: str | None, topic: str, endpoint: str, prefix: str) -> str | None:
    """The dead-letter queue's ARN in a RedrivePolicy; None for an empty text.

    The words for a queue that does not exist, and for one of the wrong type or place, are ours.
    """
    if not text:
        return None
    try:
        arn = json.loads(text).get("deadLetterTargetArn")
    except (ValueError, AttributeError) as error:
        raise refused(f"RedrivePolicy: failed to parse JSON. {error}", prefix) from None
    parts = str(arn or "").split(":")
    if len(parts) != 6 or parts[2] != "sqs":
        raise refused("RedrivePolicy: deadLetterTargetArn is an invalid arn", prefix)
    if parts[3:5] != topic.split(":")[3:5]:
        raise refused(
            "RedrivePolicy: the dead-letter queue must be in the topic's account and Region", prefix
        )
    both_fifo = topic.endswith(".fifo") and endpoint.endswith(".fifo")
    if both_fifo and not arn.endswith(".fifo"):
        raise refused(
            "RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.",
            prefix,
        )
    if arn.endswith(".fifo") and not topic.endswith(".fifo"):
        raise refused(
            "RedrivePolicy: must use a standard queue as DLQ for a standard topic", prefix
        )
    if find_queue(arn) is None:
        raise refused(f"RedrivePolicy: the queue {arn} does not exist", prefix)
    return arn
