"""The load on the origin over time."""

import pytest

from patternlab.plots import origin_load

LOADS = {"no cure": [0, 60, 6], "lock": [0, 6, 6]}


def test_the_twin_says_sum_mean_and_peak():
    table = origin_load(LOADS, 6).table
    assert list(table["fetches"]) == [66, 12]
    assert list(table["peak per second"]) == [10.0, 1.0]
    assert list(table["at (s)"]) == [6.0, 6.0]
    assert list(table["mean per second"]) == [3.667, 0.6667]


def test_all_rows_share_one_scale():
    axes = origin_load(LOADS, 6).figure.axes
    assert len({one.get_ylim() for one in axes}) == len({one.get_xlim() for one in axes}) == 1


def test_the_steps_are_where_the_bins_are():
    [steps] = origin_load({"one": [6, 12]}, 6).figure.axes[0].patches
    values, edges, _ = steps.get_data()
    assert list(values) == [1, 2] and list(edges) == [0, 6, 12]


def test_a_limit_is_drawn_in_each_row_and_said():
    picture = origin_load(LOADS, 6, limit=5)
    assert all(list(a.get_lines()[0].get_ydata()) == [5, 5] for a in picture.figure.axes)
    assert picture.alt.endswith("The origin bears 5.")


@pytest.mark.parametrize("designs", [1, 2, 3])
def test_time_is_named_below_the_last_row_and_the_rate_once(designs):
    axes = origin_load({f"design {n}": [1, 2] for n in range(designs)}, 600).figure.axes
    assert axes[-1].get_xlabel() == "minutes since the first request"
    assert [one.get_ylabel() for one in axes if one.get_ylabel()] == ["fetches per second"]


def test_bins_that_differ_are_refused():
    with pytest.raises(ValueError, match="bins"):
        origin_load({"a": [1], "b": [1, 2]}, 1)


def test_nothing_to_draw_is_refused():
    with pytest.raises(ValueError, match="1 to 5 .*0"):
        origin_load({}, 1)


def test_an_origin_that_is_never_asked_is_drawn():
    assert origin_load({"all hits": [0, 0]}, 1).table["peak per second"].iloc[0] == 0
