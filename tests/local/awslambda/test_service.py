"""Event source mappings, concurrency and errors of Lambda, through boto3."""

import json

import pytest

from tests.local.refusals import refusal

FINE = "def handler(event, context):\n    return None\n"
FAILS = "def handler(event, context):\n    raise ValueError('poison')\n"
SLEEPS = "import time\ndef handler(event, context):\n    time.sleep(event.get('s', 10))\n"


def refused(operation, **kwargs):
    """Code, message and status of the error that `operation` gives."""
    response = refusal(operation, **kwargs)
    error, status = response["Error"], response["ResponseMetadata"]["HTTPStatusCode"]
    return error["Code"], error["Message"], status


# -- mappings ------------------------------------------------------------------------------------


def test_events_38_a_mapping_is_creating_then_enabled(world):
    _, arn = world.queue("q")
    function = world.create("f", FINE)["FunctionArn"]
    made = world.lam.create_event_source_mapping(EventSourceArn=arn, FunctionName="f")
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert (made["State"], made["StateTransitionReason"]) == ("Creating", "USER_INITIATED")
    assert (made["BatchSize"], made["FunctionArn"]) == (10, function)
    got = world.lam.get_event_source_mapping
    took = world.cloud.wait_until(lambda: got(UUID=made["UUID"])["State"] == "Enabled")
    assert took == 5
    assert world.lam.list_event_source_mappings()["EventSourceMappings"][0]["State"] == "Enabled"


def test_events_38_a_second_mapping_of_the_same_pair_is_a_conflict(world):
    _, arn = world.queue("q")
    world.create("f", FINE)
    uuid = world.map(arn, "f")
    code, message, status = refused(
        world.lam.create_event_source_mapping, EventSourceArn=arn, FunctionName="f"
    )
    assert (code, status) == ("ResourceConflictException", 409)
    assert message == (
        f'An event source mapping with SQS arn (" {arn} ") and function (" f ") already exists. '
        f"Please update or delete the existing mapping with UUID {uuid}"
    )


SQS = "arn:aws:sqs:us-east-1:123456789012:"


@pytest.mark.parametrize(
    ("settings", "part"),
    [
        ({"EventSourceArn": SQS + "nowhere"}, "AWS.SimpleQueueService.NonExistentQueue"),
        ({"EventSourceArn": SQS.replace("sqs", "kinesis")}, "kinesis"),
        ({"BatchSize": 11}, "Maximum batch window"),
        ({"BatchSize": 10_000_0}, "BatchSize"),
        ({"FilterCriteria": {"Filters": [{"Pattern": "{no"}]}}, "Invalid filter pattern"),
        ({"FilterCriteria": {"Filters": [{"Pattern": '{"attributes": {"a": [1]}}'}]}}, '"body"'),
        (
            {
                "ProvisionedPollerConfig": {"MinimumPollers": 2},
                "ScalingConfig": {"MaximumConcurrency": 5},
            },
            "ProvisionedPollerConfig",
        ),
    ],
)
def test_a_mapping_that_cannot_be_leaves_nothing_behind(world, settings, part):
    _, arn = world.queue("q")
    world.create("f", FINE)
    spec = {"EventSourceArn": arn, "FunctionName": "f", **settings}
    code, message, _ = refused(world.lam.create_event_source_mapping, **spec)
    assert code == "InvalidParameterValueException"
    assert part in message
    spec = {"EventSourceArn": arn, "FunctionName": "nobody"}
    missing = refused(world.lam.create_event_source_mapping, **spec)
    assert missing[0] == "ResourceNotFoundException" and "nobody" in missing[1]
    assert world.lam.list_event_source_mappings()["EventSourceMappings"] == []


def test_events_28_a_visibility_timeout_below_the_functions_is_refused(world):
    url, arn = world.queue("q", VisibilityTimeout="30")
    world.create("f", FINE, Timeout=60)
    code, message, status = refused(
        world.lam.create_event_source_mapping, EventSourceArn=arn, FunctionName="f"
    )
    assert (code, status) == ("InvalidParameterValueException", 400)
    assert message == (
        "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds"
    )
    world.sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "60"})
    world.map(arn, "f")


def test_events_28_a_refused_update_changes_nothing(world):
    _, arn = world.queue("q", VisibilityTimeout="30")
    world.create("f", FINE, Timeout=30)
    uuid = world.map(arn, "f")
    world.create("slow", FINE, Timeout=60)
    before = world.lam.get_event_source_mapping(UUID=uuid)
    for change in ({"FunctionName": "slow"}, {"BatchSize": 50}, {"FunctionName": "nobody"}):
        refused(world.lam.update_event_source_mapping, UUID=uuid, **change)
    after = world.lam.get_event_source_mapping(UUID=uuid)
    del before["ResponseMetadata"], after["ResponseMetadata"]
    assert after == before


def test_events_38_an_update_can_move_the_mapping_to_another_function(world):
    url, arn = world.queue("q")
    world.create("one", FINE)
    world.create("two", FINE)
    uuid = world.map(arn, "one")
    changed = world.lam.update_event_source_mapping(UUID=uuid, FunctionName="two", BatchSize=1)
    assert changed["State"] == "Updating"
    world.cloud.wait(5)
    world.sqs.send_message(QueueUrl=url, MessageBody="a")
    world.cloud.wait(1)
    assert any(line.startswith("REPORT") for line in world.lines("two"))
    assert refused(lambda: world.lines("one"))[0] == "ResourceNotFoundException"


def test_events_38_a_mapping_can_be_disabled_and_enabled_again(world):
    url, arn = world.queue("q")
    world.create("f", FINE)
    uuid = world.map(arn, "f")
    update = world.lam.update_event_source_mapping
    assert update(UUID=uuid, Enabled=False)["State"] == "Disabling"
    world.sqs.send_message(QueueUrl=url, MessageBody="a")
    world.cloud.wait(60)
    assert world.lam.get_event_source_mapping(UUID=uuid)["State"] == "Disabled"
    assert world.count(url) == (1, 0)
    assert update(UUID=uuid, Enabled=True, BatchSize=5)["State"] == "Updating"
    world.cloud.wait(10)
    assert world.count(url) == (0, 0)


def test_events_38_a_deleted_mapping_disappears_after_a_while(world):
    _, arn = world.queue("q")
    world.create("f", FINE)
    uuid = world.map(arn, "f")
    gone = world.lam.delete_event_source_mapping(UUID=uuid)
    assert (gone["State"], gone["ResponseMetadata"]["HTTPStatusCode"]) == ("Deleting", 202)
    world.cloud.wait(5)
    for operation in ("get", "delete", "update"):
        call = getattr(world.lam, f"{operation}_event_source_mapping")
        assert refused(call, UUID=uuid)[::2] == ("ResourceNotFoundException", 404)
    world.map(arn, "f")


def test_events_36_the_functions_own_dead_letter_queue_is_not_used(world):
    own_url, own_arn = world.queue("own")
    dlq_url, dlq_arn = world.queue("dlq")
    policy = {"deadLetterTargetArn": dlq_arn, "maxReceiveCount": 2}
    url, arn = world.queue("q", VisibilityTimeout="30", RedrivePolicy=json.dumps(policy))
    world.create("f", FAILS, DeadLetterConfig={"TargetArn": own_arn})
    world.map(arn, "f")
    world.sqs.send_message(QueueUrl=url, MessageBody="a")
    world.cloud.wait(300)
    counts = [world.count(each) for each in (url, dlq_url, own_url)]
    assert counts == [(0, 0), (1, 0), (0, 0)]


def test_events_37_binary_attributes_reach_the_handler_in_base64(world):
    url, arn = world.queue("q")
    source = (
        "import json\ndef handler(event, context):\n"
        "    print(json.dumps(event['Records'][0]['messageAttributes']))\n"
    )
    world.create("f", source)
    world.map(arn, "f")
    attributes = {"b": {"DataType": "Binary", "BinaryValue": b"\x00\xff"}}
    world.sqs.send_message(QueueUrl=url, MessageBody="a", MessageAttributes=attributes)
    world.cloud.wait(1)
    [line] = [line for line in world.lines("f") if line.startswith("{")]
    assert json.loads(line)["b"]["binaryValue"] == "AP8="


def test_sending_a_message_runs_no_handler_by_itself(world):
    url, arn = world.queue("q")
    world.create("f", FINE)
    world.map(arn, "f")
    for n in range(3):
        world.sqs.send_message(QueueUrl=url, MessageBody=str(n))
    assert world.count(url) == (3, 0)
    assert world.logs.describe_log_groups()["logGroups"] == []


def test_a_mapping_to_a_deleted_function_stops_and_loses_nothing(world):
    url, arn = world.queue("q")
    world.create("f", FINE)
    uuid = world.map(arn, "f")
    world.lam.delete_function(FunctionName="f")
    world.sqs.send_message(QueueUrl=url, MessageBody="a")
    world.cloud.wait(60)
    assert world.lam.get_event_source_mapping(UUID=uuid)["State"] == "Disabled"
    assert world.count(url) == (1, 0)
    enable = world.lam.update_event_source_mapping
    assert refused(enable, UUID=uuid, Enabled=True)[0] == "ResourceNotFoundException"
    world.create("f", FINE)
    enable(UUID=uuid, Enabled=True)
    world.cloud.wait(10)
    assert world.count(url) == (0, 0)


def test_a_mapping_of_a_deleted_queue_does_no_harm(world):
    url, arn = world.queue("q")
    world.create("f", FAILS)
    world.map(arn, "f")
    world.sqs.send_message(QueueUrl=url, MessageBody="a")
    world.cloud.wait(1)
    world.sqs.delete_queue(QueueUrl=url)
    world.cloud.wait(3_600)
    assert world.invoke("f").error == "Unhandled"


# -- concurrency ---------------------------------------------------------------------------------


def test_events_30_reserved_concurrency_throttles_a_synchronous_caller(world):
    world.create("f", SLEEPS, Timeout=60)
    world.lam.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=1)
    world.invoke("f", InvocationType="Event")
    world.cloud.wait(1)
    with pytest.raises(world.lam.exceptions.TooManyRequestsException) as caught:
        world.invoke("f")
    response = caught.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert response["Error"]["Message"] == "Rate Exceeded."
    world.cloud.wait(10)
    world.invoke("f", {"s": 1})


def test_a_concurrency_of_zero_stops_a_function_until_it_is_taken_back(world):
    world.create("f", FINE)
    world.lam.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)
    assert refused(world.invoke, name="f")[0] == "TooManyRequestsException"
    world.lam.delete_function_concurrency(FunctionName="f")
    assert world.invoke("f").status == 200


def test_events_49_one_hundred_must_stay_unreserved(world):
    world.create("f", FINE)
    world.create("g", FINE)
    put = world.lam.put_function_concurrency
    put(FunctionName="f", ReservedConcurrentExecutions=900)
    code, message, _ = refused(put, FunctionName="g", ReservedConcurrentExecutions=1)
    assert code == "InvalidParameterValueException"
    assert "below its minimum value of [100]" in message
    put(FunctionName="g", ReservedConcurrentExecutions=0)
    world.lam.delete_function(FunctionName="f")
    put(FunctionName="g", ReservedConcurrentExecutions=900)


# -- functions that are not there ----------------------------------------------------------------


def test_a_missing_function_is_named(world):
    for call in (
        lambda: world.invoke("nobody"),
        lambda: world.lam.get_function(FunctionName="nobody"),
        lambda: world.lam.delete_function(FunctionName="nobody"),
        lambda: world.lam.update_function_configuration(FunctionName="nobody", Timeout=5),
        lambda: world.lam.put_function_concurrency(
            FunctionName="nobody", ReservedConcurrentExecutions=1
        ),
    ):
        code, message, status = refused(call)
        assert (code, status) == ("ResourceNotFoundException", 404)
        assert "function:nobody" in message


def test_a_function_is_made_once(world):
    world.create("f", FINE)
    code, message, status = refused(world.create, name="f", files=FINE)
    assert (code, status) == ("ResourceConflictException", 409)
