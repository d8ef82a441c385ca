"""A topic's delivery status lines in CloudWatch Logs: written by a local cloud, read from both.

SNS writes one line a delivery, to the log group ``sns/REGION/ACCOUNT/TOPIC`` when it succeeded and
to ``.../Failure`` when it did not, once the topic has the attributes <Protocol>SuccessFeedback-
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
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from patternlab.delivery.sns.delivery_log import COLUMNS, DELIVERED, FAILED
from patternlab.delivery.sns.topic import Fate, Subscription

PREFIX = "sns/"
_FORMAT = "%Y-%m-%d %H:%M:%S.%f"


def log_group(topic_arn: str, delivered: bool) -> str:
    """The log group of a topic's successes or failures."""
    _, _, _, region, account, name = topic_arn.split(":")
    return f"{PREFIX}{region}/{account}/{name}" + ("" if delivered else "/Failure")


def status_line(subscription: Subscription, fate: Fate, now: float, delivery_id: str) -> str:
    """The line about one delivery that ended; `now` is seconds on the clock."""
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
                "destination": subscription.endpoint.arn,
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
    """One row a delivery, oldest first, in the columns of ``cloud.deliveries()``.

    `logs` is a boto3 client, `topic` a topic's name, `beginning` what the names of topics to read
    begin with: the logs of others may be closed to us. `attempt` is the number of attempts, `time`
    when the last one was made, and `outcome` "delivered" or "failed": SNS does not write whether a
    dead-letter queue took the message.
    """
    pages = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=PREFIX)
    names = [group["logGroupName"] for page in pages for group in page["logGroups"]]
    rows = [
        row
        for name in names
        if _topic(name).startswith(beginning) and topic in (None, _topic(name))
        for row in _rows(_messages(logs, name))
    ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame["time"] = pd.to_datetime(frame["time"], utc=True)
    return frame.sort_values("time", kind="stable", ignore_index=True)


def _topic(group: str) -> str:
    return group.removesuffix("/Failure").split("/")[-1]


def _messages(logs: Any, group: str) -> Iterator[str]:
    for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group):
        for event in page["events"]:
            yield event["message"]


def _rows(lines: Iterable[str]) -> Iterator[tuple[Any, ...]]:
    for text in lines:
        line = json.loads(text)
        notification, delivery = line["notification"], line["delivery"]
        delivered = line["status"] == "SUCCESS"
        published = pd.Timestamp(notification["timestamp"], tz="UTC")
        destination = delivery["destination"]
        yield (
            notification["messageId"],
            notification["topicArn"].split(":")[-1],
            destination,
            destination.split(":")[2] if destination.startswith("arn:") else _scheme(destination),
            delivery.get("attempts", 1),
            published + pd.Timedelta(delivery["dwellTimeMs"], unit="ms"),
            DELIVERED if delivered else FAILED,
            None if delivered else delivery["providerResponse"],
        )


def _scheme(address: str) -> str:
    return address.partition("://")[0] if "://" in address else "email"
