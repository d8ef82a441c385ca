"""From the order to the last byte, against the size of the load: which way to AWS ends first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from patternlab.hpc import units
from patternlab.hpc.transfer import Site, crossovers, estimate, status
from patternlab.plots.drawing import style
from patternlab.plots.drawing.canvas import LEGEND_ROW
from patternlab.plots.drawing.chart import BOTTOM, Chart, Look, log_axis
from patternlab.plots.drawing.picture import Picture
from patternlab.plots.drawing.style import Theme, theme_named
from patternlab.plots.drawing.text import text_width

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
#: Days, and what people call them.
TIMES: dict[float, str] = {
    1 / 24: "1 hour", 1: "1 day", 7: "1 week", 30: "1 month", 365.25: "1 year", 3652.5: "10 years",
    36525: "100 years", 365250: "1,000 years",
}  # fmt: skip


Firsts = Sequence[tuple[float, str]]  # from which size on, in bytes, which way ends first


@dataclass(frozen=True)
class Curve:
    """One way: its days at each size, and whether the site can order it."""

    option: str
    days: np.ndarray
    is_open: bool

    @property
    def label(self) -> str:
        """Return what stands beside the line."""
        return self.option + _aside(self.option, self.is_open)


def _aside(option: str, is_open: bool) -> str:
    """Return what stands behind the name of a way that this site cannot order."""
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
    **how: Any,
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
        The picture. Its twin has a row per size, a column per way, and which way ends first.

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
    return Picture(figure, table, _alt_text(curves, firsts, marked, table))


def _curve(option: str, sizes: np.ndarray, site: Site, how: dict[str, Any]) -> Curve:
    plans = [estimate(option, size, site, **how) for size in sizes]
    days = np.array([plan.days if math.isfinite(plan.days) else math.nan for plan in plans])
    return Curve(option, days, plans[0].is_open)


# -- in words ----------------------------------------------------------------------------------


def _table(
    site: Site,
    options: Sequence[str],
    firsts: Firsts,
    marked: int | None,
    how: dict[str, Any],
) -> pd.DataFrame:
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


def _first(firsts: Firsts, size: float) -> str:
    return [option for start, option in firsts if start <= max(size, FIRST)][-1]


def _alt_text(
    curves: Sequence[Curve], firsts: Firsts, marked: int | None, table: pd.DataFrame
) -> str:
    ends = [units.size_text(float(f"{start:.3g}")) for start, _ in firsts[1:]]
    parts = [f"{option} up to {end}" for (_, option), end in zip(firsts, ends, strict=False)]
    parts.append(firsts[-1][1] + (" from there on" if parts else ""))
    closed = [f"{curve.option} ({status(curve.option)})" for curve in curves if not curve.is_open]
    words = "Days from the order to the last byte, for 1 TB to 100 PB. "
    words += f"First is {', then '.join(parts)}."
    if marked:
        row = table.set_index("load").loc[units.size_text(marked)]
        words += f" {units.size_text(marked)}: first is {row['first']}."
    return words + (f" Closed to this site: {', '.join(closed)}." if closed else "")


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


def _draw(
    sizes: np.ndarray,
    curves: Sequence[Curve],
    firsts: Firsts,
    marked: int | None,
    deadline: float | None,
    theme: Theme,
    title: str | None,
) -> Figure:
    chart = Chart([STRIP, HEIGHT], theme, title, gap=0.06, left=LEFT, right=LABELS)
    strip, axes = chart.axes
    _scale_axes(axes, curves)
    open_ways, closed = iter(_looks(theme)), Look(theme.waiting, "x", (0, (1, 2)))
    for curve in curves:
        look = next(open_ways) if curve.is_open else closed
        chart.series(axes, sizes, curve.days, look, markevery=9, clip_on=True)
    _label_lines(chart, axes, curves)
    for start, _ in firsts[1:]:
        axes.axvline(start, color=theme.muted, lw=0.8, linestyle=(0, (2, 2)), zorder=1)
    _mark(chart, axes, marked, deadline)
    _strip(chart, strip, firsts)
    chart.name_axes(axes, "size of the load", "from order to last byte, at worst")
    text, y = "First to end, of what this site can order:", chart.top + LEGEND_ROW / 2 - 0.02
    chart.write(LEFT, y, text, size=style.LEGEND_SIZE)
    return chart.finish([])


def _scale_axes(axes: Axes, curves: Sequence[Curve]) -> None:
    log_axis(axes.xaxis, units.size_text, [10.0**power for power in range(12, 18)])
    axes.set_xlim(FIRST, LAST)
    days = np.concatenate([curve.days for curve in curves])
    days = days[np.isfinite(days)]
    low, high = (days.min() / 1.6, days.max() * 1.6) if len(days) else (0.5, 50)
    named = [time for time in TIMES if low <= time <= high]
    log_axis(axes.yaxis, lambda days: TIMES.get(days, f"{days:g} d"), named)
    axes.set_ylim(low, high)


def _label_lines(chart: Chart, axes: Axes, curves: Sequence[Curve]) -> None:
    """Write each line's name beside its right end, moved apart if they would touch."""
    low, high = np.log(axes.get_ylim())
    ends = sorted(
        (BOTTOM + HEIGHT * (math.log(curve.days[-1]) - low) / (high - low), curve.label)
        for curve in curves
        if math.isfinite(curve.days[-1])
    )
    edge = style.WIDTH - LABELS
    for (y, label), place in zip(ends, _apart([y for y, _ in ends]), strict=True):
        chart.lines([[(edge, y), (edge + 0.13, place)]], chart.theme.muted, 0.8, 2)
        chart.write(edge + 0.17, place, label)


def _apart(places: Sequence[float]) -> list[float]:
    """Return the same ascending places, moved as little as need be so that labels do not touch."""
    low, high = BOTTOM + 0.05, BOTTOM + HEIGHT
    moved: list[float] = []
    for place in places:
        moved.append(max(place, moved[-1] + LINE if moved else low))
    ceiling = high
    for index in reversed(range(len(moved))):
        moved[index] = min(moved[index], ceiling)
        ceiling = moved[index] - LINE
    return moved


def _mark(chart: Chart, axes: Axes, marked: int | None, deadline: float | None) -> None:
    """Draw a line at the load and one at the deadline, each with its name beside it."""
    colour = chart.theme.text
    behind = {"facecolor": chart.theme.background, "edgecolor": "none", "pad": 1.5, "alpha": 0.85}
    look = chart.letters() | {"bbox": behind, "zorder": 5, "textcoords": "offset points"}
    low, high = axes.get_ylim()
    if marked is not None and FIRST <= marked <= LAST:
        axes.axvline(marked, color=colour, lw=1.2, zorder=2)
        away, side = (4, "left") if marked < 0.3 * LAST else (-4, "right")
        axes.annotate(units.size_text(marked), (marked, low), (away, 4), ha=side, **look)
    if deadline is not None and low <= deadline <= high:
        axes.axhline(deadline, color=colour, lw=1.2, zorder=2)
        axes.annotate(f"deadline: {deadline:g} days", (FIRST, deadline), (4, 3), **look)


def _strip(chart: Chart, strip: Axes, firsts: Firsts) -> None:
    """Write above the curves which way ends first, from which size on."""
    strip.set_xscale("log")
    strip.set_xlim(FIRST, LAST)
    strip.set_ylim(0, 1)
    strip.axis("off")
    width = style.WIDTH - LEFT - LABELS
    ends = [*[start for start, _ in firsts[1:]], LAST]
    for index, ((start, option), end) in enumerate(zip(firsts, ends, strict=True)):
        colour = chart.theme.grid if index % 2 == 0 else chart.theme.background
        strip.axvspan(start, end, color=colour, zorder=0)
        share = math.log(end / start) / math.log(LAST / FIRST)
        short = option.replace("Direct Connect", "DC").replace("Data Transfer ", "")
        words = _fitting([option, short], share * width - 0.1)
        middle = math.sqrt(start * end)
        strip.text(middle, 0.5, words, ha="center", va="center", **chart.letters())


def _fitting(texts: Sequence[str], room: float) -> str:
    """Return the first text that fits into so many inches, or none: the table has them all."""
    return next((text for text in texts if text_width(text, style.SMALL_SIZE) <= room), "")
