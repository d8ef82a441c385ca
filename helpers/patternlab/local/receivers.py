"""Receivers of a local cloud: looked up by ARN, and asked for permission, at every delivery.

The senders are topics, buckets, rules of an event bus, and functions that report what became of
their asynchronous events.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.utils import get_backend
from moto.core.exceptions import ServiceException
from moto.events.models import events_backends
from moto.s3.models import s3_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from patternlab.delivery.faults import CLIENT, SERVER, DeliveryFailure
from patternlab.delivery.receivers import (
    Parcel,
    PersonReceiver,
    Receiver,
    WebReceiver,
    refusal,
)
from patternlab.local.policies import allows
from patternlab.local.tracing import traced

NO_PERMISSION, NOT_FOUND = 403, 404  # the status of a failure

#: What a service has to be permitted, by the service in the receiver's ARN.
ACTIONS = {"sqs": "sqs:SendMessage", "sns": "sns:Publish", "lambda": "lambda:InvokeFunction"}
KINDS = {
    "sqs": "queue",
    "sns": "topic",
    "lambda": "function",
    "events": "event bus",
    "s3": "bucket",
}

_IN_POLICY = "Permit it in the Policy attribute, with aws:SourceArn as the condition."
HOW_TO_PERMIT = {
    "sqs": _IN_POLICY,
    "sns": _IN_POLICY,
    "lambda": "Permit it with add_permission, with the sender as SourceArn.",
}

#: Delivers under the role of a function, and a local cloud does not enforce IAM. On AWS that role
#: needs sqs:SendMessage, sns:Publish, lambda:InvokeFunction, events:PutEvents, or s3:PutObject and
#: s3:ListBucket.
LAMBDA = "lambda.amazonaws.com"
SNS = "sns.amazonaws.com"


@dataclass(frozen=True)
class Sender:
    """Who delivers: a `service` like "s3.amazonaws.com", for the topic, bucket or rule `arn`."""

    service: str
    arn: str
    account: str


class LocalReceiver:
    """A queue, topic, function, event bus or bucket of the local cloud, by its ARN."""

    def __init__(self, arn: str, sender: Sender) -> None:
        self.arn, self.sender = arn, sender
        _, self._partition, self.protocol, self._region, owner, self._name = _parts(arn)
        self._account = owner or sender.account  # the ARN of a bucket does not name its account

    def check(self) -> Any:
        """Return what :meth:`find` finds; refuse a receiver that does not permit the sender."""
        found = self.find()
        self._check_permission(found)
        return found

    def deliver(self, parcel: Parcel) -> None:
        """Send, publish, invoke or store."""
        found = self.check()
        try:
            with traced(parcel.trace):
                getattr(self, f"_to_{self.protocol}")(found, parcel)
        except ServiceException as error:
            raise refusal(error.code, error.message) from None

    def _to_sqs(self, queue: Any, parcel: Parcel) -> None:
        sqs_backends[self._account][self._region].send_message(
            self._name,
            parcel.body,
            message_attributes=dict(parcel.attributes),
            group_id=parcel.group,
            deduplication_id=parcel.dedup_id,
        )

    def _to_sns(self, topic: Any, parcel: Parcel) -> None:
        attributes = {
            name: {"Type": value["DataType"], "Value": value["StringValue"]}
            for name, value in parcel.attributes.items()
        }
        backend = sns_backends[self._account][self._region]
        backend.publish(
            parcel.body, self.arn, subject=parcel.subject, message_attributes=attributes
        )

    def _to_lambda(self, function: Any, parcel: Parcel) -> None:
        function.start(json.loads(parcel.body))

    def _to_events(self, bus: Any, parcel: Parcel) -> None:
        entry = json.loads(parcel.body)
        for result in events_backends[self._account][self._region].put_events([entry]):
            if "ErrorCode" in result:
                raise refusal(result["ErrorCode"], result["ErrorMessage"])

    def _to_s3(self, bucket: Any, parcel: Parcel) -> None:
        assert parcel.key is not None  # every sender names the object
        backend = s3_backends[self._account][self._partition]
        backend.put_object(self._name, parcel.key, parcel.body.encode())

    def find(self) -> Any:
        """Return what moto has under this ARN, or raise a DeliveryFailure if there is nothing."""
        found = self._look_up()
        if found is None:
            kind = KINDS.get(self.protocol, "receiver")
            raise DeliveryFailure(CLIENT, f"The {kind} {self.arn} does not exist.", NOT_FOUND)
        return found

    def _look_up(self) -> Any:
        if self.protocol == "sqs":
            return find_queue(self.arn)
        if self.protocol == "sns":
            return sns_backends[self._account][self._region].topics.get(self.arn)
        if self.protocol == "events":
            kind, _, name = self._name.partition("/")
            buses = events_backends[self._account][self._region].event_buses
            return buses.get(name) if kind == "event-bus" else None
        if self.protocol == "s3":
            return s3_backends[self._account][self._partition].buckets.get(self._name)
        try:
            return get_backend(self._account, self._region).get_function(self.arn)
        except LambdaClientError:
            return None

    def _check_permission(self, found: Any) -> None:
        if self.sender.service == LAMBDA:
            return
        if self.protocol == "lambda":
            policy = {"Statement": found.policy.statements}
        else:
            policy = found._policy_json
        sender, action = self.sender, ACTIONS[self.protocol]
        if not allows(
            policy,
            service=sender.service,
            action=action,
            resource=self.arn,
            source_arn=sender.arn,
            source_account=sender.account,
        ):
            raise DeliveryFailure(
                CLIENT,
                f"no permission: {sender.service} is not authorized to perform {action} on "
                f"{self.arn} for {sender.arn}. {HOW_TO_PERMIT[self.protocol]}",
                NO_PERMISSION,
            )


def _parts(arn: str) -> list[str]:
    """The six parts of an ARN; those that are missing are empty."""
    parts = arn.split(":", 5)
    return parts + [""] * (6 - len(parts))


def find_queue(arn: str) -> Any:
    """Return the queue of that ARN, or None if there is none."""
    _, _, _, region, account, name = _parts(arn)
    return sqs_backends[account][region].queues.get(name) if name else None


def exists(arn: str, account: str) -> bool:
    """Is there such a queue, topic, function, event bus or bucket? `account` is whose buckets."""
    try:
        LocalReceiver(arn, Sender(LAMBDA, arn, account)).find()
    except DeliveryFailure:
        return False
    return True


# -- subscribers of a topic ----------------------------------------------------------------------


def no_server(headers: dict[str, str], body: str) -> int:
    """Answer where no web server was registered: a local cloud has no network."""
    raise DeliveryFailure(
        SERVER,
        "Connection refused: a local cloud has no network. Stand in for the server with "
        "cloud.web_endpoint(url, answer).",
    )


def subscriber(
    protocol: str,
    address: str,
    sender: Sender,
    web: Mapping[str, Callable[[dict[str, str], str], int | None]],
) -> Receiver:
    """Return the receiver of a subscription; `web` has what stands in for web servers, by URL."""
    if protocol in ("sqs", "lambda"):
        return LocalReceiver(address, sender)
    if protocol in ("http", "https"):
        return WebReceiver(address, lambda *request: web.get(address, no_server)(*request))
    return PersonReceiver(protocol, address)
