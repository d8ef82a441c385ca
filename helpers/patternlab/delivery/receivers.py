"""Where a bucket or an event bus delivers to: anything with an ARN that takes a text."""

from __future__ import annotations

import json
import random
from typing import Any, Protocol

from patternlab.delivery.errors import DeliveryError
from patternlab.delivery.faults import CLIENT, SERVER, DeliveryFailure
from patternlab.delivery.functions.async_invoke import invoke_async
from patternlab.delivery.functions.function import Function
from patternlab.delivery.knobs import Knobs
from patternlab.delivery.s3.records import SUBJECT
from patternlab.delivery.sns.endpoints import BUSY
from patternlab.delivery.sns.topic import Topic
from patternlab.delivery.sqs.queue import Queue


class Target(Protocol):
    """A destination. `deliver` raises :class:`DeliveryFailure` when the text is not taken."""

    arn: str

    def deliver(self, body: str) -> None: ...


class QueueTarget:
    """An SQS queue. A `group` (MessageGroupId) is for FIFO queues."""

    def __init__(self, queue: Queue, group: str | None = None) -> None:
        self.queue, self.arn, self.group = queue, queue.arn, group

    def deliver(self, body: str) -> None:
        try:
            self.queue.send(body, group=self.group)
        except DeliveryError as error:
            raise as_failure(error) from None


class FunctionTarget:
    """A Lambda function, invoked asynchronously (events-50)."""

    def __init__(self, function: Function, *, knobs: Knobs, rng: random.Random, **options: Any):
        self.function, self._options = function, {"knobs": knobs, "rng": rng, **options}
        self.arn = f"arn:aws:lambda:us-east-1:123456789012:function:{function.name}"

    def deliver(self, body: str) -> None:
        invoke_async(self.function, json.loads(body), **self._options)


class TopicTarget:
    """An SNS topic. S3 publishes with its own subject (events-67); EventBridge with none."""

    def __init__(self, topic: Topic, subject: str | None = SUBJECT) -> None:
        self.topic, self.arn, self._subject = topic, topic.arn, subject

    def deliver(self, body: str) -> None:
        try:
            self.topic.publish(body, subject=self._subject)
        except DeliveryError as error:
            raise as_failure(error) from None


def as_failure(error: DeliveryError) -> DeliveryFailure:
    """What a sender makes of a queue's or a topic's refusal: worth another try, or not."""
    kind = SERVER if error.code in BUSY else CLIENT
    return DeliveryFailure(kind, f"{error.code}: {error.message}")
