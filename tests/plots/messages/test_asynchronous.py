import random

import pandas as pd
import pytest

from patternlab.clock import VirtualClock
from patternlab.delivery import Function, FunctionError, PlainRuntime
from patternlab.delivery.attempts import Attempt, history_frame
from patternlab.delivery.functions.async_invoke import AsyncQueue
from patternlab.plots import async_timeline

HOUR = 3600.0


class Recorded:
    """A runtime that fails an event so often as it says, and keeps a row of every attempt."""

    def __init__(self):
        self.rows, self.runs = [], {}

    def __call__(self, function, event, request_id):
        clock, start = function.clock, function.clock.time()
        count = self.runs[request_id] = self.runs.get(request_id, 0) + 1
        outcome, error = "succeeded", None
        try:
            plain = PlainRuntime(lambda event, context: 1 / (count > event["failures"]), 0.2)
            return (yield from plain(function, event, request_id))
        except FunctionError as failure:
            outcome, error = "failed", failure.type
            raise
        finally:
            self.rows.append(
                Attempt(event["key"], event["key"], count, None, function.name, request_id,
                        event["sent"], start, clock.time(), outcome, error)
            )  # fmt: skip


def history_of(failures, spacing=10.0, handed_over=False):
    """Run one event each ``spacing`` seconds that fails so often; return the history."""
    clock, recorded = VirtualClock(), Recorded()
    function = Function(clock, "invoice", recorded, rng=random.Random(1))
    for number, times in enumerate(failures):
        sent = clock.time() if handed_over else None
        event = {"key": f"order-{number}", "failures": times, "sent": sent}
        AsyncQueue(function, rng=random.Random(number)).put(event)
        clock.wait(spacing)
    clock.wait(HOUR)
    return history_frame(recorded.rows)


@pytest.fixture(scope="module")
def mixed():
    return history_of([0, 1, 2, 3])


def test_on_a_linear_axis_all_events_share_one_clock(mixed, marks_of):
    marks = marks_of(async_timeline(mixed, scale="linear"), "failed")
    firsts = [min(marks[marks[:, 1] == y][:, 0]) for y in sorted(set(marks[:, 1]), reverse=True)]
    assert firsts[1] - firsts[0] == pytest.approx(firsts[2] - firsts[1])
    assert firsts[1] > firsts[0] + 0.1


def test_events_that_come_over_hours_each_start_at_zero(marks_of):
    marks = marks_of(async_timeline(history_of([3, 3, 3], spacing=HOUR)), "failed")
    firsts = {min(marks[marks[:, 1] == y][:, 0]).round(6) for y in set(marks[:, 1])}
    assert len(firsts) == 1
    assert marks[:, 0].max() > 6  # and the three minutes of the retries fill the axis


def test_a_gap_of_hours_beside_one_of_a_minute_leaves_both_to_be_seen(mixed, marks_of):
    late = mixed[mixed["key"] == "order-3"].copy()
    third = late["receive_count"] == 3
    for column in ("start", "end"):
        late.loc[third, column] += pd.Timedelta(hours=5)
    x = sorted(marks_of(async_timeline(late), "failed")[:, 0])
    linear = sorted(marks_of(async_timeline(late, scale="linear"), "failed")[:, 0])
    assert x[1] - x[0] > 1 and x[2] - x[1] > 1
    assert linear[1] - linear[0] < 0.1


@pytest.mark.parametrize(("events", "spacing"), [(1, 1), (5, HOUR), (70, 2)])
def test_nothing_is_cut_off(events, spacing, assert_nothing_is_cut_off):
    history = history_of([number % 4 for number in range(events)], spacing, handed_over=True)
    for scale in ("auto", "linear", "log"):
        assert_nothing_is_cut_off(async_timeline(history, scale=scale))
