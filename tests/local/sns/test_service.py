"""SNS through boto3: topics, permissions, retries, dead letters, refusals."""

import itertools
import json
from types import SimpleNamespace

import pandas as pd
import pytest
from moto.sns.models import sns_backends

from patternlab import open_cloud
from patternlab.delivery.receivers import PersonReceiver
from patternlab.delivery.sns.filter_policy import FilterPolicy
from patternlab.functions.delivery_status import read_delivery_status
from tests.local.permits import let_in, permit
from tests.local.refusals import refused

LISTENER = """
def handler(event, context):
    print("GOT", event["Records"][0]["Sns"]["Message"])
    raise ValueError("no")
"""
ROLE = "arn:aws:iam::123456789012:role/feedback"


@pytest.fixture(scope="module")
def shared(world_of):
    """One cloud for the whole file: opening one takes longer than most of the tests."""
    with open_cloud() as cloud:
        yield world_of(cloud), itertools.count(1)


@pytest.fixture
def hub(shared):
    """The shortcuts of a world; topics, queues and functions with names of the test's own."""
    world, numbers = shared
    sns, own = world.cloud.client("sns"), f"t{next(numbers)}"

    def topic(suffix="", **attributes):
        return sns.create_topic(Name=own + suffix, Attributes=attributes)["TopicArn"]

    def listen(suffix, allow=True, **attributes):
        url, arn = world.queue(f"{own}-{suffix}", **attributes)
        if allow:
            let_in(world.cloud, arn, "sns")
        return url, arn

    def function():
        return world.create(own, LISTENER)["FunctionArn"]

    def line(**attributes):
        """A topic with a queue that is subscribed to it: topic, URL, ARN."""
        (url, arn), made = listen("q"), topic()
        subscribe(made, arn, **attributes)
        return made, url, arn

    def refuses(call, **parameters):
        code, message = refused(getattr(sns, call), **parameters)
        assert code == "InvalidParameter"
        return message.removeprefix("Invalid parameter: ")

    def refuses_subscriber(topic_arn, endpoint, protocol="sqs", **attributes):
        asked = {"TopicArn": topic_arn, "Protocol": protocol, "Endpoint": endpoint}
        message = refuses("subscribe", **asked, Attributes=attributes)
        return message.removeprefix("Attributes Reason: ")

    def refuses_attribute(subscription, name, value):
        asked = {"SubscriptionArn": subscription, "AttributeName": name, "AttributeValue": value}
        return refuses("set_subscription_attributes", **asked)

    def refuses_size(topic_arn, size):
        asked = {"AttributeName": "MaximumMessageSize", "AttributeValue": str(size)}
        return refuses("set_topic_attributes", TopicArn=topic_arn, **asked)

    def shown(subscription):
        return sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]

    def subscribe(topic_arn, endpoint, protocol="sqs", **attributes):
        return sns.subscribe(
            TopicArn=topic_arn, Protocol=protocol, Endpoint=endpoint, Attributes=attributes
        )["SubscriptionArn"]

    def subscriptions(topic_arn):
        return sns.list_subscriptions_by_topic(TopicArn=topic_arn)["Subscriptions"]

    def bodies(url):
        answer = world.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        return [message["Body"] for message in answer.get("Messages", [])]

    def deliveries():
        table = world.cloud.deliveries()
        return table[table["topic"].str.startswith(own)].reset_index(drop=True)

    return SimpleNamespace(
        **vars(world),
        own=own,
        sns=sns,
        topic=topic,
        listen=listen,
        line=line,
        function=function,
        permit=lambda source: permit(world.cloud, own, "sns", source),
        refuses=refuses,
        refuses_subscriber=refuses_subscriber,
        refuses_attribute=refuses_attribute,
        refuses_size=refuses_size,
        shown=shown,
        subscribe=subscribe,
        subscriptions=subscriptions,
        bodies=bodies,
        deliveries=deliveries,
        outcomes=lambda: list(deliveries()["outcome"]),
    )


# -- delivery ------------------------------------------------------------------------------------


def test_events_57_one_publish_reaches_every_queue_once(hub):
    topic = hub.topic()
    urls = []
    for name in ("a", "b", "c"):
        url, arn = hub.listen(name)
        hub.subscribe(topic, arn)
        urls.append(url)
    sent = hub.sns.publish(TopicArn=topic, Message="hello")["MessageId"]
    for url in urls:
        [body] = hub.bodies(url)
        assert json.loads(body)["MessageId"] == sent
        assert json.loads(body)["Message"] == "hello"


def test_events_57_raw_delivery_maps_the_attributes(hub):
    topic, url, arn = hub.line(RawMessageDelivery="true")
    hub.sns.publish(
        TopicArn=topic,
        Message="hello",
        MessageAttributes={
            "n": {"DataType": "Number", "StringValue": "99.12"},
            "b": {"DataType": "Binary", "BinaryValue": b"\x02\x03\x04"},
        },
    )
    [message] = hub.sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    assert message["Body"] == "hello"
    assert message["MessageAttributes"] == {
        "n": {"DataType": "Number", "StringValue": "99.12"},
        "b": {"DataType": "Binary", "BinaryValue": b"\x02\x03\x04"},
    }


def test_events_51_an_outage_ends_and_the_message_arrives(hub):
    topic, url, arn = hub.line(RawMessageDelivery="true")
    hub.cloud.faults.outage(arn, minutes=30)
    hub.sns.publish(TopicArn=topic, Message="hello")
    hub.cloud.wait(minutes=29)
    assert hub.bodies(url) == []
    waited = hub.cloud.wait_until(lambda: len(hub.bodies(url)) == 1, timeout=120)
    assert 60 <= waited <= 80
    assert hub.outcomes()[-1] == "delivered"


def test_an_outage_can_be_cleared(hub):
    topic, url, arn = hub.line()
    hub.cloud.faults.outage(arn, hours=5)
    hub.sns.publish(TopicArn=topic, Message="hello")
    hub.cloud.wait(100)
    hub.cloud.faults.clear()
    hub.cloud.wait(20)
    assert len(hub.bodies(url)) == 1


def test_events_56_lambda_runs_three_times_after_one_delivery(hub):
    topic = hub.topic()
    arn = hub.function()
    hub.permit(topic)
    hub.subscribe(topic, arn, "lambda")
    hub.sns.publish(TopicArn=topic, Message="hello")
    hub.cloud.wait(minutes=10)
    assert sum("GOT hello" in line for line in hub.lines(hub.own)) == 3
    assert hub.outcomes() == ["delivered"]


def test_events_53_a_web_server_is_tried_by_the_delivery_policy(hub):
    topic = hub.topic()
    url = "https://example.com/hook"
    policy = {"healthyRetryPolicy": {"numRetries": 2, "minDelayTarget": 5, "maxDelayTarget": 5}}
    hub.subscribe(topic, url, "https", DeliveryPolicy=json.dumps(policy))
    requests = []
    hub.cloud.web_endpoint(url, lambda headers, body: requests.append((headers, body)) or 503)
    hub.sns.publish(TopicArn=topic, Message="hello")
    hub.cloud.wait(minutes=5)
    assert len(requests) == 3
    assert requests[0][0]["x-amz-sns-message-type"] == "Notification"
    assert json.loads(requests[0][1])["Message"] == "hello"
    gaps = hub.deliveries()["time"].diff().dt.total_seconds().tolist()[1:]
    assert gaps == [5, 5]


def test_a_web_server_that_raises_is_an_error_of_the_server(hub):
    topic = hub.topic()
    hub.subscribe(topic, "http://example.com", "http")
    hub.cloud.web_endpoint("http://example.com", lambda headers, body: 1 / 0)
    hub.sns.publish(TopicArn=topic, Message="hello")
    hub.cloud.wait(minutes=5)
    assert hub.outcomes() == ["failed"] * 3 + ["dropped"]
    assert "ZeroDivisionError" in hub.deliveries()["error"].iloc[-1]


def test_a_web_server_that_nobody_stands_in_for_is_unreachable(hub):
    topic = hub.topic()
    hub.subscribe(topic, "http://example.com/nobody", "http")
    hub.sns.publish(TopicArn=topic, Message="hello")
    hub.cloud.wait(minutes=5)
    assert "cloud.web_endpoint" in hub.deliveries()["error"].iloc[-1]


def test_events_57_each_protocol_can_have_its_own_text(hub):
    topic, url, arn = hub.line(RawMessageDelivery="true")
    text = json.dumps({"default": "d", "sqs": "for queues"})
    hub.sns.publish(TopicArn=topic, Message=text, MessageStructure="json")
    assert hub.bodies(url) == ["for queues"]


# -- permissions and client errors ---------------------------------------------------------------


def test_events_54_without_permission_nothing_arrives_and_the_log_says_why(hub):
    topic = hub.topic()
    url, arn = hub.listen("q", allow=False)
    hub.subscribe(topic, arn)
    hub.sns.publish(TopicArn=topic, Message="hello")
    hub.cloud.wait(minutes=5)
    assert hub.bodies(url) == []
    [row] = hub.cloud.deliveries(hub.own).to_dict("records")
    assert (row["outcome"], row["attempt"]) == ("dropped", 1)
    assert row["error"].startswith("no permission: sns.amazonaws.com")
    assert "Policy" in row["error"]


def test_events_54_a_function_needs_a_permission_too(hub):
    topic = hub.topic()
    hub.subscribe(topic, hub.function(), "lambda")
    hub.sns.publish(TopicArn=topic, Message="hello")
    hub.cloud.wait(minutes=5)
    assert hub.outcomes() == ["dropped"]
    assert "add_permission" in hub.deliveries()["error"][0]


def test_events_54_a_permission_for_another_topic_does_not_count(hub):
    topic = hub.topic()
    arn = hub.function()
    hub.permit(topic + "-other")
    hub.subscribe(topic, arn, "lambda")
    hub.sns.publish(TopicArn=topic, Message="hello")
    assert hub.outcomes() == ["dropped"]


@pytest.mark.parametrize("kind", ["sqs", "lambda"])
def test_events_54_a_deleted_endpoint_is_not_tried_again(hub, kind):
    topic = hub.topic()
    if kind == "sqs":
        url, arn = hub.listen("q")
        hub.subscribe(topic, arn)
        hub.sqs.delete_queue(QueueUrl=url)
    else:
        arn = hub.function()
        hub.subscribe(topic, arn, "lambda")
        hub.lam.delete_function(FunctionName=hub.own)
    hub.sns.publish(TopicArn=topic, Message="hello")
    hub.cloud.wait(minutes=5)
    assert hub.outcomes() == ["dropped"]
    assert arn in hub.deliveries()["error"][0]


@pytest.mark.parametrize(("allow", "outcome"), [(True, "dead-letter queue"), (False, "dropped")])
def test_events_55_the_dead_letter_queue_of_the_subscription_needs_a_permission(
    hub, allow, outcome
):
    topic = hub.topic()
    _, arn = hub.listen("q", allow=False)
    dlq_url, dlq_arn = hub.listen("dlq", allow=allow)
    hub.subscribe(topic, arn, RedrivePolicy=json.dumps({"deadLetterTargetArn": dlq_arn}))
    hub.sns.publish(TopicArn=topic, Message="hello")
    assert hub.outcomes() == [outcome]
    assert [json.loads(body)["Message"] for body in hub.bodies(dlq_url)] == ["hello"] * allow


def test_events_59_a_message_that_is_too_long_for_the_queue_is_the_clients_error(hub):
    topic = hub.topic()
    _, arn = hub.listen("q", MaximumMessageSize="1024")
    hub.subscribe(topic, arn, RawMessageDelivery="true")
    hub.sns.publish(TopicArn=topic, Message="x" * 2_000)
    assert hub.outcomes() == ["dropped"]


# -- filter policies -----------------------------------------------------------------------------


def test_events_58_a_filter_policy_holds_messages_back(hub):
    topic, url, arn = hub.line(FilterPolicy='{"kind": ["order"]}', RawMessageDelivery="true")
    for kind in ("order", "return"):
        attributes = {"kind": {"DataType": "String", "StringValue": kind}}
        hub.sns.publish(TopicArn=topic, Message=kind, MessageAttributes=attributes)
    assert hub.bodies(url) == ["order"]
    assert hub.outcomes() == ["delivered", "filtered"]


def test_events_58_the_body_can_be_filtered_on(hub):
    topic = hub.topic()
    url, arn = hub.listen("q")
    subscription = hub.subscribe(
        topic,
        arn,
        FilterPolicy='{"order": {"total": [{"numeric": [">", 100]}]}}',
        FilterPolicyScope="MessageBody",
        RawMessageDelivery="true",
    )
    for total in (50, 500):
        hub.sns.publish(TopicArn=topic, Message=json.dumps({"order": {"total": total}}))
    assert [json.loads(body)["order"]["total"] for body in hub.bodies(url)] == [500]
    assert hub.shown(subscription)["FilterPolicyScope"] == "MessageBody"


def test_events_58_a_policy_can_be_taken_away(hub):
    topic = hub.topic()
    url, arn = hub.listen("q")
    subscription = hub.subscribe(topic, arn, FilterPolicy='{"kind": ["order"]}')
    hub.sns.set_subscription_attributes(
        SubscriptionArn=subscription, AttributeName="FilterPolicy", AttributeValue=""
    )
    hub.sns.publish(TopicArn=topic, Message="hello")
    assert len(hub.bodies(url)) == 1
    assert "FilterPolicy" not in hub.shown(subscription)


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ("{invalidjson}", "FilterPolicy: failed to parse JSON."),
        (
            json.dumps({c: ["x"] for c in "abcdef"}),
            "FilterPolicy: Filter policy can not have more than 5 keys",
        ),
        (json.dumps({"a": ["x"] * 151}), "FilterPolicy: Filter policy is too complex"),
    ],
)
def test_events_58_a_bad_filter_policy_leaves_nothing_behind(hub, policy, words):
    topic = hub.topic()
    _, arn = hub.listen("q")
    assert hub.refuses_subscriber(topic, arn, FilterPolicy=policy).startswith(words)
    assert hub.subscriptions(topic) == []
    subscription = hub.subscribe(topic, arn)
    assert hub.refuses_attribute(subscription, "FilterPolicy", policy).startswith(words)
    assert "FilterPolicy" not in hub.shown(subscription)


def test_events_58_a_topic_has_at_most_200_filter_policies(hub):
    topic = hub.topic()
    model = sns_backends["123456789012"]["us-east-1"].topics[topic].model
    for number in range(199):
        address = PersonReceiver("email", f"{number}@example.com")
        model.subscribe(address, filter_policy=FilterPolicy('{"a": ["b"]}'))
    hub.subscribe(topic, "200@example.com", "email", FilterPolicy='{"a": ["b"]}')
    code, _ = refused(
        hub.sns.subscribe,
        TopicArn=topic,
        Protocol="email",
        Endpoint="last@example.com",
        Attributes={"FilterPolicy": '{"a": ["b"]}'},
    )
    assert code == "FilterPolicyLimitExceeded"


# -- other refusals ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"RawMessageDelivery": "wrongvalue"}, "RawMessageDelivery: Invalid value [wrongvalue]."),
        ({"RedrivePolicy": "{invalidjson}"}, "RedrivePolicy: failed to parse JSON."),
        (
            {"RedrivePolicy": '{"deadLetterTargetArn": "fake"}'},
            "RedrivePolicy: deadLetterTargetArn is an invalid arn",
        ),
        (
            {"RedrivePolicy": '{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:no"}'},
            "RedrivePolicy: the queue arn:aws:sqs:us-east-1:123456789012:no does not exist",
        ),
        (
            {"RedrivePolicy": '{"deadLetterTargetArn": "arn:aws:sqs:eu-west-1:123456789012:q"}'},
            "RedrivePolicy: ",
        ),
        ({"FilterPolicyScope": "Random"}, "FilterPolicyScope: Invalid value [Random]."),
        ({"DeliveryPolicy": "{"}, "DeliveryPolicy: failed to parse JSON."),
        ({"DeliveryPolicy": '{"healthyRetryPolicy": {"numRetries": 101}}'}, "DeliveryPolicy: "),
        ({"Colour": "red"}, "AttributeName"),
    ],
)
def test_bad_attributes_of_a_subscription_are_refused_whole(hub, attributes, words):
    topic = hub.topic()
    _, arn = hub.listen("q")
    assert hub.refuses_subscriber(topic, arn, **attributes).startswith(words)
    assert hub.subscriptions(topic) == []


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("fake", "x", "AttributeName"),
        ("RawMessageDelivery", "test-ValUe", "RawMessageDelivery: Invalid value [test-ValUe]."),
        ("RedrivePolicy", '{"deadLetterTargetArn": "x"}', "RedrivePolicy: deadLetterTargetArn is"),
    ],
)
def test_bad_attributes_are_refused_later_too(hub, name, value, words):
    topic = hub.topic()
    subscription = hub.subscribe(topic, hub.listen("q")[1])
    assert hub.refuses_attribute(subscription, name, value).startswith(words)


@pytest.mark.parametrize(
    ("protocol", "endpoint", "words"),
    [
        ("pigeon", "x", "Amazon SNS does not support this protocol string: pigeon"),
        ("sqs", "orders", "SQS endpoint ARN"),
        ("lambda", "orders", "Lambda endpoint ARN"),
        ("https", "http://example.com", "Endpoint must match the specified protocol"),
    ],
)
def test_an_endpoint_must_fit_its_protocol(hub, protocol, endpoint, words):
    assert hub.refuses_subscriber(hub.topic(), endpoint, protocol) == words


def test_events_60_a_fifo_topic_refuses_a_function(hub):
    topic = hub.topic(".fifo", FifoTopic="true")
    words = "Invalid protocol type: lambda"
    assert hub.refuses_subscriber(topic, hub.function(), "lambda") == words
    assert hub.subscriptions(topic) == []


def test_events_60_a_standard_topic_refuses_a_fifo_queue(hub):
    _, arn = hub.listen("q.fifo", FifoQueue="true")
    topic = hub.topic()
    assert "FIFO SQS Queues can not be subscribed" in hub.refuses_subscriber(topic, arn)
    assert hub.subscriptions(topic) == []


def test_events_60_a_fifo_subscription_needs_a_fifo_dead_letter_queue(hub):
    topic = hub.topic(".fifo", FifoTopic="true")
    _, arn = hub.listen("q.fifo", FifoQueue="true")
    _, dlq = hub.listen("dlq")
    policy = json.dumps({"deadLetterTargetArn": dlq})
    words = hub.refuses_subscriber(topic, arn, RedrivePolicy=policy)
    assert "must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic." in words


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"Message": ""}, "Empty message"),
        ({"Message": "x" * 262_145}, "Message too long"),
        ({"Message": "ü" * 131_073}, "Message too long"),
        ({"Message": "x", "Subject": ""}, "Subject"),
        ({"Message": "x", "Subject": "x" * 101}, "Subject"),
        (
            {"Message": "{", "MessageStructure": "json"},
            "Message Structure - JSON message body failed to parse",
        ),
        (
            {"Message": "{}", "MessageStructure": "json"},
            "Message Structure - No default entry in JSON message body",
        ),
    ],
)
def test_a_bad_message_is_refused(hub, parameters, words):
    assert hub.refuses("publish", TopicArn=hub.topic(), **parameters) == words


def test_a_topic_must_exist(hub):
    arn = hub.topic()
    assert refused(hub.sns.publish, TopicArn=arn + "x", Message="m") == (
        "NotFound",
        "Topic does not exist",
    )
    words = "TopicArn Reason: An ARN must have at least 6 elements, not 1"
    assert hub.refuses("publish", TopicArn="orders", Message="m") == words


def test_a_second_subscription_of_an_endpoint_is_the_first(hub):
    topic = hub.topic()
    url, arn = hub.listen("q")
    first = hub.subscribe(topic, arn)
    assert hub.subscribe(topic, arn) == first
    hub.sns.publish(TopicArn=topic, Message="hello")
    assert len(hub.bodies(url)) == 1
    words = hub.refuses_subscriber(topic, arn, RawMessageDelivery="true")
    assert words == "Subscription already exists with different attributes"


def test_an_unsubscribed_queue_gets_nothing(hub):
    topic = hub.topic()
    url, arn = hub.listen("q")
    hub.sns.unsubscribe(SubscriptionArn=hub.subscribe(topic, arn))
    hub.sns.publish(TopicArn=topic, Message="hello")
    assert hub.bodies(url) == []


def test_a_deleted_topic_stops_its_retries(hub):
    topic, url, arn = hub.line()
    hub.cloud.faults.outage(arn, seconds=10)
    hub.sns.publish(TopicArn=topic, Message="hello")
    hub.sns.delete_topic(TopicArn=topic)
    hub.cloud.wait(minutes=5)
    assert hub.bodies(url) == []
    assert hub.outcomes()[-1] == "dropped"


# -- topics --------------------------------------------------------------------------------------


def test_events_60_a_fifo_topic_delivers_to_both_kinds_of_queue(hub):
    topic = hub.topic(".fifo", FifoTopic="true", ContentBasedDeduplication="true")
    fifo_url, fifo = hub.listen("q.fifo", FifoQueue="true")
    url, standard = hub.listen("q")
    hub.subscribe(topic, fifo)
    hub.subscribe(topic, standard)
    first = hub.sns.publish(TopicArn=topic, Message="Test single", MessageGroupId="g")
    again = hub.sns.publish(TopicArn=topic, Message="Test single", MessageGroupId="g")
    assert first["SequenceNumber"] == again["SequenceNumber"]
    assert first["MessageId"] == again["MessageId"]
    names = ["All"]
    [ordered] = hub.sqs.receive_message(QueueUrl=fifo_url, AttributeNames=names)["Messages"]
    [plain] = hub.sqs.receive_message(QueueUrl=url, AttributeNames=names)["Messages"]
    assert ordered["Attributes"]["MessageGroupId"] == "g"
    assert ordered["Attributes"]["MessageDeduplicationId"].startswith("2591186cff6c740c")
    assert "MessageGroupId" not in plain["Attributes"]
    assert json.loads(plain["Body"])["SequenceNumber"] == first["SequenceNumber"]


def test_events_60_the_throughput_scope_can_be_set(hub):
    topic = hub.topic(".fifo", FifoTopic="true", FifoThroughputScope="MessageGroup")
    shown = hub.sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    assert shown["FifoThroughputScope"] == "MessageGroup"
    ids = {
        hub.sns.publish(
            TopicArn=topic, Message="m", MessageGroupId=group, MessageDeduplicationId="1"
        )["MessageId"]
        for group in "ab"
    }
    assert len(ids) == 2


@pytest.mark.parametrize("missing", ["MessageGroupId", "MessageDeduplicationId"])
def test_events_60_a_fifo_message_needs_a_group_and_an_id(hub, missing):
    topic = hub.topic(".fifo", FifoTopic="true")
    wanted = {"MessageGroupId": "g", "MessageDeduplicationId": "1"}
    del wanted[missing]
    assert hub.refuses("publish", TopicArn=topic, Message="m", **wanted)


def test_events_59_a_topic_can_take_1_mib(hub):
    topic = hub.topic("-large", MaximumMessageSize="1048576")
    url, arn = hub.listen("q")
    hub.subscribe(topic, arn, RawMessageDelivery="true")
    hub.sns.publish(TopicArn=topic, Message="x" * 1_048_576)
    assert len(hub.bodies(url)[0]) == 1_048_576
    assert hub.refuses_subscriber(topic, "a@b.com", "email")
    assert hub.refuses_size(topic, 1_048_577)


def test_events_59_a_topic_with_other_subscribers_stays_small(hub):
    topic = hub.topic()
    hub.subscribe(topic, "a@b.com", "email")
    assert hub.refuses_size(topic, 1_048_576)


def test_events_53_the_topics_delivery_policy_is_shown_and_used(hub):
    policy = {"http": {"defaultHealthyRetryPolicy": {"numRetries": 1}}}
    topic = hub.topic("-t", DeliveryPolicy=json.dumps(policy))
    shown = hub.sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    effective = json.loads(shown["EffectiveDeliveryPolicy"])["http"]["defaultHealthyRetryPolicy"]
    assert effective["numRetries"] == 1
    hub.subscribe(topic, "http://example.com", "http")
    hub.sns.publish(TopicArn=topic, Message="m")
    hub.cloud.wait(minutes=5)
    assert hub.outcomes() == ["failed", "dropped"]


def test_a_topic_is_made_once(hub):
    assert hub.topic("-t") == hub.topic("-t") == hub.topic("-t", DisplayName="")
    hub.topic("-u", DisplayName="a")
    words = hub.refuses("create_topic", Name=hub.own + "-u", Attributes={"DisplayName": "b"})
    assert words == "Attributes Reason: Topic already exists with different attributes"
    assert hub.refuses("create_topic", Name="v", Attributes={"Colour": "red"})


# -- batches -------------------------------------------------------------------------------------


def test_a_batch_is_published_one_by_one(hub):
    topic, url, arn = hub.line(RawMessageDelivery="true")
    entries = [{"Id": str(n), "Message": f"m{n}"} for n in range(3)]
    entries.append({"Id": "bad", "Message": "m", "MessageDeduplicationId": "1"})
    answer = hub.sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
    assert [entry["Id"] for entry in answer["Successful"]] == ["0", "1", "2"]
    assert [(e["Id"], e["Code"]) for e in answer["Failed"]] == [("bad", "InvalidParameter")]
    assert hub.bodies(url) == ["m0", "m1", "m2"]


def test_a_batch_has_a_size(hub):
    topic = hub.topic()
    entries = [{"Id": str(n), "Message": "x" * 200_000} for n in range(2)]
    code, _ = refused(hub.sns.publish_batch, TopicArn=topic, PublishBatchRequestEntries=entries)
    assert code == "BatchRequestTooLong"


# -- delivery status -----------------------------------------------------------------------------


def test_delivery_status_lines_are_written_and_read_back(hub):
    topic = hub.topic(
        SQSSuccessFeedbackRoleArn=ROLE,
        SQSFailureFeedbackRoleArn=ROLE,
        HTTPFailureFeedbackRoleArn=ROLE,
    )
    _, good = hub.listen("good")
    _, bad = hub.listen("bad", allow=False)
    hub.subscribe(topic, good)
    hub.subscribe(topic, bad)
    hub.subscribe(topic, "http://example.com", "http")
    hub.cloud.faults.outage(good, seconds=1)
    hub.sns.publish(TopicArn=topic, Message="hello")
    hub.cloud.wait(minutes=5)
    pages = hub.logs.get_paginator("describe_log_groups").paginate()
    groups = [group["logGroupName"] for page in pages for group in page["logGroups"]]
    base = f"sns/us-east-1/123456789012/{hub.own}"
    assert [g for g in groups if g.startswith(base)] == [base, f"{base}/Failure"]
    [event] = hub.logs.filter_log_events(logGroupName=base)["events"]
    line = json.loads(event["message"])
    assert set(line) == {"notification", "delivery", "status"}
    assert set(line["notification"]) == {"messageMD5Sum", "messageId", "topicArn", "timestamp"}
    assert line["status"] == "SUCCESS"
    assert line["delivery"]["destination"] == good
    assert (line["delivery"]["attempts"], line["delivery"]["dwellTimeMs"]) == (4, 1000)
    table = read_delivery_status(hub.logs, hub.own)
    assert list(table.columns) == list(hub.deliveries().columns)
    ends = hub.deliveries().groupby("destination").last()
    for row in table.to_dict("records"):
        own = ends.loc[row["destination"]]
        assert (row["message_id"], row["attempt"]) == (own["message_id"], own["attempt"])
        assert abs(row["time"] - own["time"]) < pd.Timedelta(1, unit="ms")
        assert row["protocol"] == own["protocol"]
        assert (row["outcome"] == "delivered") == (own["outcome"] == "delivered")
    assert len(table) == 3
    assert read_delivery_status(hub.logs, "another").empty
    assert read_delivery_status(hub.logs, beginning="another").empty
    assert len(read_delivery_status(hub.logs, beginning=hub.own[:3])) == len(table)


def test_without_feedback_roles_nothing_is_logged(hub):
    topic = hub.topic()
    hub.subscribe(topic, hub.listen("q")[1])
    hub.sns.publish(TopicArn=topic, Message="hello")
    assert read_delivery_status(hub.logs, hub.own).empty


def test_successes_can_be_sampled(hub):
    topic = hub.topic(SQSSuccessFeedbackRoleArn=ROLE, SQSSuccessFeedbackSampleRate="25")
    hub.subscribe(topic, hub.listen("q")[1])
    entries = [{"Id": str(number), "Message": "m"} for number in range(10)]
    for _ in range(10):
        hub.sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
    assert 10 < len(read_delivery_status(hub.logs, hub.own)) < 45
