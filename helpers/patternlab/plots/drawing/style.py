"""Colours, fonts and sizes of every figure, in one place.

The hues follow Okabe and Ito's colour-blind-safe set; their lightness is spread out so that the
outcomes stay apart in grey as well. Colour is never alone: each outcome also has its own marker,
and labels say it in words.

Nothing here touches matplotlib's global settings or pyplot: a figure looks the same whatever the
notebook did before, and two figures drawn at once cannot disturb each other.
"""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.path import Path

from patternlab.delivery.attempts import FAILED, SUCCEEDED, TIMED_OUT
from patternlab.delivery.sns.delivery_log import DEAD_LETTER

WIDTH = 9.0  # inches of every figure
CSS_DPI = 100  # one inch is 100 CSS pixels on the page ...
PIXEL_RATIO = 1.5  # ... drawn with 1.5 image pixels each, so that text is crisp on fine screens
DPI = CSS_DPI * PIXEL_RATIO
DRAGGED_DPI = CSS_DPI * 1.2  # for a figure that is redrawn while a slider moves

POINTS_PER_INCH = 72
FONT_FAMILY = "DejaVu Sans"  # comes with matplotlib, so every machine draws the same letters
TITLE_SIZE = 12.0  # points, as all sizes below
LABEL_SIZE = 9.5
LEGEND_SIZE = 9.0
SMALL_SIZE = 8.0
TINY_SIZE = 7.0


@dataclass(frozen=True)
class Theme:
    """The colours of one theme, as hexadecimal RGB strings."""

    name: str
    background: str
    text: str
    muted: str  # secondary text
    grid: str
    edge: str  # outline of a mark, so that pale ones stand out
    succeeded: str
    failed: str
    timed_out: str
    dead_letter: str
    waiting: str
    standstill: str  # behind what an invisible message holds up

    def outcome(self, outcome: str) -> str:
        """Return the colour of a key of ``MARKERS``."""
        return getattr(self, outcome.replace(" ", "_").replace("-", "_").removesuffix("_queue"))


LIGHT = Theme(
    name="light",
    background="#ffffff",
    text="#1a1a1a",
    muted="#555555",
    grid="#e3e3e3",
    edge="#1a1a1a",
    succeeded="#005f96",
    failed="#d55e00",
    timed_out="#f0b429",
    dead_letter="#000000",
    waiting="#9aa5ad",
    standstill="#fbe0cf",
)
DARK = Theme(
    name="dark",
    background="#111418",
    text="#f0f0f0",
    muted="#b5b5b5",
    grid="#30363c",
    edge="#111418",
    succeeded="#56b4e9",
    failed="#d55e00",
    timed_out="#f5d24a",
    dead_letter="#ffffff",
    waiting="#6d7880",
    standstill="#4a2a18",
)
THEMES = {theme.name: theme for theme in (LIGHT, DARK)}

_HOURGLASS = Path(
    [(-0.9, 1), (0.9, 1), (0.25, 0), (0.9, -1), (-0.9, -1), (-0.25, 0), (-0.9, 1)],
    [Path.MOVETO] + [Path.LINETO] * 5 + [Path.CLOSEPOLY],
)
EDGE_WIDTH = 0.5  # points
MARKERS: dict[str, str | Path] = {
    SUCCEEDED: "o",
    FAILED: "X",
    TIMED_OUT: _HOURGLASS,
    DEAD_LETTER: "v",
}


def theme_named(name: str) -> Theme:
    """Return the theme called ``name``.

    Raises:
        ValueError: there is no such theme.
    """
    if name not in THEMES:
        known = " or ".join(repr(known) for known in THEMES)
        raise ValueError(f"There is no theme {name!r}. Use {known}.")
    return THEMES[name]


def new_figure(height: float, theme: Theme) -> Figure:
    """Return an empty figure of the course's width and ``height`` inches, on an Agg canvas."""
    figure = Figure(figsize=(WIDTH, height), dpi=DPI, facecolor=theme.background)
    FigureCanvasAgg(figure)
    return figure
