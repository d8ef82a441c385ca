"""Latencies in groups: checked, counted, and summed up in a few numbers. Nothing here draws."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

MOST_GROUPS = 4
UNITS = {"µs": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0}  # in seconds
MEDIAN = 50.0
ALL = "all"  # what the twin calls the group of values that have no groups


@dataclass(frozen=True, eq=False)
class Sample:
    """The latencies of one group in the unit of the figure."""

    name: str
    values: np.ndarray

    def percentile(self, percent: float) -> float:
        """Return a percentile, between two values if it falls there; NaN of no values."""
        return float(np.percentile(self.values, percent)) if len(self.values) else math.nan

    @property
    def longest(self) -> float:
        """The longest latency; NaN of no values."""
        return float(self.values.max()) if len(self.values) else math.nan


def samples_of(
    seconds: Iterable[float] | Mapping[str, Iterable[float]],
    groups: Iterable[object] | None,
    unit: str,
) -> list[Sample]:
    """Return the groups in the order given, or in that of their first values.

    Raises:
        ValueError: a value is not a latency, or the groups do not fit. The sentence says what.
    """
    if unit not in UNITS:
        raise ValueError(f"There is no unit {unit!r}. Use {', '.join(map(repr, UNITS))}.")
    if isinstance(seconds, Mapping):
        if groups is not None:
            raise ValueError("seconds has groups already. Leave groups out, or give one sequence.")
        parts = {str(name): _latencies(own, f"seconds[{name!r}]") for name, own in seconds.items()}
    else:
        values = _latencies(seconds, "seconds")
        parts = {ALL: values} if groups is None else _split(values, groups)
    if len(parts) > MOST_GROUPS:
        raise ValueError(
            f"There are {len(parts)} groups, and the figure shows at most {MOST_GROUPS}. "
            "Leave some out, or draw two figures."
        )
    return [Sample(name, values / UNITS[unit]) for name, values in parts.items()]


def _latencies(values: Iterable[float], name: str) -> np.ndarray:
    try:
        array = np.asarray(values if hasattr(values, "__len__") else list(values))
        if array.dtype.kind == "m":  # timedelta64
            array = array / np.timedelta64(1, "s")
        array = array.astype(float)
    except (TypeError, ValueError):
        array = np.empty((0, 0))
    if array.ndim != 1:
        raise ValueError(f"{name} is not a sequence of numbers. Give one latency in seconds each.")
    if not np.isfinite(array).all():
        count = int((~np.isfinite(array)).sum())
        raise ValueError(
            f"{name} has {count} of {len(array)} values that are NaN or infinite. "
            "Drop them, and say beside the figure how many never arrived."
        )
    if (array < 0).any():
        raise ValueError(
            f"{name} has values below 0, the first is {array[array < 0][0]:g}. A latency is the "
            "end minus the start: check the order of the two moments."
        )
    return array


def _split(values: np.ndarray, groups: Iterable[object]) -> dict[str, np.ndarray]:
    names = np.array([str(name) for name in groups], dtype=object)
    if len(names) != len(values):
        raise ValueError(
            f"There are {len(values)} latencies and {len(names)} groups. "
            "Give one group per latency."
        )
    codes, found = pd.factorize(names)
    return {str(name): values[codes == code] for code, name in enumerate(found)}


def check_percentiles(percentiles: Iterable[float]) -> list[float]:
    """Return the percentiles in order, each once.

    Raises:
        ValueError: one is not between 0 and 100.
    """
    try:
        wanted = sorted({float(percent) for percent in percentiles})
    except (TypeError, ValueError):
        wanted = [math.nan]
    if not all(0 <= percent <= 100 for percent in wanted):
        raise ValueError(f"percentiles is {percentiles!r}. Give numbers from 0 to 100.")
    return wanted


def percentile_name(percent: float) -> str:
    """Return ``median`` or, for example, ``p99``."""
    return "median" if percent == MEDIAN else f"p{percent:g}"


def written(value: float, unit: str) -> str:
    """Return a value with its unit in three digits, for example ``8.41 s`` or ``1,240 ms``."""
    return f"{value:,.0f} {unit}" if value >= 999.5 else f"{value:.3g} {unit}"


def twin(samples: Sequence[Sample], percentiles: Sequence[float], unit: str) -> pd.DataFrame:
    """Return one row per group: n, median, the other percentiles and max, in six digits."""
    shown = [MEDIAN, *(percent for percent in percentiles if percent != MEDIAN)]
    names = [f"{name} ({unit})" for name in (*map(percentile_name, shown), "max")]
    rows = []
    for sample in samples:
        numbers = [*(sample.percentile(percent) for percent in shown), sample.longest]
        rows.append((sample.name, len(sample.values), *(float(f"{n:.6g}") for n in numbers)))
    return pd.DataFrame(rows, columns=["group", "n", *names])


def alt_text(samples: Sequence[Sample], percentiles: Sequence[float], unit: str) -> str:
    """Return the alternative text: how many values, their percentiles and the longest."""
    texts = []
    for sample in samples:
        numbers = [(percentile_name(p), sample.percentile(p)) for p in percentiles]
        numbers.append(("max", sample.longest))
        numbers_in_words = ", ".join(f"{name} {written(value, unit)}" for name, value in numbers)
        count = len(sample.values)
        texts.append(f"n = {count:,}" + (f", {numbers_in_words}" if count else ", no values"))
    if len(samples) == 1:
        return f"Distribution of latencies: {texts[0]}."
    own = "; ".join(f"{s.name}: {text}" for s, text in zip(samples, texts, strict=True))
    return f"Distributions of latencies in {len(samples)} groups. {own}."
