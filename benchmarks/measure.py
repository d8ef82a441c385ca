"""One row of the bench table, and how its figure is taken."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """A measured figure. `bound` is what the project promises, as ``(sign, number)``."""

    what: str
    measured: float
    unit: str
    bound: tuple[str, float] | None = None

    @property
    def holds(self) -> str:
        """Does the figure keep the promise: "yes", "NO", or "" where nothing is promised."""
        if self.bound is None:
            return ""
        sign, number = self.bound
        kept = self.measured <= number if sign == "<=" else self.measured >= number
        return "yes" if kept else "NO"

    def cells(self) -> dict[str, str]:
        """The row as the table prints it."""
        promised = f"{self.bound[0]} {_short(self.bound[1])}" if self.bound else ""
        return {
            "what": self.what,
            "measured": f"{_short(self.measured)} {self.unit}".strip(),
            "promised": promised,
            "holds": self.holds,
        }


def _short(number: float) -> str:
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"


def seconds(run: Callable[[], Any]) -> float:
    """Seconds of wall time that `run` takes, once."""
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def median_seconds(run: Callable[[], Any], times: int = 5) -> float:
    """The median of `times` runs, after one that is not counted."""
    run()
    return statistics.median(seconds(run) for _ in range(times))
