"""The seeded bucket of the figures and exercises: what reaches its consumers, and what does not."""

import json

import pytest

from patternlab.delivery.s3.scenarios import careful, naive, photos_in, s3_pipeline

ROUGH = {"spread": 2.0, "duplicates": 0.3, "failure_rate": 0.2, "writes": 3}


def test_one_seed_is_one_story():
    first, second = (s3_pipeline(naive, seed=3, **ROUGH) for _ in range(2))
    assert first.processed == second.processed
    assert first.latencies == second.latencies


def test_two_consumers_meet_the_same_notifications():
    one, other = (s3_pipeline(consumer, **ROUGH) for consumer in (naive, careful))
    assert one.latencies == other.latencies


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_a_careful_consumer_ends_up_to_date_and_did_nothing_twice(seed):
    books = s3_pipeline(careful, seed=seed, **ROUGH).books
    assert books.complete and not books.doubled


def test_a_naive_consumer_ends_stale_and_doubled():
    books = s3_pipeline(naive, **ROUGH).books
    assert books.stale and books.doubled and not books.missing


def test_without_spread_and_duplicates_a_naive_consumer_is_right():
    pipeline = s3_pipeline(naive, spread=0.0, latency=2.0)
    assert pipeline.books.complete and not pipeline.books.doubled
    assert set(pipeline.latencies) == {2.0}


def test_with_the_hypothetical_loss_even_a_careful_consumer_misses_objects():
    pipeline = s3_pipeline(careful, writes=1, loss=0.1)
    assert pipeline.books.missing and not pipeline.failures
    assert len(pipeline.latencies) == 40 - len(pipeline.books.missing)


def test_every_write_gives_a_notification_and_the_test_event_is_no_record():
    met = []

    def consumer(event, table, process):
        met.extend(json.loads(message["body"]) for message in event["Records"])

    pipeline = s3_pipeline(consumer, objects=5, writes=2)
    assert [body.get("Event") for body in met].count("s3:TestEvent") == 1
    assert sum("Records" in body for body in met) == len(pipeline.latencies) == 10


def test_a_failure_comes_back_and_is_made_good():
    pipeline = s3_pipeline(careful, failure_rate=1.0, objects=5, writes=1, spread=0.0)
    assert {type(error) for error in pipeline.failures} == {TimeoutError}
    assert pipeline.books.complete and not pipeline.books.doubled


def test_a_version_that_was_never_written_cannot_be_processed():
    def consumer(event, table, process):
        for key, version, _ in photos_in(event):
            process(key.replace(" ", "+"), version)

    pipeline = s3_pipeline(consumer, objects=2, writes=1, keys="cat {}.jpg".format)
    assert {type(error) for error in pipeline.failures} == {FileNotFoundError}
    assert pipeline.books.missing == ("cat 1.jpg", "cat 2.jpg")
