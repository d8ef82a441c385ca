"""Traces: which object was asked for when, and which changed when, as arrays to run over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from patternlab.caching.errors import TraceError


@dataclass(frozen=True, eq=False, init=False)
class Trace:
    """Requests for objects in order of time.

    The arrays are taken over without a copy if they already have the right type.

    Args:
        time: float64[n], seconds, finite, not negative, ascending (equal times are allowed).
        key: int64[n], object ids in 0..objects-1. Not every id has to occur.
        size: int64[n], bytes, at least 0. Without it each request counts 1, so that a capacity in
            bytes is one in objects.
        names: what the objects are called: ``names[key]`` is the original name. None: they have no
            names.
        objects: how many ids there are. Without it: as many as there are names, or the greatest
            key + 1.
        start: the moment of time 0, if the trace comes from a log that knows it.

    Raises:
        TraceError: there are no requests, arrays of different lengths, or values outside the ranges
            above.
    """

    time: np.ndarray
    key: np.ndarray
    size: np.ndarray
    names: Sequence[str] | None
    objects: int
    start: datetime | None

    def __init__(
        self,
        time: ArrayLike,
        key: ArrayLike,
        size: ArrayLike | None = None,
        names: Sequence[str] | None = None,
        objects: int | None = None,
        start: datetime | None = None,
    ) -> None:
        time = _array(time, np.float64, "times")
        key = _array(key, np.int64, "keys")
        size = _array(np.ones(len(key), np.int64) if size is None else size, np.int64, "sizes")
        if not len(time):
            raise TraceError("The trace is empty: there must be at least one request.")
        _check_times(time, "Request")
        if not len(time) == len(key) == len(size):
            raise TraceError(
                f"A trace needs one key and one size for each time: there are {len(time)} times, "
                f"{len(key)} keys and {len(size)} sizes."
            )
        if objects is None:
            objects = int(key.max()) + 1 if names is None else len(names)
        check_keys(key, objects)
        if size.min() < 0:
            at = int(np.argmin(size))
            raise TraceError(f"Request {at} has the size {size[at]}: sizes start at 0 bytes.")
        if names is not None and len(names) != objects:
            raise TraceError(
                f"A trace needs one name for each object: there are {len(names)} names for "
                f"{objects} objects."
            )
        given = {"time": time, "key": key, "size": size, "names": names, "objects": objects}
        for field, value in {**given, "start": start}.items():
            object.__setattr__(self, field, value)

    @classmethod
    def of(
        cls,
        time: ArrayLike,
        names: ArrayLike,
        size: ArrayLike | None = None,
        start: datetime | None = None,
    ) -> Trace:
        """Make a trace of objects given by name (or any other value): ids in order of first use."""
        key, found = pd.factorize(np.asarray(names), use_na_sentinel=False)
        return cls(time, key, size, [str(name) for name in found], start=start)

    def __len__(self) -> int:
        return len(self.time)

    @property
    def duration(self) -> float:
        """Seconds from time 0 to the last event."""
        return float(self.time[-1])

    def __repr__(self) -> str:
        size = f"{len(self):,} requests for {self.objects:,} objects"
        return f"Trace of {size} in {self.duration:,.6g} s"


@dataclass(frozen=True, eq=False)
class Updates:
    """When which object changes at the origin, in order of time; there may be none.

    `time` (float64[m], seconds) and `key` (int64[m]) are as in a :class:`Trace`, on its clock and
    with its ids.

    Raises:
        TraceError: Arrays of different lengths, times that are not finite, not negative and
            ascending, or a negative key.
    """

    time: np.ndarray
    key: np.ndarray

    def __post_init__(self) -> None:
        time = _array(self.time, np.float64, "times")
        key = _array(self.key, np.int64, "keys")
        _check_times(time, "Update")
        if len(time) != len(key):
            raise TraceError(
                f"Updates need one key for each time: there are {len(time)} times and "
                f"{len(key)} keys."
            )
        if len(key) and key.min() < 0:
            raise TraceError(f"The key {key.min()} is negative: keys are ids of objects, from 0.")
        object.__setattr__(self, "time", time)
        object.__setattr__(self, "key", key)

    def __len__(self) -> int:
        return len(self.time)


def _check_times(time: np.ndarray, what: str) -> None:
    found = first_bad_time(time)
    if found is not None:
        at, problem = found
        raise TraceError(f"{what} {at} (the first is 0) {problem}.")


def first_bad_time(time: np.ndarray) -> tuple[int, str] | None:
    """Find the first unusable time: its index and what is wrong with it; None if all are fine."""
    good = np.isfinite(time) & (time >= 0)
    good[1:] &= time[1:] >= time[:-1]
    if good.all():
        return None
    at = int(np.argmin(good))
    moment = time[at]
    if not np.isfinite(moment):
        return at, f"has the time {moment}, which is no number of seconds"
    if moment < 0:
        return at, f"has the negative time {moment:g}: count seconds from the start of the trace"
    return at, (
        f"has the time {moment:.9g}, before the one ahead of it ({time[at - 1]:.9g}): "
        "sort the trace by time first"
    )


def check_keys(key: np.ndarray, objects: int) -> None:
    """Raise a :class:`TraceError` if a key is not one of the ids 0..objects-1."""
    low, high = int(key.min()), int(key.max())
    if low < 0 or high >= objects:
        wrong = low if low < 0 else high
        raise TraceError(
            f"The key {wrong} is outside 0..{objects - 1}: keys are the ids of {objects} objects. "
            "Trace.of(time, names) makes ids from any names."
        )


def _array(values: ArrayLike, dtype: type[np.generic], what: str) -> np.ndarray:
    """Return `values` as one contiguous row of `dtype`; a :class:`TraceError` if they are not."""
    given = np.asarray(values)
    if given.ndim != 1:
        raise TraceError(f"The {what} of a trace must be one row, not an array of {given.shape}.")
    if given.size and not (
        np.issubdtype(given.dtype, np.integer)
        or (dtype is np.float64 and np.issubdtype(given.dtype, np.floating))
    ):
        wanted = "numbers of seconds" if dtype is np.float64 else "whole numbers"
        raise TraceError(f"The {what} of a trace must be {wanted}, not {given.dtype}.")
    return np.ascontiguousarray(given, dtype=dtype)
