"""What a local topic delivers to: looked up, and asked for permission, at every attempt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.utils import get_backend
from moto.core.exceptions import ServiceException
from moto.sqs.models import sqs_backends

from patternlab.delivery.faults import CLIENT, SERVER, DeliveryFailure
from patternlab.delivery.sns.endpoints import (
    BUSY,
    Endpoint,
    PersonEndpoint,
    WebEndpoint,
    queue_message,
)
from patternlab.delivery.sns.notification import Notification, lambda_event
from patternlab.local.awslambda.tracing import traced
from patternlab.local.policies import allows

SNS = "sns.amazonaws.com"


def find_queue(arn: str) -> Any:
    """The queue of that ARN; None when there is none."""
    parts = arn.split(":")
    if len(parts) != 6:
        return None
    _, _, _, region, account, name = parts
    return sqs_backends[account][region].queues.get(name)


def _no_permission(action: str, arn: str, topic: str, how: str) -> DeliveryFailure:
    return DeliveryFailure(
        CLIENT,
        f"no permission: {SNS} is not authorized to perform {action} on {arn} for {topic}. {how}",
        403,
    )


class LocalQueueEndpoint:
    """An SQS queue of the local cloud, by its ARN."""

    protocol = "sqs"

    def __init__(self, arn: str) -> None:
        self.arn = arn

    def deliver(self, notification: Notification, subscription_arn: str, raw: bool) -> None:
        queue = find_queue(self.arn)
        if queue is None:
            raise DeliveryFailure(CLIENT, f"There is no queue {self.arn} (any more).", 404)
        self._check_permission(queue, notification.topic_arn)
        message = queue_message(notification, subscription_arn, raw, queue.model.fifo)
        backend = sqs_backends[queue.account_id][queue.region]
        try:
            with traced(notification.trace):
                backend.send_message(
                    queue.name,
                    message["body"],
                    message_attributes=message.get("attributes"),
                    group_id=message.get("group"),
                    deduplication_id=message.get("dedup_id"),
                )
        except ServiceException as error:
            kind = SERVER if error.code in BUSY else CLIENT
            raise DeliveryFailure(kind, f"{error.code}: {error.message}") from None

    def _check_permission(self, queue: Any, topic: str) -> None:
        action = "sqs:SendMessage"
        if not allows(
            queue._policy_json, service=SNS, action=action, resource=self.arn, source_arn=topic
        ):
            how = "Set a Policy on the queue that lets it, with aws:SourceArn as the condition."
            raise _no_permission(action, self.arn, topic, how)


class LocalFunctionEndpoint:
    """A Lambda function of the local cloud, by its ARN."""

    protocol = "lambda"

    def __init__(self, arn: str) -> None:
        self.arn = arn

    def deliver(self, notification: Notification, subscription_arn: str, raw: bool) -> None:
        _, _, _, region, account, *_ = self.arn.split(":")
        try:
            function = get_backend(account, region).get_function(self.arn)
        except LambdaClientError:
            raise DeliveryFailure(
                CLIENT, f"There is no function {self.arn} (any more).", 404
            ) from None
        action, topic = "lambda:InvokeFunction", notification.topic_arn
        policy = {"Statement": function.policy.statements}
        if not allows(policy, service=SNS, action=action, resource=self.arn, source_arn=topic):
            how = "Call add_permission on the function, with the topic as SourceArn."
            raise _no_permission(action, self.arn, topic, how)
        with traced(notification.trace):
            function.start(lambda_event(notification, subscription_arn))


def no_server(headers: dict[str, str], body: str) -> int:
    """What answers where no web server was registered: a local cloud has no network."""
    raise DeliveryFailure(
        SERVER,
        "Connection refused: a local cloud has no network. Stand in for the server with "
        "cloud.web_endpoint(url, answer).",
    )


def local_endpoint(
    protocol: str, address: str, web: dict[str, Callable[[dict[str, str], str], int | None]]
) -> Endpoint:
    """The endpoint of a subscription; `web` has the functions that stand in for web servers."""
    if protocol == "sqs":
        return LocalQueueEndpoint(address)
    if protocol == "lambda":
        return LocalFunctionEndpoint(address)
    if protocol in ("http", "https"):
        return WebEndpoint(address, lambda *request: web.get(address, no_server)(*request))
    return PersonEndpoint(protocol, address)
