"""SQS: moto's requests and responses around our own queues."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from moto.core.responses import ActionResult
from moto.sqs import models
from moto.sqs.exceptions import InvalidParameterValue, SQSException
from moto.sqs.responses import SQSResponse

from patternlab.delivery.sqs.move import MoveTasks
from patternlab.delivery.sqs.names import QueueNames
from patternlab.delivery.sqs.queue import Queue
from patternlab.local.hub import wait_for
from patternlab.local.services import LocalService, Services, body_of, in_place_of
from patternlab.local.sqs import checks
from patternlab.local.sqs.queue import LocalQueue, Sent, View, with_sqs_errors
from patternlab.local.tracing import current_trace

SEND, RECEIVE, DELETE = "SendMessage", "ReceiveMessage", "DeleteMessage"
CHANGE = "ChangeMessageVisibility"


class LocalSQSBackend(LocalService, models.SQSBackend):
    """moto's SQS backend of one Region, whose messages live in queues of the model."""

    queues: dict[str, LocalQueue]  # type: ignore[assignment]  # nobody else adds to it

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        clock, knobs = self.services.clock, self.services.knobs
        self.names = QueueNames(clock, knobs)
        self.move_tasks = MoveTasks(clock, _ByArn(self.queues), knobs)

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
            _check_same(self.queues[name], attributes)
            return self.queues[name]
        queue = LocalQueue(  # type: ignore[abstract]  # as moto's own queue is
            self.services, name, self.region_name, self.account_id, **attributes
        )
        with_sqs_errors(self.names.create, name)
        queue.tags = tags or {}
        self.queues[name] = queue
        return queue

    def get_queue(self, queue_name: str) -> LocalQueue:
        with_sqs_errors(self.names.check_usable, queue_name)
        super().get_queue(queue_name)  # raises if there is none
        return self.queues[queue_name]

    def delete_queue(self, queue_name: str) -> None:
        super().delete_queue(queue_name)
        self.names.delete(queue_name)

    def _model(self, queue_name: str, action: str, groups: set[str] | None = None) -> Queue:
        """The model of a queue, with one call of `action` counted against its quota."""
        model = self.get_queue(queue_name).model
        with_sqs_errors(model.charge, action, groups)
        return model

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
    ) -> Sent:
        self._model(queue_name, SEND, {group_id} if group_id else None)
        entry = {
            "MessageBody": message_body,
            "MessageAttributes": message_attributes,
            "DelaySeconds": delay_seconds,
            "MessageDeduplicationId": deduplication_id,
            "MessageGroupId": group_id,
            "MessageSystemAttributes": system_attributes,
        }
        return self._send(self.get_queue(queue_name), entry)

    def _send(self, queue: LocalQueue, entry: dict[str, Any]) -> Sent:
        body, attributes = entry["MessageBody"], entry.get("MessageAttributes") or {}
        group, dedup_id = entry.get("MessageGroupId"), entry.get("MessageDeduplicationId")
        delay = entry.get("DelaySeconds")
        checks.check_body(body, attributes, queue.maximum_message_size)
        checks.check_delay(queue.model, delay)
        if queue.model.fifo:
            checks.check_fifo(group, dedup_id, queue.content_based_deduplication)
        named = entry.get("MessageSystemAttributes") or {}
        system = {name: value.get("StringValue") for name, value in named.items()}
        if trace := current_trace():
            system.setdefault("AWSTraceHeader", trace)
        options = {"group": group, "dedup_id": dedup_id, "delay": delay}
        message = with_sqs_errors(
            queue.model.send,
            body,
            attributes=attributes,
            system=system,
            **{name: value for name, value in options.items() if value is not None},
        )
        return Sent(message, attributes)

    def send_message_batch(
        self, queue_name: str, entries: dict[str, dict[str, Any]]
    ) -> tuple[list[models.Message], list[dict[str, Any]]]:
        batch = list(entries.values())
        checks.check_entry_ids([entry["Id"] for entry in batch])
        checks.check_batch_size(batch)
        groups = {entry["MessageGroupId"] for entry in batch if entry.get("MessageGroupId")}
        self._model(queue_name, SEND, groups)
        queue = self.get_queue(queue_name)
        sent: dict[str, models.Message] = {}

        def send(entry: dict[str, Any]) -> None:
            sent[entry["Id"]] = message = self._send(queue, entry)
            message.user_id = entry["Id"]

        _, failed = _each(batch, send)
        return list(sent.values()), failed

    # -- receiving ---------------------------------------------------------------------------

    def receive_message(
        self,
        queue_name: str,
        count: int,
        wait_seconds_timeout: int,
        visibility_timeout: int,
        message_attribute_names: list[str] | None = None,
        attempt_id: str | None = None,
    ) -> list[models.Message]:
        model = self._model(queue_name, RECEIVE)
        if wait_seconds_timeout:
            poll = model.poll(count, wait_seconds_timeout, visibility_timeout, attempt_id)
            receipts = wait_for(self.services.clock, model.env.process(poll))
        else:
            receipts = with_sqs_errors(model.receive, count, visibility_timeout, True, attempt_id)
        return [View(model, receipt, message_attribute_names or []) for receipt in receipts]

    # -- receipts ----------------------------------------------------------------------------

    def delete_message(self, queue_name: str, receipt_handle: str) -> None:
        with_sqs_errors(self._model(queue_name, DELETE).delete, receipt_handle)

    def delete_message_batch(
        self, queue_name: str, receipts: list[dict[str, Any]]
    ) -> tuple[list[str], list[dict[str, Any]]]:
        checks.check_entry_ids([entry["Id"] for entry in receipts])
        model = self._model(queue_name, DELETE)
        return _each(receipts, lambda e: with_sqs_errors(model.delete, e["ReceiptHandle"]))

    def change_message_visibility(
        self, queue_name: str, receipt_handle: str, visibility_timeout: int
    ) -> None:
        model = self._model(queue_name, CHANGE)
        checks.check_visibility(visibility_timeout)
        with_sqs_errors(model.change_visibility, receipt_handle, int(visibility_timeout))

    def change_message_visibility_batch(
        self, queue_name: str, entries: list[dict[str, Any]]
    ) -> tuple[list[str], list[dict[str, Any]]]:
        checks.check_entry_ids([entry["Id"] for entry in entries])
        model = self._model(queue_name, CHANGE)

        def change(entry: dict[str, Any]) -> None:
            timeout = entry.get("VisibilityTimeout", model.visibility_timeout)
            checks.check_visibility(timeout)
            with_sqs_errors(model.change_visibility, entry["ReceiptHandle"], int(timeout))

        return _each(entries, change)

    def purge_queue(self, queue_name: str) -> None:
        with_sqs_errors(self.get_queue(queue_name).model.purge)


class _ByArn(Mapping[str, Queue]):
    """The models of a region's queues by their ARN, as they are at the moment of asking."""

    def __init__(self, queues: dict[str, LocalQueue]) -> None:
        self._queues = queues

    def __getitem__(self, arn: str) -> Queue:
        queue = self._queues[arn.rpartition(":")[2]]
        if queue.queue_arn != arn:
            raise KeyError(arn)
        return queue.model

    def __iter__(self) -> Iterator[str]:
        return (queue.queue_arn for queue in self._queues.values())

    def __len__(self) -> int:
        return len(self._queues)


def _check_same(queue: LocalQueue, asked: dict[str, Any]) -> None:
    """Creating a queue again is fine, unless an attribute differs."""
    have = queue.attributes
    for name, value in asked.items():
        if str(have.get(name, "")).lower() != str(value).lower():
            raise SQSException(
                "QueueAlreadyExists",
                "A queue already exists with the same name and a different value for attribute "
                f"{name}",
            )


def _each(
    entries: list[dict[str, Any]], operation: Callable[[dict[str, Any]], None]
) -> tuple[list[str], list[dict[str, Any]]]:
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


class _WithAttempt:
    """The backend for one receive: moto's response layer does not hand the attempt id on."""

    def __init__(self, backend: LocalSQSBackend, attempt_id: str) -> None:
        self._backend, self._attempt_id = backend, attempt_id

    def receive_message(self, *args: Any) -> list[models.Message]:
        return partial(self._backend.receive_message, attempt_id=self._attempt_id)(*args)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)


class LocalSQSResponse(SQSResponse):
    """moto's SQS responses, and the parameters and actions that they leave out."""

    def change_message_visibility(self) -> ActionResult:
        checks.check_visibility(self._get_param("VisibilityTimeout"))
        return super().change_message_visibility()

    @property
    def sqs_backend(self) -> Any:
        """The backend; of a receive with an attempt id, one that knows of it (events-18)."""
        backend, attempt_id = super().sqs_backend, self._get_param("ReceiveRequestAttemptId")
        assert isinstance(backend, LocalSQSBackend)
        return _WithAttempt(backend, attempt_id) if attempt_id else backend

    def receive_message(self) -> ActionResult:
        names = "MaxNumberOfMessages", "WaitTimeSeconds", "VisibilityTimeout"
        checks.check_receive({name: self._get_param(name) for name in names})
        result = super().receive_message()
        self._add_source_arns(result)
        return result

    def _add_source_arns(self, result: ActionResult) -> None:
        """Add DeadLetterQueueSourceArn, which moto does not have (events-5)."""
        wanted = set(self._get_param("AttributeNames", []))
        wanted |= set(self._get_param("MessageSystemAttributeNames", []))
        if not wanted & {"All", "DeadLetterQueueSourceArn"}:
            return
        model = self.sqs_backend.get_queue(self._get_queue_name()).model
        for shown in body_of(result).get("Messages", []):
            message = model._find(shown["ReceiptHandle"])
            if message is not None and message.source_arn:
                shown.setdefault("Attributes", {})["DeadLetterQueueSourceArn"] = message.source_arn

    # -- dead-letter queue redrive, which moto does not have (events-8) ------------------

    def start_message_move_task(self) -> ActionResult:
        handle = with_sqs_errors(
            self.sqs_backend.move_tasks.start,
            self._get_param("SourceArn"),
            self._get_param("DestinationArn"),
            self._get_param("MaxNumberOfMessagesPerSecond"),
        )
        return ActionResult({"TaskHandle": handle})

    def list_message_move_tasks(self) -> ActionResult:
        tasks = with_sqs_errors(
            self.sqs_backend.move_tasks.list,
            self._get_param("SourceArn"),
            self._get_param("MaxResults") or 1,
        )
        return ActionResult({"Results": [task.describe() for task in tasks]})

    def cancel_message_move_task(self) -> ActionResult:
        moved = with_sqs_errors(self.sqs_backend.move_tasks.cancel, self._get_param("TaskHandle"))
        return ActionResult({"ApproximateNumberOfMessagesMoved": moved})


def install(services: Services) -> AbstractContextManager[Any]:
    """A scope in which moto's SQS is ours."""
    return in_place_of(models.sqs_backends, LocalSQSBackend, services, LocalSQSResponse)
