"""What all figures share: text, lines, marks and areas at places in inches, a key and a title.

Everything is placed by hand, in inches from the figure's lower left corner: that leaves no label
to luck, and is drawn several times sooner than axes that lay themselves out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from patternlab.plots.drawing import style
from patternlab.plots.drawing.style import MARKERS, Theme
from patternlab.plots.drawing.text import fit, outline, text_width

EDGE = 0.14  # inches, as all distances below
GAP = 0.12  # between the lanes and the words beside them
TITLE_ROW = 0.34
LEGEND_ROW = 0.36
FOOT = 0.60  # tick labels and the name of the axis

CAPITAL = 0.73  # height of a capital letter of the font, as a share of its size
ALIGNMENTS = {"left": 0.0, "center": 0.5, "right": 1.0}

Point = tuple[float, float]
Box = tuple[float, float, float, float]  # left, bottom, right, top


@dataclass(frozen=True)
class Entry:
    """One entry of the key: a sample ``width`` inches wide, and what it means."""

    text: str
    width: float
    draw: Callable[[float, float], None]  # draws the sample from x at height y


class Canvas:
    """A figure of one theme, drawn in inches; ``finish`` returns it with its key and title.

    Args:
        top: where the data end; the figure is higher by the room for the key and the title.
        theme: the colours.
        title: a heading, or None.
    """

    def __init__(self, top: float, theme: Theme, title: str | None) -> None:
        self.theme, self.top, self._title = theme, top, title
        self.height = top + room_above(title)
        self.figure = style.new_figure(self.height, theme)
        self._texts: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}

    # -- text -----------------------------------------------------------------------------------

    def write(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = style.LABEL_SIZE,
        colour: str = "",
        align: str = "left",
        weight: str = "normal",
    ) -> None:
        """Add one line of text.

        Args:
            x: the end of the text that ``align`` names.
            y: the middle of a capital letter.
            text: what to write.
            size: of the font, in points.
            colour: that of the theme's text if there is none.
            align: ``"left"``, ``"center"`` or ``"right"``.
            weight: ``"normal"`` or ``"bold"``.
        """
        vertices, codes, width = outline(text, weight)
        scale = size / style.POINTS_PER_INCH
        corner = (x - ALIGNMENTS[align] * width * scale, y - CAPITAL / 2 * scale)
        own = self._texts.setdefault(colour or self.theme.text, [])
        own.append((vertices * scale + corner, codes))

    def finish(self, key: Iterable[Entry]) -> Figure:
        """Draw the key, the title and all that was written, and return the figure."""
        x, y = EDGE, self.top + LEGEND_ROW / 2 + 0.04
        for entry in key:
            entry.draw(x, y)
            x += entry.width + 0.12
            self.write(x, y, entry.text, size=style.LEGEND_SIZE)
            x += text_width(entry.text, style.LEGEND_SIZE) + 0.24
        if self._title:
            y, size = self.height - EDGE - TITLE_ROW * 0.35, style.TITLE_SIZE
            size *= fit(self._title, size, style.WIDTH - 2 * EDGE, "bold")
            self.write(EDGE, y, self._title, size=size, weight="bold")
        for colour, parts in self._texts.items():
            vertices, codes = (np.concatenate(pieces) for pieces in zip(*parts, strict=True))
            if len(vertices):
                self._fill(Path(vertices, codes), colour, 6)
        return self.figure

    # -- shapes ---------------------------------------------------------------------------------

    def lines(
        self, lines: Iterable[Sequence[Point]], colour: str, width: float, order: int
    ) -> None:
        """Draw separate strokes ``width`` points wide as one artist; each is a list of points."""
        gap = (math.nan, math.nan)  # between two strokes
        points = [point for line in lines for point in (*line, gap)]
        if points:
            self._line(
                points,
                color=colour,
                linewidth=width,
                linestyle="-",
                marker="",
                solid_capstyle="butt",
                zorder=order,
            )

    def marks(self, places: Sequence[Point], kind: str, size: float) -> None:
        """Draw marks of a ``kind`` of ``MARKERS``, ``size`` points wide."""
        if places:
            self._line(
                places,
                linestyle="none",
                marker=MARKERS[kind],
                markersize=size,
                markerfacecolor=self.theme.outcome(kind),
                markeredgecolor=self.theme.edge,
                markeredgewidth=style.EDGE_WIDTH,
                zorder=4,
            )

    def _line(self, points: Sequence[Point], **look: Any) -> None:
        x, y = zip(*points, strict=True)
        self.figure.add_artist(Line2D(x, y, transform=self.figure.dpi_scale_trans, **look))

    def areas(self, boxes: Sequence[Box], colour: str) -> None:
        """Fill rectangles behind everything else, as one artist."""
        corners = [
            [(x, y), (x, top), (right, top), (right, y), (x, y)] for x, y, right, top in boxes
        ]
        codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
        if boxes:
            self._fill(Path(np.concatenate(corners), codes * len(boxes)), colour, 0)

    def _fill(self, path: Path, colour: str, order: int) -> None:
        inches = self.figure.dpi_scale_trans
        patch = PathPatch(path, facecolor=colour, lw=0, transform=inches, zorder=order)
        self.figure.add_artist(patch)

    def box(
        self, left: float, bottom: float, width: float, height: float, colour: str, **look: Any
    ) -> None:
        """Draw one rectangle with an edge; ``look`` is what matplotlib's ``Rectangle`` takes."""
        inches = self.figure.dpi_scale_trans
        patch = Rectangle((left, bottom), width, height, facecolor=colour, transform=inches, **look)
        self.figure.add_artist(patch)

    # -- the key --------------------------------------------------------------------------------

    def mark_entry(self, kind: str, text: str) -> Entry:
        """Return the entry of the key for a ``kind`` of ``MARKERS``."""
        return Entry(text, 0.08, lambda x, y: self.marks([(x + 0.07, y)], kind, 9))

    def line_entry(
        self,
        text: str,
        width: float,
        strokes: Sequence[Sequence[Point]],
        colour: str,
        thick: float,
        order: int = 2,
    ) -> Entry:
        """Return the entry of the key for lines; the ``strokes`` begin at (0, 0)."""

        def draw(x: float, y: float) -> None:
            moved = [[(x + right, y + up) for right, up in stroke] for stroke in strokes]
            self.lines(moved, colour, thick, order)

        return Entry(text, width, draw)


def room_above(title: str | None) -> float:
    """Return the height that the key and ``title`` take above the data, in inches."""
    return EDGE + LEGEND_ROW + (TITLE_ROW if title else 0)


def sentence_figure(sentence: str, theme: Theme, title: str | None) -> Figure:
    """Return a figure that only says ``sentence``, for when there is nothing to draw."""
    canvas = Canvas(1.6 - room_above(title), theme, title)
    canvas.write(style.WIDTH / 2, 0.7, sentence, colour=theme.muted, align="center")
    return canvas.finish(())


def with_note(title: str | None, most: int, count: int, noun: str) -> str | None:
    """Return ``title``, with a note if a figure shows only ``most`` of ``count`` things."""
    if count <= most:
        return title
    note = f"first {most} of {count} {noun}"
    return f"{title} ({note})" if title else note.capitalize()
