"""Asynchronous invocation in the pure model (events-40 to events-49)."""

import itertools
import json
import random

import pytest

from patternlab.clock import VirtualClock
from patternlab.delivery import (
    Account,
    AsyncConfig,
    AsyncQueue,
    Function,
    Knobs,
    Outages,
    PlainRuntime,
    StandardQueue,
)
from patternlab.delivery.functions.async_records import (
    EVENT_AGE_EXCEEDED,
    RETRIES_EXHAUSTED,
    SUCCESS,
    ZERO_CONCURRENCY,
    bucket_key,
    bus_entry,
    dead_letter_attributes,
    error_payload,
    invocation_record,
)
from patternlab.delivery.functions.function import FunctionError, Outcome, TimedOut
from patternlab.delivery.receivers import QueueReceiver

SIX_HOURS = 21_600
EXACT = Knobs(async_retry_jitter=(1.0, 1.0), async_backoff_jitter=(1.0, 1.0))
ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"


class World:
    """A function that fails its first runs, its queue, and when it was run."""

    def __init__(self, failures=99, *, knobs=None, seed=7, duration=0.0, timeout=3.0, **config):
        self.clock, self.seen, self.failures = VirtualClock(), [], failures
        self.faults = Outages(self.clock, random.Random(seed))
        self.function = Function(
            self.clock,
            "f",
            PlainRuntime(self._handle, duration),
            timeout=timeout,
            faults=self.faults,
        )
        self.queue = AsyncQueue(
            self.function,
            AsyncConfig(**config),
            knobs=knobs or Knobs(),
            rng=random.Random(seed),
        )

    def _handle(self, event, context):
        self.seen.append((self.clock.elapsed, context.aws_request_id))
        if len(self.seen) <= self.failures:
            raise ValueError("no")
        return "done"

    def run(self, payload=None, hours=7):
        event = self.queue.put({"n": 1} if payload is None else payload)
        self.clock.wait(hours * 3600)
        return event

    def queue_named(self, name="told"):
        return StandardQueue(self.clock, name)

    @property
    def moments(self):
        return [moment for moment, _ in self.seen]


def bodies(queue):
    return [json.loads(receipt.message.body) for receipt in queue.receive(10)]


# -- the queue -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("rate", "runs"), [(0.0, 1), (1.0, 2)])
def test_events_40_an_event_may_be_run_twice_without_an_error(rate, runs):
    world = World(failures=0, knobs=Knobs(async_duplicates=rate))
    world.run()
    assert len(world.seen) == runs
    assert len({request_id for _, request_id in world.seen}) == 1


def test_events_41_an_event_that_succeeds_is_not_tried_again():
    world = World(failures=1)
    event = world.run()
    assert (len(world.seen), event.condition) == (2, SUCCESS)


def test_events_41_the_wait_counts_from_the_end_of_the_attempt():
    world = World(duration=2.0, knobs=EXACT)
    world.run()
    assert world.moments == [2, 2 + 60 + 2, 2 + 60 + 2 + 120 + 2]


def test_events_42_measured_gaps_lie_about_60_and_120_seconds_and_differ():
    gaps = set()
    for seed in range(50):
        world = World(seed=seed)
        world.run()
        first, second = (b - a for a, b in itertools.pairwise(world.moments))
        assert 50 <= first <= 70
        assert 100 <= second <= 135
        gaps |= {first, second}
    assert len(gaps) == 100


def test_events_43_all_attempts_have_one_request_id_and_events_have_their_own():
    world = World()
    first, second = world.queue.put({}), world.queue.put({})
    world.clock.wait(600)
    assert len(world.seen) == 6
    assert {request_id for _, request_id in world.seen} == {first.request_id, second.request_id}


# -- throttles and system errors -----------------------------------------------------------------


def throttled(world):
    """Let the function be busy; returns the moments at which room was asked for."""
    tries = []
    world.function.has_room = lambda: tries.append(world.clock.elapsed)
    return tries


def test_events_44_a_throttle_backs_off_from_1_to_300_seconds():
    world = World(knobs=EXACT)
    tries = throttled(world)
    world.queue.put({})
    world.clock.wait(1500)
    assert tries == [0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 811, 1111, 1411]


def test_events_44_the_jitter_of_the_backoff_covers_what_was_measured():
    """Five tries by 16.6 s, then 32.8 and 67.9 s."""
    fifth, sixth, seventh = [], [], []
    for seed in range(50):
        world = World(seed=seed)
        tries = throttled(world)
        world.queue.put({})
        world.clock.wait(SIX_HOURS)
        assert max(b - a for a, b in itertools.pairwise(tries)) <= 300 + 1e-6
        for moments, number in ((fifth, 4), (sixth, 5), (seventh, 6)):
            moments.append(tries[number])
    for moments, measured in ((fifth, 16.6), (sixth, 32.8), (seventh, 67.9)):
        assert min(moments) < measured < max(moments)


def test_events_44_a_throttle_uses_no_retry():
    world = World()
    throttled(world)
    event = world.queue.put({})
    world.clock.wait(3_600)
    assert (event.attempts, event.refused) == (0, 429)
    del world.function.has_room
    world.clock.wait(3_600)
    assert event.attempts == 3


@pytest.mark.parametrize("max_age", [60, 600, SIX_HOURS])
def test_events_44_a_throttled_event_waits_as_long_as_it_may(max_age):
    world = World(max_age=max_age)
    tries = throttled(world)
    event = world.run()
    assert (event.condition, event.attempts) == (EVENT_AGE_EXCEEDED, 0)
    assert max_age - 300 * 1.15 <= tries[-1] == event.ended <= max_age


def test_events_44_a_system_error_is_waited_out_like_a_throttle():
    world = World(failures=0, knobs=EXACT)
    world.faults.outage(ARN, minutes=10)
    event = world.run()
    assert (event.condition, event.attempts) == (SUCCESS, 1)
    assert world.moments == [811]  # the first try after 600 s
    assert event.refused is None


def test_events_44_a_system_error_between_two_retries_uses_none_up():
    world = World(knobs=EXACT)
    world.faults.outage(ARN, starts_in=30, seconds=60)
    event = world.run()
    assert event.attempts == 3
    assert world.moments == [0, 91, 91 + 120]  # 60, refused; 61, 63, 67, 75, refused; 91


def test_events_44_a_system_error_that_lasts_ends_with_the_events_age():
    world = World(max_age=600)
    world.faults.outage(ARN, hours=1)
    event = world.run()
    assert (event.condition, event.attempts, event.refused) == (EVENT_AGE_EXCEEDED, 0, 503)


def test_a_refusal_of_callers_does_not_keep_lambda_from_running_the_function():
    world = World(failures=0)
    world.faults.outage(ARN, hours=1, kind="client")
    assert world.run().condition == SUCCESS


# -- event age, concurrency ----------------------------------------------------------------------


@pytest.mark.parametrize(("max_age", "attempts"), [(60, 1), (90, 2), (150, 2), (300, 3)])
def test_events_45_a_retry_that_would_come_too_late_is_not_waited_for(max_age, attempts):
    """60 gave a count of 1 and 90 one of 2, whatever the jitter."""
    for seed in range(30):
        world = World(max_age=max_age, seed=seed)
        event = world.run()
        assert event.attempts == attempts
        assert event.condition == (EVENT_AGE_EXCEEDED if attempts < 3 else RETRIES_EXHAUSTED)
        assert event.ended == world.moments[-1]  # now, not when it is too old


def test_events_46_a_reserved_concurrency_of_zero_drops_waiting_events_too():
    world = World()
    event = world.queue.put({})
    world.clock.wait(1)
    world.function.reserve(0)
    world.clock.wait(600)
    assert (event.condition, event.attempts) == (ZERO_CONCURRENCY, 1)


def test_events_49_a_function_starts_1000_environments_in_10_seconds():
    clock = VirtualClock()
    account = Account(concurrency=5000)
    function = Function(clock, "f", PlainRuntime(lambda *_: None, 100.0), timeout=300)
    function.account = account
    queue = AsyncQueue(function)
    for n in range(2500):
        queue.put({"n": n})
    clock.wait(0)
    assert function.running == 1000
    clock.wait(10)
    assert function.running <= 2000
    clock.wait(20)
    assert function.running == 2500


def test_events_49_warm_environments_are_used_again_without_limit():
    clock = VirtualClock()
    function = Function(clock, "f", PlainRuntime(lambda *_: None, 0.1))
    queue = AsyncQueue(function)
    for _ in range(5):
        events = [queue.put({"n": n}) for n in range(1000)]
        clock.wait(0.2)
        assert {event.condition for event in events} == {SUCCESS}


def test_events_49_an_account_of_10_throttles_the_eleventh():
    clock = VirtualClock()
    function = Function(
        clock, "f", PlainRuntime(lambda *_: None, 2.0), account=Account(concurrency=10)
    )
    queue = AsyncQueue(function)
    events = [queue.put({"n": n}) for n in range(11)]
    clock.wait(0)
    assert function.running == 10
    clock.wait(60)
    assert {event.condition for event in events} == {SUCCESS}


# -- what is told at the end ---------------------------------------------------------------------


def outcome_of(error=None, response=None):
    outcome = Outcome("id-1", 0.0)
    outcome.error, outcome.response = error, response
    return outcome


def record_of(condition, attempts, outcome):
    return invocation_record(
        {"order": 1},
        request_id="id-1",
        function_arn=ARN,
        condition=condition,
        attempts=attempts,
        outcome=outcome,
        time=1573755365.568,
    )


@pytest.mark.parametrize(("letter", "kept"), [("x", 1024), ("é", 512), ("€", 341)])
def test_events_47_only_the_first_kilobyte_of_the_message_is_kept(letter, kept):
    error = FunctionError("ValueError", letter * 3000)
    attributes = dead_letter_attributes("id-1", outcome_of(error))
    assert attributes["ErrorMessage"]["StringValue"] == letter * kept


def test_events_47_without_a_message_there_is_no_empty_attribute():
    attributes = dead_letter_attributes("id-1", outcome_of(FunctionError("ValueError", "")))
    assert set(attributes) == {"RequestID", "ErrorCode"}


@pytest.mark.parametrize(
    ("refused", "code", "message"),
    [(429, "429", "Rate Exceeded."), (503, "503", "Service Unavailable"), (None, "429", "Rate")],
)
def test_events_47_an_event_that_never_ran_has_the_status_of_its_refusal(refused, code, message):
    attributes = dead_letter_attributes("id-1", None, refused)
    assert attributes["ErrorCode"]["StringValue"] == code
    assert attributes["ErrorMessage"]["StringValue"].startswith(message)


def test_events_47_the_body_is_the_raw_event():
    world = World(max_retries=0)
    dlq = world.queue_named()
    world.queue.config = AsyncConfig(max_retries=0, dead_letter=QueueReceiver(dlq))
    world.queue.put({"a": 1}, body='{ "a":1 }')
    world.queue.put({"b": [2]})
    world.clock.wait(1)
    received = {receipt.message.body: receipt.message for receipt in dlq.receive(10)}
    assert set(received) == {'{ "a":1 }', '{"b":[2]}'}
    request_ids = {m.attributes["RequestID"]["StringValue"] for m in received.values()}
    assert request_ids == {request_id for _, request_id in world.seen}


def test_events_48_an_event_that_never_ran_has_no_response():
    record = record_of(EVENT_AGE_EXCEEDED, 0, None)
    assert record["requestContext"]["approximateInvokeCount"] == 0
    assert set(record) == {"version", "timestamp", "requestContext", "requestPayload"}


def test_events_48_after_a_time_out_the_payload_has_only_message_and_type():
    assert error_payload(TimedOut("id-1", 1.0), "id-1") == {
        "errorMessage": "RequestId: id-1 Error: Task timed out after 1.00 seconds",
        "errorType": "Sandbox.Timedout",
    }


@pytest.mark.parametrize(
    ("condition", "attempts", "result"),
    [
        (SUCCESS, 1, "Success"),
        (RETRIES_EXHAUSTED, 3, "Failure"),
        (EVENT_AGE_EXCEEDED, 0, "Failure"),
        (ZERO_CONCURRENCY, 0, "Failure"),
    ],
)
def test_events_48_an_event_bus_gets_the_record_as_detail(condition, attempts, result):
    record = record_of(condition, attempts, None)
    bus = "arn:aws:events:us-east-1:123456789012:event-bus/default"
    entry = bus_entry(record, bus)
    assert json.loads(entry.pop("Detail")) == record
    assert entry == {
        "Source": "lambda",
        "DetailType": f"Lambda Function Invocation Result - {result}",
        "Resources": [ARN + ":$LATEST", bus],
        "EventBusName": bus,
    }


def test_events_48_a_bucket_gets_the_record_under_a_key_of_function_and_moment():
    key = bucket_key("f", 1573755365.568, "0b5e")
    assert key == "aws/lambda/async/f/2019/11/14/2019-11-14T18.16.05-0b5e"
