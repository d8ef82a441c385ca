"""How long a call takes: many times, because one time says little."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from patternlab.caching.checks import whole


def measure(call: Callable[[], Any], n: int = 1000, warm_up: int = 1) -> np.ndarray:
    """Measure how many seconds each of `n` calls takes, one after the other.

    Args:
        call: what to time.
        n: how many calls count.
        warm_up: calls that come before and do not count: the first pays for connections and caches.

    Returns:
        float64[n], seconds. Provenance: measured here.
    """
    n, warm_up = whole("n", n), whole("warm_up", warm_up, least=0)
    for _ in range(warm_up):
        call()
    moments = np.empty(n + 1)
    clock = time.perf_counter
    for i in range(n):
        moments[i] = clock()
        call()
    moments[n] = clock()
    return np.diff(moments)
