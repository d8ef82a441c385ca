"""Where a local bucket or rule delivers to: looked up by its ARN, and asked for permission, at
every attempt."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.utils import get_backend
from moto.core.exceptions import ServiceException
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from patternlab.delivery.faults import CLIENT, SERVER, DeliveryFailure
from patternlab.delivery.sns.endpoints import BUSY
from patternlab.local.policies import allows

NO_PERMISSION, NOT_FOUND = 403, 404  # the status of a failure

#: What a service has to be permitted, by the service in the target's ARN.
ACTIONS = {"sqs": "sqs:SendMessage", "sns": "sns:Publish", "lambda": "lambda:InvokeFunction"}
KINDS = {"sqs": "queue", "sns": "topic", "lambda": "function"}


@dataclass(frozen=True)
class Sender:
    """Who delivers: a `service` like "s3.amazonaws.com", for the bucket or rule `arn`.

    `subject` goes with what is published to topics.
    """

    service: str
    arn: str
    account: str
    subject: str | None = None


class LocalTarget:
    """A queue, topic or function of the local cloud, by its ARN."""

    def __init__(self, arn: str, sender: Sender, group: str | None = None) -> None:
        self.arn, self.sender, self._group = arn, sender, group
        _, _, self.service, self._region, self._account, *rest = (arn + ":::::").split(":")
        self._name = rest[0]

    def check(self) -> None:
        """Refuse a target that does not exist, or that does not let the sender in."""
        self._permitted(self._find())

    def deliver(self, body: str, attributes: dict[str, Any] | None = None) -> None:
        """Send, publish or invoke. `attributes` are message attributes, for queues."""
        found = self._find()
        self._permitted(found)
        try:
            if self.service == "sqs":
                sqs_backends[self._account][self._region].send_message(
                    self._name, body, message_attributes=attributes, group_id=self._group
                )
            elif self.service == "sns":
                backend = sns_backends[self._account][self._region]
                backend.publish(body, self.arn, subject=self.sender.subject)
            else:
                found.start(json.loads(body))
        except ServiceException as error:
            kind = SERVER if error.code in BUSY else CLIENT
            raise DeliveryFailure(kind, f"{error.code}: {error.message}") from None

    def _find(self) -> Any:
        found = None
        if self.service == "sqs":
            found = sqs_backends[self._account][self._region].queues.get(self._name)
        elif self.service == "sns":
            found = sns_backends[self._account][self._region].topics.get(self.arn)
        elif self.service == "lambda":
            try:
                found = get_backend(self._account, self._region).get_function(self.arn)
            except LambdaClientError:
                pass
        if found is None:
            kind = KINDS.get(self.service, "target")
            raise DeliveryFailure(CLIENT, f"There is no {kind} {self.arn} (any more).", NOT_FOUND)
        return found

    def _permitted(self, found: Any) -> None:
        if self.service == "lambda":
            policy = {"Statement": found.policy.statements}
        else:
            policy = found._policy_json
        sender, action = self.sender, ACTIONS[self.service]
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
                f"{self.arn} for {sender.arn}. Permit it in the {KINDS[self.service]}'s policy, "
                "with aws:SourceArn as the condition.",
                NO_PERMISSION,
            )
