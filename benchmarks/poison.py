"""The poison message of notebook 01, end to end through boto3: here, and on another server.

Here 150 s of AWS's time pass on the cloud's clock. ministack runs in real time, so there the
visibility timeout is scaled down; both figures are shown with the time they stand for.
"""

from __future__ import annotations

import contextlib
import io
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.measure import Row, median_seconds, seconds
from patternlab import open_cloud
from patternlab.functions.packaging import ENTRY, package
from tests.account.standin.server import running

RECEIVES = 5
TIMEOUT = 30  # seconds, the visibility timeout of the notebook
SCALED = 1  # seconds, on a server that runs in real time


def save_orders(event, context):
    """The notebook's handler: an order without a total is poison."""
    for record in event["Records"]:
        json.loads(record["body"])["total"]


def rows() -> Iterator[Row]:
    """Ours, ministack's, and how often faster than AWS each one is."""
    cold = seconds(_here)
    here = median_seconds(_here)
    yield Row("poison to dead-letter queue, 150 s on AWS: here", here, "s", ("<=", 0.3))
    yield Row("  the first time in a process", cold, "s")
    yield Row("  AWS's time / wall time", RECEIVES * TIMEOUT / here, "x")
    there = _on_ministack()
    yield Row(f"  ministack, visibility timeout {SCALED} s instead of 30 s", there, "s")
    yield Row("  AWS's time / wall time, scaled timeout", RECEIVES * SCALED / there, "x")


def script(
    client: Callable[[str], Any], wait_until: Callable[[Callable[[], bool]], Any], timeout: int
) -> None:
    """Make everything, send the poison, and wait until it is in the dead-letter queue."""
    sqs, functions, iam = client("sqs"), client("lambda"), client("iam")
    dlq, dlq_arn = _queue(sqs, "orders-dlq")
    redrive = json.dumps({"deadLetterTargetArn": dlq_arn, "maxReceiveCount": RECEIVES})
    queue, arn = _queue(sqs, "orders", VisibilityTimeout=str(timeout), RedrivePolicy=redrive)
    role = iam.create_role(RoleName="bench", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    functions.create_function(
        FunctionName="orders",
        Runtime="python3.12",
        Role=role,
        Handler=ENTRY,
        Timeout=min(3, timeout),
        Code={"ZipFile": package(save_orders)},
    )
    mapping = functions.create_event_source_mapping(FunctionName="orders", EventSourceArn=arn)
    state = lambda: functions.get_event_source_mapping(UUID=mapping["UUID"])["State"]  # noqa: E731
    wait_until(lambda: state() == "Enabled")
    sqs.send_message(QueueUrl=queue, MessageBody='{"id": "order-1"}')
    wait_until(lambda: _depth(sqs, dlq) == 1)


def _queue(sqs: Any, name: str, **attributes: str) -> tuple[str, str]:
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return url, found["Attributes"]["QueueArn"]


def _depth(sqs: Any, url: str) -> int:
    name = "ApproximateNumberOfMessages"
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
    return int(found["Attributes"][name])


def _here() -> None:
    with contextlib.redirect_stdout(io.StringIO()), open_cloud() as cloud:
        script(cloud.client, cloud.wait_until, TIMEOUT)
        assert len(cloud.history()) == RECEIVES


def _on_ministack() -> float:
    with running() as server:
        return seconds(lambda: script(server.client, _wait_until, SCALED))


def _wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("ministack did not get there within 120 s.")
        time.sleep(0.1)
