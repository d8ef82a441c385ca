"""Who is told of asynchronous events, through boto3 (events-46 to events-48)."""

import json
from types import SimpleNamespace

import pytest
from botocore.config import Config

from tests.local.permits import counted, let_in
from tests.local.refusals import refused

FAILS = "def handler(event, context):\n    raise ValueError('no such order')\n"
WORKS = "def handler(event, context):\n    return {'total': 7}\n"
PRINTS = "import json\ndef handler(event, context):\n    print(json.dumps(event))\n"
BUS = "arn:aws:events:us-east-1:123456789012:event-bus/default"


def losses(world, metric):
    return counted(world.cloud, "AWS/Lambda", metric, FunctionName="f")


@pytest.fixture
def told(world):
    """Set destinations, hand an event over, read what a queue got."""

    def configure(name="f", retries=0, **sides):
        destinations = {side: {"Destination": arn} for side, arn in sides.items()}
        world.lam.put_function_event_invoke_config(
            FunctionName=name, MaximumRetryAttempts=retries, DestinationConfig=destinations
        )

    def run(event=None, name="f", minutes=10):
        world.invoke(name, event, InvocationType="Event")
        world.cloud.wait(minutes=minutes)

    def messages(url):
        got = world.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        return got.get("Messages", [])

    def records(url):
        return [json.loads(message["Body"]) for message in messages(url)]

    return SimpleNamespace(configure=configure, run=run, messages=messages, records=records)


# -- dead-letter queues --------------------------------------------------------------------------


def test_events_47_a_dead_letter_queue_gets_the_raw_event_and_three_attributes(world, told):
    url, arn = world.queue("dlq")
    made = world.create("f", FAILS, DeadLetterConfig={"TargetArn": arn})
    assert made["DeadLetterConfig"] == {"TargetArn": arn}
    world.lam.invoke(FunctionName="f", InvocationType="Event", Payload='{ "n":  1 }')
    world.cloud.wait(minutes=10)
    [message] = told.messages(url)
    assert message["Body"] == '{ "n":  1 }'
    attributes = message["MessageAttributes"]
    request_id = attributes.pop("RequestID")
    assert attributes == {
        "ErrorCode": {"DataType": "Number", "StringValue": "200"},
        "ErrorMessage": {"DataType": "String", "StringValue": "no such order"},
    }
    assert request_id["DataType"] == "String"
    assert f"START RequestId: {request_id['StringValue']} Version: $LATEST\n" in world.lines("f")


def test_events_47_a_topic_can_be_the_dead_letter_queue(world, told):
    sns = world.cloud.client("sns")
    topic = sns.create_topic(Name="dead")["TopicArn"]
    url, queue = world.queue("inbox")
    let_in(world.cloud, queue, "sns", topic)
    sns.subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"}
    )
    world.create("f", FAILS, DeadLetterConfig={"TargetArn": topic})
    told.run({"n": 2})
    [message] = told.messages(url)
    assert json.loads(message["Body"]) == {"n": 2}
    assert message["MessageAttributes"]["ErrorCode"]["StringValue"] == "200"


def test_events_47_the_dead_letter_queue_can_be_set_changed_and_removed_later(world, told):
    (first, first_arn), (second, second_arn) = world.queue("first"), world.queue("second")
    world.create("f", FAILS)
    for arn in (first_arn, second_arn, ""):
        world.lam.update_function_configuration(
            FunctionName="f", DeadLetterConfig={"TargetArn": arn}
        )
        got = world.lam.get_function_configuration(FunctionName="f").get("DeadLetterConfig")
        assert got == ({"TargetArn": arn} if arn else None)
        told.run({"to": arn})
    assert told.records(first) == [{"to": first_arn}]
    assert told.records(second) == [{"to": second_arn}]


BAD_DEAD_LETTERS = [
    ("nonsense", "ARNs must start with 'arn:'"),
    (
        "arn:aws:lambda:us-east-1:123456789012:function:g",
        "The service specified by the TargetArn is not supported for dead letter configuration.",
    ),
    (
        "arn:aws:sqs:eu-west-1:123456789012:q",
        "The resource specified by the TargetArn must be in the same region as the Lambda "
        "function it's associated with.",
    ),
    (
        "arn:aws:sqs:us-east-1:123456789012:q.fifo",
        "FIFO SQS queue is not supported for dead letter configuration",
    ),
    (
        "arn:aws:sns:us-east-1:123456789012:t.fifo",
        "FIFO SNS topic is not supported for dead letter configuration",
    ),
    (
        "arn:aws:sqs:us-east-1:123456789012:gone",
        "arn:aws:sqs:us-east-1:123456789012:gone does not exist.",
    ),
]


def test_a_dead_letter_queue_that_cannot_be_is_refused_and_nothing_made(world):
    unchecked = world.cloud.client("lambda", config=Config(parameter_validation=False))
    spec = {
        "FunctionName": "f",
        "Runtime": "python3.12",
        "Role": world.cloud.client("iam").get_role(RoleName="r")["Role"]["Arn"],
        "Handler": "lambda_function.handler",
        "Code": {"ZipFile": b""},
    }
    for arn, words in BAD_DEAD_LETTERS:
        wanted = ("InvalidParameterValueException", "Invalid dead letter queue ARN: " + words)
        config = {"TargetArn": arn}
        assert refused(unchecked.create_function, **spec, DeadLetterConfig=config) == wanted
    assert world.lam.list_functions()["Functions"] == []


def test_a_dead_letter_queue_that_cannot_be_is_no_update_either(world):
    unchecked = world.cloud.client("lambda", config=Config(parameter_validation=False))
    world.create("f", WORKS, Timeout=3)
    for arn, words in BAD_DEAD_LETTERS:
        wanted = ("InvalidParameterValueException", "Invalid dead letter queue ARN: " + words)
        change = {"Timeout": 9, "DeadLetterConfig": {"TargetArn": arn}}
        update = unchecked.update_function_configuration
        assert refused(update, FunctionName="f", **change) == wanted
    got = world.lam.get_function_configuration(FunctionName="f")
    assert (got["Timeout"], got.get("DeadLetterConfig")) == (3, None)


# -- destinations --------------------------------------------------------------------------------


def test_events_48_a_queue_really_receives_the_record_of_a_failure(world, told):
    url, queue = world.queue("told")
    arn = world.create("f", FAILS)["FunctionArn"]
    told.configure(retries=2, OnFailure=queue)
    told.run({"order": 5})
    [record] = told.records(url)
    trace = record["responsePayload"].pop("stackTrace")
    request_id = record["requestContext"]["requestId"]
    assert record.pop("timestamp").startswith("2026-01-05T09:0")
    assert record == {
        "version": "1.0",
        "requestContext": {
            "requestId": request_id,
            "functionArn": arn + ":$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": {"order": 5},
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        },
        "responsePayload": {
            "errorMessage": "no such order",
            "errorType": "ValueError",
            "requestId": request_id,
        },
    }
    assert "raise ValueError('no such order')" in trace[-1]


def test_events_48_the_record_of_a_success(world, told):
    url, queue = world.queue("told")
    failed, other = world.queue("failed")
    world.create("f", WORKS)
    told.configure(OnSuccess=queue, OnFailure=other)
    told.run({"order": 5})
    [record] = told.records(url)
    assert record["requestContext"]["condition"] == "Success"
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST"}
    assert record["responsePayload"] == {"total": 7}
    assert told.messages(failed) == []


def test_events_45_and_48_the_record_of_an_event_that_grew_too_old(world, told):
    url, queue = world.queue("told")
    world.create("f", FAILS)
    world.lam.put_function_event_invoke_config(
        FunctionName="f",
        MaximumEventAgeInSeconds=60,
        DestinationConfig={"OnFailure": {"Destination": queue}},
    )
    told.run(minutes=0.05)
    [record] = told.records(url)
    assert record["requestContext"]["condition"] == "EventAgeExceeded"
    assert record["requestContext"]["approximateInvokeCount"] == 1
    assert record["responsePayload"]["errorType"] == "ValueError"


def test_events_46_and_48_the_record_of_an_event_that_met_no_concurrency(world, told):
    url, queue = world.queue("told")
    world.create("f", FAILS)
    told.configure(OnFailure=queue)
    world.lam.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)
    told.run(minutes=0)
    [record] = told.records(url)
    assert record["requestContext"]["condition"] == "ZeroReservedConcurrency"
    assert record["requestContext"]["approximateInvokeCount"] == 0
    assert not {"responseContext", "responsePayload"} & set(record)


def test_events_48_a_topic_publishes_the_record(world, told):
    sns = world.cloud.client("sns")
    topic = sns.create_topic(Name="told")["TopicArn"]
    url, queue = world.queue("inbox")
    let_in(world.cloud, queue, "sns", topic)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    world.create("f", WORKS)
    told.configure(OnSuccess=topic)
    told.run({"order": 5})
    [envelope] = told.records(url)
    assert json.loads(envelope["Message"])["requestPayload"] == {"order": 5}


def test_events_48_another_function_gets_the_record_as_its_event(world, told):
    world.create("f", FAILS)
    clerk = world.create("clerk", PRINTS)["FunctionArn"]
    told.configure(OnFailure=clerk)
    told.run({"order": 5})
    [record] = [json.loads(line) for line in world.lines("clerk") if line.startswith("{")]
    assert record["requestPayload"] == {"order": 5}


def test_events_48_an_event_bus_gets_the_record_as_detail(world, told):
    events = world.cloud.client("events")
    url, queue = world.queue("audit")
    pattern = {"source": ["lambda"], "detail": {"requestContext": {"condition": ["Success"]}}}
    events.put_rule(Name="audit", EventPattern=json.dumps(pattern))
    let_in(world.cloud, queue, "events")
    events.put_targets(Rule="audit", Targets=[{"Id": "1", "Arn": queue}])
    arn = world.create("f", WORKS)["FunctionArn"]
    told.configure(OnSuccess=BUS)
    told.run({"order": 5})
    [event] = told.records(url)
    assert event["source"] == "lambda"
    assert event["detail-type"] == "Lambda Function Invocation Result - Success"
    assert event["resources"] == [arn + ":$LATEST", BUS]
    assert event["detail"]["requestPayload"] == {"order": 5}


def test_events_48_a_bucket_keeps_the_record_of_a_failure_as_an_object(world, told):
    s3 = world.cloud.client("s3")
    s3.create_bucket(Bucket="failures")
    world.create("f", FAILS)
    told.configure(OnFailure="arn:aws:s3:::failures")
    told.run({"order": 5})
    [stored] = s3.list_objects_v2(Bucket="failures")["Contents"]
    assert stored["Key"].startswith("aws/lambda/async/f/2026/01/05/2026-01-05T09.00.")
    assert len(stored["Key"].rpartition("Z")[2].split("/")[-1]) == len("2026-01-05T09.00.00-") + 36
    body = s3.get_object(Bucket="failures", Key=stored["Key"])["Body"].read()
    assert json.loads(body)["requestPayload"] == {"order": 5}


def test_events_48_dead_letter_queue_and_destination_both_get_it(world, told):
    (dead, dead_arn), (failed, failed_arn) = world.queue("dead"), world.queue("failed")
    world.create("f", FAILS, DeadLetterConfig={"TargetArn": dead_arn})
    told.configure(OnFailure=failed_arn)
    told.run({"order": 5})
    assert told.records(dead) == [{"order": 5}]
    assert [record["requestPayload"] for record in told.records(failed)] == [{"order": 5}]


def test_what_a_destination_does_not_take_is_lost_and_counted(world, told):
    (dead, dead_arn), (failed, failed_arn) = world.queue("dead"), world.queue("failed")
    world.create("f", FAILS, DeadLetterConfig={"TargetArn": dead_arn})
    told.configure(OnFailure=failed_arn)
    world.sqs.delete_queue(QueueUrl=failed)
    world.cloud.faults.outage(dead_arn, minutes=5)
    told.run({"order": 5})
    assert losses(world, "DestinationDeliveryFailures") == 1
    assert losses(world, "DeadLetterErrors") == 1
    assert told.messages(dead) == []


# -- what is refused -----------------------------------------------------------------------------

FIFO = "arn:aws:sqs:us-east-1:123456789012:q.fifo"
BUCKET = "arn:aws:s3:::failures"
STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/s"
SELF = "arn:aws:lambda:us-east-1:123456789012:function:f"
WRONG = "The provided destination config DestinationConfig(onSuccess={}, onFailure={}) is invalid."
UNKNOWN = [
    "arn:aws:sqs:us-east-1:123456789012:gone",
    "arn:aws:sns:us-east-1:123456789012:gone",
    "arn:aws:lambda:us-east-1:123456789012:function:gone",
    "arn:aws:events:us-east-1:123456789012:event-bus/gone",
    "arn:aws:s3:::gone",
]
BAD_DESTINATIONS = [
    ({"OnFailure": FIFO}, WRONG.format("null", f"OnFailure(destination={FIFO})")),
    ({"OnSuccess": BUCKET}, WRONG.format(f"OnSuccess(destination={BUCKET})", "null")),
    ({"OnFailure": STREAM}, WRONG.format("null", f"OnFailure(destination={STREAM})")),
    ({"OnSuccess": SELF}, "You can't specify the function as a destination for itself."),
    *(({"OnFailure": arn}, f"The destination ARN {arn} is invalid.") for arn in UNKNOWN),
]


@pytest.mark.parametrize("action", ["put", "update"])
def test_a_destination_that_cannot_be_is_refused_and_changes_nothing(world, action):
    world.create("f", WORKS)
    world.cloud.client("s3").create_bucket(Bucket="failures")
    world.lam.put_function_event_invoke_config(FunctionName="f", MaximumRetryAttempts=1)
    operation = getattr(world.lam, f"{action}_function_event_invoke_config")
    for sides, words in BAD_DESTINATIONS:
        destinations = {side: {"Destination": arn} for side, arn in sides.items()}
        change = {"MaximumRetryAttempts": 0, "DestinationConfig": destinations}
        wanted = ("InvalidParameterValueException", words)
        assert refused(operation, FunctionName="f", **change) == wanted
    after = world.lam.get_function_event_invoke_config(FunctionName="f")
    assert after["MaximumRetryAttempts"] == 1
    assert after["DestinationConfig"] == {"OnSuccess": {}, "OnFailure": {}}


def test_something_that_is_no_arn_is_refused(world, told):
    world.create("f", WORKS)
    code, message = refused(told.configure, OnFailure="my-queue")
    assert code == "ValidationException"
    assert "Value 'my-queue' at 'destinationConfig.onFailure.destination'" in message


def test_an_empty_destination_removes_it(world, told):
    url, queue = world.queue("told")
    world.create("f", FAILS)
    told.configure(OnFailure=queue)
    told.configure(OnFailure="")
    told.run()
    assert told.messages(url) == []
