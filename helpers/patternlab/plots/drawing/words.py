"""Spans of time and counts in words, as a person would say them."""

from __future__ import annotations

from collections.abc import Sequence

UNITS = (("day", 86400.0), ("hour", 3600.0), ("minute", 60.0), ("second", 1.0))
SYMBOLS = {"day": "d", "hour": "h", "minute": "min", "second": "s"}


def unit_of(seconds: float) -> tuple[str, float]:
    """Return the largest unit that fits at least three times, and its length in seconds."""
    return next((unit for unit in UNITS if seconds >= 3 * unit[1]), UNITS[-1])


def duration(seconds: float) -> str:
    """Return a span in one unit, for example ``2.5 minutes``."""
    unit, length = unit_of(seconds)
    value = f"{seconds / length:.3g}"
    return f"{value} {unit}" if value == "1" else f"{value} {unit}s"


def short_duration(seconds: float) -> str:
    """Return a span with the symbol of its unit, for example ``2.5 min``."""
    unit, length = unit_of(seconds)
    return f"{seconds / length:.3g} {SYMBOLS[unit]}"


def in_units(seconds: float) -> str:
    """Return a span of 0 seconds or more in one or two units, for example ``2 min 10 s``.

    Below ten seconds two digits are kept, above that whole units: seconds up to two minutes, then
    minutes and seconds up to an hour, hours and minutes up to a day, days and hours.
    """
    if round(seconds, 3) < 1:
        return f"{round(seconds * 1000, 1):.3g} ms" if round(seconds, 4) else "0 s"
    if seconds < 9.95:
        return f"{seconds:.2g} s"
    if round(seconds) < 120:
        return f"{round(seconds)} s"
    if round(seconds) < 3_600:
        return _in_pair(seconds, (60, "min"), (1, "s"))
    if round(seconds / 60) * 60 < 86_400:
        return _in_pair(seconds, (3_600, "h"), (60, "min"))
    return _in_pair(seconds, (86_400, "d"), (3_600, "h"))


def _in_pair(seconds: float, large: tuple[int, str], small: tuple[int, str]) -> str:
    """Return the span in two units, without a unit of which there is none."""
    whole = round(seconds / small[0]) * small[0]
    parts = ((whole // large[0], large[1]), (whole % large[0] // small[0], small[1]))
    return " ".join(f"{value} {unit}" for value, unit in parts if value)


def counted(count: int, noun: str) -> str:
    """Return a number with its noun, for example ``1 message`` or ``1,200 messages``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def tally(values: Sequence[str], order: Sequence[str]) -> str:
    """Return how often each of ``order`` is among the values, for example ``2 done, 1 lost``."""
    return ", ".join(f"{values.count(name)} {name}" for name in order if name in values)
