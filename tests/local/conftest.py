"""A local cloud, and functions made from zips by hand."""

import io
import json
import zipfile
from types import SimpleNamespace

import pytest

from patternlab import open_cloud

ROLE_POLICY = json.dumps({"Version": "2012-10-17", "Statement": []})


def zip_of(files):
    """A zip with `files`, a source or a dictionary of path and source."""
    if isinstance(files, str):
        files = {"lambda_function.py": files}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, source in files.items():
            archive.writestr(name, source)
    return buffer.getvalue()


@pytest.fixture(name="zip_of")
def zip_of_fixture():
    return zip_of


@pytest.fixture(autouse=True)
def no_images(monkeypatch):
    """Let moto leave out its two thousand images, which it reads for every cloud with EC2."""
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")


@pytest.fixture
def cloud():
    with open_cloud() as cloud:
        yield cloud


@pytest.fixture
def world(cloud):
    return world_of(cloud)


@pytest.fixture(name="world_of", scope="session")
def world_of_fixture():
    return world_of


def world_of(cloud):
    """Shortcuts: clients, functions from source, invocations, queues, mappings, log lines."""
    lam, sqs, logs = cloud.client("lambda"), cloud.client("sqs"), cloud.client("logs")
    role = cloud.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=ROLE_POLICY)

    def create(name, files, **settings):
        spec = {
            "Runtime": "python3.12",
            "Role": role["Role"]["Arn"],
            "Handler": "lambda_function.handler",
            **settings,
        }
        return lam.create_function(FunctionName=name, Code={"ZipFile": zip_of(files)}, **spec)

    def invoke(name, event=None, **kwargs):
        answer = lam.invoke(FunctionName=name, Payload=json.dumps(event or {}), **kwargs)
        return SimpleNamespace(
            payload=json.loads(answer["Payload"].read() or "null"),
            error=answer.get("FunctionError"),
            status=answer["StatusCode"],
            answer=answer,
        )

    def queue(name, **attributes):
        url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return url, arn_of(url)

    def arn_of(url):
        got = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return got["Attributes"]["QueueArn"]

    def map_queue(arn, function, **settings):
        made = lam.create_event_source_mapping(
            EventSourceArn=arn, FunctionName=function, **settings
        )
        cloud.wait(5)
        return made["UUID"]

    def lines(name):
        events = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
        return [event["message"] for event in events]

    def count(url):
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        got = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return tuple(int(got[name]) for name in names)

    return SimpleNamespace(
        cloud=cloud,
        lam=lam,
        sqs=sqs,
        logs=logs,
        create=create,
        invoke=invoke,
        queue=queue,
        map=map_queue,
        lines=lines,
        count=count,
    )
