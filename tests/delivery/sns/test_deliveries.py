"""SNS in the pure model (events-51 to events-60)."""

import itertools
import json
import random

import pytest

from patternlab.clock import VirtualClock
from patternlab.delivery import FifoQueue, Function, Knobs, PlainRuntime, StandardQueue
from patternlab.delivery.faults import CLIENT
from patternlab.delivery.functions.async_invoke import AsyncQueue, FunctionReceiver
from patternlab.delivery.receivers import PersonReceiver, QueueReceiver, WebReceiver
from patternlab.delivery.sns.delivery_log import DEAD_LETTER, DELIVERED, DROPPED, FAILED, FILTERED
from patternlab.delivery.sns.delivery_policy import (
    AWS_MANAGED,
    CUSTOMER_MANAGED,
    HTTP_DEFAULT,
    RetryPolicy,
    parse_delivery_policy,
)
from patternlab.delivery.sns.filter_policy import FilterPolicy
from patternlab.delivery.sns.topic import Topic
from tests.delivery.shared import refused

DAY = 86_400.0
URL = "https://example.com/hook"


class World:
    """A topic, queues, and the attempts by destination."""

    def __init__(self, fifo=False, **options):
        self.clock = VirtualClock()
        self.topic = Topic(self.clock, "orders", fifo=fifo, **options)

    def queue(self, name="q", kind=StandardQueue, **options):
        queue = kind(self.clock, name)
        return queue, self.topic.subscribe(QueueReceiver(queue), **options)

    def web(self, *answers, url=URL, **options):
        answers = itertools.chain(answers, itertools.repeat(answers[-1]))
        seen = []

        def answer(headers, body):
            seen.append((headers, body))
            return next(answers)

        return seen, self.topic.subscribe(WebReceiver(url, answer), **options)

    def publish(self, *, wait):
        sent = self.topic.publish("hello")
        self.clock.wait(wait)
        return sent

    def rows(self, destination):
        return [row for row in self.topic.log if row.destination == destination]

    def gaps(self, destination):
        times = [row.time for row in self.rows(destination)]
        return [round(b - a, 6) for a, b in itertools.pairwise(times)]

    def outcomes(self, destination):
        return [row.outcome for row in self.rows(destination)]


def body(queue):
    [receipt] = queue.receive()
    return receipt.message.body


# -- events-51 ---------------------------------------------------------------------------------


def test_events_51_100_015_attempts_over_23_days():
    """3 at once, 2 x 1 s, 10 exponential from 1 s to 20 s, 100,000 x 20 s."""
    world = World()
    queue, _ = world.queue()
    world.topic.faults.outage(queue.arn, days=60)
    world.publish(wait=30 * DAY)
    gaps = world.gaps(queue.arn)
    assert len(gaps) + 1 == 100_015 == AWS_MANAGED.attempts
    assert gaps[:2] == [0, 0]
    assert gaps[2:4] == [1, 1]
    backoff = gaps[4:14]
    assert (backoff[0], backoff[-1]) == (1, 20)
    assert backoff == sorted(backoff)
    assert set(gaps[14:]) == {20}
    assert 23 * DAY < sum(gaps) < 24 * DAY
    assert world.outcomes(queue.arn)[-1] == DROPPED
    assert set(world.outcomes(queue.arn)[:-1]) == {FAILED}


@pytest.mark.parametrize("protocol", ["sqs", "lambda", "firehose"])
def test_events_51_the_schedule_holds_for_endpoints_that_aws_manages(protocol):
    """SQS, Lambda, Firehose."""
    world = World()
    endpoint = PersonReceiver(protocol, "somewhere")
    assert world.topic.subscribe(endpoint).retries is AWS_MANAGED


def test_events_51_jitter_is_a_knob():
    """AWS applies jitter and does not say how much: none here, unless asked for."""

    def moments(jitter, seed):
        world = World(knobs=Knobs(delivery_jitter=jitter), rng=random.Random(seed))
        queue, _ = world.queue()
        world.topic.faults.outage(queue.arn, hours=1)
        world.publish(wait=300)
        return world.gaps(queue.arn)

    plain, one, other = moments((1, 1), 1), moments((0.5, 1), 1), moments((0.5, 1), 2)
    assert moments((0.5, 1), 1) == one != other
    pairs = zip(one, plain, strict=False)
    assert all(full / 2 - 1e-5 <= gap <= full + 1e-5 for gap, full in pairs)


# -- events-52 ---------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", ["email", "email-json", "sms", "application"])
def test_events_52_50_attempts_over_6_hours(protocol):
    """SMTP, SMS, mobile push: 0 immediate, 2 x 10 s, 10 from 10 s to 600 s, 38 x 600 s."""
    world = World()
    world.topic.subscribe(PersonReceiver(protocol, "someone"))
    world.topic.faults.outage("someone", days=2)
    world.publish(wait=DAY)
    gaps = world.gaps("someone")
    assert len(gaps) + 1 == 50 == CUSTOMER_MANAGED.attempts
    assert gaps[0] == 10
    assert (gaps[1], gaps[10]) == (10, 600)
    assert gaps[11:] == [600] * 38
    assert 6 * 3600 < sum(gaps) < 8 * 3600


# -- events-53 ---------------------------------------------------------------------------------


def test_events_53_http_is_retried_three_times_20_seconds_apart():
    """Default numRetries 3, min = max delay 20 s, linear."""
    world = World()
    seen, _ = world.web(500)
    world.publish(wait=3_600)
    assert world.gaps(URL) == [20, 20, 20]
    assert len(seen) == 4 == HTTP_DEFAULT.attempts
    assert world.outcomes(URL) == [FAILED] * 3 + [DROPPED]


def test_events_53_a_delivery_policy_has_four_phases():
    """numNoDelayRetries, numMinDelayRetries, backoff, numMaxDelayRetries."""
    policy = {
        "numRetries": 9,
        "numNoDelayRetries": 2,
        "numMinDelayRetries": 2,
        "numMaxDelayRetries": 1,
        "minDelayTarget": 5,
        "maxDelayTarget": 20,
        "backoffFunction": "linear",
    }
    world = World()
    retries = parse_delivery_policy(json.dumps({"healthyRetryPolicy": policy}))
    world.web(503, policy=retries)
    world.publish(wait=3_600)
    assert world.gaps(URL) == [0, 0, 5, 5, 5, 10, 15, 20, 20]


def test_events_53_every_backoff_goes_from_the_shortest_to_the_longest_delay_by_its_own_curve():
    """In the middle linear waits longest, then arithmetic, geometric, exponential."""
    middles = []
    for function in ("linear", "arithmetic", "geometric", "exponential"):
        waits = list(RetryPolicy(0, 0, 10, 0, 5.0, 260.0, function).waits())
        assert (waits[0], round(waits[-1], 6)) == (5, 260)
        assert waits == sorted(waits)
        assert len(set(waits)) == 10
        middles.append(waits[5])
    assert middles == sorted(set(middles), reverse=True)


@pytest.mark.parametrize(
    "policy",
    [
        {"numRetries": 101},
        {"numRetries": 100, "minDelayTarget": 40, "maxDelayTarget": 40},
        {"minDelayTarget": 0},
        {"minDelayTarget": 30, "maxDelayTarget": 20},
        {"maxDelayTarget": 3601},
        {"numRetries": 3, "numNoDelayRetries": 4},
        {"numRetries": -1},
        {"numRetries": 1.5},
        {"backoffFunction": "quadratic"},
        {"retries": 3},
    ],
)
def test_events_53_limits_of_a_delivery_policy(policy):
    """At most 100 retries and 3,600 s in all."""
    with refused("InvalidParameter"):
        parse_delivery_policy(json.dumps({"healthyRetryPolicy": policy}))


def test_events_53_the_largest_delivery_policy_is_taken():
    """100 retries in 3,600 s."""
    policy = {"numRetries": 100, "minDelayTarget": 36, "maxDelayTarget": 36}
    retries = parse_delivery_policy(json.dumps({"healthyRetryPolicy": policy}))
    assert sum(retries.waits()) == 3_600
    assert retries.attempts == 101


def test_events_53_a_policy_can_ask_for_no_retries():
    """numRetries 0: one attempt."""
    retries = parse_delivery_policy('{"healthyRetryPolicy": {"numRetries": 0}}')
    world = World()
    seen, _ = world.web(500, policy=retries)
    world.publish(wait=60)
    assert len(seen) == 1
    assert world.outcomes(URL) == [DROPPED]


def test_events_53_a_topic_can_have_the_policy_for_all_its_http_subscriptions():
    """The subscription's own goes first."""
    text = '{"http": {"defaultHealthyRetryPolicy": {"numRetries": 1}}}'
    world = World(http_policy=parse_delivery_policy(text, topic=True))
    ours, _ = world.web(500)
    own, _ = world.web(500, url="http://example.com", policy=RetryPolicy(2, 0, 0, 0))
    world.publish(wait=3_600)
    assert (len(ours), len(own)) == (2, 3)


def test_events_53_no_answer_counts_after_15_seconds():
    """A time-out: the next attempt about 35 s after the one before."""
    world = World()
    world.web(None, 200)
    world.publish(wait=60)
    assert world.gaps(URL) == [35]
    assert world.outcomes(URL) == [FAILED, DELIVERED]


# -- events-54 ---------------------------------------------------------------------------------


@pytest.mark.parametrize("dead_letter", [False, True])
def test_events_54_a_clients_error_is_never_retried(dead_letter):
    """Straight to the subscription's dead-letter queue, or dropped."""
    world = World()
    dlq = StandardQueue(world.clock, "dlq")
    options = {"dead_letter": QueueReceiver(dlq)} if dead_letter else {}
    queue, _ = world.queue(**options)
    world.topic.faults.outage(queue.arn, days=1, kind=CLIENT)
    world.publish(wait=DAY)
    assert world.outcomes(queue.arn) == [DEAD_LETTER if dead_letter else DROPPED]
    assert (len(queue), len(dlq)) == (0, int(dead_letter))


@pytest.mark.parametrize(("status", "attempts"), [(200, 1), (302, 1), (403, 1), (404, 1), (500, 4)])
def test_events_54_a_web_server_is_tried_again_after_5xx_and_not_after_403(status, attempts):
    """4xx is the client's error."""
    world = World()
    seen, _ = world.web(status)
    world.publish(wait=600)
    assert len(seen) == attempts
    assert world.outcomes(URL)[-1] == (DELIVERED if status < 400 else DROPPED)


def test_events_54_a_clients_error_ends_retries_that_are_under_way():
    """First 503, then 403: given up at the second attempt."""
    world = World()
    seen, _ = world.web(503, 403)
    world.publish(wait=600)
    assert len(seen) == 2
    assert world.outcomes(URL) == [FAILED, DROPPED]


# -- events-55 ---------------------------------------------------------------------------------


def test_events_55_the_dead_letter_queue_belongs_to_the_subscription():
    """It gets what its own subscription could not deliver, and nothing of the others."""
    world = World()
    dlq = StandardQueue(world.clock, "dlq")
    broken, subscription = world.queue("broken", dead_letter=QueueReceiver(dlq))
    healthy, _ = world.queue("healthy")
    world.topic.faults.outage(broken.arn, days=1, kind=CLIENT)
    sent = world.topic.publish("hello", attributes={"n": {"Type": "Number", "Value": "1"}})
    assert (len(broken), len(dlq), len(healthy)) == (0, 1, 1)
    content = json.loads(body(dlq))
    assert content["MessageId"] == sent.id
    assert content["Message"] == "hello"
    assert content["MessageAttributes"] == {"n": {"Type": "Number", "Value": "1"}}
    assert subscription.arn in content["UnsubscribeURL"]
    assert world.outcomes(healthy.arn) == [DELIVERED]


def test_events_55_raw_delivery_stays_raw_in_the_dead_letter_queue():
    """Body and attributes as they were published."""
    world = World()
    dlq = StandardQueue(world.clock, "dlq")
    queue, _ = world.queue(raw=True, dead_letter=QueueReceiver(dlq))
    world.topic.faults.outage(queue.arn, days=1, kind=CLIENT)
    world.topic.publish("hello", attributes={"n": {"Type": "Number", "Value": "1"}})
    [receipt] = dlq.receive()
    assert receipt.message.body == "hello"
    assert receipt.message.attributes == {"n": {"DataType": "Number", "StringValue": "1"}}


def test_events_55_a_dead_letter_queue_that_fails_too_loses_the_message():
    """Dropped, and the log says both reasons."""
    world = World()
    dlq = StandardQueue(world.clock, "dlq")
    queue, _ = world.queue(dead_letter=QueueReceiver(dlq))
    world.topic.faults.outage(queue.arn, days=1, kind=CLIENT)
    world.topic.faults.outage(dlq.arn, days=1)
    world.topic.publish("hello")
    assert world.outcomes(queue.arn) == [DROPPED]
    assert world.rows(queue.arn)[0].error.count("an outage was ordered") == 2


def test_events_55_a_fifo_dead_letter_queue_keeps_the_group():
    """FIFO topic with a FIFO subscription: a FIFO dead-letter queue."""
    world = World(fifo=True)
    dlq = FifoQueue(world.clock, "dlq.fifo")
    queue, _ = world.queue("q.fifo", FifoQueue, dead_letter=QueueReceiver(dlq))
    world.topic.faults.outage(queue.arn, days=1, kind=CLIENT)
    world.topic.publish("hello", group="a", dedup_id="1")
    [receipt] = dlq.receive()
    assert (receipt.message.group, receipt.message.dedup_id) == ("a", "1")


# -- events-56 ---------------------------------------------------------------------------------


def failing_function(clock, seen):
    def handler(event, context):
        seen.append(event)
        raise ValueError("no")

    return Function(clock, "f", PlainRuntime(handler, 0.0))


def test_events_56_the_event_of_a_subscribed_function():
    """Records[0].Sns, EventSource aws:sns, EventSubscriptionArn."""
    world, seen = World(), []
    endpoint = FunctionReceiver(AsyncQueue(failing_function(world.clock, seen)))
    subscription = world.topic.subscribe(endpoint)
    sent = world.publish(wait=1)
    [record] = seen[0]["Records"]
    assert set(record) == {"EventSource", "EventVersion", "EventSubscriptionArn", "Sns"}
    assert (record["EventSource"], record["EventVersion"]) == ("aws:sns", "1.0")
    assert record["EventSubscriptionArn"] == subscription.arn
    names = "Type MessageId TopicArn Subject Message Timestamp SignatureVersion Signature"
    assert set(record["Sns"]) == {
        *names.split(), "SigningCertUrl", "UnsubscribeUrl", "MessageAttributes"
    }  # fmt: skip
    assert record["Sns"]["MessageId"] == sent.id
    assert record["Sns"]["Subject"] is None
    assert record["Sns"]["MessageAttributes"] == {}


# -- events-57 ---------------------------------------------------------------------------------


def test_events_57_one_failing_subscription_does_not_hold_up_the_others():
    """Each delivered and retried by itself, under the same message id."""
    world = World()
    slow, _ = world.queue("slow")
    fast, _ = world.queue("fast")
    world.topic.faults.outage(slow.arn, minutes=10)
    world.topic.publish("hello")
    first = json.loads(body(fast))
    world.clock.wait(620)
    assert json.loads(body(slow))["MessageId"] == first["MessageId"]


def test_events_57_the_envelope_has_all_its_fields():
    """Type, MessageId, TopicArn, Message, Timestamp, the signature's fields, UnsubscribeURL."""
    world = World()
    queue, _ = world.queue()
    attributes = {"n": {"Type": "Number", "Value": "99.12"}}
    world.topic.publish("hello", subject="greeting", attributes=attributes)
    content = json.loads(body(queue))
    names = "Type MessageId TopicArn Subject Message Timestamp SignatureVersion Signature"
    assert list(content) == [
        *names.split(), "SigningCertURL", "UnsubscribeURL", "MessageAttributes"
    ]  # fmt: skip
    assert content["Type"] == "Notification"
    assert content["Timestamp"] == "2026-01-05T09:00:00.000Z"
    assert content["SignatureVersion"] == "1"
    assert content["MessageAttributes"] == attributes


def test_events_57_no_subject_and_no_attributes_leave_no_fields():
    """They are missing, not empty."""
    world = World()
    queue, _ = world.queue()
    world.topic.publish("hello")
    assert not {"Subject", "MessageAttributes"} & set(json.loads(body(queue)))


def test_events_57_each_protocol_can_have_its_own_text():
    """MessageStructure json."""
    world = World()
    queue, _ = world.queue(raw=True)
    seen, _ = world.web(200, raw=True)
    world.topic.publish('{"default": "d", "sqs": "q"}', structure="json")
    assert body(queue) == "q"
    assert seen[0][1] == "d"


# -- events-58 ---------------------------------------------------------------------------------


def test_events_58_a_changed_policy_can_take_15_minutes():
    """A knob, off by default."""
    world = World(knobs=Knobs(filter_policy_lag=900.0))
    queue, subscription = world.queue()
    subscription.set_filter(FilterPolicy('{"kind": ["order"]}'))
    world.clock.wait(899)
    world.topic.publish("still delivered")
    world.clock.wait(1)
    world.topic.publish("held back")
    assert world.outcomes(queue.arn) == [DELIVERED, FILTERED]


def test_events_58_the_scope_is_the_attributes_or_the_body():
    """FilterPolicyScope."""
    attributes = {"kind": {"Type": "String", "Value": "order"}}
    text = '{"kind": ["order"]}'
    assert FilterPolicy(text).accepts("{}", attributes)
    assert not FilterPolicy(text, "MessageBody").accepts("{}", attributes)
    assert FilterPolicy(text, "MessageBody").accepts('{"kind": "order"}', {})


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ({c: ["x"] for c in "abcdef"}, "Filter policy can not have more than 5 keys"),
        ({"a": ["x"] * 151}, "Filter policy is too complex"),
        ({"a": ["x"] * 76, "b": ["y", "z"]}, "Filter policy is too complex"),
    ],
)
def test_events_58_a_policy_can_be_too_wide(policy, words):
    """5 keys, 150 combinations of values."""
    with refused("InvalidParameter", f"FilterPolicy: {words}"):
        FilterPolicy(json.dumps(policy))


def test_events_58_the_widest_policies_are_taken():
    """Exactly 5 keys, exactly 150 combinations."""
    FilterPolicy(json.dumps({c: ["x"] for c in "abcde"}))
    FilterPolicy(json.dumps({"a": ["x"] * 75, "b": ["y", "z"]}))


# -- events-59 ---------------------------------------------------------------------------------


def test_events_59_a_message_has_at_most_256_kib_unless_the_topic_takes_more():
    """Text and attributes together; up to 1 MiB."""
    world = World()
    world.topic.publish("x" * 262_144)
    number = {"n": {"Type": "Number", "Value": "1"}}
    for text, attributes in (("x" * 262_145, {}), ("x" * 262_144, number), ("ü" * 131_073, {})):
        with refused("InvalidParameter", "Message too long"):
            world.topic.publish(text, attributes=attributes)
    World(maximum_message_size=1_048_576).topic.publish("x" * 1_048_576)


def test_events_59_large_messages_go_to_100_queues_and_functions():
    """No other protocols, no more subscriptions."""
    world = World(maximum_message_size=1_048_576)
    with refused("InvalidParameter", "MaximumMessageSize"):
        world.web(200)
    for number in range(100):
        world.queue(f"q{number}")
    with refused("InvalidParameter", 100):
        world.queue("one too many")


# -- events-60 ---------------------------------------------------------------------------------


def test_events_60_a_fifo_topic_deduplicates_for_five_minutes():
    """The duplicate gets the first one's id and sequence number, and is not delivered."""
    world = World(fifo=True)
    queue, _ = world.queue("q.fifo", FifoQueue)
    first = world.topic.publish("a", group="g", dedup_id="1")
    world.clock.wait(299)
    assert world.topic.publish("b", group="g", dedup_id="1") is first
    world.clock.wait(1)
    again = world.topic.publish("c", group="g", dedup_id="1")
    assert again.sequence > first.sequence
    assert len(world.rows(queue.arn)) == 2


def test_events_60_a_content_based_id_is_the_sha_256_of_the_message():
    """ContentBasedDeduplication: the text counts, the attributes do not; the queue gets the id."""
    world = World(fifo=True, content_deduplication=True)
    queue, _ = world.queue("q.fifo", FifoQueue, raw=True)
    world.topic.publish("Test single", group="g")
    world.topic.publish(
        "Test single", group="g", attributes={"n": {"Type": "Number", "Value": "1"}}
    )
    [receipt] = queue.receive(10)
    assert receipt.message.dedup_id == (
        "2591186cff6c740cb9e0cfce1653a7e6998d57da12e1da13d85344b1c08be4cb"
    )


@pytest.mark.parametrize(("scope", "delivered"), [("Topic", 1), ("MessageGroup", 2)])
def test_events_60_the_throughput_scope_is_the_scope_of_deduplication(scope, delivered):
    """FifoThroughputScope Topic or MessageGroup."""
    world = World(fifo=True, throughput_scope=scope)
    queue, _ = world.queue()
    for group in "ab":
        world.topic.publish("x", group=group, dedup_id="1")
    assert len(world.rows(queue.arn)) == delivered


def test_events_60_a_fifo_topic_delivers_to_fifo_and_standard_queues():
    """A FIFO queue gets group and id; a standard queue gets neither."""
    world = World(fifo=True)
    ordered, _ = world.queue("q.fifo", FifoQueue)
    plain, _ = world.queue("q")
    world.topic.publish("a", group="g", dedup_id="1")
    [receipt] = ordered.receive()
    assert (receipt.message.group, receipt.message.dedup_id) == ("g", "1")
    [receipt] = plain.receive()
    assert receipt.message.group is None
    names = "Type MessageId SequenceNumber TopicArn Message Timestamp UnsubscribeURL"
    assert list(json.loads(receipt.message.body)) == names.split()


def test_events_60_a_standard_topic_forwards_the_group_for_fair_queues():
    """MessageGroupId, since 2025."""
    world = World()
    queue, _ = world.queue()
    world.topic.publish("a", group="tenant")
    [receipt] = queue.receive()
    assert receipt.message.group == "tenant"


@pytest.mark.parametrize("protocol", ["lambda", "email", "sms", "https"])
def test_events_60_only_queues_can_subscribe_to_a_fifo_topic(protocol):
    """Invalid protocol type."""
    with refused("InvalidParameter", f"Invalid protocol type: {protocol}"):
        World(fifo=True).topic.subscribe(PersonReceiver(protocol, "x"))


def test_events_60_order_survives_an_outage():
    """What comes after a message that is retried waits behind it, in its group only."""
    world = World(fifo=True)
    queue, _ = world.queue("q.fifo", FifoQueue, raw=True)
    world.topic.faults.outage(queue.arn, seconds=15)
    world.topic.publish("a1", group="a", dedup_id="a1")
    world.clock.wait(9)
    world.topic.publish("a2", group="a", dedup_id="a2")
    world.clock.wait(7)  # the outage is over, the next attempt of a1 is still to come
    world.topic.publish("b1", group="b", dedup_id="b1")
    world.topic.publish("a3", group="a", dedup_id="a3")
    assert [r.message.body for r in queue.receive(10)] == ["b1"]
    world.clock.wait(20)
    assert [r.message.body for r in queue.receive(10)] == ["a1", "a2", "a3"]
