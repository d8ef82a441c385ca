"""Layers of caches as a flow: how many requests each absorbs, and what is left for the origin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import pandas as pd
from matplotlib.ticker import FuncFormatter

from patternlab.plots.drawing import style
from patternlab.plots.drawing.canvas import EDGE, shortened
from patternlab.plots.drawing.chart import Chart
from patternlab.plots.drawing.lettering import text_width
from patternlab.plots.drawing.picture import Picture
from patternlab.plots.drawing.style import Theme, theme_named

BAR = 0.62  # of a row's height
ROW = 0.5  # inches


class Layered(Protocol):
    """What is asked of a layer: ``caching.Result`` has it."""

    name: str
    requests: int
    fetches: int


def layer_flow(
    layers: Sequence[Layered],
    *,
    origin: str = "origin",
    theme: str = "light",
    title: str | None = None,
) -> Picture:
    """Draw one bar a layer: the requests that reach it, split into absorbed and passed on.

    Args:
        layers: the results, the layer nearest the viewers first, as ``caching.hierarchy`` gives.
        origin: what to call what is behind the last layer.
        theme: ``"light"`` or ``"dark"``.
        title: a heading above the figure.

    Returns:
        The picture. Its twin: layer, requests, absorbed, passed on, absorbed share.

    Raises:
        ValueError: there is no layer, or nothing was asked.
    """
    colours = theme_named(theme)
    if not layers or not layers[0].requests:
        raise ValueError("There is nothing to draw: give at least one layer that was asked.")
    rows = [_row(layer) for layer in layers]
    rows.append({**dict.fromkeys(rows[0]), "layer": origin, "requests": layers[-1].fetches})
    rows[-1] |= {"absorbed": layers[-1].fetches, "passed on": 0, "absorbed share": 1.0}
    table = pd.DataFrame(rows)
    return Picture(_draw(table, colours, title), table, _told(table))


def _row(layer: Layered) -> dict[str, object]:
    absorbed = layer.requests - layer.fetches
    share = round(absorbed / layer.requests, 4) if layer.requests else 0.0
    return {
        "layer": layer.name,
        "requests": layer.requests,
        "absorbed": absorbed,
        "passed on": layer.fetches,
        "absorbed share": share,
    }


def _draw(table: pd.DataFrame, theme: Theme, title: str | None):
    names = [shortened(name) for name in table["layer"]]
    left = EDGE + max(text_width(name, style.LABEL_SIZE) for name in names) + 0.16
    chart = Chart([ROW * len(table)], theme, title, left=left)
    axes = chart.axes[0]
    places = range(len(table) - 1, -1, -1)
    absorbed = table["absorbed"].clip(lower=0)
    look = {"height": BAR, "edgecolor": theme.edge, "linewidth": 0.5, "zorder": 2}
    axes.barh(places, absorbed, color=theme.succeeded, **look)
    passed = table["requests"] - absorbed
    axes.barh(places, passed, left=absorbed, color=theme.standstill, hatch="////", **look)
    axes.set_yticks(list(places), names)
    axes.set_ylim(-0.5, len(table) - 0.5)
    most = float(table["requests"].max())
    axes.set_xlim(0, most * 1.35)
    for place, row in zip(places, table.to_dict("records"), strict=True):
        words = f"{row['requests']:,}"
        if place:
            words += f", absorbs {row['absorbed share']:.1%}"
        axes.annotate(
            "  " + words,
            (row["requests"], place),
            va="center",
            color=theme.text,
            fontsize=style.LEGEND_SIZE,
            fontfamily=style.FONT_FAMILY,
        )
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0, labelcolor=theme.text)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    chart.name_axis(axes, "requests")
    key = [
        chart.box_entry("absorbed here", theme.succeeded),
        chart.box_entry("passed on", theme.standstill, "////"),
    ]
    return chart.finish(key)


def _told(table: pd.DataFrame) -> str:
    *layers, last = table.to_dict("records")
    parts = "; ".join(f"{row['layer']} absorbs {row['absorbed share']:.1%}" for row in layers)
    return (
        f"Of {layers[0]['requests']:,} requests {last['requests']:,} reach the {last['layer']}: "
        f"{parts}."
    )
