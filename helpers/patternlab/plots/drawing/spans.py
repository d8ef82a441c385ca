"""A span of time as a person would say it: in one unit or two."""

from __future__ import annotations

_PAIRS = (  # (up to here, larger unit, smaller unit), in seconds
    (3_600, (60, "min"), (1, "s")),
    (86_400, (3_600, "h"), (60, "min")),
    (float("inf"), (86_400, "d"), (3_600, "h")),
)


def in_units(seconds: float) -> str:
    """Return a span of 0 seconds or more with units, for example ``66 s`` or ``2 min 10 s``.

    Below ten seconds two digits are kept, above that whole units: seconds up to two minutes, then
    minutes and seconds up to an hour, hours and minutes up to a day, days and hours.
    """
    if round(seconds, 3) < 1:
        return f"{round(seconds * 1000, 1):.3g} ms" if round(seconds, 4) else "0 s"
    if seconds < 9.95:
        return f"{seconds:.2g} s"
    if round(seconds) < 120:
        return f"{round(seconds)} s"
    return next(told for told in (_in_pair(seconds, *pair) for pair in _PAIRS) if told)


def _in_pair(
    seconds: float, limit: float, large: tuple[int, str], small: tuple[int, str]
) -> str | None:
    """Return the span in two units, without a unit of which there is none; None from ``limit``."""
    whole = round(seconds / small[0]) * small[0]
    if whole >= limit:
        return None
    parts = ((whole // large[0], large[1]), (whole % large[0] // small[0], small[1]))
    return " ".join(f"{value} {unit}" for value, unit in parts if value)
