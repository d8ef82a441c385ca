"""What SNS refuses of topics and subscriptions, in its words where they are known."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from moto.sns.exceptions import InvalidParameterValue

from patternlab.delivery.errors import DeliveryError, refused_by_sns
from patternlab.delivery.sns.delivery_policy import RETRIES, RetryPolicy, parse_delivery_policy
from patternlab.delivery.sns.filter_policy import ATTRIBUTES, BODY, FilterPolicy
from patternlab.delivery.sns.topic import (
    LARGEST_SIZE,
    SCOPE_GROUP,
    SCOPE_TOPIC,
    SMALLEST_SIZE,
)
from patternlab.local.errors import translated
from patternlab.local.receivers import find_queue

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


@contextmanager
def sns_errors(prefix: str = INVALID) -> Iterator[None]:
    """A scope in which what a check or the model refuses is SNS's InvalidParameter.

    Args:
        prefix: what SNS's message begins with.
    """
    with translated(lambda error: InvalidParameterValue(prefix + error.message), DeliveryError):
        yield


# -- topics --------------------------------------------------------------------------------------


def check_arn(arn: str | None) -> None:
    """Refuse what is not an ARN."""
    parts = (arn or "").split(":")
    if len(parts) < 6:
        raise refused_by_sns(
            f"TopicArn Reason: An ARN must have at least 6 elements, not {len(parts)}"
        )


def check_topic_attribute(name: str, value: Any, fifo: bool) -> None:
    """Refuse an attribute that topics do not have, or cannot have with that value."""
    if name not in TOPIC_ATTRIBUTES and not FEEDBACK.fullmatch(name):
        raise refused_by_sns("AttributeName")
    if name == "MaximumMessageSize":
        text = str(value)
        if not text.isdigit() or not SMALLEST_SIZE <= int(text) <= LARGEST_SIZE:
            raise refused_by_sns(
                f"MaximumMessageSize: must be from {SMALLEST_SIZE} to {LARGEST_SIZE}"
            )
    elif name == "FifoThroughputScope" and (not fifo or value not in (SCOPE_TOPIC, SCOPE_GROUP)):
        raise refused_by_sns(
            f"FifoThroughputScope: {SCOPE_TOPIC} or {SCOPE_GROUP}, on FIFO topics only"
        )
    elif name == "DeliveryPolicy":
        read_delivery_policy(value, of_topic=True)
    elif name.endswith("SampleRate") and not (str(value).isdigit() and int(value) <= 100):
        raise refused_by_sns(f"{name}: must be from 0 to 100")


def check_message(subject: str | None, structure: str | None) -> None:
    """Refuse a subject that is empty, too long or has line breaks, and an unknown structure."""
    if subject is not None and (not 0 < len(subject) <= 100 or any(c in subject for c in "\r\n")):
        raise refused_by_sns("Subject")
    if structure not in (None, "json"):
        raise refused_by_sns(f"Invalid Message Structure parameter: {structure}")


# -- subscriptions -------------------------------------------------------------------------------


def check_endpoint(protocol: str, endpoint: str) -> None:
    """Refuse an unknown protocol, and an endpoint that is not of its protocol."""
    if protocol not in RETRIES:
        raise refused_by_sns(f"Amazon SNS does not support this protocol string: {protocol}")
    if protocol in ("http", "https") and not endpoint.startswith(f"{protocol}://"):
        raise refused_by_sns("Endpoint must match the specified protocol")
    if protocol == "lambda" and not re.match(r"arn:[\w-]+:lambda:[\w-]+:\d+:function:.", endpoint):
        raise refused_by_sns("Lambda endpoint ARN")


def check_attribute_name(name: str) -> None:
    """Refuse an attribute that subscriptions do not have."""
    if name not in SUBSCRIPTION_ATTRIBUTES:
        raise refused_by_sns("AttributeName")


def read_raw(value: Any) -> bool:
    """Return the value of RawMessageDelivery."""
    if str(value).lower() not in ("true", "false"):
        raise refused_by_sns(f"RawMessageDelivery: Invalid value [{value}]. Must be true or false.")
    return str(value).lower() == "true"


def read_filter(attributes: Mapping[str, Any]) -> FilterPolicy | None:
    """Return the filter policy in a subscription's attributes; None for an empty text."""
    text, scope = attributes.get("FilterPolicy"), attributes.get("FilterPolicyScope")
    if scope not in (None, ATTRIBUTES, BODY):
        raise refused_by_sns(
            f"FilterPolicyScope: Invalid value [{scope}]. Please use either {BODY} or {ATTRIBUTES}"
        )
    return FilterPolicy(text, scope or ATTRIBUTES) if text else None


def read_delivery_policy(text: str | None, of_topic: bool = False) -> RetryPolicy | None:
    """Return the retry policy of a subscription or a topic; None for an empty text."""
    return parse_delivery_policy(text, of_topic) if text else None


def read_redrive(text: str | None, topic: str, endpoint: str) -> str | None:
    """The dead-letter queue's ARN in a RedrivePolicy; None for an empty text.

    The words for a queue that does not exist, and for one of the wrong type or place, are ours.
    """
    if not text:
        return None
    try:
        arn = json.loads(text).get("deadLetterTargetArn")
    except (ValueError, AttributeError) as error:
        raise refused_by_sns(f"RedrivePolicy: failed to parse JSON. {error}") from None
    parts = str(arn or "").split(":")
    if len(parts) != 6 or parts[2] != "sqs":
        raise refused_by_sns("RedrivePolicy: deadLetterTargetArn is an invalid arn")
    if parts[3:5] != topic.split(":")[3:5]:
        raise refused_by_sns(
            "RedrivePolicy: the dead-letter queue must be in the topic's account and Region"
        )
    both_fifo = topic.endswith(".fifo") and endpoint.endswith(".fifo")
    if both_fifo and not arn.endswith(".fifo"):
        raise refused_by_sns(
            "RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.",
        )
    if arn.endswith(".fifo") and not topic.endswith(".fifo"):
        raise refused_by_sns("RedrivePolicy: must use a standard queue as DLQ for a standard topic")
    if find_queue(arn) is None:
        raise refused_by_sns(f"RedrivePolicy: the queue {arn} does not exist")
    return arn
