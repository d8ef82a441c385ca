"""Lambda's asynchronous queue in the pure model: whatever happens, every event has one fate."""

import json
import random
from collections import Counter

import pytest
from hypothesis import strategies as st

from patternlab.clock import VirtualClock
from patternlab.delivery import (
    AsyncConfig,
    AsyncQueue,
    Function,
    Outages,
    PlainRuntime,
)
from patternlab.delivery.attempts import OUTCOMES, history_frame
from patternlab.delivery.functions.async_records import SUCCESS
from patternlab.delivery.scenarios import flaky_async, sqs_lambda
from tests.delivery.shared import Inbox, proof, refused


def check_that_every_event_ends_in_exactly_one_fate(
    events, failure_rate, max_retries, max_age, reserved, outage, share, seed
):
    clock, rng = VirtualClock(), random.Random(seed)
    faults, runs = Outages(clock, rng), Counter()
    succeeded, failed, dead = Inbox(), Inbox(), Inbox()

    def handler(event, context):
        runs[event["n"]] += 1
        if rng.random() < failure_rate:
            raise ValueError("no")

    function = Function(clock, "f", PlainRuntime(handler, 2.0), faults=faults)
    function.reserve(reserved)
    config = AsyncConfig(max_retries, max_age, succeeded, failed, dead)
    queue = AsyncQueue(function, config, rng=rng)
    if outage:
        faults.outage(function.arn, seconds=outage, share=share)
    handed_over = []
    for number in range(events):
        handed_over.append(queue.put({"n": number}))
        clock.wait(rng.uniform(0, 30))
    clock.wait(max_age + 10)
    for event in handed_over:
        assert event.attempts == runs[event.payload["n"]] <= 1 + max_retries
        assert event.ended - event.sent <= max_age + 2.0  # the last attempt may end later
    won = {event.payload["n"] for event in handed_over if event.condition == SUCCESS}
    told = [json.loads(parcel.body)["requestPayload"]["n"] for parcel in succeeded.parcels]
    assert sorted(told) == sorted(won)
    assert len(told) + len(failed.parcels) == events
    assert len(dead.parcels) == len(failed.parcels)


@proof(
    40,
    1_000,
    events=st.integers(1, 12),
    failure_rate=st.sampled_from([0.0, 0.3, 0.7, 1.0]),
    max_retries=st.integers(0, 2),
    max_age=st.integers(60, 21_600),
    reserved=st.sampled_from([None, None, 0, 1, 3]),
    outage=st.integers(0, 30_000),
    share=st.sampled_from([0.2, 1.0]),
    seed=st.integers(0, 1000),
)
def test_every_event_ends_in_exactly_one_fate(prove):
    prove(check_that_every_event_ends_in_exactly_one_fate)


@pytest.mark.parametrize(
    ("options", "name", "limit"),
    [
        ({"max_retries": 3}, "maximumRetryAttempts", "less than or equal to 2"),
        ({"max_retries": -1}, "maximumRetryAttempts", "greater than or equal to 0"),
        ({"max_age": 59}, "maximumEventAgeInSeconds", "greater than or equal to 60"),
        ({"max_age": 21_601}, "maximumEventAgeInSeconds", "less than or equal to 21600"),
    ],
)
def test_limits_are_refused_in_lambdas_words(options, name, limit):
    [value] = options.values()
    words = (
        f"Value '{value}' at '{name}' failed to satisfy constraint: Member must have value {limit}"
    )
    with refused("ValidationException", words):
        AsyncConfig(**options)


def test_a_changed_configuration_holds_for_events_that_wait():
    clock = VirtualClock()
    function = Function(clock, "f", PlainRuntime(lambda event, context: 1 / 0))
    queue = AsyncQueue(function)
    event = queue.put({})
    clock.wait(1)
    queue.config = AsyncConfig(max_retries=1)
    clock.wait(600)
    assert event.attempts == 2


# -- the history ---------------------------------------------------------------------------------


def history_of(payload, failures=1):
    clock, rows, runs = VirtualClock(), [], []

    def handler(event, context):
        runs.append(event)
        if len(runs) <= failures:
            raise ValueError("no")

    function = Function(clock, "f", PlainRuntime(handler, 0.5))
    queue = AsyncQueue(function, on_attempt=rows.append)
    clock.wait(10)
    event = queue.put(payload)
    clock.wait(600)
    return history_frame(rows), event


def test_an_attempts_number_stands_for_the_receive_count():
    history, event = history_of({"key": "order 1"})
    assert history["receive_count"].tolist() == [1, 2]
    assert history["outcome"].tolist() == ["failed", "succeeded"]
    assert history["error_type"].tolist()[0] == "ValueError"
    assert set(history["request_id"]) == set(history["message_id"]) == {event.request_id}
    assert set(history["key"]) == {"order 1"}
    assert (history["end"] - history["start"]).dt.total_seconds().tolist() == [0.5, 0.5]
    assert (history["start"] - history["sent"]).dt.total_seconds()[0] == 0


def test_the_history_names_what_came_from_sns_and_s3_as_the_recorder_does():
    sns = {"Records": [{"Sns": {"MessageId": "m-1", "Message": "hello"}}]}
    history, _ = history_of(sns, failures=0)
    assert history[["message_id", "key"]].values.tolist() == [["m-1", "hello"]]
    s3 = {"Records": [{"s3": {"object": {"key": "a.png", "sequencer": "00AB"}}}]}
    history, _ = history_of(s3, failures=0)
    assert history[["message_id", "key"]].values.tolist() == [["00AB", "a.png"]]


# -- the scenario --------------------------------------------------------------------------------


def fates(**options):
    world = flaky_async(**options)
    return world, [(event.condition, event.attempts) for event in world.events]


def test_the_scenario_ends_every_event_and_keeps_the_failed_ones():
    world, ends = fates(events=20, failure_rate=0.6, outage=100)
    assert {condition for condition, _ in ends} == {"Success", "RetriesExhausted"}
    assert all(event.ended > event.sent for event in world.events)
    assert len(world.history) == sum(attempts for _, attempts in ends)
    assert set(world.history["outcome"]) <= set(OUTCOMES)
    failed = [condition for condition, _ in ends if condition != "Success"]
    assert len(world.dead_letter_queue) == len(failed) > 0


def test_the_same_seed_is_the_same_scenario():
    one, same, other = flaky_async(seed=3), flaky_async(seed=3), flaky_async(seed=4)
    assert one.history.equals(same.history)
    assert not one.history.equals(other.history)


def test_a_higher_failure_rate_only_adds_failures():
    runs = [[tried for _, tried in fates(failure_rate=rate)[1]] for rate in (0, 0.3, 0.6, 1)]
    assert runs[0] == [1] * 8
    assert runs[-1] == [3] * 8
    for fewer, more in zip(runs, runs[1:], strict=False):
        assert all(a <= b for a, b in zip(fewer, more, strict=True))


def test_an_outage_longer_than_the_age_gives_events_up_unrun():
    world, ends = fates(events=3, max_age=60, outage=3600)
    assert ends == [("EventAgeExceeded", 0)] * 3
    assert world.history.empty


# -- an outage of the function, and a queue that feeds it ----------------------------------------


def test_a_mapping_waits_out_an_outage_of_its_function():
    """As while it is throttled (events-30): the message comes back, with a higher receive count."""
    world = sqs_lambda(lambda event, context: None, visibility_timeout=30)
    world.function.faults = Outages(world.clock)
    world.function.faults.outage(world.function.arn, seconds=45)
    world.queue.send("order 1")
    world.run()
    assert len(world.queue) == 0
    rows = []
    world.mapping.on_attempt = rows.append
    world.function.faults.outage(world.function.arn, seconds=45)
    world.queue.send("order 2")
    world.run()
    [row] = rows
    assert (row.key, row.receive_count, row.outcome) == ("order 2", 2, "succeeded")
