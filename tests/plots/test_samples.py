import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patternlab.plots.samples import alt_text, check_percentiles, samples_of, twin, written
from tests.plots.tables import QUICK

latencies = st.lists(st.floats(0, 1e6), min_size=1, max_size=60)


@QUICK
@given(
    st.dictionaries(st.sampled_from("abcd"), latencies, min_size=1),
    st.lists(st.floats(0, 100), max_size=4),
)
def test_the_numbers_of_the_twin_are_those_of_the_values(parts, percentiles):
    wanted = check_percentiles(percentiles)
    table = twin(samples_of(parts, None, "s"), wanted, "s")
    assert table["group"].tolist() == list(parts)
    assert table["n"].tolist() == [len(own) for own in parts.values()]
    for row, own in zip(table.to_dict("records"), parts.values(), strict=True):
        assert row["median (s)"] == pytest.approx(np.median(own), rel=1e-5)
        assert row["max (s)"] == pytest.approx(max(own), rel=1e-5)
        columns = [row[f"p{p:g} (s)"] for p in wanted if p != 50]
        told = [np.percentile(own, p) for p in wanted if p != 50]
        assert columns == pytest.approx(told, rel=1e-5)
        assert columns == sorted(columns)


@QUICK
@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 1e6)), min_size=1))
def test_a_group_for_each_value_is_the_same_as_values_for_each_group(pairs):
    names, values = zip(*pairs, strict=True)
    parts = {name: [v for n, v in pairs if n == name] for name in dict.fromkeys(names)}
    one = twin(samples_of(values, names, "ms"), [99], "ms")
    pd.testing.assert_frame_equal(one, twin(samples_of(parts, None, "ms"), [99], "ms"))


def test_the_unit_is_that_of_the_numbers():
    table = twin(samples_of([0.25, 0.75], None, "ms"), [50, 99], "ms")
    assert list(table.columns) == ["group", "n", "median (ms)", "p99 (ms)", "max (ms)"]
    assert table["median (ms)"].tolist() == [500]


def test_no_values_are_counted_and_have_no_numbers():
    table = twin(samples_of({"a": [], "b": [1]}, None, "s"), [99], "s")
    assert table["n"].tolist() == [0, 1]
    assert math.isnan(table["max (s)"].iloc[0])


def test_time_deltas_are_taken_as_seconds():
    deltas = pd.Series(pd.to_timedelta(["1min", "2s"]))
    (sample,) = samples_of(deltas, None, "s")
    assert sample.values.tolist() == [60, 2]


def test_the_alternative_text_has_every_number():
    one = samples_of([1, 2, 3], None, "s")
    assert alt_text(one, [50, 99], "s") == (
        "Distribution of latencies: n = 3, median 2 s, p99 2.98 s, max 3 s."
    )
    two = samples_of({"SNS": [0.5], "lost": []}, None, "s")
    assert alt_text(two, [50], "s") == (
        "Distributions of latencies in 2 groups. SNS: n = 1, median 0.5 s, max 0.5 s; "
        "lost: n = 0, no values."
    )


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0 s"), (8.414, "8.41 s"), (999.6, "1,000 s"), (1234.5, "1,234 s")]
)
def test_a_value_is_written_in_three_digits(value, text):
    assert written(value, "s") == text


@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        (([1, -2, -3], None, "s"), "-2"),
        (([1, math.nan, math.inf], None, "s"), "2 of 3"),
        (({"a": [1], "b": [None]}, None, "s"), r"seconds\['b'\] has 1 of 1"),
        ((["soon"], None, "s"), "seconds is"),
        ((5, None, "s"), "seconds is"),
        (([[1, 2], [3, 4]], None, "s"), "seconds is"),
        (([1, 2], ["a"], "s"), "2 latencies and 1 groups"),
        (({"a": [1]}, ["a"], "s"), "groups"),
        ((dict.fromkeys("abcde", [1]), None, "s"), "5 groups.* 4"),
        (([1], None, "fortnight"), "'fortnight'.*'µs', 'ms', 's'"),
    ],
)
def test_what_is_not_a_latency_is_refused(arguments, value):
    with pytest.raises(ValueError, match=value):
        samples_of(*arguments)


@pytest.mark.parametrize("percentiles", [[101], [-1], ["high"], 50, [math.nan]])
def test_a_percentile_is_between_0_and_100(percentiles):
    with pytest.raises(ValueError, match="from 0 to 100"):
        check_percentiles(percentiles)
