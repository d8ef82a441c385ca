"""A queue as moto describes it, whose messages live in a queue of the model."""

from __future__ import annotations

import random
from typing import Any

from moto.moto_api._internal import mock_random
from moto.sqs import models
from moto.sqs.exceptions import InvalidParameterValue, SQSException

from patternlab.delivery.errors import DeliveryError
from patternlab.delivery.functions.records import SENDER_ID, milliseconds
from patternlab.delivery.sqs.fifo import FifoQueue
from patternlab.delivery.sqs.message import Message, Received
from patternlab.delivery.sqs.queue import Queue
from patternlab.delivery.sqs.redrive import RedriveAllowPolicy, RedrivePolicy
from patternlab.delivery.sqs.standard import StandardQueue
from patternlab.local.errors import Translator, translated
from patternlab.local.services import Services
from patternlab.local.sqs.checks import bad_policy, check_attributes, read_policy

REDRIVE_EXAMPLE = '{"deadLetterTargetArn": "<ARN of a queue>", "maxReceiveCount": 5}'
ALLOW_EXAMPLE = '{"redrivePermission": "byQueue", "sourceQueueArns": ["<ARN of a queue>"]}'


with_sqs_errors = Translator(lambda error: SQSException(error.code, error.message), DeliveryError)


def queue_at(arn: str, account_id: str, region: str) -> LocalQueue | None:
    """Return the queue of that ARN if the account has it in that Region."""
    found = models.sqs_backends[account_id][region].queues.get(arn.rpartition(":")[2])
    return found if isinstance(found, LocalQueue) and found.queue_arn == arn else None


class LocalQueue(models.Queue):
    """moto keeps the attributes, tags and permissions; :attr:`model` keeps the messages."""

    BASE_ATTRIBUTES = [*models.Queue.BASE_ATTRIBUTES, "RedriveAllowPolicy"]
    redrive_policy: dict[str, Any] | None = None
    redrive_allow_policy: str | None = None
    # moto sets these by name.
    visibility_timeout: int
    message_retention_period: int
    delay_seconds: int
    maximum_message_size: int
    content_based_deduplication: bool
    deduplication_scope: str
    fifo_throughput_limit: str

    def __init__(self, services: Services, name: str, region: str, account_id: str, **kw: Any):
        kind = FifoQueue if str(kw.get("FifoQueue", "")).lower() == "true" else StandardQueue
        self.model: Queue = kind(
            services.clock,
            name,
            arn=f"arn:aws:sqs:{region}:{account_id}:{name}",
            knobs=services.knobs,
            rng=random.Random(mock_random.getrandbits(64)),
        )
        self._made = False
        super().__init__(name, region, account_id, **kw)
        self._made = True

    # -- attributes --------------------------------------------------------------------------

    def _set_attributes(self, attributes: dict[str, Any], now: float | None = None) -> None:
        """Check everything, then change everything: a refused call changes nothing."""
        check_attributes(attributes)
        redrive = self._redrive(attributes.get("RedrivePolicy"))
        allow = _allow(attributes.get("RedriveAllowPolicy"))
        super()._set_attributes({k: v for k, v in attributes.items() if k != "RedrivePolicy"}, now)
        if attributes.get("RedrivePolicy") is not None:
            self._set_redrive(redrive)
        if attributes.get("RedriveAllowPolicy") is not None:
            self.model.redrive_allow = allow
        self._tell_model()

    def _tell_model(self) -> None:
        """Hand the attributes on; a change of a queue in use takes the lag among the knobs."""
        wanted: dict[str, Any] = {
            "visibility_timeout": self.visibility_timeout,
            "retention": self.message_retention_period,
            "delay": self.delay_seconds,
        }
        if self.model.fifo:
            wanted |= {
                "content_deduplication": self.content_based_deduplication,
                "deduplication_scope": self.deduplication_scope,
                "throughput_limit": self.fifo_throughput_limit,
            }
        changed = {k: v for k, v in wanted.items() if getattr(self.model, k) != v}
        if self._made:
            self.model.change(**changed)
        else:
            for name, value in changed.items():
                setattr(self.model, name, value)

    def _redrive(self, policy: Any) -> RedrivePolicy | None:
        """The redrive policy in the attribute; refuses what SQS refuses, in its words."""
        if not policy:
            return None
        content, text = read_policy("RedrivePolicy", policy, REDRIVE_EXAMPLE)
        if not content:
            return None
        target = content.get("deadLetterTargetArn")
        count = str(content.get("maxReceiveCount", 10))
        if not isinstance(target, str) or not count.lstrip("-").isdigit():
            raise bad_policy("RedrivePolicy", text, f"It must look like {REDRIVE_EXAMPLE}.")
        found = queue_at(target, self.account_id, self.region)
        if found is None:
            raise bad_policy("RedrivePolicy", text, "Dead letter target does not exist.")
        redrive = RedrivePolicy(found.model, int(count))
        with_sqs_errors(redrive.check, self.model)
        return redrive

    def _set_redrive(self, redrive: RedrivePolicy | None) -> None:
        self.model.redrive = redrive
        self.redrive_policy = self.dead_letter_queue = None
        if redrive is not None:
            arn = redrive.dead_letter_queue.arn
            self.redrive_policy = {
                "deadLetterTargetArn": arn,
                "maxReceiveCount": redrive.max_receive_count,
            }
            self.dead_letter_queue = queue_at(arn, self.account_id, self.region)

    @property
    def attributes(self) -> dict[str, Any]:
        shown = super().attributes
        shown["CreatedTimestamp"] = int(shown["CreatedTimestamp"])
        shown["LastModifiedTimestamp"] = int(shown["LastModifiedTimestamp"])
        return shown

    # -- counts ------------------------------------------------------------------------------

    @property
    def approximate_number_of_messages(self) -> int:
        return self.model.counts()[0]

    @property
    def approximate_number_of_messages_not_visible(self) -> int:
        return self.model.counts()[1]

    @property
    def approximate_number_of_messages_delayed(self) -> int:
        return self.model.counts()[2]


def _allow(policy: Any) -> RedriveAllowPolicy:
    """The RedriveAllowPolicy in the attribute; refuses what SQS refuses."""
    if not policy:
        return RedriveAllowPolicy()
    content, text = read_policy("RedriveAllowPolicy", policy, ALLOW_EXAMPLE)
    permission = content.get("redrivePermission")
    if not isinstance(permission, str):
        raise bad_policy("RedriveAllowPolicy", text, f"It must look like {ALLOW_EXAMPLE}.")
    allow = RedriveAllowPolicy(permission, tuple(content.get("sourceQueueArns", ())))
    with translated(lambda error: InvalidParameterValue(error.message), DeliveryError):
        allow.check()
    return allow


class View(models.Message):
    """A received message with the fields that moto's response layer reads."""

    sent_timestamp: str  # type: ignore[assignment]  # the response shows texts
    approximate_first_receive_timestamp: str  # type: ignore[assignment]

    def __init__(self, queue: Queue, receipt: Received, names: list[str]) -> None:
        message = receipt.message
        self.id, self.body = message.id, message.body
        self.message_attributes = message.attributes
        models._filter_message_attributes(self, names)
        self.receipt_handle = receipt.handle
        self.sender_id = SENDER_ID
        self.sent_timestamp = milliseconds(queue, message.sent)
        self.approximate_first_receive_timestamp = milliseconds(queue, message.first_received)
        self.approximate_receive_count = receipt.receive_count
        self.deduplication_id, self.group_id = message.dedup_id, message.group
        self.sequence_number = str(message.sequence) if message.sequence else None
        trace = message.system.get("AWSTraceHeader")
        self.system_attributes = {"AWSTraceHeader": {"StringValue": trace}} if trace else {}


class Sent(models.Message):
    """What SendMessage answers about a message; `user_id` is its id in a batch."""

    user_id: str

    def __init__(self, message: Message, attributes: dict[str, Any]) -> None:
        self.id, self.body = message.id, message.body
        self.message_attributes = attributes
        self.sequence_number = str(message.sequence) if message.sequence else None
