"""Strong-scaling charts: what the same problem gains from more ranks, by the wire between them."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from patternlab.plots.drawing.chart import Chart, Look, check_series, log_axis, percent_axis
from patternlab.plots.drawing.picture import Picture
from patternlab.plots.drawing.style import theme_named
from patternlab.plots.hpc.sizes import plain_log_axis


def scaling(
    runs: Mapping[str, pd.DataFrame], *, theme: str = "light", title: str | None = None
) -> Picture:
    """Draw speed-up and efficiency against the number of ranks.

    Args:
        runs: by name, what :func:`patternlab.hpc.scaling.strong_scaling` returns; all with the
            same numbers of ranks.
        theme: ``"light"`` or ``"dark"``.
        title: a heading above the figure.

    Returns:
        The picture: the speed-up with the ideal line above, the efficiency below. Its twin has a
        row for each number of ranks and the efficiency of each run.

    Raises:
        ValueError: there are no runs, more than five, or their ranks differ.
    """
    colours = theme_named(theme)
    check_series(len(runs))
    ranks = list(next(iter(runs.values()))["ranks"])
    for name, run in runs.items():
        if list(run["ranks"]) != ranks:
            raise ValueError(f"{name!r} has other numbers of ranks than the first run.")
    gains, shares = (
        pd.DataFrame({name: run.set_index("ranks")[column] for name, run in runs.items()})
        for column in ("speedup", "efficiency")
    )
    figure = _draw(Chart([2.1, 1.7], colours, title), gains, shares)
    table = shares.round(3).reset_index()
    return Picture(figure, table, _alt_text(table))


def _draw(chart: Chart, gains: pd.DataFrame, shares: pd.DataFrame) -> Figure:
    (gain, efficiency), ranks, muted = chart.axes, list(gains.index), chart.theme.muted
    for axes in chart.axes:
        log_axis(axes.xaxis, lambda count: f"{count:,.0f}", ranks, base=2)
    gain.tick_params(labelbottom=False)
    plain_log_axis(gain, 1, max(ranks))
    percent_axis(efficiency)
    gain.plot(ranks, ranks, color=muted, linewidth=1.0, zorder=2)
    chart.curves(gain, gains)
    key = chart.curves(efficiency, shares)
    chart.name_axes(gain, y="speed-up")
    chart.name_axes(efficiency, "ranks, each on a host of its own", "efficiency")
    return chart.finish([*key, chart.entry("ideal", Look(muted))])


def _alt_text(table: pd.DataFrame) -> str:
    last = table.iloc[-1]
    parts = "; ".join(f"{name} {last[name]:.0%}" for name in table.columns[1:])
    return f"Efficiency at {last['ranks']:,.0f} ranks: {parts}."
