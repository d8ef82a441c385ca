"""What charts over the size of a message share: an axis in bytes, and curves that lie on it."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator

from patternlab.plots.drawing.chart import log_axis, plain

Curve = Mapping[float, float] | pd.Series

UNITS = ("B", "KiB", "MiB", "GiB")
NAME = "size of the message, on a logarithmic scale"


def size_name(size_bytes: float) -> str:
    """Return a size in words: ``1 B``, ``64 KiB``, ``1.5 MiB``."""
    unit = 0
    while size_bytes >= 1024 and unit < len(UNITS) - 1:
        size_bytes, unit = size_bytes / 1024, unit + 1
    return f"{size_bytes:.3g} {UNITS[unit]}"


def size_axis(axes: Axes, low: float, high: float) -> None:
    """Make the x axis one of bytes from ``low`` to ``high``, with ticks at powers of 4 or 16."""
    ticks = [4.0**power for power in range(0, 17) if low / 1.3 <= 4**power <= high * 1.3]
    log_axis(axes.xaxis, size_name, ticks[:: 2 if len(ticks) > 8 else 1], base=2)
    axes.set_xlim(low / 1.3, high * 1.3)


def plain_log_axis(axes: Axes, low: float, high: float) -> None:
    """Make the y axis logarithmic, for values from ``low`` to ``high``, with plain numbers."""
    log_axis(axes.yaxis, plain)
    few = high / low < 100  # then powers of ten alone would leave it almost empty
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if few else (1.0,)))


def joined(curves: Mapping[str, Curve]) -> pd.DataFrame:
    """Return one row per size that any curve has (the index, ``size_bytes``), one column per curve.

    Raises:
        ValueError: a curve is empty, or holds a size or a value that is not above 0.
    """
    columns = []
    for name, curve in curves.items():
        column = pd.Series(dict(curve.items()), name=name, dtype=float).sort_index()
        if column.empty or not ((column > 0).all() and (column.index > 0).all()):
            raise ValueError(f"The curve {name!r} needs sizes and times above 0, at least one.")
        columns.append(column)
    return pd.concat(columns, axis=1).sort_index().rename_axis("size_bytes")
