import pytest
from hypothesis import given
from hypothesis import strategies as st

from patternlab.plots.drawing.timeaxis import MOST_TICKS, duration, short_duration, time_axis

DAY = 86400.0


@given(st.floats(min_value=1e-3, max_value=365 * 1000 * DAY))
def test_few_even_ticks_inside_the_span(span):
    axis = time_axis(span)
    assert 2 <= len(axis.ticks) <= MOST_TICKS
    assert axis.ticks[0] == 0
    assert axis.ticks[-1] <= span * (1 + 1e-6)
    assert len(set(axis.labels)) == len(axis.labels) == len(axis.ticks)


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
def test_ticks_are_those_a_person_would_choose(span, unit, labels):
    axis = time_axis(span)
    assert (axis.unit, axis.labels) == (unit, tuple(labels.split()))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 seconds"), (1, "1 second"), (150, "150 seconds"), (9000, "150 minutes"),
     (5 * 3600, "5 hours"), (4 * DAY, "4 days")],
)  # fmt: skip
def test_a_duration_in_words(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.25, "0.25 s"),
        (88, "88 s"),
        (408, "6.8 min"),
        (86400, "24 h"),
        (4 * DAY, "4 d"),
    ],
)
def test_a_short_duration_has_the_symbol_of_its_unit(seconds, text):
    assert short_duration(seconds) == text
