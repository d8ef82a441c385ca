"""Sizes of messages on an axis, and curves that share it."""

import pytest

from patternlab.plots.hpc.sizes import joined, size_name


@pytest.mark.parametrize(
    ("size", "name"),
    [(1, "1 B"), (1023, "1.02e+03 B"), (1024, "1 KiB"), (65_536, "64 KiB"), (4 * 2**20, "4 MiB")],
)
def test_a_size_is_told_in_the_largest_unit(size, name):
    assert size_name(size) == name


def test_curves_are_joined_on_all_sizes_that_any_has():
    table = joined({"a": {4: 2.0, 1: 1.0}, "b": {1: 3.0}})
    assert table.index.tolist() == [1, 4]
    assert table["a"].tolist() == [1, 2]
    assert table["b"].isna().tolist() == [False, True]


@pytest.mark.parametrize("curve", [{}, {0: 1.0}, {1: 0.0}, {1: float("nan")}])
def test_what_has_no_place_on_a_logarithmic_axis_is_refused(curve):
    with pytest.raises(ValueError, match="'a'"):
        joined({"a": curve})
