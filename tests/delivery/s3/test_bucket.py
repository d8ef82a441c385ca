"""Properties of a bucket's notifications, and the parts they are made of."""

import json
import random

import pytest
from hypothesis import strategies as st

from patternlab.clock import VirtualClock
from patternlab.delivery import Knobs, StandardQueue
from patternlab.delivery.faults import CLIENT, DeliveryFailure, Outages
from patternlab.delivery.receivers import QueueReceiver
from patternlab.delivery.s3.bucket import Bucket, draw_latency
from patternlab.delivery.s3.records import encoded_key, key_of_record
from patternlab.delivery.s3.rules import Rule
from patternlab.delivery.s3.sequencer import Sequencer, newer
from tests.delivery.shared import Inbox, proof, refused

KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


class Sink:
    """A receiver that keeps what it gets, and when."""

    protocol = "lambda"

    def __init__(self, clock, arn="arn:aws:lambda:us-east-1:123456789012:function:sink"):
        self.clock, self.arn, self.got = clock, arn, []

    def deliver(self, parcel):
        self.got.append((self.clock.elapsed, json.loads(parcel.body)["Records"][0]))

    @property
    def keys(self):
        return [key_of_record(record) for _, record in self.got]


def bucket_to_sink(seed=0, **knobs):
    clock = VirtualClock()
    bucket = Bucket(clock, "photos", knobs=Knobs(**knobs), rng=random.Random(seed))
    sink = Sink(clock)
    bucket.configure([Rule(sink, ("s3:ObjectCreated:*", "s3:ObjectRemoved:*"))])
    return clock, bucket, sink


STEPS = st.lists(st.tuples(st.sampled_from("abcd"), st.booleans(), st.floats(0, 3)), max_size=30)


def check_that_every_event_is_notified_exactly_once_without_duplicates_and_loss(
    steps, seed, spread
):
    clock, bucket, sink = bucket_to_sink(seed, s3_latency_spread=spread)
    sent = []
    for key, write, pause in steps:
        event = bucket.put(key) if write else bucket.delete(key)
        if event is not None:
            sent.append((event.name, event.key, event.sequencer))
        clock.wait(pause)
    clock.wait(1e6)
    got = [(r["eventName"], key_of_record(r), r["s3"]["object"]["sequencer"]) for _, r in sink.got]
    assert sorted(got) == sorted(sent)


@proof(30, 500, steps=STEPS, seed=st.integers(0, 999), spread=st.sampled_from([0.0, 1.5]))
def test_every_event_is_notified_exactly_once_without_duplicates_and_loss(prove):
    prove(check_that_every_event_is_notified_exactly_once_without_duplicates_and_loss)


def check_that_the_sequencers_of_one_key_sort_in_the_order_of_its_writes(writes):
    clock = VirtualClock()
    sequencer, seen = Sequencer(clock), {"a": [], "b": []}
    for key, pause in writes:
        seen[key].append(sequencer.next(key))
        clock.wait(pause)
    for values in seen.values():
        assert all(newer(b, a) for a, b in zip(values, values[1:], strict=False))
        assert not any(newer(a, b) for a, b in zip(values, values[1:], strict=False))


@proof(
    30, 1000, st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 1e6)), min_size=2, max_size=40)
)
def test_the_sequencers_of_one_key_sort_in_the_order_of_its_writes(prove):
    prove(check_that_the_sequencers_of_one_key_sort_in_the_order_of_its_writes)


def check_a_key(key):
    text = encoded_key(key)
    assert text.isascii() and " " not in text and '"' not in text
    assert key_of_record({"s3": {"object": {"key": text}}}) == key
    clock, bucket, sink = bucket_to_sink()
    bucket.put(key)
    clock.wait(1)
    assert sink.keys == [key]


@proof(50, 500, KEYS)
def test_a_key_comes_back_from_its_encoding_and_a_notification_is_json_whatever_the_key(prove):
    prove(check_a_key)


def test_two_runs_with_one_seed_are_the_same():
    runs = []
    for _ in range(2):
        clock, bucket, sink = bucket_to_sink(3, s3_latency_spread=1.0, s3_duplicates=0.3)
        for number in range(20):
            bucket.put(f"{number}")
        clock.wait(3600)
        runs.append(sink.got)
    assert runs[0] == runs[1]


def test_events_61_half_within_2_s_nine_in_ten_within_14_s_one_in_ninety_over_a_minute():
    knobs, rng = Knobs(s3_latency=2.0, s3_latency_spread=1.5), random.Random(1)
    drawn = sorted(draw_latency(knobs, rng) for _ in range(20_000))
    assert drawn[10_000] == pytest.approx(2.0, rel=0.06)
    assert drawn[18_000] == pytest.approx(13.7, rel=0.06)
    assert sum(value > 60 for value in drawn) / len(drawn) == pytest.approx(1 / 90, abs=0.003)
    assert draw_latency(Knobs(s3_latency=2.0), rng) == 2.0


def test_an_unavailable_target_is_tried_again_and_a_forbidden_one_is_not():
    clock = VirtualClock()
    faults = Outages(clock)
    bucket = Bucket(clock, "photos", faults=faults)
    queue = StandardQueue(clock, "events")
    bucket.configure([Rule(QueueReceiver(queue))])
    queue.purge()
    faults.outage(queue.arn, minutes=10)
    bucket.put("late")
    clock.wait(599)
    assert len(queue) == 0
    clock.wait(10)
    assert len(queue) == 1
    faults.outage(queue.arn, minutes=10, kind=CLIENT)
    bucket.put("lost")
    clock.wait(3600)
    assert len(queue) == 1
    assert bucket.notifier.undelivered == 1


def test_a_target_that_refuses_the_test_event_refuses_the_configuration():
    clock, bucket, sink = bucket_to_sink()

    closed = Inbox(failure=DeliveryFailure(CLIENT, "no permission"))
    with refused("InvalidArgument", "Unable to validate the following destination"):
        bucket.configure([Rule(closed)])
    bucket.put("a")
    clock.wait(1)
    assert sink.keys == ["a"]  # the old configuration is still there
