"""The load on the origin over time, one row per design, all on the same scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from patternlab.plots.drawing import style
from patternlab.plots.drawing.axis import even_ticks
from patternlab.plots.drawing.chart import Chart, Look, check_series
from patternlab.plots.drawing.picture import Picture
from patternlab.plots.drawing.style import theme_named

ROW = {1: 2.2, 2: 1.4, 3: 1.05, 4: 0.85, 5: 0.75}  # inches of one row


def origin_load(
    loads: Mapping[str, Sequence[float]],
    bin_seconds: float,
    *,
    limit: float | None = None,
    theme: str = "light",
    title: str | None = None,
) -> Picture:
    """Draw the fetches per second that reach the origin, one row for each design.

    Args:
        loads: up to five designs, each with its fetches in each bin, all of the same length, as
            ``caching.Result.fetches_over_time``.
        bin_seconds: how long a bin lasts.
        limit: fetches per second that the origin bears, drawn as a line.
        theme: ``"light"`` or ``"dark"``.
        title: a heading above the figure.

    Returns:
        The picture. Its twin: design, fetches, mean per second, peak per second, at (s).

    Raises:
        ValueError: there are no designs, more than five, or their bins differ.
    """
    colours = theme_named(theme)
    check_series(len(loads))
    rates = {name: np.asarray(load, dtype=float) / bin_seconds for name, load in loads.items()}
    if len({len(rate) for rate in rates.values()}) != 1 or not len(next(iter(rates.values()))):
        raise ValueError("Each design needs the same number of bins, at least one.")
    table = pd.DataFrame(
        {
            "design": list(rates),
            "fetches": [round(float(rate.sum()) * bin_seconds) for rate in rates.values()],
            "mean per second": [float(f"{rate.mean():.4g}") for rate in rates.values()],
            "peak per second": [float(f"{rate.max():.4g}") for rate in rates.values()],
            "at (s)": [float(f"{rate.argmax() * bin_seconds:.6g}") for rate in rates.values()],
        }
    )
    chart = Chart([ROW[len(rates)]] * len(rates), colours, title)
    highest = max(max(float(rate.max()) for rate in rates.values()), limit or 0.0) or 1.0
    span = bin_seconds * len(next(iter(rates.values())))
    unit, ticks = even_ticks(span)
    moments, labels = zip(*ticks, strict=True)
    bears = Look(colours.failed, "", (0, (5, 1.5)))
    for axes, (name, rate) in zip(chart.axes, rates.items(), strict=True):
        edges = np.arange(len(rate) + 1) * bin_seconds
        axes.stairs(rate, edges, fill=True, color=colours.succeeded, lw=0, zorder=2)
        axes.set_xlim(0, span)
        axes.set_ylim(0, highest * 1.3)
        axes.set_xticks(moments, labels if axes is chart.axes[-1] else [])
        if limit is not None:
            axes.axhline(limit, color=bears.colour, lw=1.2, ls=bears.dashes, zorder=3)
        axes.text(
            0.008,
            0.95,
            f"{name}: peak {rate.max():,.3g}/s",
            transform=axes.transAxes,
            va="top",
            zorder=4,
            bbox={"facecolor": colours.background, "edgecolor": "none", "pad": 1.5},
            **chart.letters(style.LABEL_SIZE),
        )
    chart.name_axes(chart.axes[-1], x=f"{unit}s since the first request")
    chart.name_axes(chart.axes[len(rates) // 2], y="fetches per second")
    key = [chart.box_entry("fetches from the origin", colours.succeeded)]
    if limit is not None:
        key.append(chart.entry(f"the origin bears {limit:,.6g}/s", bears))
    return Picture(chart.finish(key), table, _alt_text(table, limit))


def _alt_text(table: pd.DataFrame, limit: float | None) -> str:
    parts = "; ".join(
        f"{row['design']}: mean {row['mean per second']:,g}, peak {row['peak per second']:,g}"
        for row in table.to_dict("records")
    )
    over = f" The origin bears {limit:,g}." if limit is not None else ""
    return f"Fetches per second from the origin. {parts}.{over}"
