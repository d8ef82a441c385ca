"""Ten thousand messages through boto3: ``send_message_batch``, a mapping, and the history."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from typing import Any

from benchmarks.measure import Row, seconds
from patternlab import open_cloud

MESSAGES = 10_000


def handler(event, context):
    """Fails for one message in twenty, the first time."""
    failed = [
        {"itemIdentifier": record["messageId"]}
        for record in event["Records"]
        if record["body"].endswith("7")
        and record["body"][-2] in "05"
        and record["attributes"]["ApproximateReceiveCount"] == "1"
    ]
    return {"batchItemFailures": failed}


def rows() -> Iterator[Row]:
    """Seconds in all."""
    took = seconds(_run)
    yield Row("10,000 messages through boto3 and a mapping", took, "s", ("<=", 30))


def _run() -> None:
    with contextlib.redirect_stdout(io.StringIO()), open_cloud() as cloud:
        sqs, functions = cloud.client("sqs"), cloud.client("lambda")
        queue = sqs.create_queue(QueueName="orders")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        cloud.deploy_function("orders", handler)
        functions.create_event_source_mapping(
            FunctionName="orders",
            EventSourceArn=arn["Attributes"]["QueueArn"],
            FunctionResponseTypes=["ReportBatchItemFailures"],
        )
        cloud.wait(minutes=1)
        for first in range(0, MESSAGES, 10):
            bodies = enumerate(f"order {first + n:05d}" for n in range(10))
            entries = [{"Id": str(n), "MessageBody": body} for n, body in bodies]
            sqs.send_message_batch(QueueUrl=queue, Entries=entries)
        cloud.wait_until(lambda: _left(sqs, queue) == 0, timeout=86_400)
        assert set(cloud.history()["message_id"].value_counts()) == {1, 2}


def _left(sqs: Any, queue: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)
    return sum(map(int, found["Attributes"].values()))
