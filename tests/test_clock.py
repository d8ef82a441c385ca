"""Virtual and wall time."""

import gc
import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patternlab import clock as clock_module
from patternlab.clock import DEFAULT_START, VirtualClock, WallClock, seconds_of


def alarm(clock, delay, log):
    """Note the moment at which `delay` seconds have passed."""
    clock.env.timeout(delay).callbacks.append(lambda _: log.append(clock.elapsed))


# -- virtual time --------------------------------------------------------------------------------


def test_a_new_clock_stands_at_its_start():
    clock = VirtualClock()
    assert (clock.now(), clock.elapsed) == (DEFAULT_START, 0)
    assert clock.time() == DEFAULT_START.timestamp()


def test_time_passes_only_when_asked():
    clock = VirtualClock()
    clock.wait(90)
    assert clock.now() == DEFAULT_START + timedelta(seconds=90)
    assert clock.time() - DEFAULT_START.timestamp() == 90
    clock.wait(0)
    assert clock.elapsed == 90


def test_a_start_without_a_zone_is_utc_and_one_with_a_zone_keeps_its_moment():
    assert VirtualClock(datetime(2026, 1, 5, 9)).now() == datetime(2026, 1, 5, 9, tzinfo=UTC)
    berlin = datetime(2026, 1, 5, 10, tzinfo=timezone(timedelta(hours=1)))
    assert VirtualClock(berlin).now() == datetime(2026, 1, 5, 9, tzinfo=UTC)
    assert VirtualClock(berlin).now().tzinfo is UTC


def test_what_falls_due_at_the_end_of_a_wait_is_done_within_it():
    clock, log = VirtualClock(), []
    alarm(clock, 10, log)
    alarm(clock, 10.001, log)
    clock.wait(10)
    assert log == [10]


def test_what_is_due_now_is_done_by_a_wait_of_zero():
    clock, log = VirtualClock(), []
    alarm(clock, 0, log)
    clock.wait(0)
    assert log == [0]


def test_what_an_event_starts_for_the_same_moment_is_done_too():
    clock, log = VirtualClock(), []
    clock.env.timeout(5).callbacks.append(lambda _: alarm(clock, 0, log))
    clock.wait(5)
    assert log == [5]


@settings(max_examples=40)
@given(
    st.lists(st.floats(0, 1e6), max_size=20),
    st.lists(st.floats(0, 1e5), min_size=1, max_size=20),
)
def test_the_clock_never_goes_back_and_events_come_in_order(delays, waits):
    clock, log, seen = VirtualClock(), [], [0.0]
    for delay in delays:
        alarm(clock, delay, log)
    for seconds in waits:
        clock.wait(seconds)
        assert clock.elapsed == pytest.approx(seen[-1] + seconds)
        seen.append(clock.elapsed)
    assert seen == sorted(seen)
    assert log == sorted(delay for delay in delays if delay <= clock.elapsed)


def test_running_to_a_moment_in_the_past_changes_nothing():
    clock = VirtualClock()
    clock.wait(10)
    clock.run_to(3)
    assert clock.elapsed == 10


def test_run_until_stops_at_the_event_and_gives_its_value():
    clock = VirtualClock()
    assert clock.run_until(clock.env.timeout(7, value="done")) == "done"
    assert clock.elapsed == 7


@pytest.mark.parametrize("clock", [VirtualClock(), WallClock()], ids=["virtual", "wall"])
@pytest.mark.parametrize(
    ("seconds", "named"),
    [(-1, "-1"), (math.nan, "nan"), (math.inf, "inf"), ("soon", "'soon'"), (None, "None")],
)
def test_a_length_of_time_that_is_none_is_refused_by_name(clock, seconds, named):
    with pytest.raises(ValueError, match=named):
        clock.wait(seconds)


def test_the_error_names_what_was_wrong():
    with pytest.raises(ValueError, match=r"^minutes.*-2"):
        seconds_of(-2, "minutes")
    assert seconds_of("2.5") == 2.5


# -- wall time -----------------------------------------------------------------------------------


@pytest.fixture
def fake_time(monkeypatch):
    """A stand-in for the module `time`: it sleeps by moving its own hands. Gives the sleeps."""

    class Time:
        sleeps = []

        @classmethod
        def monotonic(cls):
            return 1000.0 + sum(cls.sleeps)

        @classmethod
        def time(cls):
            return 1_800_000_000.0 + sum(cls.sleeps)

        @classmethod
        def sleep(cls, seconds):
            cls.sleeps.append(seconds)

    Time.sleeps = []
    monkeypatch.setattr(clock_module, "time", Time)
    return Time.sleeps


def test_the_wall_clock_sleeps_and_tells_its_progress_each_second(fake_time):
    told = []
    clock = WallClock(progress=lambda passed, asked: told.append((passed, asked)))
    clock.wait(2.5)
    assert fake_time == [1.0, 1.0, 0.5]
    assert told == [(0.0, 2.5), (1.0, 2.5), (2.0, 2.5)]
    assert clock.elapsed == 2.5
    assert clock.time() == 1_800_000_002.5


def test_the_wall_clock_needs_no_progress_and_a_wait_of_zero_no_sleep(fake_time):
    clock = WallClock()
    clock.wait(0)
    assert fake_time == []
    clock.wait(0.25)
    assert fake_time == [0.25]


def test_the_wall_clock_says_an_aware_time_in_utc():
    now = WallClock().now()
    assert now.tzinfo is UTC
    assert abs(now - datetime.now(UTC)) < timedelta(minutes=1)


def test_the_garbage_collector_is_as_before_when_the_clock_has_moved():
    before, clock, seen = gc.get_threshold(), VirtualClock(), []
    clock.env.timeout(1).callbacks.append(lambda _: seen.append(gc.get_threshold()[0]))
    clock.wait(2)
    assert seen[0] >= before[0]
    assert gc.get_threshold() == before
