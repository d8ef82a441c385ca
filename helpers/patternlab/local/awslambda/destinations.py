"""Where a local function sends what became of its asynchronous events: real calls to the local
services, so that a queue really receives the record, and a bucket tells of the new object.

On AWS the function's role needs the permission for each call: sqs:SendMessage, sns:Publish,
lambda:InvokeFunction, events:PutEvents, s3:PutObject and s3:ListBucket. A local cloud does not
enforce IAM: here a role without them can send just as well.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError
from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.utils import get_backend
from moto.events.models import events_backends
from moto.moto_api._internal import mock_random
from moto.s3.models import s3_backends
from moto.sns.models import sns_backends

from patternlab.delivery.errors import DeliveryError
from patternlab.delivery.functions.async_config import Attributes
from patternlab.delivery.functions.async_records import bucket_key, bus_entry, compact
from patternlab.local.services import Services
from patternlab.local.sns.endpoints import find_queue


class LocalDestination:
    """A queue, topic, function, event bus or bucket of the local cloud, by its ARN.

    A :class:`patternlab.delivery.functions.async_config.Destination`, and a ``DeadLetter``
    if it is a queue or a topic. `function_name` is whose events it is told of.
    """

    def __init__(self, services: Services, arn: str, function_name: str) -> None:
        self.arn, self._services, self._function_name = arn, services, function_name
        _, _, self._service, self._region, _, self._name = arn.split(":", 5)

    def take_record(self, record: dict[str, Any]) -> None:
        """Send the record of an event that has ended."""
        text = compact(record)
        if self._service in ("sqs", "sns"):
            self._call(self._message, text, {})
        elif self._service == "lambda":
            invoke = self._client("lambda").invoke
            self._call(invoke, FunctionName=self.arn, InvocationType="Event", Payload=text)
        elif self._service == "events":
            self._call(self._put_event, bus_entry(record, self.arn))
        else:
            key = bucket_key(
                self._function_name, self._services.clock.time(), str(mock_random.uuid4())
            )
            self._call(self._client("s3").put_object, Bucket=self._name, Key=key, Body=text)

    def take_event(self, body: str, attributes: Attributes) -> None:
        """Send an event that was given up."""
        self._call(self._message, body, attributes)

    def _message(self, text: str, attributes: Attributes) -> None:
        client = self._client(self._service)
        if self._service == "sns":
            client.publish(TopicArn=self.arn, Message=text, MessageAttributes=attributes)
            return
        url = client.get_queue_url(QueueName=self._name)["QueueUrl"]
        client.send_message(QueueUrl=url, MessageBody=text, MessageAttributes=attributes)

    def _put_event(self, entry: dict[str, Any]) -> None:
        answer = self._client("events").put_events(Entries=[entry])
        for result in answer["Entries"]:
            if "ErrorCode" in result:
                raise DeliveryError(result["ErrorCode"], result["ErrorMessage"])

    def _client(self, service: str) -> Any:
        return self._services.session.client(service, self._region or None)

    @staticmethod
    def _call(operation: Any, *args: Any, **kwargs: Any) -> None:
        try:
            operation(*args, **kwargs)
        except ClientError as error:
            refused = error.response["Error"]
            raise DeliveryError(refused["Code"], refused["Message"]) from None


def exists(arn: str, account: str) -> bool:
    """Is there such a queue, topic, function, event bus or bucket? `account` is whose buckets."""
    _, partition, service, region, owner, name = (arn + ":::::").split(":")[:6]
    if service == "sqs":
        return find_queue(arn) is not None
    if service == "sns":
        return arn in sns_backends[owner][region].topics
    if service == "events":
        kind, _, bus = name.partition("/")
        return kind == "event-bus" and bus in events_backends[owner][region].event_buses
    if service == "s3":
        return name in s3_backends[account][partition].buckets
    try:
        get_backend(owner, region).get_function(arn)
    except LambdaClientError:
        return False
    return True
