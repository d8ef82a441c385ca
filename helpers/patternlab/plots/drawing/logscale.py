"""An axis from seconds to weeks: linear from zero to a knee, logarithmic from there on.

A figure of retries has to show gaps of a second and of a day at once, and the moment zero as well,
which no logarithm has. So the first stretch of the axis is linear. It is as wide as a decade.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from patternlab.plots.drawing import style
from patternlab.plots.drawing.canvas import Canvas, TimeScale
from patternlab.plots.drawing.lettering import text_width

SCALES = ("auto", "linear", "log")
WIDEST_LINEAR = 25.0  # a shortest gap that is a smaller part of the axis is hard to see
BETWEEN_LABELS = 0.1  # inches

# Moments that people name, the ones to label first in front.
_MOMENTS = (
    ((1e-3, "1 ms"), (1, "1 s"), (60, "1 min"), (3600, "1 h"), (86400, "1 d"), (864000, "10 d"),
     (8640000, "100 d"), (86400000, "1,000 d")),
    ((1e-2, "10 ms"), (10, "10 s"), (600, "10 min"), (0.1, "0.1 s")),
    ((21600, "6 h"), (30, "30 s"), (1800, "30 min"), (259200, "3 d"), (43200, "12 h")),
    ((120, "2 min"), (300, "5 min"), (7200, "2 h"), (3, "3 s"), (604800, "7 d")),
)  # fmt: skip


@dataclass(frozen=True)
class LogScale:
    """Where a number of seconds is between ``left`` and ``right`` (inches)."""

    left: float
    right: float
    end: float  # seconds at the right
    knee: float  # seconds; linear below, logarithmic above
    pad: float = 0.0  # inches kept free on both sides, so that the first mark is whole
    origin: float = 0.0  # seconds at the left

    def x(self, seconds: float) -> float:
        """Return the place in inches of a number of seconds, or of each of an array."""
        begin, end = self._shares
        share = (self._share(seconds) - begin) / (end - begin)
        return self.left + self.pad + share * (self.right - self.left - 2 * self.pad)

    @cached_property
    def _shares(self) -> tuple[float, float]:
        return float(self._share(self.origin)), float(self._share(self.end))

    def _share(self, seconds: float) -> float:
        ratio = np.asarray(seconds) / self.knee
        return np.where(ratio < 1, ratio, 1 + np.log10(np.maximum(ratio, 1)))


Scale = TimeScale | LogScale


def check_scale(scale: str) -> None:
    """Raise a ``ValueError`` unless ``scale`` is one of ``SCALES``."""
    if scale not in SCALES:
        raise ValueError(f"There is no scale {scale!r}. Use 'auto', 'linear' or 'log'.")


def is_log(scale: str, gaps: Iterable[float], span: float) -> bool:
    """Return whether to draw ``span`` seconds with a logarithm.

    ``"auto"`` does so when the shortest of the ``gaps`` (seconds; those of 0 do not count) would
    be too small to be seen on a linear axis.
    """
    if scale == "auto":
        shortest = min((gap for gap in gaps if gap > 0), default=math.inf)
        return shortest * WIDEST_LINEAR < span
    return scale == "log"


def knee_of(moments: Iterable[float], span: float) -> float:
    """Return a round number of seconds at or below the first of the ``moments`` after 0."""
    first = min((moment for moment in moments if moment > 0), default=span)
    first = max(min(first, span), span * 1e-8)
    named = [moment for tier in _MOMENTS for moment, _ in tier if moment <= first]
    return max(named, default=10.0 ** math.floor(math.log10(first)))


def time_ticks(scale: LogScale) -> list[tuple[float, str]]:
    """Return (seconds, label) of ticks whose labels do not touch, in order."""
    named = [tick for tier in _MOMENTS for tick in tier if tick[0] >= scale.knee]
    return spaced(scale, [(0, "0"), *named])


def spaced(scale: Scale, ticks: Iterable[tuple[float, str]]) -> list[tuple[float, str]]:
    """Return those ``ticks`` on the axis that leave room for each other; the first ones win."""
    chosen: list[tuple[float, str]] = []
    taken: list[tuple[float, float]] = []
    for seconds, label in ticks:
        x, half = float(scale.x(seconds)), text_width(label, style.LABEL_SIZE) / 2
        begin, end = x - half - BETWEEN_LABELS / 2, x + half + BETWEEN_LABELS / 2
        on_axis = scale.left - 1e-9 <= x <= scale.right + 1e-9
        if on_axis and all(end <= left or begin >= right for left, right in taken):
            taken.append((begin, end))
            chosen.append((seconds, label))
    return sorted(chosen)


def decades(first: float, last: float, digits: Sequence[int]) -> Iterator[tuple[float, str]]:
    """Yield (value, label) from ``first`` to ``last``: the powers of ten times each digit."""
    powers = range(math.floor(math.log10(first)), math.floor(math.log10(last)) + 1)
    for digit in digits:
        for power in powers:
            value = float(f"{digit}e{power}")
            if first <= value <= last:
                yield value, f"{value:,.10f}".rstrip("0").rstrip(".")


def draw_axis(
    canvas: Canvas,
    scale: Scale,
    ticks: Sequence[tuple[float, str]],
    *,
    bottom: float,
    top: float,
    name: str,
) -> None:
    """Draw ``ticks`` below ``bottom``, grid lines up to ``top``, and the ``name`` of the axis."""
    theme = canvas.theme
    places = [float(scale.x(seconds)) for seconds, _ in ticks]
    canvas.lines([[(x, bottom), (x, top)] for x in places], theme.grid, 0.8, 1)
    strokes = [[(x, bottom), (x, bottom - 0.04)] for x in places]
    canvas.lines([[(scale.left, bottom), (scale.right, bottom)], *strokes], theme.muted, 0.8, 1)
    look = {"size": style.LABEL_SIZE, "align": "center"}
    for x, (_, label) in zip(places, ticks, strict=True):
        canvas.letters.write(x, bottom - 0.14, label, colour=theme.text, **look)
    middle = (scale.left + scale.right) / 2
    canvas.letters.write(middle, bottom - 0.36, name, colour=theme.muted, **look)
