"""From the order to the last byte, against the size of the load: which way to AWS ends first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from patternlab.hpc import units
from patternlab.hpc.transfer import Site, crossovers, estimate, status
from patternlab.plots.drawing import style
from patternlab.plots.drawing.canvas import LEGEND_ROW
from patternlab.plots.drawing.chart import BOTTOM, Chart, Look
from patternlab.plots.drawing.lettering import text_width
from patternlab.plots.drawing.picture import Picture
from patternlab.plots.drawing.style import Theme, theme_named

FIRST, LAST = 1e12, 1e17  # bytes
POINTS = 46
LEFT, LABELS = 1.15, 2.05  # inches left and right of the axes, the names of the lines included
LINE = 0.175  # inches between two labels
HEIGHT, STRIP = 3.3, 0.3  # inches
MOST_WAYS = 8
SHOWN = (
    "internet",
    "VPN",
    "hosted 10G",
    "Direct Connect 10G",
    "Direct Connect 100G",
    "Data Transfer Terminal",
    "Snowball Edge",
)
#: Days, and how people call them.
TIMES = {
    1 / 24: "1 hour", 1: "1 day", 7: "1 week", 30: "1 month", 365.25: "1 year", 3652.5: "10 years",
    36525: "100 years", 365250: "1,000 years",
}  # fmt: skip


@dataclass(frozen=True)
class Curve:
    """One way: its days at each size, and whether the site can order it."""

    option: str
    days: np.ndarray
    is_open: bool

    @property
    def label(self) -> str:
        """What stands beside the line."""
        return self.option + _aside(self.option, self.is_open)


def _aside(option: str, is_open: bool) -> str:
    """What is said behind a way that this site cannot order."""
    if is_open:
        return ""
    return " (closed)" if status(option).since else " (not for this site)"


def transfer_times(
    site: Site,
    options: Sequence[str] = SHOWN,
    *,
    load: str | float | None = None,
    deadline: float | None = None,
    theme: str = "light",
    title: str | None = None,
    **how,
) -> Picture:
    """Draw the days from the order to the last byte, at worst, for loads from 1 TB to 100 PB.

    Args:
        site: where the data is.
        options: of ``hpc.transfer.OPTIONS``, up to eight. What is closed is drawn grey and dotted.
        load: a size to mark.
        deadline: days to mark.
        theme: ``"light"`` or ``"dark"``.
        title: a heading above the figure.
        how: tool, files and tasks, as ``hpc.transfer.estimate`` takes them.

    Returns:
        The picture. Its twin has a row a size, a column a way, and which way ends first.

    Raises:
        ValueError: there is no option, or more than eight.
        HPCError: what ``estimate`` raises.
    """
    colours = theme_named(theme)
    if not 1 <= len(options) <= MOST_WAYS:
        raise ValueError(f"This figure takes 1 to {MOST_WAYS} ways, not {len(options)}.")
    sizes = np.geomspace(FIRST, LAST, POINTS)
    curves = [_curve(option, sizes, site, how) for option in options]
    firsts = crossovers(site, options, first=FIRST, last=LAST, **how)
    marked = None if load is None else units.size(load)
    table = _table(site, options, firsts, marked, how)
    figure = _draw(sizes, curves, firsts, marked, deadline, colours, title)
    return Picture(figure, table, _told(curves, firsts, marked, table))


def _curve(option: str, sizes: np.ndarray, site: Site, how: dict) -> Curve:
    plans = [estimate(option, size, site, **how) for size in sizes]
    days = np.array([plan.days if math.isfinite(plan.days) else math.nan for plan in plans])
    return Curve(option, days, plans[0].is_open)


# -- in words ----------------------------------------------------------------------------------


def _table(site: Site, options: Sequence[str], firsts, marked: int | None, how) -> pd.DataFrame:
    sizes = {10.0**power for power in range(12, 18)} | ({float(marked)} if marked else set())
    rows = []
    for size in sorted(sizes):
        plans = {option: estimate(option, size, site, **how) for option in options}
        days = {
            option + _aside(option, plan.is_open): _time(plan.days)
            for option, plan in plans.items()
        }
        rows.append({"load": units.size_text(size), **days, "first": _first(firsts, size)})
    return pd.DataFrame(rows)


def _time(days: float) -> str:
    if math.isnan(days):
        return "unknown"
    return units.time_text(days * 24) if math.isfinite(days) else "never"


def _first(firsts: Sequence[tuple[float, str]], size: float) -> str:
    return (
        [option for start, option in firsts if start <= size][-1]
        if size >= FIRST
        else (firsts[0][1])
    )


def _told(curves: Sequence[Curve], firsts, marked: int | None, table: pd.DataFrame) -> str:
    ends = [units.size_text(_three_digits(start)) for start, _ in firsts[1:]]
    parts = [f"{option} up to {end}" for (_, option), end in zip(firsts, ends, strict=False)]
    told = ", then ".join([*parts, f"{firsts[-1][1]}" + (" from there on" if parts else "")])
    closed = [f"{curve.option} ({status(curve.option)})" for curve in curves if not curve.is_open]
    words = f"Days from the order to the last byte, for 1 TB to 100 PB. First is {told}."
    if marked:
        row = table.set_index("load").loc[units.size_text(marked)]
        words += f" {units.size_text(marked)}: first is {row['first']}."
    return words + (f" Closed to this site: {', '.join(closed)}." if closed else "")


def _three_digits(value: float) -> float:
    return float(f"{value:.3g}")


# -- drawn -------------------------------------------------------------------------------------


def _looks(theme: Theme) -> list[Look]:
    green, purple = "#009e73", "#cc79a7"  # of the same palette as the others
    return [
        Look(theme.succeeded, "o", "-"),
        Look(theme.failed, "s", (0, (5, 1.5))),
        Look(theme.dead_letter, "^", "-"),
        Look(green, "D", (0, (5, 1.5, 1, 1.5))),
        Look(purple, "v", "-"),
        Look(theme.timed_out, "P", "-"),
        Look(theme.succeeded, "X", (0, (1, 1.2))),
        Look(theme.failed, "<", (0, (1, 1.2))),
    ]


def _draw(sizes, curves, firsts, marked, deadline, theme: Theme, title: str | None):
    chart = Chart([STRIP, HEIGHT], theme, title, gap=0.06, left=LEFT, right=LABELS)
    strip, axes = chart.axes
    _size_axis(axes)
    _time_axis(axes, curves)
    looks = iter(_looks(theme))
    drawn = [(curve, next(looks) if curve.is_open else _closed(theme)) for curve in curves]
    for curve, look in drawn:
        _line(axes, sizes, curve, look, theme)
    _label_lines(chart, axes, drawn)
    for start, _ in firsts[1:]:
        axes.axvline(start, color=theme.muted, lw=0.8, linestyle=(0, (2, 2)), zorder=1)
    _mark(axes, marked, deadline, theme)
    _strip(strip, firsts, theme)
    chart.name_axis(axes, "size of the load", "from order to last byte, at worst")
    chart.canvas.letters.write(
        LEFT,
        chart.top + LEGEND_ROW / 2 - 0.02,
        "First to end, of what this site can order:",
        size=style.LEGEND_SIZE,
        colour=theme.text,
    )
    return chart.finish([])


def _closed(theme: Theme) -> Look:
    return Look(theme.waiting, "x", (0, (1, 2)))


def _line(axes: Axes, sizes, curve: Curve, look: Look, theme: Theme) -> None:
    axes.plot(
        sizes,
        curve.days,
        color=look.colour,
        linestyle=look.dashes,
        linewidth=1.6,
        marker=look.marker,
        markevery=9,
        markersize=5,
        markeredgecolor=look.colour if look.marker == "x" else theme.edge,
        markeredgewidth=1 if look.marker == "x" else style.EDGE_WIDTH,
        zorder=3,
    )


def _size_axis(axes: Axes) -> None:
    axes.set_xscale("log")
    axes.set_xlim(FIRST, LAST)
    axes.xaxis.set_major_locator(FixedLocator([10.0**power for power in range(12, 18)]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda size, _: units.size_text(size)))


def _time_axis(axes: Axes, curves: Sequence[Curve]) -> None:
    days = np.concatenate([curve.days for curve in curves])
    days = days[np.isfinite(days)]
    low, high = (days.min() / 1.6, days.max() * 1.6) if len(days) else (0.5, 50)
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    axes.yaxis.set_major_locator(FixedLocator([time for time in TIMES if low <= time <= high]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda days, _: TIMES.get(days, f"{days:g} d")))


def _label_lines(chart: Chart, axes: Axes, drawn: Sequence[tuple[Curve, Look]]) -> None:
    """Write each line's name beside its right end, moved apart where they would touch."""
    low, high = np.log(axes.get_ylim())
    ends = [
        (BOTTOM + HEIGHT * (math.log(curve.days[-1]) - low) / (high - low), curve.label)
        for curve, _ in drawn
        if math.isfinite(curve.days[-1])
    ]
    edge = style.WIDTH - LABELS
    places = _apart([y for y, _ in sorted(ends)])
    for (y, label), place in zip(sorted(ends), places, strict=True):
        chart.canvas.lines([[(edge, y), (edge + 0.13, place)]], chart.theme.muted, 0.8, 2)
        chart.canvas.letters.write(
            edge + 0.17, place, label, size=style.LABEL_SIZE, colour=chart.theme.text
        )


def _apart(places: Sequence[float]) -> list[float]:
    """The same ascending places, moved as little as need be so that labels do not touch."""
    low, high = BOTTOM + 0.05, BOTTOM + HEIGHT
    moved: list[float] = []
    for place in places:
        moved.append(max(place, moved[-1] + LINE if moved else low))
    ceiling = high
    for index in reversed(range(len(moved))):
        moved[index] = min(moved[index], ceiling)
        ceiling = moved[index] - LINE
    return moved


def _mark(axes: Axes, marked: int | None, deadline: float | None, theme: Theme) -> None:
    """A line at the load and one at the deadline, each with its name beside it."""
    behind = {"facecolor": theme.background, "edgecolor": "none", "pad": 1.5, "alpha": 0.85}
    look = {
        "color": theme.text,
        "fontsize": style.SMALL_SIZE,
        "fontfamily": style.FONT_FAMILY,
        "bbox": behind,
        "zorder": 5,
    }
    low, high = axes.get_ylim()
    if marked is not None and FIRST <= marked <= LAST:
        axes.axvline(marked, color=theme.text, lw=1.2, zorder=2)
        right = marked < 0.3 * LAST
        axes.annotate(
            units.size_text(marked), (marked, low), (4 if right else -4, 4),
            textcoords="offset points", ha="left" if right else "right", **look,
        )  # fmt: skip
    if deadline is not None and low <= deadline <= high:
        axes.axhline(deadline, color=theme.text, lw=1.2, zorder=2)
        axes.annotate(
            f"deadline: {deadline:g} days", (FIRST, deadline), (4, 3),
            textcoords="offset points", **look,
        )  # fmt: skip


def _strip(strip: Axes, firsts: Sequence[tuple[float, str]], theme: Theme) -> None:
    """Above the curves: which way ends first, from which size on."""
    strip.set_xscale("log")
    strip.set_xlim(FIRST, LAST)
    strip.set_ylim(0, 1)
    strip.axis("off")
    width = style.WIDTH - LEFT - LABELS
    ends = [*[start for start, _ in firsts[1:]], LAST]
    for index, ((start, option), end) in enumerate(zip(firsts, ends, strict=True)):
        colour = theme.grid if index % 2 == 0 else theme.background
        strip.axvspan(start, end, color=colour, zorder=0)
        share = math.log(end / start) / math.log(LAST / FIRST)
        short = option.replace("Direct Connect", "DC").replace("Data Transfer ", "")
        words = _fitting([option, short], share * width - 0.1)
        strip.text(
            math.sqrt(start * end), 0.5, words, ha="center", va="center", color=theme.text,
            fontsize=style.SMALL_SIZE, fontfamily=style.FONT_FAMILY,
        )  # fmt: skip


def _fitting(texts: Sequence[str], room: float) -> str:
    """The first text that fits into so many inches, or none: the table has them all."""
    return next((text for text in texts if text_width(text, style.SMALL_SIZE) <= room), "")
