"""Loops through boto3: the trace header goes along, and Lambda stops them (events-39)."""

import json

import pytest

from patternlab import open_cloud
from patternlab.delivery.functions.recursion import WORDS, invocations
from tests.local.permits import counted, let_in, permit
from tests.local.refusals import refused

SENDS_ON = """
import boto3, json, os
sqs = boto3.client("sqs")
def handler(event, context):
    for record in event["Records"]:
        print("RAN", json.dumps(record["attributes"]))
        sqs.send_message(QueueUrl=os.environ["TO"], MessageBody=record["body"])
"""
NOTES = """
import json
def handler(event, context):
    print("RAN", json.dumps(event))
"""


def ran(world, name):
    """What the function noted of each record, in order."""
    lines = [line for line in world.lines(name) if line.startswith("RAN ")]
    return [json.loads(line[4:]) for line in lines]


def to(url):
    return {"Environment": {"Variables": {"TO": url}}}


def dropped(world, name):
    return counted(world.cloud, "AWS/Lambda", "RecursiveInvocationsDropped", FunctionName=name)


def test_events_39_a_handler_that_sends_every_message_back_runs_16_times():
    def handler(event, context):
        import boto3

        sqs = boto3.client("sqs")
        for record in event["Records"]:
            url = sqs.get_queue_url(QueueName="q")["QueueUrl"]
            sqs.send_message(QueueUrl=url, MessageBody=record["body"])

    with open_cloud() as cloud:
        sqs, lam = cloud.client("sqs"), cloud.client("lambda")
        url = sqs.create_queue(QueueName="q")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        cloud.deploy_function("f", handler)
        lam.create_event_source_mapping(
            EventSourceArn=arn["Attributes"]["QueueArn"], FunctionName="f"
        )
        sqs.send_message(QueueUrl=url, MessageBody="again")
        cloud.wait(minutes=10)
        assert len(cloud.history()) == 16
        cloud.wait(minutes=10)
        assert len(cloud.history()) == 16


def test_events_39_the_stopped_message_ends_in_the_dead_letter_queue_and_is_counted(world):
    dead, dead_arn = world.queue("dead")
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 2})
    url, arn = world.queue("q", RedrivePolicy=redrive)
    world.create("f", SENDS_ON, **to(url))
    world.map(arn, "f")
    world.sqs.send_message(QueueUrl=url, MessageBody="again")
    world.cloud.wait(minutes=10)
    assert (world.count(url), world.count(dead)) == ((0, 0), (1, 0))
    assert len(ran(world, "f")) == 16
    assert dropped(world, "f") == 2


def test_events_39_a_loop_of_two_functions_stops_when_one_has_run_16_times(world):
    (one, one_arn), (two, two_arn) = world.queue("one"), world.queue("two")
    world.create("f", SENDS_ON, **to(two))
    world.create("g", SENDS_ON, **to(one))
    world.map(one_arn, "f")
    world.map(two_arn, "g")
    world.sqs.send_message(QueueUrl=one, MessageBody="again")
    world.cloud.wait(minutes=10)
    assert (len(ran(world, "f")), len(ran(world, "g"))) == (16, 16)
    assert (dropped(world, "f") > 0, dropped(world, "g")) == (True, 0)


def test_events_39_the_chain_goes_on_in_the_queue_of_another_function(world):
    (one, one_arn), (two, two_arn) = world.queue("one"), world.queue("two")
    f = world.create("f", SENDS_ON, **to(two))["FunctionArn"]
    world.create("g", NOTES)
    world.map(one_arn, "f")
    world.map(two_arn, "g")
    world.sqs.send_message(QueueUrl=one, MessageBody="x")
    world.cloud.wait(5)
    [event] = ran(world, "g")
    assert invocations(event["Records"][0]["attributes"]["AWSTraceHeader"], f) == 1


def test_events_39_what_the_notebook_sends_begins_a_chain_and_carries_no_header(world):
    url, arn = world.queue("q")
    (elsewhere, _) = world.queue("elsewhere")
    world.create("f", SENDS_ON, **to(elsewhere))
    world.map(arn, "f")
    for n in range(100):
        world.sqs.send_message(QueueUrl=url, MessageBody=str(n))
        world.cloud.wait(1)
    seen = ran(world, "f")
    assert len(seen) == 100
    assert not any("AWSTraceHeader" in attributes for attributes in seen)
    assert dropped(world, "f") == 0


def test_events_39_retries_of_one_message_do_not_make_a_chain(world):
    url, arn = world.queue("q", VisibilityTimeout="5")
    world.create("f", NOTES + "    1 / 0\n")
    world.map(arn, "f")
    world.sqs.send_message(QueueUrl=url, MessageBody="x")
    world.cloud.wait(minutes=5)
    assert len(ran(world, "f")) > 50
    assert dropped(world, "f") == 0


def test_events_39_a_loop_over_a_topic_is_stopped_too(world):
    source = """
import boto3
def handler(event, context):
    print("RAN 1")
    sns = event["Records"][0]["Sns"]
    boto3.client("sns").publish(TopicArn=sns["TopicArn"], Message=sns["Message"])
"""
    sns = world.cloud.client("sns")
    topic = sns.create_topic(Name="t")["TopicArn"]
    f = world.create("f", source)["FunctionArn"]
    permit(world.cloud, "f", "sns", topic)
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=f)
    dead, dead_arn = world.queue("dead")
    world.lam.update_function_configuration(
        FunctionName="f", DeadLetterConfig={"TargetArn": dead_arn}
    )
    sns.publish(TopicArn=topic, Message="again")
    world.cloud.wait(minutes=10)
    assert len(ran(world, "f")) == 16
    assert world.count(dead) == (1, 0)
    [message] = world.sqs.receive_message(QueueUrl=dead, MessageAttributeNames=["All"])["Messages"]
    assert message["MessageAttributes"]["ErrorMessage"]["StringValue"] == WORDS
    assert dropped(world, "f") == 1


def test_events_39_a_loop_over_a_topic_and_a_queue_is_stopped_too(world):
    source = """
import boto3, json
def handler(event, context):
    for record in event["Records"]:
        note = json.loads(record["body"])
        print("RAN 1")
        boto3.client("sns").publish(TopicArn=note["TopicArn"], Message=note["Message"])
"""
    sns = world.cloud.client("sns")
    topic = sns.create_topic(Name="t")["TopicArn"]
    url, arn = world.queue("q")
    let_in(world.cloud, arn, "sns")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    world.create("f", source)
    world.map(arn, "f")
    sns.publish(TopicArn=topic, Message="again")
    world.cloud.wait(minutes=10)
    assert len(ran(world, "f")) == 16


INVOKES = """
import boto3, json
def handler(event, context):
    print("RAN 1")
    lam = boto3.client("lambda")
    name = context.function_name
    try:
        return lam.invoke(FunctionName=name, InvocationType=event["how"],
                          Payload=json.dumps(event))["StatusCode"]
    except lam.exceptions.RecursiveInvocationException as error:
        print("STOPPED", error.response["Error"]["Message"])
"""


@pytest.mark.parametrize("how", ["Event", "RequestResponse"])
def test_events_39_a_function_that_invokes_itself_is_stopped_too(world, how):
    world.create("f", INVOKES, Timeout=60)
    world.invoke("f", {"how": how}, InvocationType="Event")
    world.cloud.wait(minutes=10)
    assert len(ran(world, "f")) == 16
    stops = [line for line in world.lines("f") if line.startswith("STOPPED")]
    assert stops == ([f"STOPPED {WORDS}\n"] if how == "RequestResponse" else [])
    assert dropped(world, "f") == 1


def test_events_39_recursion_can_be_allowed_function_by_function(world):
    url, arn = world.queue("q", DelaySeconds="1")
    world.create("f", SENDS_ON, **to(url))
    world.map(arn, "f")
    assert world.lam.get_function_recursion_config(FunctionName="f")["RecursiveLoop"] == "Terminate"
    got = world.lam.put_function_recursion_config(FunctionName="f", RecursiveLoop="Allow")
    assert got["RecursiveLoop"] == "Allow"
    world.sqs.send_message(QueueUrl=url, MessageBody="again")
    world.cloud.wait(60)
    assert len(ran(world, "f")) > 50
    world.lam.put_function_recursion_config(FunctionName="f", RecursiveLoop="Terminate")
    before = len(ran(world, "f"))
    world.cloud.wait(60)
    assert len(ran(world, "f")) == before


def test_events_39_the_setting_is_refused_where_lambda_refuses_it(world):
    world.create("f", NOTES)
    for name, wanted, code in [
        ("f", "Perhaps", "InvalidParameterValueException"),
        ("no-such", "Allow", "ResourceNotFoundException"),
    ]:
        put = world.lam.put_function_recursion_config
        assert refused(put, FunctionName=name, RecursiveLoop=wanted)[0] == code


@pytest.mark.parametrize("by_queue", [False, True], ids=["S3 to Lambda", "S3 to SQS to Lambda"])
def test_events_39_a_handler_that_writes_to_its_own_bucket_runs_16_times(by_queue):
    def handler(event, context):
        import boto3

        boto3.client("s3").put_object(Bucket="photos", Key=context.aws_request_id, Body=b"again")

    with open_cloud() as cloud:
        s3, lam, sqs = cloud.client("s3"), cloud.client("lambda"), cloud.client("sqs")
        s3.create_bucket(Bucket="photos")
        arn = cloud.deploy_function("f", handler)
        if by_queue:
            url = sqs.create_queue(QueueName="q")["QueueUrl"]
            kind, target = "Queue", arn.replace("lambda", "sqs").replace("function:f", "q")
            let_in(cloud, target, "s3", "arn:aws:s3:::photos")
            lam.create_event_source_mapping(EventSourceArn=target, FunctionName="f")
            sqs.purge_queue(QueueUrl=url)
        else:
            kind, target = "LambdaFunction", arn
            permit(cloud, "f", "s3", "arn:aws:s3:::photos")
        rule = {f"{kind}Arn": target, "Events": ["s3:ObjectCreated:*"]}
        s3.put_bucket_notification_configuration(
            Bucket="photos", NotificationConfiguration={f"{kind}Configurations": [rule]}
        )
        cloud.wait(minutes=1)
        begun = len(cloud.history())  # the test event that S3 sends to queues runs the handler too
        s3.put_object(Bucket="photos", Key="first", Body=b"")
        cloud.wait(minutes=30)
        written = s3.list_objects_v2(Bucket="photos")["KeyCount"]
        assert written == len(cloud.history()) + 1
        assert len(cloud.history()) - begun == 16
