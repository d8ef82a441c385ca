import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patternlab.plots.drawing.words import counted, duration, in_units, short_duration, tally

SECONDS = {"ms": 0.001, "s": 1, "min": 60, "h": 3600, "d": 86400}
DAY = 86400.0


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"), (0.0001, "0.1 ms"), (0.25, "250 ms"), (0.9999, "1 s"), (1.5, "1.5 s"),
        (9.96, "10 s"), (66.18, "66 s"), (119.6, "2 min"), (130.2, "2 min 10 s"),
        (3599.7, "1 h"), (18_532, "5 h 9 min"), (86_399, "1 d"), (2_000_050, "23 d 4 h"),
    ],
)  # fmt: skip
def test_a_span_in_one_or_two_units(seconds, words):
    assert in_units(seconds) == words


@given(st.floats(min_value=0, max_value=1e9))
def test_a_span_in_words_is_as_long_as_the_span(seconds):
    parts = re.findall(r"([\d.]+) (ms|s|min|h|d)\b", in_units(seconds))
    told = sum(float(value) * SECONDS[unit] for value, unit in parts)
    assert told == pytest.approx(seconds, rel=0.06, abs=0.0001)


@pytest.mark.parametrize(
    ("seconds", "words", "short"),
    [
        (0, "0 seconds", "0 s"), (1, "1 second", "1 s"), (150, "150 seconds", "150 s"),
        (408, "6.8 minutes", "6.8 min"), (5 * 3600, "5 hours", "5 h"), (4 * DAY, "4 days", "4 d"),
    ],
)  # fmt: skip
def test_a_duration_in_one_unit(seconds, words, short):
    assert (duration(seconds), short_duration(seconds)) == (words, short)


def test_counts():
    assert [counted(n, "row") for n in (0, 1, 1200)] == ["0 rows", "1 row", "1,200 rows"]
    assert tally(["b", "a", "b"], ["a", "b", "c"]) == "1 a, 2 b"
