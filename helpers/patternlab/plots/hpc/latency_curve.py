"""Latency curves: how long a message takes, from one byte to megabytes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from patternlab.hpc.hockney import Hockney
from patternlab.plots.drawing.chart import Chart, Look, check_series
from patternlab.plots.drawing.picture import Picture
from patternlab.plots.drawing.style import theme_named
from patternlab.plots.hpc.sizes import NAME, Curve, joined, plain_log_axis, size_axis, size_name


def latency_curve(
    curves: Mapping[str, Curve],
    *,
    fits: Mapping[str, Hockney] | None = None,
    theme: str = "light",
    title: str | None = None,
) -> Picture:
    """Draw the time of a message against its size, one line per curve, both scales logarithmic.

    Args:
        curves: microseconds (half round trips) by size in bytes, as a mapping or a Series. Say in
            the name where the numbers come from: measured, emulated or quoted. A curve of one size
            is one mark.
        fits: Hockney models by name. Each is a thin line of its own, with a flag at its n½.
        theme: ``"light"`` or ``"dark"``.
        title: a heading above the figure.

    Returns:
        The picture. Its twin has a row for each size and a column for each curve and fit, in
        microseconds.

    Raises:
        ValueError: there are no curves, more than five, or a number in one is not above 0.
    """
    colours = theme_named(theme)
    check_series(len(curves))
    table = joined(curves)
    figure = _draw(Chart([3.2], colours, title), table, fits or {})
    alt = _alt_text(table, fits or {})
    for name, model in (fits or {}).items():
        table[f"{name} (modelled)"] = model.time_us(table.index)
    return Picture(figure, table.round(2).reset_index(), alt)


def _draw(chart: Chart, table: pd.DataFrame, fits: Mapping[str, Hockney]) -> Figure:
    (axes,), muted = chart.axes, chart.theme.muted
    size_axis(axes, table.index.min(), table.index.max())
    plain_log_axis(axes, table.min().min(), table.max().max())
    sizes = np.geomspace(table.index.min(), table.index.max(), 200)
    key = chart.curves(axes, table)
    for row, (name, model) in enumerate(sorted(fits.items(), key=lambda fit: fit[1].n_half)):
        axes.plot(sizes, model.time_us(sizes), color=muted, linewidth=0.9, zorder=2)
        if sizes[0] <= model.n_half <= sizes[-1]:
            _flag(chart, name, model, row)
    if fits:  # lower the floor: a row of words for each stands below the curves
        low, high = axes.get_ylim()
        axes.set_ylim(low * (low / high) ** (0.1 * len(fits)), high)
        key.append(chart.entry(f"modelled: {', '.join(fits)}", Look(muted)))
    chart.name_axes(axes, NAME, "microseconds, one way")
    return chart.finish(key)


def _flag(chart: Chart, name: str, model: Hockney, row: int) -> None:
    """Mark n½, where half of the time is the start and half the bytes; one row per model."""
    (axes,) = chart.axes
    height = 0.05 + 0.08 * row  # as a share of the axis
    axes.axvline(model.n_half, 0, height + 0.03, color=chart.theme.muted, linewidth=1.2, zorder=2)
    axes.annotate(
        f"n½ of {name}: {size_name(model.n_half)} ",
        (model.n_half, height),
        xycoords=("data", "axes fraction"),
        ha="right",
        va="center",
        **chart.letters(),
    )


def _alt_text(table: pd.DataFrame, fits: Mapping[str, Hockney]) -> str:
    parts = []
    for name in table:
        curve = table[name].dropna()
        first = f"{name} {curve.iloc[0]:.3g} us at {size_name(curve.index[0])}"
        last = f" to {curve.iloc[-1]:,.5g} us at {size_name(curve.index[-1])}"
        parts.append(first + (last if len(curve) > 1 else ""))
    lines = [
        f"{name}: {model.alpha_us:.3g} us and {model.gbps:.3g} Gbps, n½ {size_name(model.n_half)}"
        for name, model in fits.items()
    ]
    fitted = f" Fitted: {'; '.join(lines)}." if lines else ""
    return f"Time of a message by its size: {'; '.join(parts)}.{fitted}"
