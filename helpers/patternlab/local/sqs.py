"""SQS: moto's requests, responses and attributes around our own queues."""

from __future__ import annotations

import json
import random
import re
from typing import Any

from moto.core.responses import ActionResult
from moto.moto_api._internal import mock_random
from moto.sqs import models, urls
from moto.sqs.exceptions import InvalidParameterValue, SQSException
from moto.sqs.responses import SQSResponse

from patternlab.delivery.errors import DeliveryError
from patternlab.delivery.fifo import FifoQueue
from patternlab.delivery.message import Message, Received
from patternlab.delivery.queue import MAX_DELAY, Queue, RedrivePolicy
from patternlab.delivery.records import SENDER_ID, milliseconds
from patternlab.delivery.standard import StandardQueue
from patternlab.local.hub import wait_for
from patternlab.local.services import Services

BATCH_BYTES = 1_048_576  # one message, or one batch (facts, row 12)


class LocalQueue(models.Queue):
    """A queue as moto describes it, whose messages live in a :class:`Queue` of the model."""

    def __init__(self, services: Services, name: str, region: str, account_id: str, **kw: Any):
        self._services = services
        kind = FifoQueue if str(kw.get("FifoQueue", "")).lower() == "true" else StandardQueue
        self.model: Queue = kind(
            services.clock,
            name,
            arn=f"arn:aws:sqs:{region}:{account_id}:{name}",
            knobs=services.knobs,
            rng=random.Random(mock_random.getrandbits(64)),
        )
        super().__init__(name, region, account_id, **kw)

    def _set_attributes(self, attributes: dict[str, Any], now: float | None = None) -> None:
        check_attributes(attributes)
        super()._set_attributes(attributes, now)
        model = self.model
        model.visibility_timeout = self.visibility_timeout
        model.retention = self.message_retention_period
        if isinstance(model, FifoQueue):
            model.content_deduplication = self.content_based_deduplication
            model.deduplication_scope = self.deduplication_scope
            if model.delay != self.delay_seconds:
                model.set_delay(self.delay_seconds)
        else:
            model.delay = self.delay_seconds

    def _setup_dlq(self, policy: Any) -> None:
        """Check a redrive policy as SQS does, in its words, before anything is changed."""
        if self._is_empty_redrive_policy(policy):
            self.redrive_policy = self.dead_letter_queue = self.model.redrive = None
            return
        target, count = self._read_redrive_policy(policy)
        text = policy if isinstance(policy, str) else json.dumps(policy, separators=(",", ":"))
        queues = models.sqs_backends[self.account_id][self.region].queues.values()
        dlq = next((q for q in queues if q.queue_arn == target), None)
        if dlq is None:
            raise _bad_redrive(text, "Dead letter target does not exist.")
        if dlq.fifo_queue is not self.model.fifo:
            raise _bad_redrive(text, "Dead-letter queue must be same type of queue as the source.")
        self.redrive_policy = {"deadLetterTargetArn": target, "maxReceiveCount": count}
        self.dead_letter_queue = dlq
        self.model.redrive = RedrivePolicy(dlq.model, count)

    def _read_redrive_policy(self, policy: Any) -> tuple[str, int]:
        text = policy if isinstance(policy, str) else json.dumps(policy)
        try:
            content = json.loads(text)
            target = content["deadLetterTargetArn"]
            count = int(content.get("maxReceiveCount", 10))
        except (ValueError, TypeError, KeyError, AttributeError):
            raise _bad_redrive(
                text,
                'It must be JSON like {"deadLetterTargetArn": "<ARN of a queue>", '
                '"maxReceiveCount": 5}.',
            ) from None
        if not 1 <= count <= 1000:
            raise _bad_redrive(
                text,
                f"Invalid value for maxReceiveCount: {count}, valid values are from 1 to 1000 "
                "both inclusive.",
            )
        return target, count

    @property
    def approximate_number_of_messages(self) -> int:
        self.model.settle()
        return self.model.visible

    @property
    def approximate_number_of_messages_not_visible(self) -> int:
        self.model.settle()
        return self.model.in_flight

    @property
    def approximate_number_of_messages_delayed(self) -> int:
        self.model.settle()
        return self.model.delayed

    @property
    def attributes(self) -> dict[str, Any]:
        shown = super().attributes
        shown["CreatedTimestamp"] = int(shown["CreatedTimestamp"])
        shown["LastModifiedTimestamp"] = int(shown["LastModifiedTimestamp"])
        return shown


def _bad_redrive(text: str, reason: str) -> InvalidParameterValue:
    return InvalidParameterValue(
        f"Value {text} for parameter RedrivePolicy is invalid. Reason: {reason}"
    )


#: Attribute -> smallest and largest value, in seconds or bytes.
_RANGES = {
    "DelaySeconds": (0, MAX_DELAY),
    "MaximumMessageSize": (1024, BATCH_BYTES),
    "MessageRetentionPeriod": (60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43_200),
}


def check_attributes(attributes: dict[str, Any]) -> None:
    """Refuse a value outside SQS's limits, as SQS does."""
    for name, (low, high) in _RANGES.items():
        value = attributes.get(name)
        if value is None:
            continue
        if not re.fullmatch(r"-?\d+", str(value)) or not low <= int(value) <= high:
            raise SQSException("InvalidAttributeValue", f"Invalid value for the parameter {name}.")


class _View(models.Message):
    """A received message with the attributes that moto's response layer reads."""

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
        self.system_attributes = message.system
        self.source_arn = message.source_arn

    @property
    def body_md5(self) -> str:
        return _md5(self.body)


def _md5(body: str) -> str:
    return Message(0, "", body, 0).md5


class _Sent(models.Message):
    """What SendMessage answers about a message."""

    def __init__(self, message: Message, attributes: dict[str, Any]) -> None:
        self.id, self.body = message.id, message.body
        self.message_attributes = attributes
        self.sequence_number = str(message.sequence) if message.sequence else None

    @property
    def body_md5(self) -> str:
        return _md5(self.body)


class LocalSQSBackend(models.SQSBackend):
    """moto's SQS backend with the data plane of the model. `services` is set by the cloud."""

    services: Services

    @property
    def _url_module(self) -> Any:
        return _Urls

    # -- queues ------------------------------------------------------------------------------

    def create_queue(
        self, name: str, tags: dict[str, str] | None = None, **attributes: Any
    ) -> LocalQueue:
        attributes.pop("region", None)
        fifo = str(attributes.get("FifoQueue", "false")).lower() == "true"
        if name.endswith(".fifo") and not fifo:
            raise InvalidParameterValue(
                "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in "
                "length"
            )
        if name in self.queues:
            self._check_same(self.queues[name], attributes)
            return self.queues[name]
        queue = LocalQueue(
            self.services, name, region=self.region_name, account_id=self.account_id, **attributes
        )
        queue.tags = tags or {}
        self.queues[name] = queue
        return queue

    @staticmethod
    def _check_same(queue: LocalQueue, asked: dict[str, Any]) -> None:
        have = queue.attributes
        for name, value in asked.items():
            if str(have.get(name, "")).lower() != str(value).lower():
                raise SQSException(
                    "QueueAlreadyExists",
                    "A queue already exists with the same name and a different value for "
                    f"attribute {name}",
                )

    # -- sending -----------------------------------------------------------------------------

    def send_message(
        self,
        queue_name: str,
        message_body: str,
        message_attributes: dict[str, Any] | None = None,
        delay_seconds: int | None = None,
        deduplication_id: str | None = None,
        group_id: str | None = None,
        system_attributes: dict[str, Any] | None = None,
        validate_group_id: bool = True,
    ) -> _Sent:
        queue: LocalQueue = self.get_queue(queue_name)
        check_body(message_body, message_attributes, queue.maximum_message_size)
        check_delay(queue.model, delay_seconds)
        if queue.model.fifo:
            _check_fifo(queue, group_id, deduplication_id)
        system = {
            name: value.get("StringValue") for name, value in (system_attributes or {}).items()
        }
        options = {"group": group_id, "dedup_id": deduplication_id, "delay": delay_seconds}
        message = _with_aws_errors(
            queue.model.send,
            message_body,
            attributes=message_attributes,
            system=system,
            **{name: value for name, value in options.items() if value is not None},
        )
        return _Sent(message, message_attributes or {})

    def send_message_batch(
        self, queue_name: str, entries: dict[str, dict[str, Any]]
    ) -> tuple[list[_Sent], list[dict[str, Any]]]:
        queue = self.get_queue(queue_name)
        batch = list(entries.values())
        check_entry_ids([entry["Id"] for entry in batch])
        size = sum(_size(e["MessageBody"], e.get("MessageAttributes")) for e in batch)
        if size > BATCH_BYTES:
            raise SQSException(
                "AWS.SimpleQueueService.BatchRequestTooLong",
                f"Batch requests cannot be longer than {BATCH_BYTES} bytes. "
                f"You have sent {size} bytes.",
            )
        sent, failed = [], []
        for entry in batch:
            try:
                message = self.send_message(
                    queue.name,
                    entry["MessageBody"],
                    message_attributes=entry.get("MessageAttributes"),
                    delay_seconds=entry.get("DelaySeconds"),
                    deduplication_id=entry.get("MessageDeduplicationId"),
                    group_id=entry.get("MessageGroupId"),
                    system_attributes=entry.get("MessageSystemAttributes"),
                )
            except SQSException as error:
                failed.append(_failed(entry["Id"], error))
            else:
                message.user_id = entry["Id"]
                sent.append(message)
        return sent, failed

    # -- receiving ---------------------------------------------------------------------------

    def receive_message(
        self,
        queue_name: str,
        count: int,
        wait_seconds_timeout: int,
        visibility_timeout: int,
        message_attribute_names: list[str] | None = None,
    ) -> list[_View]:
        model = self.get_queue(queue_name).model
        if wait_seconds_timeout:
            poll = model.env.process(model.poll(count, wait_seconds_timeout, visibility_timeout))
            receipts = wait_for(self.services.clock, poll)
        else:
            receipts = _with_aws_errors(model.receive, count, visibility_timeout, short_poll=True)
        return [_View(model, receipt, message_attribute_names or []) for receipt in receipts]

    # -- receipts ----------------------------------------------------------------------------

    def delete_message(self, queue_name: str, receipt_handle: str) -> None:
        _with_aws_errors(self.get_queue(queue_name).model.delete, receipt_handle)

    def delete_message_batch(
        self, queue_name: str, receipts: list[dict[str, Any]]
    ) -> tuple[list[str], list[dict[str, Any]]]:
        check_entry_ids([entry["Id"] for entry in receipts])
        return _each(
            receipts, lambda entry: self.delete_message(queue_name, entry["ReceiptHandle"])
        )

    def change_message_visibility(
        self, queue_name: str, receipt_handle: str, visibility_timeout: int
    ) -> None:
        model = self.get_queue(queue_name).model
        if not 0 <= int(visibility_timeout) <= 43_200:
            raise InvalidParameterValue(
                f"Value {visibility_timeout} for parameter VisibilityTimeout is invalid. Reason: "
                "Must be between 0 and 43200."
            )
        _with_aws_errors(model.change_visibility, receipt_handle, int(visibility_timeout))

    def change_message_visibility_batch(
        self, queue_name: str, entries: list[dict[str, Any]]
    ) -> tuple[list[str], list[dict[str, Any]]]:
        check_entry_ids([entry["Id"] for entry in entries])
        return _each(
            entries,
            lambda entry: self.change_message_visibility(
                queue_name, entry["ReceiptHandle"], entry.get("VisibilityTimeout", 30)
            ),
        )

    def purge_queue(self, queue_name: str) -> None:
        _with_aws_errors(self.get_queue(queue_name).model.purge)


class LocalSQSResponse(SQSResponse):
    """moto's SQS responses, and what they leave out."""

    def receive_message(self) -> ActionResult:
        result = super().receive_message()
        wanted = set(self._get_param("AttributeNames", [])) | set(
            self._get_param("MessageSystemAttributeNames", [])
        )
        if wanted & {"All", "DeadLetterQueueSourceArn"}:
            self._add_source_arns(result)
        return result

    def _add_source_arns(self, result: ActionResult) -> None:
        """moto has no DeadLetterQueueSourceArn (facts, row 5)."""
        model = self.sqs_backend.get_queue(self._get_queue_name()).model
        for shown in result.result.get("Messages", []):
            message = model._find(shown["ReceiptHandle"])
            if message is not None and message.source_arn:
                shown.setdefault("Attributes", {})["DeadLetterQueueSourceArn"] = message.source_arn


class _Urls:
    """moto's SQS addresses, answered by :class:`LocalSQSResponse`."""

    url_bases = urls.url_bases
    url_paths = dict.fromkeys(urls.url_paths, LocalSQSResponse().dispatch)


# -- what SQS refuses ----------------------------------------------------------------------------


def check_body(body: str, attributes: dict[str, Any] | None, limit: int) -> None:
    """Refuse an empty message, or one of more than `limit` bytes."""
    if not body:
        raise SQSException(
            "MissingParameter", "The request must contain the parameter MessageBody."
        )
    if _size(body, attributes) > limit:
        raise InvalidParameterValue(
            "One or more parameters are invalid. Reason: Message must be shorter than "
            f"{limit} bytes."
        )


def _size(body: str, attributes: dict[str, Any] | None) -> int:
    """Bytes of a message: its body, and its attributes' names, types and values."""
    size = len(body.encode())
    for name, value in (attributes or {}).items():
        size += len(name.encode()) + len(value["DataType"].encode())
        size += len(value.get("StringValue", "").encode()) + len(value.get("BinaryValue", b""))
    return size


def check_delay(model: Queue, delay: int | None) -> None:
    """Refuse a delay outside the limits, and any delay of one message on a FIFO queue."""
    if delay is None:
        return
    if model.fifo and int(delay) > 0:
        raise InvalidParameterValue(
            f"Value {delay} for parameter DelaySeconds is invalid. Reason: The request include "
            "parameter that is not valid for this queue type."
        )
    if not 0 <= int(delay) <= MAX_DELAY:
        raise InvalidParameterValue(
            f"Value {delay} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be "
            f">= 0 and <= {MAX_DELAY}."
        )


def _check_fifo(queue: LocalQueue, group_id: str | None, deduplication_id: str | None) -> None:
    if not group_id:
        raise SQSException(
            "MissingParameter", "The request must contain the parameter MessageGroupId."
        )
    if not deduplication_id and not queue.content_based_deduplication:
        raise InvalidParameterValue(
            "The queue should either have ContentBasedDeduplication enabled or "
            "MessageDeduplicationId provided explicitly"
        )


def check_entry_ids(ids: list[str]) -> None:
    """Refuse a batch of more than ten entries, and ids that are malformed or not distinct."""
    prefix = "AWS.SimpleQueueService."
    if len(ids) > 10:
        raise SQSException(
            prefix + "TooManyEntriesInBatchRequest",
            f"Maximum number of entries per request are 10. You have sent {len(ids)}.",
        )
    for i, entry_id in enumerate(ids):
        if not re.fullmatch(r"[\w-]{1,80}", entry_id):
            raise SQSException(
                prefix + "InvalidBatchEntryId",
                "A batch entry id can only contain alphanumeric characters, hyphens and "
                "underscores. It can be at most 80 letters long.",
            )
        if entry_id in ids[:i]:
            raise SQSException(prefix + "BatchEntryIdsNotDistinct", f"Id {entry_id} repeated.")


def _with_aws_errors(operation: Any, *args: Any, **kwargs: Any) -> Any:
    """Call the model; what it refuses becomes SQS's error response."""
    try:
        return operation(*args, **kwargs)
    except DeliveryError as error:
        raise SQSException(error.code, error.message) from None


def _each(entries: list[dict[str, Any]], operation: Any) -> tuple[list[str], list[dict[str, Any]]]:
    """Run `operation` on each entry of a batch: the ids that worked, and the errors."""
    done, failed = [], []
    for entry in entries:
        try:
            operation(entry)
        except SQSException as error:
            failed.append(_failed(entry["Id"], error))
        else:
            done.append(entry["Id"])
    return done, failed


def _failed(entry_id: str, error: SQSException) -> dict[str, Any]:
    return {"Id": entry_id, "SenderFault": True, "Code": error.code, "Message": error.message}
