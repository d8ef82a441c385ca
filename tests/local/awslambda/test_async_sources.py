"""SNS, S3 and EventBridge hand their events to asynchronous invocation (events-50, events-56)."""

import json
from types import SimpleNamespace

import pytest

from tests.local.permits import permit

PRINTS_AND_FAILS = """
import json

def handler(event, context):
    print(json.dumps(event))
    raise ValueError
"""


@pytest.fixture
def topic(world):
    """A topic that a function listens to."""
    arn = world.create("f", PRINTS_AND_FAILS)["FunctionArn"]
    sns = world.cloud.client("sns")
    topic = sns.create_topic(Name="t")["TopicArn"]
    permit(world.cloud, "f", "sns", topic)
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)
    return SimpleNamespace(
        publish=lambda: sns.publish(TopicArn=topic, Message="hello"), function=arn
    )


@pytest.fixture
def put(world):
    """Puts a picture into a bucket that tells a function of it."""
    arn = world.create("f", PRINTS_AND_FAILS)["FunctionArn"]
    s3 = world.cloud.client("s3")
    s3.create_bucket(Bucket="pictures")
    permit(world.cloud, "f", "s3", "arn:aws:s3:::pictures")
    rule = {"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket="pictures", NotificationConfiguration={"LambdaFunctionConfigurations": [rule]}
    )
    return lambda: s3.put_object(Bucket="pictures", Key="cat.jpg", Body=b"meow")


def events_of(world):
    """What the function was invoked with, attempt by attempt; checks that its id stayed one."""
    lines = world.lines("f")
    assert len({line for line in lines if line.startswith("START")}) == 1
    return [json.loads(line) for line in lines if line.startswith("{")]


def test_events_50_and_56_sns_delivers_once_and_lambda_retries(world, topic):
    begun = world.cloud.now()
    topic.publish()
    assert world.cloud.now() == begun
    assert world.logs.describe_log_groups()["logGroups"] == []
    world.cloud.wait(minutes=10)
    assert [e["Records"][0]["Sns"]["Message"] for e in events_of(world)] == ["hello"] * 3
    assert world.cloud.deliveries()["outcome"].tolist() == ["delivered"]


def test_events_56_an_outage_makes_sns_deliver_again_and_costs_lambda_no_attempt(world, topic):
    world.cloud.faults.outage(topic.function, minutes=5)
    topic.publish()
    world.cloud.wait(minutes=20)
    deliveries = world.cloud.deliveries()
    assert deliveries["outcome"].tolist()[-1] == "delivered"
    assert len(deliveries) > 3
    assert len(events_of(world)) == 3


def test_events_50_an_event_of_s3_is_retried(world, put):
    begun = world.cloud.now()
    put()
    assert world.cloud.now() == begun
    world.cloud.wait(minutes=10)
    keys = [event["Records"][0]["s3"]["object"]["key"] for event in events_of(world)]
    assert keys == ["cat.jpg"] * 3


def test_events_48_and_50_the_record_holds_what_s3_sent(world, put):
    url, queue = world.queue("failed")
    world.lam.put_function_event_invoke_config(
        FunctionName="f",
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": queue}},
    )
    put()
    world.cloud.wait(minutes=1)
    [message] = world.sqs.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"])["requestPayload"] == events_of(world)[0]


def test_events_50_a_rule_of_eventbridge_invokes_asynchronously(world):
    arn = world.create("f", PRINTS_AND_FAILS)["FunctionArn"]
    events = world.cloud.client("events")
    rule = events.put_rule(Name="r", EventPattern='{"source": ["shop"]}')["RuleArn"]
    permit(world.cloud, "f", "events", rule)
    events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": arn}])
    entry = {"Source": "shop", "DetailType": "order", "Detail": '{"order": 5}'}
    begun = world.cloud.now()
    assert events.put_events(Entries=[entry])["FailedEntryCount"] == 0
    assert world.cloud.now() == begun
    world.cloud.wait(minutes=10)
    assert [event["detail"] for event in events_of(world)] == [{"order": 5}] * 3
