"""A small history of deliveries that the tests of the plots share."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.lines import Line2D

from patternlab.plots.drawing import style
from patternlab.plots.messages.lanes import COLUMNS

ORIGIN = pd.Timestamp("2026-01-01T00:00:00Z")


@pytest.fixture
def make_history():
    """Return a function: ``{key: [(start, end, outcome), ...]}`` in seconds -> history."""

    def make(messages, group=None):
        rows = []
        for key, attempts in messages.items():
            for count, (start, end, outcome) in enumerate(attempts, start=1):
                times = [ORIGIN + pd.Timedelta(seconds=value) for value in (start, end)]
                error = None if outcome == "succeeded" else "ValueError"
                rows.append(
                    (f"id-{key}", key, count, group, "orders", f"{key}-{count}", *times,
                     outcome, error)
                )  # fmt: skip
        return pd.DataFrame(rows, columns=list(COLUMNS))

    return make


@pytest.fixture
def poison(make_history):
    """Return one message that fails five times, 30 s apart."""
    attempts = [(30.0 * n, 30.0 * n + 0.02, "failed") for n in range(5)]
    return make_history({"order-1": attempts})


@pytest.fixture
def mixed(make_history):
    """Return a function: a history of ``messages`` messages with every outcome and fate."""

    def make(messages, step=30.0):
        life = [
            ["succeeded"],
            ["failed", "succeeded"],
            ["timed out", "failed", "succeeded"],
            ["failed"] * 5,
            ["failed", "timed out"],
        ]
        return make_history(
            {
                f"order-{n}": [
                    (n * step / 100 + step * i, n * step / 100 + step * i + step / 500, outcome)
                    for i, outcome in enumerate(life[n % len(life)])
                ]
                for n in range(messages)
            }
        )

    return make


@pytest.fixture
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

    return check


@pytest.fixture
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


@pytest.fixture
def assert_chart_is_inside():
    """Return a function that fails if a part of a chart with axes lies outside its figure."""

    def check(picture):
        figure = picture.figure
        figure.canvas.draw()
        box, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
        assert box.x0 >= 0 and box.y0 >= 0
        assert box.x1 <= width and box.y1 <= height

    return check
