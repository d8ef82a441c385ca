import numpy as np
import pytest
from matplotlib.figure import Figure

from patternlab.plots.drawing.lettering import Lettering, text_width


def extent(**label):
    """Return left, bottom, right, top of one drawn label, in inches."""
    figure = Figure(figsize=(4, 2), dpi=100)
    letters = Lettering()
    letters.write(2.0, 1.0, label.pop("text", "Orders"), size=12, colour="#000000", **label)
    letters.draw(figure)
    return figure.artists[0].get_window_extent().extents / 100


@pytest.mark.parametrize(("align", "side"), [("left", 0), ("right", 2)])
def test_the_named_end_of_the_text_is_at_x(align, side):
    assert extent(align=align)[side] == pytest.approx(2.0, abs=0.02)


def test_centred_text_and_its_capitals_have_their_middle_at_the_place():
    left, bottom, right, top = extent(align="center", text="HEH")
    assert ((left + right) / 2, (bottom + top) / 2) == pytest.approx((2.0, 1.0), abs=0.02)


def test_the_measured_width_is_the_drawn_width():
    left, _, right, _ = extent(align="left", text="wide words")
    assert right - 2.0 == pytest.approx(text_width("wide words", 12), abs=1e-3)
    assert text_width("wide words", 24) == pytest.approx(2 * text_width("wide words", 12))


def test_dollars_are_letters_not_formulas():
    assert text_width("$x$", 12) > 2 * text_width("x", 12)


def test_nothing_to_write_draws_nothing():
    figure = Figure()
    letters = Lettering()
    letters.write(1, 1, "", size=9, colour="#000000")
    letters.draw(figure)
    assert text_width("", 9) == 0
    assert figure.artists == []


def test_all_labels_of_a_colour_are_one_patch():
    figure = Figure()
    letters = Lettering()
    for number in range(50):
        letters.write(1, 0.1 * number, f"label {number}", size=9, colour="#aa0000")
    letters.write(1, 1, "another", size=9, colour="#0000aa")
    letters.draw(figure)
    assert len(figure.artists) == 2
    assert np.isfinite(figure.artists[0].get_path().vertices).all()
