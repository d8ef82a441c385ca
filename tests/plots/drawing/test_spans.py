import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patternlab.plots.drawing.spans import in_units

SECONDS = {"ms": 0.001, "s": 1, "min": 60, "h": 3600, "d": 86400}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"), (0.0001, "0.1 ms"), (0.25, "250 ms"), (0.9999, "1 s"), (1.5, "1.5 s"),
        (9.96, "10 s"), (66.18, "66 s"), (119.6, "2 min"), (130.2, "2 min 10 s"),
        (3599.7, "1 h"), (18_532, "5 h 9 min"), (86_399, "1 d"), (2_000_050, "23 d 4 h"),
    ],
)  # fmt: skip
def test_a_span_reads_as_a_person_would_say_it(seconds, words):
    assert in_units(seconds) == words


@given(st.floats(min_value=0, max_value=1e9))
def test_a_span_in_words_is_as_long_as_the_span(seconds):
    parts = re.findall(r"([\d.]+) (ms|s|min|h|d)\b", in_units(seconds))
    told = sum(float(value) * SECONDS[unit] for value, unit in parts)
    assert told == pytest.approx(seconds, rel=0.06, abs=0.0001)
