"""Charts with an x and a y axis: the course's look, and a key above the data, never on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from numpy.typing import ArrayLike

from patternlab.plots.drawing import style
from patternlab.plots.drawing.canvas import Canvas, Entry
from patternlab.plots.drawing.style import Theme

LEFT, RIGHT, BOTTOM = 0.75, 0.3, 0.62  # inches around the axes
MOST_SERIES = 5
MOST_MARKS = 60  # of one series


@dataclass(frozen=True)
class Look:
    """How one series is drawn: colour, marker and dashes, so that each alone tells it apart."""

    colour: str
    marker: str = ""
    dashes: str | tuple[float, Sequence[float]] = "-"


def looks(theme: Theme) -> tuple[Look, ...]:
    """Return the looks of up to five series, in order."""
    return (
        Look(theme.succeeded, "o", "-"),
        Look(theme.failed, "s", (0, (5, 1.5))),
        Look(theme.dead_letter, "^", (0, (1, 1.2))),
        Look(theme.timed_out, "D", (0, (5, 1.5, 1, 1.5))),
        Look(theme.waiting, "v", (0, (3, 1, 1, 1, 1, 1))),
    )


class Chart(Canvas):
    """A canvas with one or more axes below one another, drawn in the course's look.

    Args:
        heights: of the axes, in inches, from top to bottom.
        theme: the colours.
        title: a heading, or None.
        gap: inches between two axes.
        left: inches to the left of them.
        right: inches to the right of them.
    """

    def __init__(
        self,
        heights: Sequence[float],
        theme: Theme,
        title: str | None,
        *,
        gap: float = 0.18,
        left: float = LEFT,
        right: float = RIGHT,
    ) -> None:
        super().__init__(BOTTOM + sum(heights) + gap * (len(heights) - 1), theme, title)
        self.axes: list[Axes] = []
        place = self.top
        for height in heights:
            self.axes.append(self._add_axes(left, right, place - height, height))
            place -= height + gap

    def _add_axes(self, left: float, right: float, bottom: float, height: float) -> Axes:
        wide, high = self.figure.get_size_inches()
        width = wide - left - right
        axes = self.figure.add_axes((left / wide, bottom / high, width / wide, height / high))
        axes.set_facecolor(self.theme.background)
        axes.grid(True, color=self.theme.grid, linewidth=0.8)
        axes.set_axisbelow(True)
        axes.tick_params(
            colors=self.theme.muted,
            length=3,
            labelsize=style.LABEL_SIZE,
            labelfontfamily=style.FONT_FAMILY,
        )
        for side, spine in axes.spines.items():
            spine.set_visible(side in ("left", "bottom"))
            spine.set_color(self.theme.muted)
        return axes

    def name_axes(self, axes: Axes, x: str = "", y: str = "") -> None:
        """Name the axes; an empty name leaves an axis as it is."""
        look = self.letters(style.LABEL_SIZE, self.theme.muted)
        if x:
            axes.set_xlabel(x, **look)
        if y:
            axes.set_ylabel(y, **look)

    def letters(self, size: float = style.SMALL_SIZE, colour: str = "") -> dict[str, Any]:
        """Return the arguments that make matplotlib write in the course's look."""
        colour = colour or self.theme.text
        return {"color": colour, "fontsize": size, "fontfamily": style.FONT_FAMILY}

    def series(self, axes: Axes, x: ArrayLike, y: ArrayLike, look: Look, **more: Any) -> None:
        """Draw one series with a mark at each value; marks only if there are few.

        Args:
            axes: where.
            x: the values along the axis.
            y: as many values.
            look: of the line and its marks.
            more: what matplotlib's ``plot`` takes besides.
        """
        if len(np.atleast_1d(x)) > MOST_MARKS:
            look = replace(look, marker="")
        axes.plot(x, y, **({"clip_on": False, "zorder": 3} | self._line_style(look) | more))

    def curves(self, axes: Axes, table: pd.DataFrame) -> list[Entry]:
        """Draw the columns of ``table`` over its index, and return their entries of the key."""
        key = []
        for name, look in zip(map(str, table), looks(self.theme), strict=False):
            curve = table[name].dropna()
            self.series(axes, curve.index, curve, look)
            key.append(self.entry(name, look))
        return key

    def entry(self, text: str, look: Look) -> Entry:
        """Return the entry of the key for a series."""

        def draw(x: float, y: float) -> None:
            places = [(x, y), (x + 0.19, y), (x + 0.38, y)]
            self._line(places, markevery=[1], **self._line_style(look))

        return Entry(text, 0.36, draw)

    def _line_style(self, look: Look) -> dict[str, Any]:
        """Return the arguments that make matplotlib draw a line and its marks with this look."""
        crossed = look.marker == "x"  # a mark without a face
        return {
            "color": look.colour,
            "linestyle": look.dashes,
            "linewidth": 1.6,
            "marker": look.marker,
            "markersize": 5,
            "markeredgecolor": look.colour if crossed else self.theme.edge,
            "markeredgewidth": 1 if crossed else style.EDGE_WIDTH,
        }

    def box_entry(self, text: str, colour: str, hatch: str = "") -> Entry:
        """Return the entry of the key for a filled area."""
        look = {"hatch": hatch, "edgecolor": self.theme.edge, "linewidth": 0.5}
        return Entry(text, 0.2, lambda x, y: self.box(x, y - 0.06, 0.2, 0.12, colour, **look))


def log_axis(
    axis: Axis, label: Callable[[float], str], ticks: Sequence[float] | None = None, base: int = 10
) -> None:
    """Make an axis logarithmic, with a label at each of ``ticks`` or at matplotlib's own."""
    axes = axis.axes
    set_scale = axes.set_xscale if axis is axes.xaxis else axes.set_yscale
    set_scale("log", base=base)
    if ticks is not None:
        axis.set_major_locator(FixedLocator(ticks))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: label(value)))


def plain(value: float) -> str:
    """Return a number in full, for example ``0.5`` or ``1,000,000``."""
    return f"{value:,.10g}"


def percent_axis(axes: Axes) -> None:
    """Show shares on the y axis in per cent, from 0 to 100."""
    axes.set_ylim(0, 1.03)
    axes.set_yticks((0, 0.2, 0.4, 0.6, 0.8, 1.0))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{share * 100:.0f} %"))


def check_series(count: int) -> None:
    """Raise a ``ValueError`` if there is no series or there are more than looks."""
    if not 1 <= count <= MOST_SERIES:
        raise ValueError(
            f"A chart takes 1 to {MOST_SERIES} series that can be told apart, not {count}. "
            "Draw two charts."
        )
