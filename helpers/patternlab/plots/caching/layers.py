"""Layers of caches as a flow: how many requests each absorbs, and what is left for the origin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from patternlab.plots.drawing import style
from patternlab.plots.drawing.canvas import EDGE
from patternlab.plots.drawing.chart import RIGHT, Chart
from patternlab.plots.drawing.picture import Picture
from patternlab.plots.drawing.style import Theme, theme_named
from patternlab.plots.drawing.text import shortened, widest

BAR = 0.62  # of a row's height
ROW = 0.5  # inches


class Layered(Protocol):
    """What the figure needs of a layer: ``caching.Result`` has it."""

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
    """Draw one bar per layer: the requests that reach it, split into absorbed and passed on.

    Args:
        layers: the results, the layer nearest the viewers first, as ``caching.hierarchy`` gives.
        origin: the name of what is behind the last layer.
        theme: ``"light"`` or ``"dark"``.
        title: a heading above the figure.

    Returns:
        The picture. Its twin: layer, requests, absorbed, passed on, absorbed share.

    Raises:
        ValueError: there is no layer, or the first had no requests.
    """
    colours = theme_named(theme)
    if not layers or not layers[0].requests:
        raise ValueError("There is nothing to draw: give at least one layer that had requests.")
    requests = [layer.requests for layer in layers] + [layers[-1].fetches]
    passed = [layer.fetches for layer in layers] + [0]
    absorbed = [count - on for count, on in zip(requests, passed, strict=True)]
    shares = [
        round(own / count, 4) if count else 0.0
        for own, count in zip(absorbed, requests, strict=True)
    ]
    table = pd.DataFrame(
        {
            "layer": [layer.name for layer in layers] + [origin],
            "requests": requests,
            "absorbed": absorbed,
            "passed on": passed,
            "absorbed share": [*shares[:-1], 1.0],
        }
    )
    return Picture(_draw(table, colours, title), table, _alt_text(table))


def _draw(table: pd.DataFrame, theme: Theme, title: str | None) -> Figure:
    names = [shortened(name) for name in table["layer"]]
    left = EDGE + widest(names, style.LABEL_SIZE) + 0.16
    chart = Chart([ROW * len(table)], theme, title, left=left)
    (axes,) = chart.axes
    places = list(reversed(range(len(table))))
    absorbed = table["absorbed"].clip(lower=0)
    look: dict[str, Any] = {"height": BAR, "edgecolor": theme.edge, "linewidth": 0.5, "zorder": 2}
    axes.barh(places, absorbed, color=theme.succeeded, **look)
    passed = table["requests"] - absorbed
    axes.barh(places, passed, left=absorbed, color=theme.standstill, hatch="////", **look)
    axes.set_yticks(places, names)
    axes.set_ylim(-0.5, len(table) - 0.5)
    words = [f"  {requests:,}" for requests in table["requests"]]
    for row, share in enumerate(table["absorbed share"][:-1]):
        words[row] += f", absorbs {share:.1%}"
    wide = style.WIDTH - left - RIGHT
    room = wide + RIGHT - EDGE - widest(words, style.LEGEND_SIZE)  # for the longest bar
    axes.set_xlim(0, float(table["requests"].max()) * max(1.35, wide / room))
    for text, requests, place in zip(words, table["requests"], places, strict=True):
        axes.annotate(text, (requests, place), va="center", **chart.letters(style.LEGEND_SIZE))
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0, labelcolor=theme.text)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    chart.name_axes(axes, "requests")
    key = [
        chart.box_entry("absorbed here", theme.succeeded),
        chart.box_entry("passed on", theme.standstill, "////"),
    ]
    return chart.finish(key)


def _alt_text(table: pd.DataFrame) -> str:
    *layers, last = table.to_dict("records")
    parts = "; ".join(f"{row['layer']} absorbs {row['absorbed share']:.1%}" for row in layers)
    return (
        f"Of {layers[0]['requests']:,} requests {last['requests']:,} reach the {last['layer']}: "
        f"{parts}."
    )
