"""What the figures of deliveries share: marks, lines, a time axis, a key and a title.

Everything is placed by hand, in inches from the figure's lower left corner: that leaves no label
to luck, and draws several times sooner than axes that lay themselves out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from patternlab.plots.drawing import style
from patternlab.plots.drawing.lettering import Lettering, text_width
from patternlab.plots.drawing.style import MARKERS, Theme
from patternlab.plots.drawing.timeaxis import time_axis

EDGE = 0.14  # inches, as all distances below
GAP = 0.12  # between the lanes and the words beside them
TITLE_ROW = 0.34
LEGEND_ROW = 0.36
FOOT = 0.60  # tick labels and the name of the axis
LONGEST_LABEL = 24  # characters
NO_ATTEMPTS = "No delivery attempts yet: nothing has been received so far."


@dataclass(frozen=True)
class TimeScale:
    """Where a moment is between ``left`` and ``right`` (inches)."""

    left: float
    right: float
    span: float  # seconds from left to right
    pad: float  # inches kept free on both sides, so that the first mark is whole
    origin: float = 0.0  # seconds, at the left

    def x(self, seconds: float) -> float:
        share = (seconds - self.origin) / self.span
        return self.left + self.pad + share * (self.right - self.left - 2 * self.pad)


@dataclass(frozen=True)
class Entry:
    """One entry of the key: a sample ``width`` inches wide, and what it means."""

    text: str
    width: float
    draw: Callable[[float, float], None]  # draws the sample from x at height y


class Canvas:
    """A figure of one theme, drawn in inches; ``finish`` returns it with its key and title."""

    def __init__(self, height: float, theme: Theme) -> None:
        self.theme = theme
        self.figure = style.new_figure(height, theme)
        self.letters = Lettering()

    @property
    def top(self) -> float:
        return self.figure.get_size_inches()[1]

    def finish(self, key: Iterable[Entry], *, top: float, title: str | None) -> Figure:
        """Draw the head of a figure, for which ``room_above`` has left room: the key, the title.

        ``top`` is where the data end, in inches.
        """
        self.legend(key, top + LEGEND_ROW / 2 + 0.04)
        self.title(title)
        return self.lettered()

    def lettered(self) -> Figure:
        """Draw all that was written, and return the figure."""
        self.letters.draw(self.figure)
        return self.figure

    def lines(self, lines: Sequence, colour: str, width: float, order: int) -> None:
        """Draw separate strokes ``width`` points wide as one artist.

        Each is a list of points; a gap between two is a point that is not a number.
        """
        gap = (math.nan, math.nan)
        points = [point for line in lines for point in (*line, gap)]
        if not points:
            return
        x, y = zip(*points, strict=True)
        self.figure.add_artist(
            Line2D(
                x,
                y,
                color=colour,
                linewidth=width,
                linestyle="-",
                marker="",
                solid_capstyle="butt",
                zorder=order,
                transform=self.figure.dpi_scale_trans,
            )
        )

    def boxes(self, boxes: Sequence[tuple[float, float, float, float]], colour: str) -> None:
        """Fill rectangles (left, bottom, right, top) behind everything else, as one area."""
        corners = [
            [(x, y), (x, top), (right, top), (right, y), (x, y)] for x, y, right, top in boxes
        ]
        codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
        if boxes:
            path = Path(np.concatenate(corners), codes * len(boxes))
            inches = self.figure.dpi_scale_trans
            patch = PathPatch(path, facecolor=colour, lw=0, transform=inches)
            patch.set_zorder(0)
            self.figure.add_artist(patch)

    def marks(self, places: Sequence[tuple[float, float]], kind: str, size: float) -> None:
        """Draw marks of a ``kind`` of ``MARKERS``, ``size`` points wide."""
        if not places:
            return
        x, y = zip(*places, strict=True)
        self.figure.add_artist(
            Line2D(
                x,
                y,
                linestyle="none",
                marker=MARKERS[kind],
                markersize=size,
                markerfacecolor=self.theme.outcome(kind),
                markeredgecolor=self.theme.edge,
                markeredgewidth=style.EDGE_WIDTH,
                zorder=4,
                transform=self.figure.dpi_scale_trans,
            )
        )

    def title(self, title: str | None) -> None:
        """Write ``title`` at the top, smaller if it is too long; nothing for None."""
        if title:
            room = style.WIDTH - 2 * EDGE
            width = text_width(title, style.TITLE_SIZE, "bold")
            self.letters.write(
                EDGE,
                self.top - EDGE - TITLE_ROW * 0.35,
                title,
                size=style.TITLE_SIZE * min(1.0, room / width),
                colour=self.theme.text,
                weight="bold",
            )

    def time_axis(self, scale: TimeScale, *, bottom: float, top: float, since: str) -> None:
        """Draw ticks below ``bottom``, grid lines up to ``top``, and "seconds since ..."."""
        theme = self.theme
        axis = time_axis(scale.span)
        places = [scale.x(scale.origin + tick) for tick in axis.ticks]
        self.lines([[(x, bottom), (x, top)] for x in places], theme.grid, 0.8, 1)
        ticks = [[(x, bottom), (x, bottom - 0.04)] for x in places]
        base = [[(scale.left, bottom), (scale.right, bottom)]]
        self.lines(base + ticks, theme.muted, 0.8, 1)
        look = {"size": style.LABEL_SIZE, "align": "center"}
        for x, label in zip(places, axis.labels, strict=True):
            self.letters.write(x, bottom - 0.14, label, colour=theme.text, **look)
        middle = (scale.left + scale.right) / 2
        name = f"{axis.unit}s since {since}"
        self.letters.write(middle, bottom - 0.36, name, colour=theme.muted, **look)

    def mark_entry(self, kind: str, text: str) -> Entry:
        """Return the entry of the key for a ``kind`` of ``MARKERS``."""
        return Entry(text, 0.08, lambda x, y: self.marks([(x + 0.07, y)], kind, 9))

    def legend(self, entries: Iterable[Entry], y: float) -> None:
        """Draw the key in a row of its own, where no data can be."""
        x = EDGE
        for entry in entries:
            entry.draw(x, y)
            x += entry.width + 0.12
            self.letters.write(x, y, entry.text, size=style.LEGEND_SIZE, colour=self.theme.text)
            x += text_width(entry.text, style.LEGEND_SIZE) + 0.24


def room_above(title: str | None) -> float:
    """Return the height that the key and ``title`` take above the data, in inches."""
    return EDGE + LEGEND_ROW + (TITLE_ROW if title else 0)


def sentence_figure(sentence: str, theme: Theme, title: str | None) -> Figure:
    """Return a figure that only says ``sentence``, for when there is nothing to draw."""
    canvas = Canvas(1.6, theme)
    canvas.letters.write(
        style.WIDTH / 2, 0.7, sentence, size=style.LABEL_SIZE, colour=theme.muted, align="center"
    )
    canvas.title(title)
    return canvas.lettered()


def with_note(title: str | None, note: str) -> str:
    """Return ``title`` with ``note`` behind it, or the note alone."""
    return f"{title} ({note})" if title else note.capitalize()


def shortened(label: str, longest: int = LONGEST_LABEL) -> str:
    """Return the label in one line, cut in its middle: keys often differ at their ends."""
    line = " ".join(label.split())
    if len(line) <= longest:
        return line
    half = longest // 2
    return f"{line[:half]}…{line[1 - half :]}"
