"""Ticks for a span of time, in the unit and the steps a person would choose."""

from __future__ import annotations

from dataclasses import dataclass

UNITS = (("day", 86400.0), ("hour", 3600.0), ("minute", 60.0), ("second", 1.0))
SYMBOLS = {"day": "d", "hour": "h", "minute": "min", "second": "s"}
MOST_TICKS = 11

_DIGITS = (1, 2, 5)
_NATURAL_STEPS = {
    "second": [d * 10.0**power for power in range(-6, 0) for d in _DIGITS]
    + [1, 2, 5, 10, 15, 20, 30, 60],
    "minute": [0.5, 1, 2, 5, 10, 15, 20, 30, 60],
    "hour": [0.5, 1, 2, 3, 4, 6, 12, 24],
    "day": [0.5, 1, 2, 7, 14, 28, 50] + [d * 10.0**power for power in range(2, 6) for d in _DIGITS],
}


@dataclass(frozen=True)
class TimeAxis:
    """Ticks from 0 to a span.

    Attributes:
        unit: ``"second"``, ``"minute"``, ``"hour"`` or ``"day"``.
        ticks: where, in seconds.
        labels: what to write there, in units.
    """

    unit: str
    ticks: tuple[float, ...]
    labels: tuple[str, ...]


def unit_of(seconds: float) -> tuple[str, float]:
    """Return the largest unit that fits at least three times, and its length in seconds."""
    return next((unit for unit in UNITS if seconds >= 3 * unit[1]), UNITS[-1])


def time_axis(seconds: float) -> TimeAxis:
    """Return the ticks for a span of ``seconds``: at most ``MOST_TICKS`` up to 1,000 years."""
    unit, length = unit_of(seconds)
    span = seconds / length
    steps = _NATURAL_STEPS[unit]
    step = next((step for step in steps if step * (MOST_TICKS - 1) >= span), steps[-1])
    units = [index * step for index in range(int(span / step + 1e-9) + 1)]
    labels = tuple(f"{value:.6g}" for value in units)
    return TimeAxis(unit, tuple(value * length for value in units), labels)


def duration(seconds: float) -> str:
    """Return a span in words, for example ``2.5 minutes``."""
    unit, length = unit_of(seconds)
    value = f"{seconds / length:.3g}"
    return f"{value} {unit}" if value == "1" else f"{value} {unit}s"


def short_duration(seconds: float) -> str:
    """Return a span with the unit's symbol, for example ``2.5 min``."""
    unit, length = unit_of(seconds)
    return f"{seconds / length:.3g} {SYMBOLS[unit]}"
