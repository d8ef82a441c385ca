"""Bandwidth curves: what share of its wire a message of each size can use."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from patternlab.hpc.hockney import BYTES_PER_US
from patternlab.plots.drawing.chart import Chart, Look, check_series
from patternlab.plots.drawing.picture import Picture
from patternlab.plots.drawing.style import theme_named
from patternlab.plots.hpc.sizes import NAME, Curve, joined, plain_log_axis, size_axis, size_name


def bandwidth_curve(
    curves: Mapping[str, Curve],
    *,
    line_gbps: float | None = None,
    theme: str = "light",
    title: str | None = None,
) -> Picture:
    """Draw the Gbit/s that messages reach against their size, from the time that each takes.

    Args:
        curves: microseconds (half round trips) by size in bytes, as for
            :func:`~patternlab.plots.hpc.latency_curve`.
        line_gbps: the line rate to draw, in Gbit/s (10^9 bits per second).
        theme: ``"light"`` or ``"dark"``.
        title: a heading above the figure.

    Returns:
        The picture. Its twin has a row for each size and a column for each curve, in Gbit/s.

    Raises:
        ValueError: there are no curves, more than five, or a number in one is not above 0.
    """
    colours = theme_named(theme)
    check_series(len(curves))
    times = joined(curves)
    table = (1 / times).mul(times.index, axis=0) / BYTES_PER_US
    chart = Chart([3.2], colours, title)
    (axes,) = chart.axes
    size_axis(axes, table.index.min(), table.index.max())
    plain_log_axis(axes, table.min().min(), table.max().max())
    key = chart.curves(axes, table)
    if line_gbps is not None:
        axes.axhline(line_gbps, color=colours.muted, linewidth=1.0, zorder=2)
        key.append(chart.entry(f"line rate, {line_gbps:g} Gbps", Look(colours.muted)))
    chart.name_axes(axes, NAME, "Gbit/s, one message at a time")
    return Picture(chart.finish(key), table.round(4).reset_index(), _alt_text(table, line_gbps))


def _alt_text(table: pd.DataFrame, line_gbps: float | None) -> str:
    parts = []
    for name in table:
        curve = table[name].dropna()
        best = size_name(float(curve.index[int(curve.argmax())]))
        parts.append(f"{name} at most {curve.max():.3g} Gbps, at {best}")
    line = f" The line rate is {line_gbps:g} Gbps." if line_gbps is not None else ""
    return f"Bandwidth that one message at a time reaches: {'; '.join(parts)}.{line}"
