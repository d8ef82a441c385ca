"""Checks of the arguments that several figures take."""

from __future__ import annotations

import math
from datetime import timedelta
from numbers import Integral


def timeout_in_seconds(visibility_timeout: float | timedelta) -> float:
    """Return ``visibility_timeout`` in seconds.

    Raises:
        ValueError: it is no finite time, or below zero.
    """
    value = visibility_timeout
    try:
        seconds = value.total_seconds() if isinstance(value, timedelta) else float(value)
    except (TypeError, ValueError):
        seconds = math.nan
    if not (math.isfinite(seconds) and seconds >= 0):
        raise ValueError(f"visibility_timeout is {value!r}. Give a number of seconds, 0 or more.")
    return seconds


def check_receive_count(max_receive_count: int | None) -> None:
    """Raise a ``ValueError`` unless ``max_receive_count`` is None or a whole number from 1 up."""
    value = max_receive_count
    if value is not None and not (isinstance(value, Integral) and value >= 1):
        raise ValueError(
            f"max_receive_count is {value!r}. Give a whole number from 1 up, "
            "or None for a queue without a dead-letter queue."
        )
