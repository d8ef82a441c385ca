import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from patternlab.plots.drawing import style
from patternlab.plots.drawing.axis import (
    MOST_TICKS,
    Scale,
    decades,
    even_ticks,
    is_log,
    knee_before,
    named_ticks,
    spaced,
)
from patternlab.plots.drawing.text import text_width

DAY = 86400.0
TINY = 5e-324  # the smallest number there is


@given(
    st.lists(st.floats(0, 1e6), min_size=2, max_size=30),
    st.none() | st.floats(1e-3, 1e3),
    st.floats(0, 0.3),
)
@example([0.0, 1e-300], 1e-3, 0.0)
def test_later_is_further_right_and_all_between_the_edges(moments, knee, pad):
    moments = np.sort(moments)
    scale = Scale(1.0, 7.0, max(moments[-1], 1e-6), pad, knee=knee)
    places = scale.places(moments)
    assert (np.diff(places) >= 0).all()
    assert places[0] >= 1.0 + pad - 1e-9
    assert places[-1] <= 7.0 - pad + 1e-9
    assert scale.x(scale.span) == pytest.approx(7.0 - pad)
    assert scale.x(0) == pytest.approx(1.0 + pad)
    assert [scale.x(moment) for moment in moments] == pytest.approx(places.tolist())


def test_each_decade_beyond_the_knee_is_as_wide_as_the_linear_part():
    scale = Scale(0.0, 4.0, 1000.0, knee=1.0)
    assert scale.places([0, 0.5, 1, 10, 100, 1000]) == pytest.approx([0, 0.5, 1, 2, 3, 4])


def test_without_zero_the_axis_is_purely_logarithmic():
    scale = Scale(0.0, 3.0, 4995.0, origin=5.0, knee=5.0)
    assert scale.places([5, 50, 500, 5000]) == pytest.approx([0, 1, 2, 3])


@given(st.floats(1e-3, 100 * 365 * DAY), st.floats(1e-8, 1))
def test_ticks_of_time_never_touch_and_begin_with_zero(span, share):
    scale = Scale(1.0, 7.0, span, 0.15, knee=knee_before([span * share], span))
    ticks = named_ticks(scale)
    assert ticks[0] == (0, "0")
    ends = [(scale.x(s), text_width(label, style.LABEL_SIZE) / 2) for s, label in ticks]
    for (x, half), (other, other_half) in zip(ends, ends[1:], strict=False):
        assert x + half < other - other_half


def test_ticks_of_time_are_those_a_person_would_name():
    labels = [label for _, label in named_ticks(Scale(1.0, 7.0, 23 * DAY, 0.1, knee=1.0))]
    assert {"0", "1 s", "1 min", "1 h", "1 d", "10 d"} <= set(labels)


@given(st.floats(1e-6, 1e9), st.floats(1e-8, 1))
def test_the_knee_is_at_or_below_the_first_moment(span, share):
    first = span * share
    knee = knee_before([0.0, first, span], span)
    assert 0 < knee <= max(first, 1e-6) * (1 + 1e-9)


@pytest.mark.parametrize("span", [TINY, 1e-9, 1.0])
def test_a_moment_that_no_history_has_leaves_a_knee_above_zero(span):
    knee = knee_before([0.0, TINY], span)
    assert knee > 0
    assert np.isfinite(Scale(1.0, 7.0, span, knee=knee).places([0.0, TINY, span])).all()


def test_auto_takes_the_logarithm_only_if_a_gap_would_not_be_seen():
    assert not is_log("auto", [66, 130], 200)
    assert is_log("auto", [66, 18_000], 18_100)
    assert not is_log("auto", [0, 0], 1e6)  # three at once are no reason
    assert is_log("log", [66], 70)
    assert not is_log("linear", [1e-3], 1e9)


def test_decades_are_labelled_in_full():
    ticks = dict(decades(0.02, 3000, (1, 5)))
    assert ticks == {0.1: "0.1", 1: "1", 10: "10", 100: "100", 1000: "1,000",
                     0.05: "0.05", 0.5: "0.5", 5: "5", 50: "50", 500: "500"}  # fmt: skip


def test_the_first_of_two_ticks_that_touch_wins():
    scale = Scale(0.0, 4.0, 1000.0, knee=1.0)
    assert spaced(scale, [(10, "ten"), (11, "eleven"), (2000, "outside")]) == [(10, "ten")]


@given(st.floats(min_value=1e-3, max_value=365 * 1000 * DAY))
def test_few_even_ticks_inside_the_span(span):
    _, ticks = even_ticks(span)
    moments, labels = zip(*ticks, strict=True)
    assert 2 <= len(ticks) <= MOST_TICKS
    assert moments[0] == 0
    assert moments[-1] <= span * (1 + 1e-6)
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize(
    ("span", "unit", "labels"),
    [
        (0.12, "second", "0 0.02 0.04 0.06 0.08 0.1 0.12"),
        (10, "second", "0 1 2 3 4 5 6 7 8 9 10"),
        (150, "second", "0 15 30 45 60 75 90 105 120 135 150"),
        (150.5, "second", "0 20 40 60 80 100 120 140"),
        (600, "minute", "0 1 2 3 4 5 6 7 8 9 10"),
        (2 * 3600, "minute", "0 15 30 45 60 75 90 105 120"),
        (5 * 3600, "hour", "0 0.5 1 1.5 2 2.5 3 3.5 4 4.5 5"),
        (3.2 * DAY, "day", "0 0.5 1 1.5 2 2.5 3"),
        (60 * DAY, "day", "0 7 14 21 28 35 42 49 56"),
    ],
)
def test_even_ticks_are_those_a_person_would_choose(span, unit, labels):
    chosen, ticks = even_ticks(span)
    assert (chosen, [label for _, label in ticks]) == (unit, labels.split())
