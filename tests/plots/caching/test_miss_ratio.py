"""Miss-ratio curves and their knee."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patternlab.plots import knee_of, miss_ratio_curve

CURVES = {
    "LRU": {10: 0.9, 100: 0.3, 1000: 0.25},
    "SIEVE": {10: 0.85, 100: 0.28, 1000: 0.25},
}


def test_the_twin_has_a_row_for_each_capacity_and_a_column_for_each_policy():
    table = miss_ratio_curve(CURVES).table
    assert list(table.columns) == ["capacity (objects)", "LRU", "SIEVE"]
    assert list(table["capacity (objects)"]) == [10, 100, 1000]
    assert list(table["LRU"]) == [0.9, 0.3, 0.25]


def test_the_knee_is_where_the_curve_bends():
    assert knee_of(CURVES["LRU"]) == 100
    assert "The knee of LRU is at 100." in miss_ratio_curve(CURVES).alt
    assert "knee" not in miss_ratio_curve(CURVES, knee=False).alt


@given(st.dictionaries(st.integers(1, 10**9), st.floats(0, 1), min_size=3))
def test_the_knee_is_one_of_the_capacities(curve):
    assert knee_of(curve) in curve


TINY = 5e-324  # the smallest number there is: 1 divided by it is no number


@pytest.mark.parametrize("ends", [(0.5, 0.5), (TINY, 0.0), (0.0, TINY)])
def test_a_curve_whose_ends_are_as_good_as_equal_has_no_bend(ends):
    with np.errstate(all="raise"):
        assert knee_of({1: ends[0], 10: 1.0, 100: ends[1]}) == 1


def test_policies_differ_in_mark_and_dashes_too():
    lines = miss_ratio_curve(CURVES, knee=False).figure.axes[0].get_lines()
    assert len({line.get_marker() for line in lines}) == 2
    assert len({line.get_linestyle() for line in lines}) == 2


def test_other_capacities_are_refused():
    with pytest.raises(ValueError, match="'B'"):
        miss_ratio_curve({"A": {1: 0.5}, "B": {2: 0.5}})


@pytest.mark.parametrize("count", [0, 6])
def test_more_lines_than_can_be_told_apart_are_refused(count):
    with pytest.raises(ValueError, match=f"1 to 5 .*{count}"):
        miss_ratio_curve({str(n): {1: 0.5} for n in range(count)})


def test_a_capacity_of_0_is_refused():
    with pytest.raises(ValueError, match="capacity"):
        miss_ratio_curve({"A": {0: 1.0}})
