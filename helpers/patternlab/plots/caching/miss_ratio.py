"""Miss-ratio curves: what each policy makes of more memory, and where more stops helping."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from patternlab.plots.drawing.chart import Chart, check_series, log_axis, percent_axis, plain
from patternlab.plots.drawing.picture import Picture
from patternlab.plots.drawing.style import theme_named

FLAT = 1e-9  # the ends of a curve that differ by less count as equal


def miss_ratio_curve(
    curves: Mapping[str, Mapping[float, float]],
    *,
    unit: str = "objects",
    knee: bool = True,
    theme: str = "light",
    title: str | None = None,
) -> Picture:
    """Draw the miss ratio against the capacity, one line per policy.

    Args:
        curves: for each policy the miss ratio, 0 to 1, at each capacity above 0. All policies have
            the same capacities.
        unit: of the capacities.
        knee: mark where the first policy's curve bends most (see :func:`knee_of`).
        theme: ``"light"`` or ``"dark"``.
        title: a heading above the figure.

    Returns:
        The picture. Its twin has a row for each capacity and a column for each policy.

    Raises:
        ValueError: there are no curves, more than five, or their capacities differ.
    """
    colours = theme_named(theme)
    check_series(len(curves))
    table = _table(curves, unit)
    bend = knee_of(dict(next(iter(curves.values())))) if knee and len(table) > 2 else None
    figure = _draw(Chart([3.0], colours, title), table, unit, bend)
    return Picture(figure, table, _alt_text(table, list(curves), unit, bend))


def knee_of(curve: Mapping[float, float]) -> float:
    """Return the capacity at which the curve is farthest below the straight line between its ends.

    Both axes count from 0 to 1 between the ends, the capacity on a logarithmic scale. A curve whose
    ends are practically equal has no bend: the result is its smallest capacity. The idea is
    that of Satopää, Albrecht, Irwin and Raghavan, "Finding a 'Kneedle' in a Haystack" (2011).
    """
    capacities = np.array(sorted(curve), dtype=float)
    misses = np.array([curve[capacity] for capacity in sorted(curve)], dtype=float)
    x = np.log(capacities / capacities[0]) / np.log(capacities[-1] / capacities[0])
    drop = misses[0] - misses[-1]
    y = (misses - misses[-1]) / drop if abs(drop) > FLAT else np.zeros_like(misses)
    return float(capacities[np.argmax((1 - x) - y)])


def _table(curves: Mapping[str, Mapping[float, float]], unit: str) -> pd.DataFrame:
    capacities = sorted(next(iter(curves.values())))
    for name, curve in curves.items():
        if sorted(curve) != capacities:
            raise ValueError(f"{name!r} has other capacities than the first policy: give the same.")
    if not capacities or capacities[0] <= 0:
        raise ValueError("A capacity on this axis is above 0, and there must be at least one.")
    columns = {name: [round(float(c[k]), 4) for k in capacities] for name, c in curves.items()}
    return pd.DataFrame({f"capacity ({unit})": capacities, **columns})


def _draw(chart: Chart, table: pd.DataFrame, unit: str, bend: float | None) -> Figure:
    (axes,) = chart.axes
    capacity, first, *_ = table
    log_axis(axes.xaxis, plain)
    percent_axis(axes)
    if bend is not None:
        axes.axvline(bend, color=chart.theme.muted, lw=1.0, zorder=2)
        words = f" knee of {first}: {bend:,.6g}"
        axes.annotate(words, (bend, 0.97), va="top", **chart.letters())
    key = chart.curves(axes, table.set_index(capacity))
    chart.name_axes(axes, f"capacity in {unit}, on a logarithmic scale", "miss ratio")
    return chart.finish(key)


def _alt_text(table: pd.DataFrame, policies: list[str], unit: str, bend: float | None) -> str:
    first, last = table.iloc[0], table.iloc[-1]
    ends = "; ".join(f"{name} {first[name]:.1%} to {last[name]:.1%}" for name in policies)
    knee = f" The knee of {policies[0]} is at {bend:,.6g}." if bend is not None else ""
    return f"Miss ratios from {first.iloc[0]:,.10g} to {last.iloc[0]:,.10g} {unit}: {ends}.{knee}"
