"""A local cloud reads nothing of this machine, changes nothing of it, and reaches no network."""

import json
import os
import socket

import boto3
import pytest
from botocore.config import Config
from botocore.httpsession import URLLib3Session

from patternlab import open_cloud
from patternlab.local.patches import NetworkRefused

REAL_LOOKING = {
    "AWS_ACCESS_KEY_ID": "AKIAREALLOOKING00000",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_SESSION_TOKEN": "token",
    "AWS_PROFILE": "a-profile-that-does-not-exist",
    "AWS_DEFAULT_PROFILE": "another-one",
    "AWS_CONFIG_FILE": "/nowhere/config",
    "AWS_SHARED_CREDENTIALS_FILE": "/nowhere/credentials",
    "AWS_REGION": "eu-central-1",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "AWS_ENDPOINT_URL_SQS": "http://127.0.0.1:9",
    "AWS_CA_BUNDLE": "/nowhere/bundle.pem",
    "AWS_MAX_ATTEMPTS": "9",
    "AWS_USE_DUALSTACK_ENDPOINT": "true",
    "AWS_ROLE_ARN": "arn:aws:iam::999999999999:role/real",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere/token",
    "HTTPS_PROXY": "http://127.0.0.1:9",
}


@pytest.fixture
def hostile(monkeypatch):
    """An environment full of settings, and no way to the network."""
    for name, value in REAL_LOOKING.items():
        monkeypatch.setenv(name, value)

    def refuse(*args, **kwargs):
        raise AssertionError(f"somebody tried to reach the network: {args[1:]}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


SOURCE = """
import boto3, os
def handler(event, context):
    url = boto3.client("sqs").get_queue_url(QueueName="out")["QueueUrl"]
    for record in event["Records"]:
        boto3.client("sqs").send_message(QueueUrl=url, MessageBody=record["body"])
    print({name: value for name, value in os.environ.items() if name.startswith("AWS_")})
"""


def test_a_whole_scenario_ignores_the_machines_settings(hostile, zip_of):
    environ, content, session = os.environ, dict(os.environ), boto3.DEFAULT_SESSION
    seen = []
    with open_cloud(region="us-west-2") as cloud:
        sqs, lam = cloud.client("sqs"), cloud.client("lambda")
        url = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("in", "out", "dlq")}
        arn = {name: f"arn:aws:sqs:us-west-2:123456789012:{name}" for name in url}
        policy = {"deadLetterTargetArn": arn["dlq"], "maxReceiveCount": 3}
        sqs.set_queue_attributes(
            QueueUrl=url["in"], Attributes={"RedrivePolicy": json.dumps(policy)}
        )
        role = cloud.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")
        lam.create_function(
            FunctionName="f",
            Runtime="python3.12",
            Role=role["Role"]["Arn"],
            Handler="lambda_function.handler",
            Code={"ZipFile": zip_of(SOURCE)},
        )
        lam.create_event_source_mapping(EventSourceArn=arn["in"], FunctionName="f")
        sqs.send_message(QueueUrl=url["in"], MessageBody="hello")
        attribute = "ApproximateNumberOfMessages"

        def sent_on():
            seen.append(os.environ is environ)
            got = sqs.get_queue_attributes(QueueUrl=url["out"], AttributeNames=[attribute])
            return got["Attributes"][attribute] == "1"

        cloud.wait_until(sent_on)
        [message] = sqs.receive_message(QueueUrl=url["out"])["Messages"]
        s3, sns = cloud.client("s3"), cloud.client("sns")
        s3.create_bucket(
            Bucket="pictures", CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
        )
        topic = sns.create_topic(Name="t")["TopicArn"]
        [group] = cloud.client("logs").describe_log_groups()["logGroups"]
        lines = cloud.client("logs").filter_log_events(logGroupName=group["logGroupName"])
        assert cloud.resource("s3").Bucket("pictures").creation_date
        assert (os.environ is environ, dict(os.environ)) == (True, content)
    assert message["Body"] == "hello"
    assert ":us-west-2:" in topic
    assert sqs.meta.endpoint_url == "https://sqs.us-west-2.amazonaws.com"
    printed = "".join(event["message"] for event in lines["events"])
    assert "AKIAREAL" not in printed
    assert "'AWS_REGION': 'us-west-2'" in printed
    assert all(seen)
    assert (os.environ is environ, dict(os.environ)) == (True, content)
    assert boto3.DEFAULT_SESSION is session


def test_the_default_session_is_not_touched(monkeypatch):
    marker = object()
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", marker)
    with open_cloud() as cloud:
        cloud.client("sqs").list_queues()
    assert boto3.DEFAULT_SESSION is marker


def test_an_address_is_refused(cloud):
    for make in (cloud.client, cloud.resource):
        with pytest.raises(NetworkRefused, match="http://127.0.0.1:4566"):
            make("sqs", endpoint_url="http://127.0.0.1:4566")
    assert cloud.client("sqs", endpoint_url=None).list_queues()


def test_a_setting_is_kept_as_far_as_it_stays_local(cloud):
    sqs = cloud.client("sqs", config=Config(user_agent_extra="me", retries={"max_attempts": 9}))
    assert sqs.meta.config.user_agent_extra == "me"
    assert sqs.meta.config.retries["total_max_attempts"] == 1
    assert cloud.client("sqs", region_name="eu-west-1").meta.region_name == "eu-west-1"
    assert cloud.client("sqs", "eu-west-1").meta.region_name == "eu-west-1"
    assert cloud.client("sqs") is cloud.client("sqs")


def test_a_request_that_moto_does_not_answer_is_refused(hostile, cloud):
    dual = cloud.client("sns", config=Config(use_dualstack_endpoint=True))
    with pytest.raises(NetworkRefused, match="sns.us-east-1.api.aws/"):
        dual.list_topics()
    with pytest.raises(NetworkRefused, match="braket"):
        cloud.client("braket").search_devices(filters=[])


def test_a_client_made_without_the_cloud_reaches_moto_or_nothing(hostile, cloud, monkeypatch):
    monkeypatch.delenv("AWS_PROFILE")
    monkeypatch.delenv("AWS_DEFAULT_PROFILE")
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SQS", "AWS_USE_DUALSTACK_ENDPOINT"):
        monkeypatch.delenv(name)
    monkeypatch.delenv("AWS_CA_BUNDLE")
    url = cloud.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    direct = boto3.Session().client("sqs", region_name="us-east-1")
    assert direct.list_queues()["QueueUrls"] == [url]
    elsewhere = boto3.Session().client(
        "sqs", region_name="us-east-1", endpoint_url="http://127.0.0.1:4566"
    )
    with pytest.raises(NetworkRefused, match="http://127.0.0.1:4566"):
        elsewhere.list_queues()


def test_nobody_looks_for_credentials_on_the_network(hostile, cloud, monkeypatch):
    for name in REAL_LOOKING:
        monkeypatch.delenv(name)
    with pytest.raises(NetworkRefused, match="169.254.169.254"):
        boto3.Session().client("sqs", region_name="us-east-1").list_queues()


def test_after_close_everything_is_as_before(monkeypatch):
    before = URLLib3Session.send
    cloud = open_cloud()
    sqs = cloud.client("sqs")
    cloud.close()
    assert URLLib3Session.send is before
    with pytest.raises(NetworkRefused, match="open_cloud"):
        sqs.list_queues()
    with open_cloud(), pytest.raises(NetworkRefused, match="open_cloud"):
        sqs.list_queues()
