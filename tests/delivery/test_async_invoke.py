"""Asynchronous invocation in the pure model (facts, rows 41 to 46)."""

import random

import pytest

from patternlab.clock import VirtualClock
from patternlab.delivery import Function, Knobs, PlainRuntime
from patternlab.delivery.async_invoke import invoke_async


class World:
    def __init__(self, failures=99, **options):
        self.clock, self.seen, self.failures = VirtualClock(), [], failures
        self.function = Function(self.clock, "f", PlainRuntime(self._handle, 0.0))
        options = {"knobs": Knobs(), "rng": random.Random(7), **options}
        self.process = invoke_async(self.function, {"n": 1}, **options)

    def _handle(self, event, context):
        self.seen.append((self.clock.elapsed, context.aws_request_id))
        if len(self.seen) <= self.failures:
            raise ValueError("no")
        return "done"

    @property
    def moments(self):
        return [moment for moment, _ in self.seen]


def test_row_41_a_failing_event_is_tried_three_times():
    world = World()
    world.clock.wait(3_600)
    assert len(world.seen) == 3
    assert world.process.value.error.type == "ValueError"


def test_row_42_after_about_60_and_120_seconds_with_jitter():
    gaps = set()
    for seed in range(20):
        world = World(rng=random.Random(seed))
        world.clock.wait(3_600)
        first, second, third = world.moments
        assert 51 <= second - first <= 66
        assert 102 <= third - second <= 132
        gaps.add(second - first)
    assert len(gaps) == 20


def test_row_42_the_jitter_is_a_knob():
    world = World(knobs=Knobs(async_retry_jitter=(1.0, 1.0)))
    world.clock.wait(3_600)
    assert world.moments == [0, 60, 180]


def test_row_43_all_attempts_have_one_request_id():
    world = World()
    world.clock.wait(3_600)
    assert len({request_id for _, request_id in world.seen}) == 1


def test_an_event_that_succeeds_is_done():
    world = World(failures=1)
    world.clock.wait(3_600)
    assert len(world.seen) == 2
    assert world.process.value.response == "done"


@pytest.mark.parametrize("retries", [0, 1])
def test_row_41_fewer_retries_can_be_asked_for(retries):
    world = World(max_retries=retries)
    world.clock.wait(3_600)
    assert len(world.seen) == retries + 1


def test_row_44_throttling_backs_off_and_is_no_retry():
    world = World()
    world.function.reserve(1)
    world.function.running = 1  # somebody else's
    tries = []
    world.function.has_room = lambda: tries.append(world.clock.elapsed)
    world.clock.wait(700)
    assert tries == [0, 1, 3, 7, 15, 31, 63, 127, 255, 511]
    del world.function.has_room
    world.function.running = 0
    world.clock.wait(3_600)
    assert len(world.seen) == 3


def test_row_44_an_event_waits_six_hours_at_most():
    world = World()
    world.function.has_room = lambda: False
    world.clock.wait(21_600)
    assert world.process.processed
    assert world.process.value is None


def test_row_45_a_retry_that_would_come_too_late_is_not_waited_for():
    world = World(max_age=60, knobs=Knobs(async_retry_jitter=(1.1, 1.1)))
    world.clock.wait(0)
    assert world.process.processed
    assert len(world.seen) == 1


def test_row_46_a_reserved_concurrency_of_zero_drops_the_event_at_once():
    world = World()
    world.function.reserve(0)
    world.clock.wait(0)
    assert world.process.processed
    assert world.seen == []
