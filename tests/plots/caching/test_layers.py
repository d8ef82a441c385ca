"""Layers as a flow of requests."""

from types import SimpleNamespace

import pytest

from patternlab.plots import layer_flow


def layer(name, requests, fetches):
    return SimpleNamespace(name=name, requests=requests, fetches=fetches)


LAYERS = [layer("edge", 1000, 200), layer("gateway", 200, 200), layer("Valkey", 200, 50)]


def test_the_twin_says_what_each_layer_absorbs_and_what_is_left():
    table = layer_flow(LAYERS).table
    assert list(table["layer"]) == ["edge", "gateway", "Valkey", "origin"]
    assert list(table["absorbed"]) == [800, 0, 150, 50]
    assert list(table["absorbed share"]) == [0.8, 0.0, 0.75, 1.0]


def test_the_bars_are_as_long_as_the_twin_says():
    absorbed, passed = layer_flow(LAYERS).figure.axes[0].containers
    assert [bar.get_width() for bar in absorbed] == [800, 0, 150, 50]
    assert [bar.get_width() for bar in passed] == [200, 200, 50, 0]


def test_the_two_parts_of_a_bar_differ_by_hatching_too():
    absorbed, passed = layer_flow(LAYERS).figure.axes[0].containers
    assert not absorbed[0].get_hatch() and passed[0].get_hatch()


def test_the_alt_text_says_what_reaches_the_origin():
    assert layer_flow(LAYERS, origin="database").alt == (
        "Of 1,000 requests 50 reach the database: edge absorbs 80.0%; gateway absorbs 0.0%; "
        "Valkey absorbs 75.0%."
    )


@pytest.mark.parametrize("layers", [[], [layer("edge", 0, 0)]])
def test_nothing_to_draw_is_refused(layers):
    with pytest.raises(ValueError, match="layer"):
        layer_flow(layers)


def test_a_layer_that_was_never_asked_is_drawn():
    assert layer_flow([*LAYERS, layer("last", 0, 0)]).table["absorbed share"].iloc[-2] == 0.0
