"""A topic's delivery status lines in CloudWatch Logs: written by a local cloud, read from both.

SNS writes one line per delivery, to the log group ``sns/REGION/ACCOUNT/TOPIC`` if it succeeded and
to ``.../Failure`` if it did not, once the topic has the attributes <Protocol>SuccessFeedback-
RoleArn and <Protocol>FailureFeedbackRoleArn. Reference: "Amazon SNS message delivery status", AWS
documentation; the fields are those of recorded lines::

    {"notification": {"messageMD5Sum": ..., "messageId": ..., "topicArn": ...,
                      "timestamp": "2026-01-05 09:00:00.000"},
     "delivery": {"deliveryId": ..., "destination": ..., "providerResponse": ...,
                  "dwellTimeMs": ..., "attempts": ..., "statusCode": ...},
     "status": "SUCCESS"}

AWS does not say what ``providerResponse`` holds for queues and functions; here it is "OK" or the
error's words.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from patternlab.delivery.sns.delivery_log import DELIVERED, FAILED, Delivery, delivery_frame
from patternlab.delivery.sns.topic import Fate, Subscription
from patternlab.functions.logs import log_groups, log_lines

PREFIX = "sns/"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FORMAT = "%Y-%m-%d %H:%M:%S.%f"


def log_group(topic_arn: str, delivered: bool) -> str:
    """Return the log group of a topic's successes or failures."""
    _, _, _, region, account, name = topic_arn.split(":")
    return f"{PREFIX}{region}/{account}/{name}" + ("" if delivered else "/Failure")


def status_line(subscription: Subscription, fate: Fate, now: float, delivery_id: str) -> str:
    """Return the line about one delivery that ended; `now` is seconds on the clock."""
    note, failure = fate.notification, fate.failure
    published = datetime.fromtimestamp(note.timestamp, UTC)
    return json.dumps(
        {
            "notification": {
                "messageMD5Sum": hashlib.md5(
                    note.message.encode(), usedforsecurity=False
                ).hexdigest(),
                "messageId": note.id,
                "topicArn": note.topic_arn,
                "timestamp": published.strftime(_FORMAT)[:-3],
            },
            "delivery": {
                "deliveryId": delivery_id,
                "destination": subscription.receiver.arn,
                "providerResponse": failure.message if failure else "OK",
                "dwellTimeMs": round((now - note.published) * 1000),
                "attempts": fate.attempts,
                "statusCode": failure.status if failure else 200,
            },
            "status": "SUCCESS" if fate.outcome == DELIVERED else "FAILURE",
        }
    )


def read_delivery_status(
    logs: Any, topic: str | None = None, *, beginning: str = ""
) -> pd.DataFrame:
    """Return one row per delivery, oldest first, in the columns of ``cloud.deliveries()``.

    `attempt` is the number of attempts, `time` when the last one was made, and `outcome`
    "delivered" or "failed": SNS does not write whether a dead-letter queue took the message.

    Args:
        logs: A boto3 client.
        topic: The name of one topic, if only its deliveries are wanted.
        beginning: What the names of the topics to read begin with. We may not be allowed to read
            the logs of others.
    """
    return delivery_frame(
        (
            _delivery(json.loads(line))
            for group in log_groups(logs, PREFIX)
            if _topic(group).startswith(beginning) and topic in (None, _topic(group))
            for line in log_lines(logs, group)
        ),
        EPOCH,
    )


def _topic(group: str) -> str:
    return group.removesuffix("/Failure").split("/")[-1]


def _delivery(line: dict[str, Any]) -> Delivery:
    notification, delivery = line["notification"], line["delivery"]
    delivered = line["status"] == "SUCCESS"
    published = datetime.strptime(notification["timestamp"], _FORMAT).replace(tzinfo=UTC)
    destination = delivery["destination"]
    return Delivery(
        message_id=notification["messageId"],
        topic=notification["topicArn"].split(":")[-1],
        destination=destination,
        protocol=_protocol(destination),
        attempt=delivery.get("attempts", 1),
        time=published.timestamp() + delivery["dwellTimeMs"] / 1000,
        outcome=DELIVERED if delivered else FAILED,
        error=None if delivered else delivery["providerResponse"],
    )


def _protocol(destination: str) -> str:
    if destination.startswith("arn:"):
        return destination.split(":")[2]
    return destination.partition("://")[0] if "://" in destination else "email"
