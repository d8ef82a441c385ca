"""Where the local cloud is known to differ from AWS: each test says what AWS does.

They are expected to fail. When one passes, give it the name of a test that shows the fact
(``test_events_4_...``), take the mark away, and empty the fact's column `difference`.
"""

import json

import pytest
from botocore.exceptions import ClientError

from patternlab import open_cloud
from patternlab.clock import VirtualClock
from patternlab.delivery import DeliveryError
from patternlab.delivery.receivers import WebReceiver
from patternlab.delivery.sns.filter_policy import FilterPolicy
from patternlab.delivery.sns.topic import Topic


def fail(event, context):
    raise ValueError("no")


@pytest.mark.xfail(reason="known difference from AWS")
def test_difference_events_4_a_redrive_policy_without_a_count_is_refused():
    """As sqs_more-16 says."""
    with open_cloud() as cloud:
        sqs = cloud.client("sqs")
        dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]
        policy = json.dumps({"deadLetterTargetArn": arn["QueueArn"]})
        with pytest.raises(ClientError, match="InvalidParameterValue"):
            sqs.create_queue(QueueName="orders", Attributes={"RedrivePolicy": policy})


@pytest.mark.xfail(reason="known difference from AWS")
def test_difference_events_29_attempts_start_at_least_the_visibility_timeout_apart():
    """The first one too, which waits for a new environment."""
    with open_cloud() as cloud:
        sqs = cloud.client("sqs")
        url = sqs.create_queue(QueueName="orders", Attributes={"VisibilityTimeout": "5"})[
            "QueueUrl"
        ]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
        cloud.deploy_function("orders", fail, reads=arn["QueueArn"], timeout=3)
        cloud.client("lambda").create_event_source_mapping(
            FunctionName="orders", EventSourceArn=arn["QueueArn"]
        )
        cloud.wait(minutes=1)
        sqs.send_message(QueueUrl=url, MessageBody="poison")
        cloud.wait(seconds=8)
        first, second = cloud.history()["start"]
        assert (second - first).total_seconds() >= 5


@pytest.mark.xfail(reason="known difference from AWS")
def test_difference_events_54_the_status_429_is_retried():
    """As eventbridge_more-48 says."""
    clock, seen = VirtualClock(), []
    topic = Topic(clock, "orders")
    topic.subscribe(WebReceiver("https://example.com/hook", lambda *_: seen.append(1) or 429))
    topic.publish("hello")
    clock.wait(600)
    assert len(seen) == 4


@pytest.mark.xfail(reason="known difference from AWS")
@pytest.mark.parametrize(
    "policy",
    [{"order": {c: ["x"] for c in "abcdef"}}, {"price": [{"numeric": ["=", 1.123456]}]}],
    ids=["six leaf keys", "six digits"],
)
def test_difference_events_58_leaf_keys_and_digits_are_limited(policy):
    """As eventbridge_more-54 says."""
    with pytest.raises(DeliveryError):
        FilterPolicy(json.dumps(policy), "MessageBody")
