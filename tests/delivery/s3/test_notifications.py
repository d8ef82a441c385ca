"""S3 event notifications in the pure model (events-61 to events-67)."""

import json
import random

import pytest

from patternlab.clock import VirtualClock
from patternlab.delivery import Knobs, StandardQueue
from patternlab.delivery.events.bus import EventBus, EventRule, RuleTarget
from patternlab.delivery.receivers import QueueReceiver
from patternlab.delivery.s3.bucket import Bucket
from patternlab.delivery.s3.rules import AMBIGUOUS, OVERLAP, Rule, check_rules
from patternlab.delivery.s3.sequencer import Sequencer, newer
from tests.delivery.shared import Inbox, refused

CREATED, REMOVED = "s3:ObjectCreated:*", "s3:ObjectRemoved:*"


class World:
    """A bucket that notifies a queue of everything."""

    def __init__(self, versioned=False, seed=0, **knobs):
        self.clock = VirtualClock()
        self.queue = StandardQueue(self.clock, "events")
        self.bucket = Bucket(
            self.clock,
            "photos",
            versioned=versioned,
            knobs=Knobs(**knobs),
            rng=random.Random(seed),
        )
        self.rule = Rule(QueueReceiver(self.queue), (CREATED, REMOVED), id="all")
        self.bucket.configure([self.rule])
        self.clock.wait(knobs.get("s3_configuration_lag", 0))
        self.test_event = json.loads(self.bodies()[0])

    def bodies(self):
        """The texts in the queue, oldest first; they are deleted."""
        found = []
        while received := self.queue.receive(10):
            for receipt in received:
                found.append(receipt.message.body)
                self.queue.delete(receipt.handle)
        return found

    def records(self, wait=100_000):
        self.clock.wait(wait)
        return [json.loads(body)["Records"][0] for body in self.bodies()]


# -- events-61: delivery ---------------------------------------------------------------------------


def test_events_61_a_notification_typically_takes_seconds_and_sometimes_over_a_minute():
    """With a median of 2 s and a spread of 1.5; neither is an AWS number."""
    world = World(s3_latency=2.0, s3_latency_spread=1.5)
    for number in range(1000):
        world.bucket.put(str(number))
    within_ten = len(world.records(wait=10))
    within_a_minute = len(world.records(wait=50))
    late = len(world.records())
    assert within_ten > 800
    assert 1 <= late <= 30
    assert within_ten + within_a_minute + late == 1000


def test_events_61_notifications_come_in_no_order():
    world = World(s3_latency=2.0, s3_latency_spread=1.5)
    for number in range(50):
        world.bucket.put(f"{number:02d}")
    keys = [record["s3"]["object"]["key"] for record in world.records()]
    assert sorted(keys) == [f"{number:02d}" for number in range(50)] != keys


def test_events_61_a_notification_may_come_twice():
    world = World(s3_duplicates=0.5)
    for number in range(100):
        world.bucket.put(str(number))
    records = world.records()
    assert 120 < len(records) < 180
    assert len({record["s3"]["object"]["key"] for record in records}) == 100


def test_events_61_loss_is_a_hypothesis_and_off_by_default():
    assert Knobs().hypothetical_loss == 0
    world = World(hypothetical_loss=0.2)
    for number in range(100):
        world.bucket.put(str(number))
    assert 60 < len(world.records()) < 95


# -- events-62: configuration ----------------------------------------------------------------------


def test_events_62_a_test_event_is_sent_when_a_queue_is_named():
    event = World().test_event
    assert set(event) == {"Service", "Event", "Time", "Bucket", "RequestId", "HostId"}
    assert (event["Service"], event["Event"], event["Bucket"]) == (
        "Amazon S3",
        "s3:TestEvent",
        "photos",
    )
    assert event["Time"] == "2026-01-05T09:00:00.000Z"


def test_events_62_a_configuration_replaces_the_whole_one_before():
    world = World()
    world.bucket.configure([Rule(world.rule.receiver, (REMOVED,))])
    world.bodies()
    world.bucket.put("a")
    world.bucket.delete("a")
    assert [record["eventName"] for record in world.records()] == ["ObjectRemoved:Delete"]
    world.bucket.configure([])
    world.bucket.put("a")
    assert world.records() == []


def test_events_62_a_refused_configuration_changes_nothing():
    world = World()
    with refused("InvalidArgument"):
        world.bucket.configure([Rule(world.rule.receiver), Rule(world.rule.receiver)])
    assert world.bodies() == []  # and sends no test event
    world.bucket.put("a")
    assert len(world.records()) == 1


def test_events_62_a_new_configuration_may_take_five_minutes():
    world = World(s3_configuration_lag=300.0)
    world.bucket.configure([])
    world.clock.wait(299)
    world.bucket.put("before")
    world.clock.wait(1)
    world.bucket.put("after")
    assert [record["s3"]["object"]["key"] for record in world.records()] == ["before"]


# -- events-63: rules ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ({"prefix": "images/"}, {"prefix": "logs/"}),
        ({"suffix": ".jpg"}, {"suffix": ".png"}),
        ({"prefix": "images/", "suffix": ".jpg"}, {"prefix": "images/", "suffix": ".png"}),
        ({"prefix": "images/", "suffix": ".jpg"}, {"prefix": "logs/", "suffix": ".jpg"}),
        ({"events": (CREATED,)}, {"events": (REMOVED,)}),
        ({"events": ("s3:ObjectCreated:Put",)}, {"events": ("s3:ObjectCreated:Copy",)}),
    ],
)
def test_events_63_rules_that_cannot_meet_are_fine(a, b):
    check_rules([Rule(Inbox(), **a), Rule(Inbox(), **b)])


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        ({}, {}, OVERLAP),
        ({}, {"events": ("s3:ObjectCreated:Put",)}, OVERLAP),
        ({"prefix": "images"}, {"prefix": "images/cats"}, AMBIGUOUS),
        ({"suffix": ".jpg"}, {"suffix": "g"}, AMBIGUOUS),
        ({"prefix": "images/"}, {"suffix": ".jpg"}, AMBIGUOUS),
        ({"prefix": "images/"}, {}, AMBIGUOUS),
    ],
)
def test_events_63_overlapping_rules_are_an_invalid_argument(a, b, words):
    with refused("InvalidArgument", words):
        check_rules([Rule(Inbox(), **a), Rule(Inbox(), **b)])


# -- events-64: two writes at once -----------------------------------------------------------------


def test_events_64_two_writes_at_once_may_give_one_notification():
    world = World(s3_merged_writes=1.0)
    first, second = world.bucket.put("a", b"1"), world.bucket.put("a", b"2")
    [record] = world.records()
    assert record["s3"]["object"]["sequencer"] in (first.sequencer, second.sequencer)


def test_events_64_the_notification_may_be_that_of_the_older_write():
    """So a consumer reads the object, and does not believe the notification's ETag."""
    kept = set()
    for seed in range(10):
        world = World(s3_merged_writes=1.0, seed=seed)
        writes = [world.bucket.put("a", b"1"), world.bucket.put("a", b"2")]
        [record] = world.records()
        sequencer = record["s3"]["object"]["sequencer"]
        kept.add([write.sequencer for write in writes].index(sequencer))
    assert kept == {0, 1}


@pytest.mark.parametrize("versioned", [False, True])
def test_events_64_versioning_or_a_pause_gives_both(versioned):
    world = World(versioned=versioned, s3_merged_writes=1.0)
    world.bucket.put("a", b"1")
    world.clock.wait(0 if versioned else 1)
    world.bucket.put("a", b"2")
    assert len(world.records()) == 2


# -- events-65: sequencer --------------------------------------------------------------------------


def test_events_65_the_shorter_value_is_padded_on_the_right():
    assert newer("0055AED6DCD90281E5", "0055AED6DCD90281")
    assert not newer("0055AED6DCD90281", "0055AED6DCD90281E5")
    assert newer("0056", "0055AED6DCD90281E5")
    assert not newer("0055", "005500")
    assert not newer("005500", "0055")


def test_events_65_lengths_differ():
    sequencer = Sequencer(VirtualClock())
    values = [sequencer.next("a") for _ in range(3)]
    assert len({len(value) for value in values}) > 1
    assert all(int(value, 16) for value in values)


def test_events_65_a_sequencer_says_nothing_across_keys():
    clock = VirtualClock()
    sequencer = Sequencer(clock)
    wrong = 0
    for number in range(50):
        earlier = sequencer.next(f"a{number}")
        clock.wait(0.01)
        wrong += newer(earlier, sequencer.next(f"b{number}"))
    assert 5 < wrong < 45


def test_events_65_a_duplicate_carries_the_same_value():
    world = World(s3_duplicates=1.0, s3_latency_spread=1.0)
    world.bucket.put("a")
    first, second = world.records()
    assert first == second


# -- events-66: the JSON ---------------------------------------------------------------------------


def test_events_66_one_record_with_these_fields():
    world = World()
    world.clock.wait(1.5)
    event = world.bucket.put("in/a b+ü.txt", b"meow")
    world.clock.wait(1)
    [body] = world.bodies()
    [record] = json.loads(body)["Records"]
    assert record == {
        "eventVersion": "2.5",
        "eventSource": "aws:s3",
        "awsRegion": "us-east-1",
        "eventTime": "2026-01-05T09:00:01.500Z",
        "eventName": "ObjectCreated:Put",
        "userIdentity": {"principalId": "AWS:AIDACKCEVSQ6C2EXAMPLE"},
        "requestParameters": {"sourceIPAddress": "192.0.2.1"},
        "responseElements": {
            "x-amz-request-id": event.request_id,
            "x-amz-id-2": event.host_id,
        },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "all",
            "bucket": {
                "name": "photos",
                "ownerIdentity": {"principalId": "A3EXAMPLEOWNER"},
                "arn": "arn:aws:s3:::photos",
            },
            "object": {
                "key": "in/a+b%2B%C3%BC.txt",
                "size": 4,
                "eTag": "4a4be40c96ac6314e91d93f38043a634",
                "sequencer": event.sequencer,
            },
        },
    }


def test_events_66_a_delete_has_neither_size_nor_etag():
    world = World()
    world.bucket.put("a")
    world.bucket.delete("a")
    record = world.records()[1]
    assert record["eventName"] == "ObjectRemoved:Delete"
    assert set(record["s3"]["object"]) == {"key", "sequencer"}


# -- events-67: to SNS and EventBridge -------------------------------------------------------------


def test_events_67_eventbridge_gets_all_events_and_its_rules_filter():
    world = World()
    bus = EventBus(world.clock)
    target = RuleTarget(QueueReceiver(world.queue))
    pattern = {"source": ["aws.s3"], "detail": {"object": {"key": [{"prefix": "in/"}]}}}
    bus.add(EventRule("uploads", pattern, [target]))
    world.bucket.configure([], bus.put)
    put = world.bucket.put("in/a b.txt", b"meow")
    world.bucket.put("out/b.txt")
    world.bucket.delete("in/a b.txt")
    world.clock.wait(60)
    created, deleted = map(json.loads, world.bodies())
    assert created["detail-type"] == "Object Created"
    assert created["source"] == "aws.s3"
    assert created["resources"] == ["arn:aws:s3:::photos"]
    assert created["detail"]["object"] == {
        "key": "in/a b.txt",  # not encoded here
        "size": 4,
        "etag": "4a4be40c96ac6314e91d93f38043a634",
        "sequencer": put.sequencer,
    }
    assert created["detail"]["reason"] == "PutObject"
    assert deleted["detail-type"] == "Object Deleted"
    assert deleted["detail"]["reason"] == "DeleteObject"
    assert deleted["detail"]["deletion-type"] == "Permanently Deleted"
