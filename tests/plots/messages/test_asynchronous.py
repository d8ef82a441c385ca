import pandas as pd
import pytest

from patternlab.plots import async_timeline
from tests.plots.tables import history_of

HOUR = 3600.0
STARTS = (0.0, 61.0, 183.0)  # of the attempts of an event, as Lambda spaces them


def failing(failures, spacing=10.0, handed_over=False):
    """Return the history of one event each ``spacing`` seconds that fails so often."""
    lives = {
        f"order-{number}": [
            (number * spacing + start, number * spacing + start + 0.2,
             "failed" if count < times else "succeeded")
            for count, start in enumerate(STARTS[: times + 1])
        ]
        for number, times in enumerate(failures)
    }  # fmt: skip
    sent = {key: attempts[0][0] for key, attempts in lives.items()}
    return history_of(lives, sent=sent if handed_over else None)


@pytest.fixture(scope="module")
def mixed():
    return failing([0, 1, 2, 3])


def test_on_a_linear_axis_all_events_share_one_clock(mixed, marks_of):
    marks = marks_of(async_timeline(mixed, scale="linear"), "failed")
    firsts = [min(marks[marks[:, 1] == y][:, 0]) for y in sorted(set(marks[:, 1]), reverse=True)]
    assert firsts[1] - firsts[0] == pytest.approx(firsts[2] - firsts[1])
    assert firsts[1] > firsts[0] + 0.1


def test_events_that_come_over_hours_each_start_at_zero(marks_of):
    marks = marks_of(async_timeline(failing([3, 3, 3], spacing=HOUR)), "failed")
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
    history = failing([number % 4 for number in range(events)], spacing, handed_over=True)
    for scale in ("auto", "linear", "log"):
        assert_nothing_is_cut_off(async_timeline(history, scale=scale))
