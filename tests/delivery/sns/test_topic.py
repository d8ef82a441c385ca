"""What holds for every topic, and the outages it meets."""

import itertools
import json
import random

import pytest
from hypothesis import strategies as st

from patternlab.clock import VirtualClock
from patternlab.delivery import FifoQueue, StandardQueue
from patternlab.delivery.errors import DeliveryError
from patternlab.delivery.faults import Outages
from patternlab.delivery.receivers import QueueReceiver, WebReceiver
from patternlab.delivery.scenarios import sns_fan_out
from patternlab.delivery.sns.delivery_log import DEAD_LETTER, DELIVERED, FATES, FILTERED
from patternlab.delivery.sns.delivery_policy import RetryPolicy
from patternlab.delivery.sns.filter_policy import FilterPolicy
from patternlab.delivery.sns.topic import Topic
from tests.delivery.shared import proof, refused

ARN = "arn:aws:sqs:us-east-1:123456789012:orders"

SUBSCRIPTIONS = st.lists(
    st.fixed_dictionaries(
        {
            "web": st.booleans(),
            "kind": st.sampled_from(["server", "client"]),
            "share": st.sampled_from([0.3, 1.0]),
            "outage": st.sampled_from([0, 1, 30, 4_000]),
            "filtered": st.booleans(),
            "dead_letter": st.sampled_from(["none", "healthy", "broken"]),
            "leaves": st.booleans(),
        }
    ),
    min_size=1,
    max_size=5,
)


def check_that_every_message_has_exactly_one_fate_for_each_subscription(wanted, groups, fifo):
    clock = VirtualClock()
    topic = Topic(clock, fifo=fifo, rng=random.Random(1))
    dlq = StandardQueue(clock, "dlq", retention=1_209_600)
    broken = StandardQueue(clock, "broken-dlq")
    topic.faults.outage(broken.arn, days=1)
    queues, leaving = [], []
    for number, options in enumerate(wanted):
        queue = (FifoQueue if fifo else StandardQueue)(clock, f"q{number}", retention=1_209_600)
        endpoint = QueueReceiver(queue)
        if options["web"] and not fifo:
            endpoint = WebReceiver(f"https://example.com/{number}", lambda headers, body: 200)
        letters = {"none": None, "healthy": QueueReceiver(dlq), "broken": QueueReceiver(broken)}
        subscription = topic.subscribe(
            endpoint,
            filter_policy=FilterPolicy('{"a": ["b"]}') if options["filtered"] else None,
            dead_letter=letters[options["dead_letter"]],
        )
        if options["outage"]:
            topic.faults.outage(
                endpoint.arn,
                seconds=options["outage"],
                kind=options["kind"],
                share=options["share"],
            )
        if options["leaves"]:
            leaving.append(subscription)
        queues.append((endpoint, queue))
    for number, group in enumerate(groups):
        topic.publish(f"m{number}", group=f"g{group}", dedup_id=str(number) if fifo else None)
        clock.wait(1)
    for subscription in leaving:
        topic.unsubscribe(subscription)
    clock.wait(8_000)
    ends = [row for row in topic.log if row.outcome in FATES]
    keys = [(row.message_id, row.destination) for row in ends]
    assert len(keys) == len(set(keys)) == len(groups) * len(wanted)
    for endpoint, queue in queues:
        if endpoint.protocol == "sqs":
            delivered = sum(
                row.destination == endpoint.arn and row.outcome == DELIVERED for row in ends
            )
            assert len(queue) == delivered
    assert len(dlq) == sum(row.outcome == DEAD_LETTER for row in ends)
    for (_, _), rows in itertools.groupby(sorted(topic.log, key=_delivery), key=_delivery):
        numbers = [row.attempt for row in rows]
        assert numbers in ([0], list(range(1, len(numbers) + 1)))


@proof(20, 1000, SUBSCRIPTIONS, st.lists(st.integers(0, 2), min_size=1, max_size=6), st.booleans())
def test_every_message_has_exactly_one_fate_for_each_subscription(prove):
    prove(check_that_every_message_has_exactly_one_fate_for_each_subscription)


def _delivery(row):
    return row.message_id, row.destination


def check_that_a_fifo_topic_keeps_the_order_of_each_group_through_outages(sent, flaky):
    clock = VirtualClock()
    topic = Topic(clock, fifo=True)
    queue = FifoQueue(clock, "q.fifo")
    topic.subscribe(QueueReceiver(queue), raw=True)
    topic.faults.outage(queue.arn, seconds=60, starts_in=5, share=0.5 if flaky else 1.0)
    for number, (group, pause) in enumerate(sent):
        topic.publish(f"{group}{number}", group=group, dedup_id=str(number))
        clock.wait(pause)
    clock.wait(3_600)
    got = [message.body for message in queue.messages.values()]
    for group in "ab":
        wanted = [f"{g}{number}" for number, (g, _) in enumerate(sent) if g == group]
        assert [text for text in got if text[0] == group] == wanted


@proof(
    20,
    500,
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 30)), max_size=20),
    st.booleans(),
)
def test_a_fifo_topic_keeps_the_order_of_each_group_through_outages(prove):
    prove(check_that_a_fifo_topic_keeps_the_order_of_each_group_through_outages)


# -- the log -----------------------------------------------------------------------------------


def test_the_log_is_a_table_of_attempts():
    clock = VirtualClock()
    topic = Topic(clock, "orders")
    queue = StandardQueue(clock, "q")
    topic.subscribe(QueueReceiver(queue))
    topic.faults.outage(queue.arn, seconds=1)
    sent = topic.publish("hello")
    clock.wait(10)
    table = topic.deliveries
    assert list(table["outcome"]) == ["failed", "failed", "failed", "delivered"]
    assert list(table["attempt"]) == [1, 2, 3, 4]
    assert set(table["message_id"]) == {sent.id}
    assert (table["time"] - table["time"][0]).dt.total_seconds().tolist() == [0, 0, 0, 1]
    assert str(table["time"].dt.tz) == "UTC"
    assert table["error"].notna().tolist() == [True, True, True, False]


def test_an_empty_log_is_a_table_too():
    assert Topic(VirtualClock()).deliveries.empty


# -- outages -----------------------------------------------------------------------------------


def test_an_outage_begins_and_ends_when_it_should():
    clock = VirtualClock()
    faults = Outages(clock)
    faults.outage(ARN, minutes=1, starts_in=10)
    states = []
    for _ in range(3):
        states.append(faults.failure(ARN) is not None)
        clock.wait(10)
    clock.wait(39.9)
    states.append(faults.failure(ARN) is not None)
    clock.wait(0.2)
    states.append(faults.failure(ARN) is not None)
    assert states == [False, True, True, True, False]


def test_an_outage_can_be_ended_early():
    faults = Outages(VirtualClock())
    faults.outage(ARN, hours=1)
    faults.outage("other", hours=1)
    faults.clear(ARN)
    assert faults.failure(ARN) is None
    assert faults.failure("other").kind == "server"
    faults.clear()
    assert faults.failure("other") is None


def test_a_share_of_the_attempts_fails_the_same_with_the_same_seed():
    def fails(seed):
        faults = Outages(VirtualClock(), random.Random(seed))
        faults.outage(ARN, hours=1, share=0.25)
        return [faults.failure(ARN) is not None for _ in range(1_000)]

    assert fails(1) == fails(1) != fails(2)
    assert 200 < sum(fails(1)) < 300


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"minutes": 1, "kind": "bad"}, "server"),
        ({"minutes": 1, "share": 0}, "share"),
        ({}, "length"),
        ({"minutes": -1}, "negative"),
    ],
)
def test_an_outage_that_makes_no_sense_is_refused(options, words):
    with pytest.raises(ValueError, match=words):
        Outages(VirtualClock()).outage(ARN, **options)


# -- subscriptions -----------------------------------------------------------------------------


def test_an_unsubscribed_endpoint_gets_nothing_more():
    clock = VirtualClock()
    topic = Topic(clock)
    queue = StandardQueue(clock, "q")
    subscription = topic.subscribe(QueueReceiver(queue))
    topic.faults.outage(queue.arn, seconds=30)
    topic.publish("being tried")
    clock.wait(1)
    topic.unsubscribe(subscription)
    topic.publish("later")
    clock.wait(3_600)
    assert len(queue) == 0
    assert topic.log[-1][6:] == ("dropped", "The subscription was deleted")


def test_a_message_that_a_queue_refuses_is_the_clients_error():
    clock = VirtualClock()
    topic = Topic(clock)
    queue = FifoQueue(clock, "q.fifo")
    queue.send = lambda *args, **kwargs: (_ for _ in ()).throw(
        DeliveryError("InvalidParameterValue", "no")
    )
    topic.subscribe(QueueReceiver(queue))
    topic.publish("hello")
    assert topic.log[-1][6:] == ("dropped", "InvalidParameterValue: no")


def test_the_fates_are_told_to_who_asks():
    clock = VirtualClock()
    topic = Topic(clock)
    told = []
    topic.on_fate = lambda subscription, fate: told.append((fate.outcome, fate.attempts))
    topic.subscribe(WebReceiver("https://example.com", lambda *_: 500), policy=RetryPolicy(2, 0, 0))
    topic.subscribe(
        QueueReceiver(StandardQueue(clock, "q")), filter_policy=FilterPolicy('{"a": ["b"]}')
    )
    topic.publish("hello")
    clock.wait(10)
    assert told == [(FILTERED, 0), ("dropped", 3)]


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("{", "JSON message body failed to parse"),
        ('{"sqs": "a"}', "No default entry"),
        ('{"default": 1}', "No default entry"),
        ("[]", "No default entry"),
    ],
)
def test_a_message_structure_needs_a_default(message, words):
    with refused("InvalidParameter", words):
        Topic(VirtualClock()).publish(message, structure="json")


@pytest.mark.parametrize(
    ("fifo", "text", "options"), [(True, "a", {}), (True, "a", {"group": "a"}), (False, "", {})]
)
def test_a_fifo_topic_needs_a_group_and_an_id_and_a_message_a_text(fifo, text, options):
    with refused("InvalidParameter"):
        Topic(VirtualClock(), fifo=fifo).publish(text, **options)


def test_the_envelope_keeps_letters_as_they_are():
    clock = VirtualClock()
    topic = Topic(clock)
    queue = StandardQueue(clock, "q")
    topic.subscribe(QueueReceiver(queue))
    topic.publish('ö"\\\n')
    [receipt] = queue.receive()
    assert "ö" in receipt.message.body
    assert json.loads(receipt.message.body)["Message"] == 'ö"\\\n'


# -- the fan-out of the figures ----------------------------------------------------------------


def test_each_lane_of_the_fan_out_has_a_fate_of_its_own():
    topic = sns_fan_out(messages=3, outage=300)
    ends = topic.deliveries.groupby("destination")["outcome"].last()
    fates = {arn.split(":")[-1]: fate for arn, fate in ends.items()}
    assert fates == {
        "billing": "delivered",
        "shipping": "delivered",
        "audit": "dead-letter queue",
        "returns": "filtered",
    }
    assert [len(subscription.receiver.queue) for subscription in topic.subscriptions] == [
        3,
        3,
        0,
        0,
    ]
    assert len(topic.subscriptions[2].dead_letter.queue) == 3
    late = topic.deliveries.query("destination.str.endswith('shipping') and outcome == 'delivered'")
    start = topic.deliveries["time"].min()
    assert (late["time"] - start).dt.total_seconds().between(300, 321).all()


@pytest.mark.parametrize("failing, tried_again", [("billing", 4), ("returns", 0)])
def test_any_queue_of_the_fan_out_may_be_the_one_that_fails(failing: str, tried_again: int):
    topic = sns_fan_out(messages=1, outage=1.5, failing=failing)
    again = topic.deliveries.query("attempt > 1")
    assert all(arn.endswith(f":{failing}") for arn in again["destination"])
    assert len(again) == tried_again  # what is filtered out is not tried at all
    assert len(topic.subscriptions[1].receiver.queue) == 1


def test_the_one_that_fails_must_be_of_the_fan_out():
    with pytest.raises(ValueError, match="'sales'"):
        sns_fan_out(failing="sales")


def test_the_fan_out_is_the_same_with_the_same_seed():
    tables = [sns_fan_out(share=0.5, seed=seed).deliveries for seed in (1, 1, 2)]
    assert tables[0].equals(tables[1])
    assert not tables[0].equals(tables[2])
