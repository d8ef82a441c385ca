"""Who subscribes to a topic: queues, functions, web servers, people."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, Protocol

from patternlab.delivery.errors import DeliveryError
from patternlab.delivery.faults import CLIENT, SERVER, DeliveryFailure
from patternlab.delivery.functions.async_invoke import invoke_async
from patternlab.delivery.functions.function import Function
from patternlab.delivery.knobs import Knobs
from patternlab.delivery.sns.delivery_policy import (
    AWS_MANAGED,
    CUSTOMER_MANAGED,
    HTTP_DEFAULT,
    RetryPolicy,
)
from patternlab.delivery.sns.notification import Notification, envelope, lambda_event
from patternlab.delivery.sqs.queue import Queue

#: How often SNS tries, by protocol (events-51 to events-53).
RETRIES: dict[str, RetryPolicy] = {
    "sqs": AWS_MANAGED,
    "lambda": AWS_MANAGED,
    "firehose": AWS_MANAGED,
    "http": HTTP_DEFAULT,
    "https": HTTP_DEFAULT,
    "email": CUSTOMER_MANAGED,
    "email-json": CUSTOMER_MANAGED,
    "sms": CUSTOMER_MANAGED,
    "application": CUSTOMER_MANAGED,
}
ANSWER_WITHIN = 15.0  # seconds that a web server has
BUSY = "ThrottlingException", "OverLimit", "ServiceUnavailable"


class Endpoint(Protocol):
    """Where a subscription delivers to, under its ARN, URL or address.

    `deliver` raises :class:`DeliveryFailure` when the message was not taken.
    """

    arn: str
    protocol: str

    def deliver(self, notification: Notification, subscription_arn: str, raw: bool) -> None: ...


def queue_message(notification: Notification, arn: str, raw: bool, fifo: bool) -> dict[str, Any]:
    """What is sent to a queue: the arguments of ``Queue.send``.

    A FIFO queue gets the group and the deduplication id. A standard queue gets a group from
    standard topics only (fair queues), not from FIFO ones (events-60).
    """
    message: dict[str, Any] = {
        "body": notification.text_for("sqs") if raw else envelope(notification, arn, "sqs")
    }
    if raw:
        message["attributes"] = notification.sqs_attributes()
    if fifo:
        message |= {"group": notification.group, "dedup_id": notification.dedup_id}
    elif notification.group and not notification.sequence:
        message["group"] = notification.group
    if notification.trace:
        message["system"] = {"AWSTraceHeader": notification.trace}
    return message


class QueueEndpoint:
    """An SQS queue, standard or FIFO."""

    protocol = "sqs"

    def __init__(self, queue: Queue) -> None:
        self.queue, self.arn = queue, queue.arn

    def deliver(self, notification: Notification, subscription_arn: str, raw: bool) -> None:
        message = queue_message(notification, subscription_arn, raw, self.queue.fifo)
        try:
            self.queue.send(message.pop("body"), **message)
        except DeliveryError as error:
            kind = SERVER if error.code in BUSY else CLIENT
            raise DeliveryFailure(kind, f"{error.code}: {error.message}") from None


class FunctionEndpoint:
    """A Lambda function. Its asynchronous queue takes the event: delivered, whatever the function
    then does with it (events-56)."""

    protocol = "lambda"

    def __init__(
        self, function: Function, *, knobs: Knobs, rng: random.Random, **options: Any
    ) -> None:
        self.function, self._options = function, {"knobs": knobs, "rng": rng, **options}
        self.arn = f"arn:aws:lambda:us-east-1:123456789012:function:{function.name}"

    def deliver(self, notification: Notification, subscription_arn: str, raw: bool) -> None:
        event = lambda_event(notification, subscription_arn)
        invoke_async(self.function, event, trace=notification.trace, **self._options)


class WebEndpoint:
    """A web server: `answer` is called with the headers and the body, and gives a status code.

    None stands for no answer within 15 seconds, an exception for a 500. 2xx and 3xx are a
    delivery; 4xx is the client's error, never tried again; everything else is (events-53,
    events-54).
    """

    def __init__(self, url: str, answer: Callable[[dict[str, str], str], int | None]) -> None:
        self.arn, self.answer = url, answer
        self.protocol = url.partition(":")[0]

    def deliver(self, notification: Notification, subscription_arn: str, raw: bool) -> None:
        body = (
            notification.text_for(self.protocol)
            if raw
            else envelope(notification, subscription_arn, self.protocol)
        )
        headers = {
            "x-amz-sns-message-type": "Notification",
            "x-amz-sns-message-id": notification.id,
            "x-amz-sns-topic-arn": notification.topic_arn,
            "x-amz-sns-subscription-arn": subscription_arn,
            "Content-Type": "text/plain; charset=UTF-8",
        }
        if raw:
            headers["x-amz-sns-rawdelivery"] = "true"
        status = self._status(headers, body)
        if status is None:
            raise DeliveryFailure(SERVER, "No answer within 15 seconds", 504, took=ANSWER_WITHIN)
        if not 200 <= status < 400:
            kind = CLIENT if 400 <= status < 500 else SERVER
            raise DeliveryFailure(kind, f"The server answered with status {status}", status)

    def _status(self, headers: dict[str, str], body: str) -> int | None:
        try:
            return self.answer(headers, body)
        except DeliveryFailure:
            raise
        except Exception as error:
            text = f"The server failed: {type(error).__name__}: {error}"
            raise DeliveryFailure(SERVER, text, 500) from error


class PersonEndpoint:
    """An e-mail address or a telephone: takes every message, and nobody reads it."""

    def __init__(self, protocol: str, address: str) -> None:
        self.protocol, self.arn = protocol, address

    def deliver(self, notification: Notification, subscription_arn: str, raw: bool) -> None:
        """Nothing is sent to people from a local cloud."""
