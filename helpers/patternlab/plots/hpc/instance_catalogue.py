"""The catalogue of instance types as a picture: cores against network, and which have EFA."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from patternlab.plots.drawing import style
from patternlab.plots.drawing.canvas import Box
from patternlab.plots.drawing.chart import Chart, Look, log_axis, plain
from patternlab.plots.drawing.picture import Picture
from patternlab.plots.drawing.style import POINTS_PER_INCH, Theme, theme_named
from patternlab.plots.drawing.text import text_width

HEIGHT = 3.9  # inches of the axes
#: Named by default: small and large, with EFA and without.
NAMED = ("t3.micro", "m5.2xlarge", "c5n.9xlarge", "hpc7g.4xlarge", "hpc7a.96xlarge", "p5.48xlarge")
MOST_NAMED = 10
WITHOUT, FABRIC, ACCELERATED = "no EFA", "EFA", "EFA and GPUs or accelerators"
GAP = 7 / POINTS_PER_INCH  # between a mark and its name
RING = 5 / POINTS_PER_INCH  # around a named mark
LINE = 11 / POINTS_PER_INCH  # height of a name


def instance_catalogue(
    table: pd.DataFrame,
    highlight: Sequence[str] = NAMED,
    *,
    theme: str = "light",
    title: str | None = None,
) -> Picture:
    """Draw every instance type: vCPUs against network bandwidth, with EFA or without.

    Args:
        table: as ``hpc.catalogue.catalogue(cloud)`` gives it, or rows of it.
        highlight: types to name in the picture, at most ten; those that `table` lacks are left out.
        theme: ``"light"`` or ``"dark"``.
        title: a heading above the figure.

    Returns:
        The picture. Its twin has a row for each named type: vcpus, memory (GiB), GPUs, network
        (EC2's words), EFA interfaces.

    Raises:
        ValueError: the table is empty, or more types are named than can be.
    """
    if table.empty:
        raise ValueError("There is no instance type to draw: require less in suitable(...).")
    if len(highlight) > MOST_NAMED:
        raise ValueError(f"{len(highlight)} names do not fit: name at most {MOST_NAMED} types.")
    named = table.loc[[name for name in dict.fromkeys(highlight) if name in table.index]]
    kinds = _kinds(table)
    figure = _draw(table, kinds, named, theme_named(theme), title)
    return Picture(figure, _twin(named), _alt_text(table, kinds))


def _kinds(table: pd.DataFrame) -> pd.Series:
    """Return what each type is drawn as."""
    kinds = pd.Series(WITHOUT, index=table.index)
    kinds[table["efa"]] = FABRIC
    kinds[table["efa"] & ((table["gpus"] > 0) | (table["accelerators"] > 0))] = ACCELERATED
    return kinds


def _looks(theme: Theme) -> dict[str, Look]:
    return {
        WITHOUT: Look(theme.waiting, ".", ""),
        FABRIC: Look(theme.succeeded, "o", ""),
        ACCELERATED: Look(theme.failed, "s", ""),
    }


def _draw(
    table: pd.DataFrame, kinds: pd.Series, named: pd.DataFrame, theme: Theme, title: str | None
) -> Figure:
    chart = Chart([HEIGHT], theme, title, left=0.95)
    (axes,) = chart.axes
    log_axis(axes.xaxis, plain, base=2)
    log_axis(axes.yaxis, plain)
    looks, key = _looks(theme), []
    for order, (kind, look) in enumerate(looks.items()):
        some = table[kinds == kind]
        if some.empty:
            continue
        size, edge = (4, look.colour) if kind == WITHOUT else (5.5, theme.edge)
        mark = {"marker": look.marker, "markersize": size, "markeredgecolor": edge}
        x, y = some["vcpus"], some["network_gbps"]
        chart.series(axes, x, y, look, clip_on=True, zorder=3 + order, **mark)
        key.append(chart.entry(f"{kind} ({len(some):,})", look))
    _name(chart, table, named)
    chart.name_axes(axes, "vCPUs", "network, Gbps (peak)")
    return chart.finish(key)


def _name(chart: Chart, table: pd.DataFrame, named: pd.DataFrame) -> None:
    """Write the names beside their marks, none on another, and on few marks."""
    axes, theme = chart.axes[0], chart.theme
    axes.set(xlim=axes.get_xlim(), ylim=axes.get_ylim())  # final, before anything is measured
    fabric = table[table["efa"]]
    marks = np.unique(_inches(axes, fabric).round(2), axis=0)  # the grey ones may be covered
    places = _inches(axes, named)
    taken: list[Box] = [(*(place - RING), *(place + RING)) for place in places]
    for name, place in zip(named.index, places, strict=True):
        box = _room(place, text_width(name, style.LABEL_SIZE), marks, taken)
        taken.append(box)
        axes.annotate(
            name,
            (box[0], (box[1] + box[3]) / 2),
            xycoords=chart.figure.dpi_scale_trans,
            va="center",
            bbox={"facecolor": theme.background, "edgecolor": "none", "pad": 1, "alpha": 0.8},
            zorder=7,
            **chart.letters(style.LABEL_SIZE),
        )
        axes.plot(
            *named.loc[name, ["vcpus", "network_gbps"]],
            marker="o",
            markersize=2 * RING * POINTS_PER_INCH,
            markerfacecolor="none",
            markeredgecolor=theme.text,
            zorder=6,
        )


def _inches(axes: Axes, table: pd.DataFrame) -> np.ndarray:
    """Return where the types are drawn, in inches: (n, 2)."""
    return axes.transData.transform(table[["vcpus", "network_gbps"]]) / axes.figure.dpi


def _room(place: np.ndarray, width: float, marks: np.ndarray, taken: Sequence[Box]) -> Box:
    """Return where a name of that width goes, beside ``place``."""
    best, least = None, float("inf")
    for row, price in ((0, 0), (1.3, 0.8), (-1.3, 0.8), (2.4, 2.5), (-2.4, 2.5)):
        for left in (place[0] + GAP, place[0] - GAP - width):
            low = place[1] + (row - 0.5) * LINE
            box = left, low, left + width, low + LINE
            under = ((marks > box[:2]) & (marks < box[2:])).all(axis=1).sum()
            if box[2] > style.WIDTH - GAP or any(_meet(box, other) for other in taken):
                continue
            if under + price < least:
                best, least = box, under + price
    return best or (place[0] - GAP - width, place[1], place[0] - GAP, place[1] + LINE)


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _twin(named: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "type": named.index,
            "vCPUs": named["vcpus"].to_numpy(),
            "memory (GiB)": [f"{size:g}" for size in named["memory_gib"]],
            "GPUs": named["gpus"].to_numpy(),
            "network": named["network"].to_numpy(),
            "EFA interfaces": named["max_efa"].to_numpy(),
        }
    )


def _alt_text(table: pd.DataFrame, kinds: pd.Series) -> str:
    counts = kinds.value_counts()
    fabric = table[table["efa"]]
    count = f"{len(table):,} instance types by vCPUs and network bandwidth."
    if fabric.empty:
        return f"{count} None has EFA."
    slow, fast = fabric["network_gbps"].min(), fabric["network_gbps"].max()
    return (
        f"{count} {len(fabric)} have EFA, {counts.get(ACCELERATED, 0)} of them with GPUs or "
        f"accelerators: from {fabric['vcpus'].min()} vCPUs up, at {slow:g} to {fast:g} Gbps."
    )
