"""A kernel that makes what the event notebooks make, and is killed in the middle of it."""

from __future__ import annotations

import json
import os
import signal
import threading
from typing import Any

from patternlab import open_cloud
from patternlab.service_models import loader

BEFORE, UNDER_WAY, AFTER = "before it is sent", "while it is under way", "after it is answered"
MOMENTS = (BEFORE, UNDER_WAY, AFTER)
COUNTED = "counted"  # the file that holds how many calls a whole run makes
SERVICES = ("sts", "iam", "logs", "lambda", "sqs", "sns", "s3", "events")

# Read once, in the process that all kernels are forked from.
for _service in SERVICES:
    loader().load_service_model(_service, "service-2")
    loader().load_service_model(_service, "endpoint-rule-set-1")


def work(event: Any, context: Any) -> None:
    """The function that the notebook deploys."""
    print("worked")


def kernel(environment: dict[str, str], moment: str, call: int) -> None:
    """Run in a process of its own that ends by SIGKILL around the `call`-th call, or at the end."""
    os.environ.update(environment)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    cloud = open_cloud(backend="aws")
    calls = _die_at(cloud._backend.boto3.events, moment, call)
    run_notebook(cloud)
    with open(os.path.join(environment["PATTERNLAB_STATE"], COUNTED), "w") as file:
        file.write(str(calls[0]))
    os.kill(os.getpid(), signal.SIGKILL)  # a whole run ends without cloud.close() and atexit, too


def _die_at(events: Any, moment: str, call: int) -> list[int]:
    """Count calls, and kill this process at the right one; gives the counter."""
    calls = [0]

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def sent(**_: Any) -> None:
        calls[0] += 1
        if calls[0] == call and moment == BEFORE:
            die()
        if calls[0] == call and moment == UNDER_WAY:
            threading.Timer(0.002, die).start()

    def answered(**_: Any) -> None:
        if calls[0] == call and moment != BEFORE:
            die()

    events.register_last("before-send", sent)
    events.register_first("after-call", answered)  # before the ledger hears of the answer
    return calls


def run_notebook(cloud: Any) -> None:
    """What notebooks 01 to 05 make, one of each kind and more."""
    name = cloud.name
    sqs, sns, s3 = cloud.client("sqs"), cloud.client("sns"), cloud.client("s3")
    functions, events = cloud.client("lambda"), cloud.client("events")

    def queue(short: str, **attributes: str) -> tuple[str, str]:
        url = sqs.create_queue(QueueName=name(short), Attributes=attributes)["QueueUrl"]
        asked = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return url, asked["Attributes"]["QueueArn"]

    _, failed = queue("failed")
    redrive = json.dumps({"deadLetterTargetArn": failed, "maxReceiveCount": 2})
    orders_url, orders = queue("orders", RedrivePolicy=redrive)
    queue("steps.fifo", FifoQueue="true")
    function = cloud.deploy_function("work", work, reads=[orders], writes=[failed])
    functions.create_event_source_mapping(FunctionName=name("work"), EventSourceArn=orders)
    sqs.send_message(QueueUrl=orders_url, MessageBody="order 1")

    topic = sns.create_topic(Name=name("news"))["TopicArn"]
    functions.add_permission(
        FunctionName=name("work"),
        StatementId="sns",
        Action="lambda:InvokeFunction",
        Principal="sns.amazonaws.com",
        SourceArn=topic,
    )
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=failed)
    sns.publish(TopicArn=topic, Message="news")

    photos = name("photos")
    s3.create_bucket(Bucket=photos)
    s3.put_bucket_versioning(Bucket=photos, VersioningConfiguration={"Status": "Enabled"})
    told = {"QueueConfigurations": [{"QueueArn": failed, "Events": ["s3:ObjectCreated:*"]}]}
    s3.put_bucket_notification_configuration(Bucket=photos, NotificationConfiguration=told)
    for body in (b"meow", b"purr"):
        s3.put_object(Bucket=photos, Key="cat.jpg", Body=body)
    s3.delete_object(Bucket=photos, Key="cat.jpg")
    s3.create_multipart_upload(Bucket=photos, Key="film.mp4")
    events.put_rule(Name=name("big"), EventPattern=json.dumps({"source": ["aws.s3"]}))
    events.put_targets(Rule=name("big"), Targets=[{"Id": "queue", "Arn": failed}])
