"""Hit ratio and staleness against the TTL."""

from types import SimpleNamespace

import pytest

from patternlab.plots import hit_ratio_curve


def run(hits, stale, age=1.0, fetches=7):
    return SimpleNamespace(hit_ratio=hits, stale_ratio=stale, mean_age=age, fetches=fetches)


RUNS = {300: run(0.9, 0.4), 1: run(0.2, 0.0), 60: run(0.8, 0.1)}


def lines(picture):
    return picture.figure.axes[0].get_lines()


def test_the_twin_has_a_row_for_each_ttl_in_order():
    table = hit_ratio_curve(RUNS).table
    assert list(table["TTL (s)"]) == [1, 60, 300]
    assert list(table["hit ratio"]) == [0.2, 0.8, 0.9]
    assert list(table["outdated"]) == [0.0, 0.1, 0.4]


def test_the_lines_are_where_the_twin_says():
    hits, stale = lines(hit_ratio_curve(RUNS))
    assert list(hits.get_ydata()) == [0.2, 0.8, 0.9] and list(stale.get_ydata()) == [0.0, 0.1, 0.4]


def test_the_two_lines_differ_in_colour_mark_and_dashes():
    hits, stale = lines(hit_ratio_curve(RUNS))
    for look in ("get_color", "get_marker", "get_linestyle"):
        assert getattr(hits, look)() != getattr(stale, look)()


def test_a_formula_has_a_line_and_a_column_of_its_own():
    picture = hit_ratio_curve(RUNS, theory={1: 0.25, 60: 0.75, 300: 0.95})
    assert list(picture.table["theory"]) == [0.25, 0.75, 0.95]
    assert any(list(line.get_ydata()) == [0.25, 0.75, 0.95] for line in lines(picture))


def test_a_bound_is_a_level_with_words():
    picture = hit_ratio_curve(RUNS, bound=0.1)
    words = [text.get_text() for text in picture.figure.axes[0].texts]
    assert words == ["at most 10 % outdated"]
    assert any(set(line.get_ydata()) == {0.1} for line in lines(picture))


def test_the_ticks_are_times_that_people_name():
    axes = hit_ratio_curve(RUNS).figure.axes[0]
    assert [axes.xaxis.get_major_formatter()(x, 0) for x in axes.get_xticks()] == [
        "1 s", "10 s", "1 min", "5 min",
    ]  # fmt: skip


@pytest.mark.parametrize("ttl", [0, -1, float("nan"), float("inf")])
def test_a_ttl_that_has_no_place_on_the_axis_is_refused(ttl):
    with pytest.raises(ValueError, match=f"{ttl:g}"):
        hit_ratio_curve({ttl: run(0, 0)})


def test_nothing_to_draw_is_refused():
    with pytest.raises(ValueError, match="TTL"):
        hit_ratio_curve({})


def test_one_ttl_is_drawn_too():
    assert "from 60 s to 60 s (1 in all)" in hit_ratio_curve({60: run(0.5, 0.1)}).alt
