"""Looks at what was drawn that the tests of the plots share."""

import numpy as np
import pytest
from matplotlib.lines import Line2D

from patternlab.plots.drawing import style
from patternlab.plots.drawing.canvas import Canvas
from tests.plots.tables import POISON, history_of


@pytest.fixture
def poison():
    """Return the history of one message that fails five times, 30 s apart."""
    return history_of({"order-1": POISON})


@pytest.fixture(scope="session")
def assert_nothing_is_cut_off():
    """Return a function that fails if a part of a picture lies outside its figure."""

    def check(picture):
        figure = picture.figure
        assert figure.artists
        for artist in figure.artists:
            points = artist.get_transform().transform(artist.get_path().vertices)
            thick = getattr(artist, "get_markersize", float)()  # of a mark around its point
            thick = thick / 2 * figure.dpi / style.POINTS_PER_INCH
            assert np.nanmin(points) >= thick, artist
            assert (np.nanmax(points, axis=0) <= figure.bbox.max - thick).all(), artist
        if figure.axes:
            figure.canvas.draw()
            box, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
            assert box.x0 >= 0 and box.y0 >= 0
            assert box.x1 <= width and box.y1 <= height

    return check


@pytest.fixture(scope="session")
def marks_of():
    """Return a function: (picture, kind) -> the places (n, 2) of its marks in the lanes, inches."""

    def places(picture, kind):
        colour = style.LIGHT.outcome(kind)
        lines = [artist for artist in picture.figure.artists if isinstance(artist, Line2D)]
        lines = [line for line in lines if line.get_linestyle() == "None"]  # not the strokes
        found = [line.get_xydata() for line in lines if line.get_markerfacecolor() == colour]
        points = np.concatenate(found) if found else np.empty((0, 2))
        return points[points[:, 1] < picture.figure.get_size_inches()[1] - 0.5]  # below the key

    return places


@pytest.fixture(scope="session")
def strokes_of():
    """Return a function: (picture, colour) -> its strokes below the key, as points (n, 2)."""

    def strokes(picture, colour):
        top = picture.figure.get_size_inches()[1] - 0.5
        lines = [artist for artist in picture.figure.artists if isinstance(artist, Line2D)]
        points = [line.get_xydata() for line in lines if line.get_color() == colour]
        parts = [np.split(own, np.flatnonzero(np.isnan(own[:, 0]))) for own in points]
        flat = [part[~np.isnan(part[:, 0])] for own in parts for part in own]
        return [part for part in flat if len(part) and part[:, 1].max() < top]

    return strokes


@pytest.fixture
def words(monkeypatch):
    """Return the list of all that is written from now on: (x, y, text, size, align)."""
    written = []
    write = Canvas.write

    def spy(self, x, y, text, *, size=style.LABEL_SIZE, align="left", **look):
        written.append((x, y, text, size, align))
        write(self, x, y, text, size=size, align=align, **look)

    monkeypatch.setattr(Canvas, "write", spy)
    return written
