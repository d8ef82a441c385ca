"""EventBridge through boto3: rules, targets, retries and dead letters on the clock."""

import json
from datetime import timedelta

import pytest

from tests.local.permits import permit, policy
from tests.local.refusals import refused

ACCOUNT = "123456789012"
BUS = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default"


def arn_of(queue):
    return f"arn:aws:sqs:us-east-1:{ACCOUNT}:{queue}"


class Lab:
    """A rule for the shop's orders, and a queue that lets it in."""

    def __init__(self, cloud):
        self.cloud, self.events, self.sqs = cloud, cloud.client("events"), cloud.client("sqs")
        self.rule("r", {"source": ["shop"]})
        self.url, self.dead = self.queue("orders"), self.queue("dead")

    def rule(self, name, pattern, **more):
        self.events.put_rule(Name=name, EventPattern=json.dumps(pattern), **more)

    def queue(self, name, **attributes):
        rule = self.events.describe_rule(Name="r")["Arn"]
        attributes["Policy"] = policy("events", "sqs:SendMessage", arn_of(name), rule)
        return self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]

    def target(self, queue="orders", **more):
        target = {"Id": "1", "Arn": arn_of(queue), **more}
        return self.events.put_targets(Rule="r", Targets=[target])

    def put(self, source="shop", **detail):
        entry = {"Source": source, "DetailType": "Order", "Detail": json.dumps(detail)}
        return self.events.put_events(Entries=[entry])

    def messages(self, url=None, wait=10):
        self.cloud.wait(wait)
        got = self.sqs.receive_message(
            QueueUrl=url or self.url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        return got.get("Messages", [])


@pytest.fixture
def lab(cloud):
    return Lab(cloud)


def test_an_event_takes_half_a_second_and_arrives_once(lab):
    lab.target()
    answer = lab.put(id=1)
    lab.put("bank", id=2)
    assert lab.messages(wait=0.4) == []
    [message] = lab.messages()
    assert json.loads(message["Body"]) == {
        "version": "0",
        "id": answer["Entries"][0]["EventId"],
        "detail-type": "Order",
        "source": "shop",
        "account": ACCOUNT,
        "time": "2026-01-05T09:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": {"id": 1},
    }


def test_a_disabled_rule_does_nothing(lab):
    lab.target()
    lab.events.disable_rule(Name="r")
    lab.put()
    assert lab.messages() == []
    lab.events.enable_rule(Name="r")
    lab.put()
    assert len(lab.messages()) == 1


def test_an_input_transformer_makes_the_message(lab):
    transformer = {
        "InputPathsMap": {"id": "$.detail.id"},
        "InputTemplate": '{"order": <id>}',
    }
    lab.target(InputTransformer=transformer)
    lab.put(id=7)
    assert [m["Body"] for m in lab.messages()] == ['{"order": 7}']


def test_a_fifo_queue_gets_the_group(lab):
    url = lab.queue("orders.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    lab.target("orders.fifo", SqsParameters={"MessageGroupId": "g"})
    lab.put(id=7)
    lab.cloud.wait(5)
    got = lab.sqs.receive_message(QueueUrl=url, AttributeNames=["All"])["Messages"]
    assert got[0]["Attributes"]["MessageGroupId"] == "g"


def test_a_function_is_invoked_with_the_event(lab, world):
    handler = "def handler(event, context):\n    print('GOT', event['detail'])\n"
    arn = world.create("f", handler)["FunctionArn"]
    rule = lab.events.describe_rule(Name="r")["Arn"]
    permit(lab.cloud, "f", "events", rule)
    lab.events.put_targets(Rule="r", Targets=[{"Id": "f", "Arn": arn}])
    lab.put(id=7)
    lab.cloud.wait(10)
    assert [line.strip() for line in world.lines("f") if "GOT" in line] == ["GOT {'id': 7}"]


def test_a_queue_that_does_not_permit_it_is_not_tried_again(lab):
    lab.target(DeadLetterConfig={"Arn": arn_of("dead")})
    lab.sqs.set_queue_attributes(QueueUrl=lab.url, Attributes={"Policy": ""})
    lab.put(id=7)
    [message] = lab.messages(lab.dead)
    told = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert json.loads(message["Body"])["detail"] == {"id": 7}
    assert told["ERROR_CODE"] == "NO_PERMISSIONS"
    assert told["RETRY_ATTEMPTS"] == "0"
    assert "EXHAUSTED_RETRY_CONDITION" not in told
    assert told["RULE_ARN"].endswith(":rule/r")
    assert told["TARGET_ARN"] == arn_of("orders")


def test_an_outage_is_survived_by_retries(lab):
    lab.target(DeadLetterConfig={"Arn": arn_of("dead")})
    lab.cloud.faults.outage(arn_of("orders"), hours=3)
    lab.put(id=7)
    assert lab.messages(wait=3 * 3600) == []
    assert len(lab.messages(wait=600)) == 1
    assert lab.messages(lab.dead) == []


def test_a_retry_policy_ends_earlier_in_the_dead_letter_queue(lab):
    lab.target(
        DeadLetterConfig={"Arn": arn_of("dead")},
        RetryPolicy={"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 3600},
    )
    lab.cloud.faults.outage(arn_of("orders"), hours=3)
    lab.put(id=7)
    [message] = lab.messages(lab.dead, wait=60)
    told = message["MessageAttributes"]
    assert told["EXHAUSTED_RETRY_CONDITION"]["StringValue"] == "MaximumRetryAttempts"
    assert told["RETRY_ATTEMPTS"]["StringValue"] == "2"


def test_an_archive_is_replayed_for_the_time_asked_for(lab):
    lab.target()
    lab.events.create_archive(ArchiveName="a", EventSourceArn=BUS)
    for number in range(3):
        lab.put(id=number)
        lab.cloud.wait(100)
    assert len(lab.messages()) == 3
    assert lab.events.describe_archive(ArchiveName="a")["EventCount"] == 3
    start = lab.cloud.now() - timedelta(seconds=310)
    lab.events.start_replay(
        ReplayName="again",
        EventSourceArn=lab.events.describe_archive(ArchiveName="a")["ArchiveArn"],
        EventStartTime=start,
        EventEndTime=start + timedelta(seconds=150),
        Destination={"Arn": BUS},
    )
    bodies = [json.loads(message["Body"]) for message in lab.messages()]
    assert [body["detail"]["id"] for body in bodies] == [0, 1]
    assert {body["replay-name"] for body in bodies} == {"again"}
    assert lab.events.describe_archive(ArchiveName="a")["EventCount"] == 3


@pytest.mark.parametrize("pattern", ["not json", '{"source": "shop"}', '{"source": [{"like": 1}]}'])
def test_a_bad_pattern_is_refused(lab, pattern):
    code, _ = refused(lab.events.put_rule, Name="bad", EventPattern=pattern)
    assert code == "InvalidEventPatternException"
    assert [rule["Name"] for rule in lab.events.list_rules()["Rules"]] == ["r"]


def test_a_sixth_target_is_refused(lab):
    def targets(count):
        return [{"Id": str(n), "Arn": arn_of("orders")} for n in range(count)]

    lab.events.put_targets(Rule="r", Targets=targets(5))
    code, _ = refused(lab.events.put_targets, Rule="r", Targets=targets(6))
    assert code == "LimitExceededException"
    assert len(lab.events.list_targets_by_rule(Rule="r")["Targets"]) == 5


@pytest.mark.parametrize(
    "change",
    [
        {"Arn": f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:s"},
        {"RetryPolicy": {"MaximumRetryAttempts": 186, "MaximumEventAgeInSeconds": 60}},
        {"RetryPolicy": {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 86_401}},
    ],
)
def test_a_target_that_cannot_be_is_refused(lab, change):
    assert refused(lab.target, **change)[0] == "ValidationException"
    assert lab.events.list_targets_by_rule(Rule="r")["Targets"] == []
