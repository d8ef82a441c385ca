"""Charts with an x and a y axis: the course's look, and a key above the data, never on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter

from patternlab.plots.drawing import style
from patternlab.plots.drawing.canvas import Canvas, Entry, room_above
from patternlab.plots.drawing.style import Theme

LEFT, RIGHT, BOTTOM = 0.75, 0.3, 0.62  # inches around the axes
MOST_SERIES = 5


@dataclass(frozen=True)
class Look:
    """How one series is drawn: colour, marker and dashes, so that each alone tells it apart."""

    colour: str
    marker: str
    dashes: str | tuple[int, tuple[float, ...]]


def looks(theme: Theme) -> tuple[Look, ...]:
    """The looks of up to five series, in order."""
    return (
        Look(theme.succeeded, "o", "-"),
        Look(theme.failed, "s", (0, (5, 1.5))),
        Look(theme.dead_letter, "^", (0, (1, 1.2))),
        Look(theme.timed_out, "D", (0, (5, 1.5, 1, 1.5))),
        Look(theme.waiting, "v", (0, (3, 1, 1, 1, 1, 1))),
    )


class Chart:
    """A figure with one or more axes below one another, drawn in the course's look.

    Args:
        heights: of the axes, in inches, from top to bottom.
        gap: inches between two of them.
        left, right: inches beside them.
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
        self.theme, self._title = theme, title
        self.top = BOTTOM + sum(heights) + gap * (len(heights) - 1)
        self.canvas = Canvas(self.top + room_above(title), theme)
        self.axes = []
        place = self.top
        for height in heights:
            self.axes.append(self._axes(left, right, place - height, height))
            place -= height + gap

    def _axes(self, left: float, right: float, bottom: float, height: float) -> Axes:
        figure = self.canvas.figure
        wide, high = figure.get_size_inches()
        width = wide - left - right
        axes = figure.add_axes((left / wide, bottom / high, width / wide, height / high))
        axes.set_facecolor(self.theme.background)
        axes.grid(True, color=self.theme.grid, linewidth=0.8)
        axes.set_axisbelow(True)
        letters = {"labelsize": style.LABEL_SIZE, "labelfontfamily": style.FONT_FAMILY}
        axes.tick_params(colors=self.theme.muted, length=3, **letters)
        for side, spine in axes.spines.items():
            spine.set_visible(side in ("left", "bottom"))
            spine.set_color(self.theme.muted)
        return axes

    def name_axis(self, axes: Axes, x: str = "", y: str = "") -> None:
        """Name the axes; an empty name leaves an axis as it is."""
        look = {"color": self.theme.muted, "fontsize": style.LABEL_SIZE}
        if x:
            axes.set_xlabel(x, fontfamily=style.FONT_FAMILY, **look)
        if y:
            axes.set_ylabel(y, fontfamily=style.FONT_FAMILY, **look)

    def line(self, axes: Axes, x: Sequence[float], y: Sequence[float], look: Look) -> None:
        """Draw one series with a mark at each value; marks only where there are few."""
        axes.plot(
            x,
            y,
            color=look.colour,
            linestyle=look.dashes,
            linewidth=1.6,
            marker=look.marker if len(x) <= 60 else "",
            markersize=5,
            markeredgecolor=self.theme.edge,
            markeredgewidth=style.EDGE_WIDTH,
            clip_on=False,
            zorder=3,
        )

    def entry(self, text: str, look: Look) -> Entry:
        """The entry of the key for a series."""
        return Entry(text, 0.36, lambda x, y: self._sample(x, y, look))

    def _sample(self, x: float, y: float, look: Look) -> None:
        self.canvas.figure.add_artist(
            Line2D(
                (x, x + 0.19, x + 0.38),
                (y, y, y),
                color=look.colour,
                linestyle=look.dashes,
                linewidth=1.6,
                marker=look.marker,
                markevery=[1],
                markersize=5,
                markeredgecolor=self.theme.edge,
                markeredgewidth=style.EDGE_WIDTH,
                transform=self.canvas.figure.dpi_scale_trans,
            )
        )

    def box_entry(self, text: str, colour: str, hatch: str = "") -> Entry:
        """The entry of the key for a filled area."""

        def draw(x: float, y: float) -> None:
            self.canvas.figure.add_artist(
                Rectangle(
                    (x, y - 0.06),
                    0.2,
                    0.12,
                    facecolor=colour,
                    hatch=hatch,
                    edgecolor=self.theme.edge,
                    linewidth=0.5,
                    transform=self.canvas.figure.dpi_scale_trans,
                )
            )

        return Entry(text, 0.2, draw)

    def finish(self, key: Iterable[Entry]) -> Figure:
        """Draw the key and the title; returns the figure."""
        return self.canvas.finish(key, top=self.top, title=self._title)


def percent_axis(axes: Axes) -> None:
    """Show shares as per cent, from 0 to 100."""
    axes.set_ylim(0, 1.03)
    axes.set_yticks((0, 0.2, 0.4, 0.6, 0.8, 1.0))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{share * 100:.0f} %"))


def check_series(count: int) -> None:
    """Raise ValueError where there are more series than looks."""
    if not 1 <= count <= MOST_SERIES:
        raise ValueError(
            f"A chart takes 1 to {MOST_SERIES} series that can be told apart, not {count}. "
            "Draw two charts."
        )
