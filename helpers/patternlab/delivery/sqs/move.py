"""Dead-letter queue redrive: tasks that move messages back, at a rate (events-8)."""

from __future__ import annotations

import base64
import json
from collections.abc import Generator, Mapping
from typing import Any

import simpy

from patternlab.clock import TICK, VirtualClock
from patternlab.delivery.errors import DeliveryError, invalid_parameter, invalid_value
from patternlab.delivery.knobs import Knobs
from patternlab.delivery.sqs.message import Message
from patternlab.delivery.sqs.queue import Queue

RUNNING, COMPLETED, FAILED = "RUNNING", "COMPLETED", "FAILED"
CANCELLING, CANCELLED = "CANCELLING", "CANCELLED"
MAX_RATE = 500  # messages per second
MAX_SECONDS = 36 * 3600
MAX_ACTIVE = 100  # tasks of an account
MAX_RESULTS = 10

NO_QUEUE = "AWS.SimpleQueueService.NonExistentQueue"
NO_SOURCE = "CouldNotDetermineMessageSource"  # the message was sent straight to this queue


class MoveTask:
    """One StartMessageMoveTask: from where, to where (None: back to each message's source)."""

    def __init__(
        self, handle: str, source: Queue, destination_arn: str | None, rate: int | None
    ) -> None:
        self.handle, self.source = handle, source
        self.destination_arn, self.rate = destination_arn, rate
        self.started = source.env.now
        self.status = RUNNING
        self.failure: str | None = None
        self.moved = 0
        source.settle()
        self.to_move = source.visible

    @property
    def active(self) -> bool:
        """Whether it is still at work."""
        return self.status in (RUNNING, CANCELLING)

    def describe(self) -> dict[str, Any]:
        """Return the task as ListMessageMoveTasks shows it, with a handle only while it runs."""
        shown = {
            "TaskHandle": self.handle if self.status == RUNNING else None,
            "Status": self.status,
            "SourceArn": self.source.arn,
            "DestinationArn": self.destination_arn,
            "MaxNumberOfMessagesPerSecond": self.rate,
            "ApproximateNumberOfMessagesMoved": self.moved,
            "ApproximateNumberOfMessagesToMove": self.to_move,
            "FailureReason": self.failure,
            "StartedTimestamp": round((self.source.clock.epoch + self.started) * 1000),
        }
        return {name: value for name, value in shown.items() if value is not None}


class MoveTasks:
    """The move tasks of one account; `queues` has its queues by ARN, at each moment."""

    def __init__(
        self, clock: VirtualClock, queues: Mapping[str, Queue], knobs: Knobs | None = None
    ) -> None:
        self._env, self._queues = clock.env, queues
        self._knobs = knobs or Knobs()
        self._tasks: list[MoveTask] = []  # oldest first

    def start(
        self, source_arn: str, destination_arn: str | None = None, rate: int | None = None
    ) -> str:
        """Start moving what is visible in the dead-letter queue; return the task's handle.

        Args:
            source_arn: The dead-letter queue.
            destination_arn: One queue for all messages, instead of the source of each.
            rate: Messages per second, 1 to 500.

        Raises:
            DeliveryError: What AWS refuses.
        """
        source = self._queue(source_arn, "SourceArn")
        if not any(_feeds(queue, source) for queue in self._queues.values()):
            raise invalid_parameter("Source queue must be configured as a Dead Letter Queue.")
        if destination_arn is not None:
            destination = self._queue(destination_arn, "DestinationArn")
            if destination is source:
                raise invalid_parameter("Source and destination must be two different queues.")
            if destination.fifo is not source.fifo:
                raise invalid_parameter(
                    "The source queue and destination queue must be of the same queue type."
                )
        if rate is not None and not 1 <= rate <= MAX_RATE:
            reason = f"Must be an integer from 1 to {MAX_RATE}."
            raise invalid_value(rate, "MaxNumberOfMessagesPerSecond", reason)
        active = [task for task in self._tasks if task.active]
        if any(task.source is source for task in active):
            raise invalid_parameter(
                "There is already a task running. Only one active task is allowed for a source "
                "queue arn at a given time."
            )
        if len(active) >= MAX_ACTIVE:
            raise DeliveryError(
                "RequestThrottled",
                f"An account has at most {MAX_ACTIVE} active message move tasks. Wait for one to "
                "end, or cancel one.",
            )
        task = MoveTask(_handle(len(self._tasks), source), source, destination_arn, rate)
        self._tasks.append(task)
        self._env.process(self._run(task))
        return task.handle

    def list(self, source_arn: str, max_results: int = 1) -> list[MoveTask]:
        """Return the newest tasks of a source queue, newest first."""
        source = self._queue(source_arn, "SourceArn")
        if not 1 <= max_results <= MAX_RESULTS:
            reason = f"Must be an integer from 1 to {MAX_RESULTS}."
            raise invalid_value(max_results, "MaxResults", reason)
        found = [task for task in reversed(self._tasks) if task.source is source]
        return found[:max_results]

    def cancel(self, handle: str) -> int:
        """Stop a running task; return how many messages it has moved. They stay moved."""
        source = self._queue(_source_of(handle), "SourceArn")
        task = next((t for t in self._tasks if t.handle == handle and t.source is source), None)
        if task is None:
            raise DeliveryError("ResourceNotFoundException", "Task does not exist.")
        if task.status != RUNNING:
            raise DeliveryError(
                "AWS.SimpleQueueService.UnsupportedOperation",
                f"Only a task that is RUNNING can be cancelled; this one is {task.status}.",
            )
        task.status = CANCELLING
        return task.moved

    # -- at work -----------------------------------------------------------------------------

    def _run(self, task: MoveTask) -> Generator[simpy.Event, Any, None]:
        pause = 1 / (task.rate or self._knobs.move_rate)
        while True:
            self._step(task)
            if not task.active:
                return
            yield self._env.timeout(pause)

    def _step(self, task: MoveTask) -> None:
        """Move one message, or end the task."""
        if task.status == CANCELLING:
            task.status = CANCELLED
        elif self._env.now - task.started >= MAX_SECONDS - TICK:
            self._fail(task, "The task ran for 36 hours, the longest it may.")
        elif self._queues.get(task.source.arn) is not task.source:
            self._fail(task, NO_QUEUE)
        elif (message := task.source.next_available()) is None:
            task.status = COMPLETED
        else:
            self._move(task, message)

    def _move(self, task: MoveTask, message: Message) -> None:
        arn = task.destination_arn or message.source_arn
        if arn is None:
            self._fail(task, NO_SOURCE)
        elif (destination := self._queues.get(arn)) is None:
            self._fail(task, NO_QUEUE)
        else:
            task.source.drop(message)
            _resend(message, destination)
            task.moved += 1

    @staticmethod
    def _fail(task: MoveTask, reason: str) -> None:
        task.status, task.failure = FAILED, reason

    def _queue(self, arn: str, parameter: str) -> Queue:
        queue = self._queues.get(arn)
        if queue is None:
            raise DeliveryError(
                "ResourceNotFoundException",
                f"The resource that you specified for the {parameter} parameter doesn't exist.",
            )
        return queue


def _feeds(queue: Queue, dead_letter_queue: Queue) -> bool:
    return queue.redrive is not None and queue.redrive.dead_letter_queue is dead_letter_queue


def _resend(message: Message, destination: Queue) -> None:
    """Send a message as a new one: new id, new enqueue time, receive count 0.

    On FIFO queues the old id is the deduplication id, so that no message is taken for another's
    duplicate and lost.
    """
    fifo: dict[str, Any] = {"dedup_id": message.id} if destination.fifo else {}
    destination.send(
        message.body,
        attributes=message.attributes,
        system=message.system,
        group=message.group,
        **fifo,
    )


def _handle(number: int, source: Queue) -> str:
    """Return the task's number and its source's ARN, in base64, as AWS writes it."""
    task_id = f"{source.rng.getrandbits(64):016x}{number:016x}"
    task_id = "-".join((task_id[:8], task_id[8:12], task_id[12:16], task_id[16:20], task_id[20:]))
    content = json.dumps({"taskId": task_id, "sourceArn": source.arn}, separators=(",", ":"))
    return base64.b64encode(content.encode()).decode()


def _source_of(handle: str) -> str:
    try:
        return str(json.loads(base64.b64decode(handle, validate=True))["sourceArn"])
    except (ValueError, KeyError, TypeError):
        raise invalid_parameter("Value for parameter TaskHandle is invalid.") from None
