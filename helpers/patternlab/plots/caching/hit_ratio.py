"""Hit ratio and staleness against the TTL: what one gains, the other loses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from patternlab.plots.drawing.chart import Chart, Look, log_axis, looks, percent_axis
from patternlab.plots.drawing.picture import Picture
from patternlab.plots.drawing.style import theme_named

TICKS: dict[float, str] = {
    0.1: "0.1 s", 1: "1 s", 10: "10 s", 60: "1 min", 300: "5 min", 3600: "1 h", 6 * 3600: "6 h",
    86400: "1 d", 604800: "1 wk", 2592000: "30 d", 31536000: "1 y",
}  # fmt: skip


class Counted(Protocol):
    """What the figure needs of a simulated run: ``caching.Result`` has it."""

    hit_ratio: float
    stale_ratio: float
    mean_age: float
    fetches: int


def hit_ratio_curve(
    runs: Mapping[float, Counted],
    *,
    theory: Mapping[float, float] | None = None,
    bound: float | None = None,
    theme: str = "light",
    title: str | None = None,
) -> Picture:
    """Draw the share of hits and the share of outdated answers for each TTL.

    Args:
        runs: the result of a run for each TTL in seconds, above 0.
        theory: the hit ratio that a formula gives for each TTL, drawn as a dotted line.
        bound: a share of outdated answers that is still accepted, drawn as a level.
        theme: ``"light"`` or ``"dark"``.
        title: a heading above the figure.

    Returns:
        The picture. Its twin: TTL (s), hit ratio, outdated, mean age (s), fetches.

    Raises:
        ValueError: there are no runs, or a TTL is not above 0.
    """
    colours = theme_named(theme)
    ttls = _checked(runs)
    ordered = [runs[ttl] for ttl in ttls]
    table = pd.DataFrame(
        {
            "TTL (s)": ttls,
            "hit ratio": [round(run.hit_ratio, 4) for run in ordered],
            "outdated": [round(run.stale_ratio, 4) for run in ordered],
            "mean age (s)": [round(float(run.mean_age), 2) for run in ordered],
            "fetches": [run.fetches for run in ordered],
        }
    )
    if theory is not None:
        table.insert(2, "theory", [round(float(theory[ttl]), 4) for ttl in ttls])
    return Picture(_draw(Chart([3.0], colours, title), table, bound), table, _alt_text(table))


def _checked(runs: Mapping[float, Counted]) -> list[float]:
    ttls = sorted(runs)
    if not ttls:
        raise ValueError("There is nothing to draw: give a run for at least one TTL.")
    if not (np.isfinite(ttls).all() and ttls[0] > 0):
        raise ValueError(f"A TTL on this axis is a number of seconds above 0, not {ttls[0]:g}.")
    return ttls


def _draw(chart: Chart, table: pd.DataFrame, bound: float | None) -> Figure:
    (axes,), theme = chart.axes, chart.theme
    hits, stale, formula, *_ = looks(theme)
    formula = Look(formula.colour, "", formula.dashes)
    ttls = table["TTL (s)"]
    _seconds_axis(axes, ttls.iloc[0], ttls.iloc[-1])
    percent_axis(axes)
    if bound is not None:
        axes.axhline(bound, color=theme.failed, lw=1.0, zorder=2)
        words = f"at most {bound * 100:.3g} % outdated"
        place, look = (ttls.iloc[0], bound), chart.letters()
        axes.annotate(words, place, (0, 3), textcoords="offset points", **look)
    if "theory" in table:
        chart.series(axes, ttls, table["theory"], formula)
    chart.series(axes, ttls, table["hit ratio"], hits)
    chart.series(axes, ttls, table["outdated"], stale)
    chart.name_axes(axes, "TTL, on a logarithmic scale", "share of all answers")
    key = [chart.entry("hits", hits), chart.entry("outdated answers", stale)]
    if "theory" in table:
        key.append(chart.entry("hits, by formula", formula))
    return chart.finish(key)


def _seconds_axis(axes: Axes, first: float, last: float) -> None:
    """Make the x axis one of seconds, with ticks at times people name: 1 s, 1 min, 1 h, 1 d."""
    places = [tick for tick in TICKS if first <= tick <= last]
    if len(places) < 2:
        places = sorted({first, last})
    log_axis(axes.xaxis, lambda x: TICKS.get(round(x, 9), f"{x:g} s"), places)
    spread = (last / first) ** 0.02 if last > first else 2
    axes.set_xlim(first / spread, last * spread)


def _alt_text(table: pd.DataFrame) -> str:
    first, last = table.iloc[0], table.iloc[-1]
    return (
        f"Hit ratio and outdated answers for TTLs from {first['TTL (s)']:g} s to "
        f"{last['TTL (s)']:g} s ({len(table)} in all): hits go from {first['hit ratio']:.1%} "
        f"to {last['hit ratio']:.1%}, "
        f"outdated answers from {first['outdated']:.1%} to {last['outdated']:.1%}."
    )
