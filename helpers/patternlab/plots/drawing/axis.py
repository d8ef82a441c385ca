"""Axes of figures drawn in inches: where a value is, which ticks have room, and how they are drawn.

A figure of retries has to show gaps of a second and of a day at once, and the moment zero as well,
which no logarithm has. So a logarithmic axis is linear from zero to a knee, and that stretch is as
wide as a decade: matplotlib's symmetrical logarithm.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from matplotlib.scale import SymmetricalLogTransform
from numpy.typing import ArrayLike

from patternlab.plots.drawing import style
from patternlab.plots.drawing.canvas import FOOT, Canvas
from patternlab.plots.drawing.text import text_width
from patternlab.plots.drawing.words import unit_of

SCALES = ("auto", "linear", "log")
WIDEST_LINEAR = 25.0  # a shortest gap that is a smaller part of the axis is hard to see
BETWEEN_LABELS = 0.1  # inches
MOST_TICKS = 11
SHORTEST = 1e-6  # seconds: a history has microseconds
DECADE = 0.9  # matplotlib's ``linscale`` that makes the linear part as wide as a decade

_DIGITS = (1, 2, 5)
_NATURAL_STEPS: dict[str, list[float]] = {
    "second": [d * 10.0**power for power in range(-6, 0) for d in _DIGITS]
    + [1, 2, 5, 10, 15, 20, 30, 60],
    "minute": [0.5, 1, 2, 5, 10, 15, 20, 30, 60],
    "hour": [0.5, 1, 2, 3, 4, 6, 12, 24],
    "day": [0.5, 1, 2, 7, 14, 28, 50] + [d * 10.0**power for power in range(2, 6) for d in _DIGITS],
}

Tick = tuple[float, str]  # where, in the unit of the scale, and its label

# Moments that people name, the ones to label first in front.
_MOMENTS: tuple[tuple[Tick, ...], ...] = (
    ((1e-3, "1 ms"), (1, "1 s"), (60, "1 min"), (3600, "1 h"), (86400, "1 d"), (864000, "10 d"),
     (8640000, "100 d"), (86400000, "1,000 d")),
    ((1e-2, "10 ms"), (10, "10 s"), (600, "10 min"), (0.1, "0.1 s")),
    ((21600, "6 h"), (30, "30 s"), (1800, "30 min"), (259200, "3 d"), (43200, "12 h")),
    ((120, "2 min"), (300, "5 min"), (7200, "2 h"), (3, "3 s"), (604800, "7 d")),
)  # fmt: skip


@dataclass(frozen=True)
class Scale:
    """Where a value, mostly a moment in seconds, is between ``left`` and ``right`` (inches).

    Attributes:
        left: the left edge of the axis.
        right: the right edge.
        span: from the value at the left to that at the right.
        pad: inches kept free on both sides, so that the first and the last mark are whole.
        origin: the value at the left.
        knee: linear below, logarithmic above; None for an axis that is linear all along.
    """

    left: float
    right: float
    span: float
    pad: float = 0.0
    origin: float = 0.0
    knee: float | None = None

    def x(self, value: float) -> float:
        """Return the place of a value in inches."""
        if self.knee is None:
            share = (value - self.origin) / self.span
            return self.left + self.pad + share * (self.right - self.left - 2 * self.pad)
        return float(self.places(value))

    def places(self, values: ArrayLike) -> np.ndarray:
        """Return the places of many values in inches."""
        if self._symlog is None:
            share = (np.asarray(values, dtype=float) - self.origin) / self.span
        else:
            begin, end = self._symlog.transform([self.origin, self.origin + self.span])
            share = (self._symlog.transform(np.asarray(values, dtype=float)) - begin) / (
                end - begin
            )
        return self.left + self.pad + share * (self.right - self.left - 2 * self.pad)

    @cached_property
    def _symlog(self) -> SymmetricalLogTransform | None:
        return None if self.knee is None else SymmetricalLogTransform(10, self.knee, DECADE)


def check_scale(scale: str) -> None:
    """Raise a ``ValueError`` unless ``scale`` is one of ``SCALES``."""
    if scale not in SCALES:
        raise ValueError(f"There is no scale {scale!r}. Use 'auto', 'linear' or 'log'.")


def is_log(scale: str, gaps: Iterable[float], span: float) -> bool:
    """Return whether to draw ``span`` seconds on a logarithmic axis.

    ``"auto"`` does so when the shortest of the ``gaps`` (seconds; those of 0 do not count) would
    be too small to be seen on a linear axis.
    """
    if scale == "auto":
        shortest = min((gap for gap in gaps if gap > 0), default=math.inf)
        return shortest * WIDEST_LINEAR < span
    return scale == "log"


def knee_before(moments: Iterable[float], span: float) -> float:
    """Return a round number of seconds at or below the first of the ``moments`` after 0.

    It is never below ``SHORTEST`` or a hundred-millionth of the span, whichever is longer.
    """
    first = min((moment for moment in moments if moment > 0), default=span)
    first = max(min(first, span), span * 1e-8, SHORTEST)
    named = [moment for tier in _MOMENTS for moment, _ in tier if moment <= first]
    return max(named, default=10.0 ** math.floor(math.log10(first)))


def even_ticks(seconds: float) -> tuple[str, list[Tick]]:
    """Return the unit and the ticks a person would choose for a span from 0.

    There are at most ``MOST_TICKS`` for a span of up to 1,000 years. The labels are in the unit.
    """
    unit, length = unit_of(seconds)
    span = seconds / length
    steps = _NATURAL_STEPS[unit]
    step = next((step for step in steps if step * (MOST_TICKS - 1) >= span), steps[-1])
    units = [index * step for index in range(int(span / step + 1e-9) + 1)]
    return unit, [(value * length, f"{value:.6g}") for value in units]


def named_ticks(scale: Scale) -> list[Tick]:
    """Return the moments that people name and that have room on a logarithmic axis, in order."""
    named = [tick for tier in _MOMENTS for tick in tier if tick[0] >= (scale.knee or 0)]
    return spaced(scale, [(0, "0"), *named])


def spaced(scale: Scale, ticks: Iterable[Tick]) -> list[Tick]:
    """Return those ``ticks`` on the axis that leave room for each other; the first ones win."""
    chosen: list[Tick] = []
    taken: list[tuple[float, float]] = []
    for value, label in ticks:
        x, half = scale.x(value), text_width(label, style.LABEL_SIZE) / 2
        begin, end = x - half - BETWEEN_LABELS / 2, x + half + BETWEEN_LABELS / 2
        on_axis = scale.left - 1e-9 <= x <= scale.right + 1e-9
        if on_axis and all(end <= left or begin >= right for left, right in taken):
            taken.append((begin, end))
            chosen.append((value, label))
    return sorted(chosen)


def decades(first: float, last: float, digits: Sequence[int]) -> Iterator[Tick]:
    """Yield (value, label) from ``first`` to ``last``: the powers of ten times each digit."""
    powers = range(math.floor(math.log10(first)), math.floor(math.log10(last)) + 1)
    for digit in digits:
        for power in powers:
            value = float(f"{digit}e{power}")
            if first <= value <= last:
                yield value, f"{value:,.10f}".rstrip("0").rstrip(".")


def draw_axis(canvas: Canvas, scale: Scale, ticks: Sequence[Tick], name: str) -> None:
    """Draw ``ticks`` below the data, grid lines through them, and the ``name`` of the axis."""
    theme, places = canvas.theme, [scale.x(value) for value, _ in ticks]
    canvas.lines([[(x, FOOT), (x, canvas.top)] for x in places], theme.grid, 0.8, 1)
    strokes = [[(x, FOOT), (x, FOOT - 0.04)] for x in places]
    canvas.lines([[(scale.left, FOOT), (scale.right, FOOT)], *strokes], theme.muted, 0.8, 1)
    for x, (_, label) in zip(places, ticks, strict=True):
        canvas.write(x, FOOT - 0.14, label, align="center")
    middle = (scale.left + scale.right) / 2
    canvas.write(middle, FOOT - 0.36, name, colour=theme.muted, align="center")


def draw_time_axis(canvas: Canvas, scale: Scale, since: str) -> None:
    """Draw an axis of time: even ticks on a linear one, moments that people name on the other."""
    if scale.knee is not None:
        name = f"time since {since}, on a logarithmic scale"
        draw_axis(canvas, scale, named_ticks(scale), name)
        return
    unit, ticks = even_ticks(scale.span)
    draw_axis(
        canvas, scale, [(scale.origin + t, label) for t, label in ticks], f"{unit}s since {since}"
    )
