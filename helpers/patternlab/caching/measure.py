"""How long a call takes: many times, because one time says little."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd


def measure(call: Callable[[], Any], n: int = 1000, warm_up: int = 1) -> np.ndarray:
    """Seconds that each of `n` calls took, one after the other: float64[n]. Measured here.

    `warm_up` calls come before and are not counted: the first pays for connections and caches.
    """
    for name, number, least in (("n", n, 1), ("warm_up", warm_up, 0)):
        if isinstance(number, bool) or not hasattr(number, "__index__") or number < least:
            raise ValueError(f"{name} is a whole number from {least}, not {number!r}.")
    for _ in range(warm_up):
        call()
    moments = np.empty(n + 1)
    clock = time.perf_counter
    for i in range(n):
        moments[i] = clock()
        call()
    moments[n] = clock()
    return np.diff(moments)


def latencies(measured: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """A table with one row for each name: calls, median and 99th percentile in microseconds."""
    rows = []
    for name, seconds in measured.items():
        seconds = np.asarray(seconds, dtype=float)
        if seconds.size == 0:
            raise ValueError(f"There is no measured call of {name!r}: measure at least one.")
        median, p99 = np.percentile(seconds, [50, 99]) * 1e6
        rows.append({"what": name, "calls": seconds.size, "median_us": median, "p99_us": p99})
    if not rows:
        raise ValueError("There is no latency to show: give at least one name with its seconds.")
    return pd.DataFrame(rows).set_index("what")
