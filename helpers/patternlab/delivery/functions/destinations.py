"""Where Lambda sends what became of an asynchronous event (events-47 and events-48).

These are the model's. On AWS the function's role needs the permission for each: sqs:SendMessage,
sns:Publish, lambda:InvokeFunction, events:PutEvents, s3:PutObject and s3:ListBucket.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from patternlab.delivery.functions.async_config import Attributes
from patternlab.delivery.functions.async_records import bucket_key, bus_entry, compact
from patternlab.delivery.ids import new_id
from patternlab.delivery.sns.topic import Topic
from patternlab.delivery.sqs.queue import Queue


class QueueDestination:
    """A standard queue: the record is the message's body."""

    def __init__(self, queue: Queue) -> None:
        self.queue, self.arn = queue, queue.arn

    def take_record(self, record: dict[str, Any]) -> None:
        self.queue.send(compact(record))

    def take_event(self, body: str, attributes: Attributes) -> None:
        self.queue.send(body, attributes=attributes)


class TopicDestination:
    """A standard topic: the record is the message."""

    def __init__(self, topic: Topic) -> None:
        self.topic, self.arn = topic, topic.arn

    def take_record(self, record: dict[str, Any]) -> None:
        self.topic.publish(compact(record))

    def take_event(self, body: str, attributes: Attributes) -> None:
        shown = {
            name: {"Type": value["DataType"], "Value": value["StringValue"]}
            for name, value in attributes.items()
        }
        self.topic.publish(body, attributes=shown)


class FunctionDestination:
    """Another function: the record is its event. `put` is its ``AsyncQueue.put``."""

    def __init__(self, arn: str, put: Callable[[Any], object]) -> None:
        self.arn, self._put = arn, put

    def take_record(self, record: dict[str, Any]) -> None:
        self._put(record)


class BusDestination:
    """An EventBridge bus: the record is the event's detail. `put` takes an entry of PutEvents."""

    def __init__(self, arn: str, put: Callable[[dict[str, Any]], object]) -> None:
        self.arn, self._put = arn, put

    def take_record(self, record: dict[str, Any]) -> None:
        self._put(bus_entry(record, self.arn))


class BucketDestination:
    """A bucket, for failures only: the record is an object. `put` takes a key and a text.

    `time` gives seconds since 1970 and `rng` the UUID at the end of the key.
    """

    def __init__(
        self,
        bucket: str,
        function_name: str,
        put: Callable[[str, str], object],
        *,
        time: Callable[[], float],
        rng: Any,
    ) -> None:
        self.arn = f"arn:aws:s3:::{bucket}"
        self._function_name, self._put, self._time, self._rng = function_name, put, time, rng

    def take_record(self, record: dict[str, Any]) -> None:
        key = bucket_key(self._function_name, self._time(), new_id(self._rng))
        self._put(key, compact(record))
