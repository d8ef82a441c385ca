"""Reconciliation of a bucket with what was processed."""

import json
import random

import pytest

from patternlab.clock import VirtualClock
from patternlab.delivery import Knobs
from patternlab.delivery.s3.bucket import Bucket
from patternlab.delivery.s3.reconcile import reconcile
from patternlab.delivery.s3.rules import Rule
from tests.delivery.shared import Inbox


def test_books_that_agree_are_exact():
    found = reconcile({"a": "1", "b": "2"}, [("b", "2"), ("a", "1")])
    assert found.complete and not found.doubled


def test_processing_an_older_version_last_is_stale():
    assert reconcile({"a": "2"}, [("a", "2"), ("a", "1")]).stale == ("a",)
    assert reconcile({"a": "2"}, [("a", "1"), ("a", "2")]).complete


def test_what_was_deleted_since_is_gone_and_not_missing():
    found = reconcile({}, [("a", "1")])
    assert found.gone == ("a",)
    assert found.complete


@pytest.mark.parametrize("seed", range(5))
def test_it_finds_exactly_the_notifications_that_were_lost(seed):
    clock = VirtualClock()
    knobs = Knobs(hypothetical_loss=0.1, s3_duplicates=0.1, s3_latency_spread=1.5)
    bucket = Bucket(clock, "b", knobs=knobs, rng=random.Random(seed))
    inbox = Inbox("lambda")  # which gets no test event
    bucket.configure([Rule(inbox)])
    for number in range(100):
        bucket.put(f"k{number}", b"x")
    clock.wait(1e6)
    objects = [json.loads(p.body)["Records"][0]["s3"]["object"] for p in inbox.parcels]
    processed = [(stored["key"], stored["eTag"]) for stored in objects]
    found = reconcile(bucket.inventory(), processed)
    told = {key for key, _ in processed}
    assert set(found.missing) == set(bucket.objects) - told != set()
    assert len(processed) == len(told) + len(found.doubled)
