import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from patternlab.plots.drawing import style
from patternlab.plots.drawing.lettering import text_width
from patternlab.plots.drawing.logscale import (
    LogScale,
    check_scale,
    decades,
    is_log,
    knee_of,
    spaced,
    time_ticks,
)

DAY = 86400.0


@given(
    st.lists(st.floats(0, 1e6), min_size=2, max_size=30), st.floats(1e-3, 1e3), st.floats(0, 0.3)
)
def test_later_is_further_right_and_all_between_the_edges(moments, knee, pad):
    moments = np.sort(moments)
    assume(moments[-1] > 0)
    scale = LogScale(1.0, 7.0, moments[-1], knee, pad)
    places = scale.x(moments)
    assert (np.diff(places) >= 0).all()
    assert places[0] >= 1.0 + pad - 1e-9
    assert places[-1] == pytest.approx(7.0 - pad)
    assert scale.x(0) == pytest.approx(1.0 + pad)


def test_each_decade_beyond_the_knee_is_as_wide_as_the_linear_part():
    scale = LogScale(0.0, 4.0, 1000.0, knee=1.0)
    assert scale.x(np.array([0, 0.5, 1, 10, 100, 1000])) == pytest.approx([0, 0.5, 1, 2, 3, 4])


def test_without_zero_the_axis_is_purely_logarithmic():
    scale = LogScale(0.0, 3.0, 5000.0, knee=5.0, origin=5.0)
    assert scale.x(np.array([5, 50, 500, 5000])) == pytest.approx([0, 1, 2, 3])


@given(st.floats(1e-3, 100 * 365 * DAY), st.floats(1e-8, 1))
def test_ticks_of_time_never_touch_and_begin_with_zero(span, share):
    scale = LogScale(1.0, 7.0, span, knee_of([span * share], span), 0.15)
    ticks = time_ticks(scale)
    assert ticks[0] == (0, "0")
    ends = [(scale.x(s), text_width(label, style.LABEL_SIZE) / 2) for s, label in ticks]
    for (x, half), (other, other_half) in zip(ends, ends[1:], strict=False):
        assert x + half < other - other_half


def test_ticks_of_time_are_those_a_person_would_name():
    labels = [label for _, label in time_ticks(LogScale(1.0, 7.0, 23 * DAY, 1.0, 0.1))]
    assert {"0", "1 s", "1 min", "1 h", "1 d", "10 d"} <= set(labels)


@given(st.floats(1e-6, 1e9), st.floats(1e-8, 1))
def test_the_knee_is_at_or_below_the_first_moment(span, share):
    first = span * share
    knee = knee_of([0.0, first, span], span)
    assert 0 < knee <= first * (1 + 1e-9)


def test_auto_takes_the_logarithm_only_when_a_gap_would_not_be_seen():
    assert not is_log("auto", [66, 130], 200)
    assert is_log("auto", [66, 18_000], 18_100)
    assert not is_log("auto", [0, 0], 1e6)  # three at once are no reason
    assert is_log("log", [66], 70)
    assert not is_log("linear", [1e-3], 1e9)


def test_an_unknown_scale_is_a_sentence():
    with pytest.raises(ValueError, match="no scale 'broken'. Use 'auto', 'linear' or 'log'"):
        check_scale("broken")


def test_decades_are_labelled_in_full():
    ticks = dict(decades(0.02, 3000, (1, 5)))
    assert ticks == {0.1: "0.1", 1: "1", 10: "10", 100: "100", 1000: "1,000",
                     0.05: "0.05", 0.5: "0.5", 5: "5", 50: "50", 500: "500"}  # fmt: skip


def test_the_first_of_two_ticks_that_touch_wins():
    scale = LogScale(0.0, 4.0, 1000.0, knee=1.0)
    assert spaced(scale, [(10, "ten"), (11, "eleven"), (2000, "outside")]) == [(10, "ten")]
