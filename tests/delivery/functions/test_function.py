"""A function of the pure model: one outcome an invocation, a timeout, concurrency."""

import random
import re

import pytest

from patternlab.clock import VirtualClock
from patternlab.delivery import Account, Function, PlainRuntime


@pytest.fixture
def clock():
    return VirtualClock()


def invoke(clock, function, event=None):
    return clock.run_until(clock.env.process(function.invoke(event)))


def test_the_handler_runs_when_its_duration_has_passed(clock):
    seen = []

    def handler(event, context):
        seen.append((clock.elapsed, event, context.function_name))
        return context.get_remaining_time_in_millis()

    function = Function(clock, "f", PlainRuntime(handler, lambda event: event["s"]), timeout=10)
    clock.wait(5)
    outcome = invoke(clock, function, {"s": 4})
    assert seen == [(9, {"s": 4}, "f")]
    assert (outcome.start, outcome.end, outcome.response, outcome.error) == (5, 9, 10_000, None)


@pytest.mark.parametrize(("duration", "kind"), [(3, None), (3.001, "Sandbox.Timedout")])
def test_events_69_the_timeout_ends_an_invocation(clock, duration, kind):
    ran = []
    runtime = PlainRuntime(lambda event, context: ran.append(1), duration)
    outcome = invoke(clock, Function(clock, "f", runtime, timeout=3))
    assert outcome.end == 3
    assert len(ran) == (kind is None)
    assert (outcome.error and outcome.error.type) == kind
    if kind:
        message = f"RequestId: {outcome.request_id} Error: Task timed out after 3.00 seconds"
        assert outcome.error.message == message


def test_what_the_handler_raises_is_in_the_outcome(clock):
    def handler(event, context):
        raise KeyError("x")

    error = invoke(clock, Function(clock, "f", PlainRuntime(handler))).error
    assert (error.type, error.message) == ("KeyError", "'x'")


def test_a_throttled_invocation_gives_nothing_and_runs_nothing(clock):
    ran = []
    function = Function(clock, "f", PlainRuntime(lambda event, context: ran.append(1)))
    function.reserve(0)
    assert invoke(clock, function) is None
    assert ran == []
    function.reserve(None)
    assert invoke(clock, function) is not None


def test_a_reservation_can_be_changed_and_given_back(clock):
    account = Account(10)
    function = Function(clock, "f", PlainRuntime(lambda event, context: None), account=account)
    function.reserve(4)
    function.reserve(6)
    assert account.reserved == 6
    function.reserve(None)
    assert account.reserved == 0


def test_request_ids_come_from_the_seed(clock):
    def made(seed):
        runtime = PlainRuntime(lambda event, context: None)
        return Function(clock, "f", runtime, rng=random.Random(seed)).new_request_id()

    assert made(1) == made(1) != made(2)
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", made(1))
