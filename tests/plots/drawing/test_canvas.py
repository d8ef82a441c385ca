import numpy as np
import pytest

from patternlab.plots.drawing import style
from patternlab.plots.drawing.canvas import Canvas
from patternlab.plots.drawing.text import fit, shortened, text_width


def drawn(*labels, **look):
    """Return the artists of a canvas with so many labels in the middle of it."""
    canvas = Canvas(2.0, style.LIGHT, None)
    for label in labels:
        canvas.write(2.0, 1.0, label, size=12, **look)
    return canvas.finish(()).artists


def extent(text="Orders", **look):
    """Return left, bottom, right, top of one drawn label, in inches."""
    (artist,) = drawn(text, **look)
    return artist.get_window_extent().extents / style.DPI


@pytest.mark.parametrize(("align", "side"), [("left", 0), ("right", 2)])
def test_the_named_end_of_the_text_is_at_x(align, side):
    assert extent(align=align)[side] == pytest.approx(2.0, abs=0.02)


def test_centred_text_and_its_capitals_have_their_middle_at_the_place():
    left, bottom, right, top = extent(align="center", text="HEH")
    assert ((left + right) / 2, (bottom + top) / 2) == pytest.approx((2.0, 1.0), abs=0.02)


def test_the_measured_width_is_the_drawn_width():
    left, _, right, _ = extent("wide words")
    assert right - 2.0 == pytest.approx(text_width("wide words", 12), abs=1e-3)
    assert text_width("wide words", 24) == pytest.approx(2 * text_width("wide words", 12))
    assert fit("wide words", 12, text_width("wide words", 6)) == pytest.approx(0.5)


def test_dollars_are_letters_not_formulas():
    assert text_width("$x$", 12) > 2 * text_width("x", 12)


def test_nothing_to_write_draws_nothing():
    assert drawn("") == []
    assert text_width("", 9) == 0


def test_all_labels_of_a_colour_are_one_patch():
    artists = drawn(*(f"label {number}" for number in range(50)))
    assert len(artists) == 1
    assert np.isfinite(artists[0].get_path().vertices).all()


def test_a_long_label_loses_its_middle():
    assert shortened("two\nlines") == "two lines"
    assert shortened("k" * 11 + "MIDDLE" + "n" * 23, 24) == "k" * 11 + "M" + "…" + "n" * 11
