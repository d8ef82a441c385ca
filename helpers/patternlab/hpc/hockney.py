"""Hockney's model of a message: a start-up time, and then a bandwidth.

``t(n) = alpha + n / beta``: alpha is the time of an empty message, beta the bandwidth that a very
large one reaches. Half of beta is reached at ``n_half = alpha * beta`` bytes: below it the latency
decides, above it the bandwidth. (R. W. Hockney, "The communication challenge for MPP: Intel Paragon
and Meiko CS-2", Parallel Computing 20, 1994.)
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from patternlab.hpc.errors import HPCError

BITS = 8
BYTES_PER_US = 1e9 / BITS / 1e6  # bytes a microsecond in one Gbit/s


@dataclass(frozen=True)
class Hockney:
    """A wire by two numbers: `alpha_us` microseconds to start, and `gbps` (10^9 bit/s)."""

    alpha_us: float
    gbps: float

    def __post_init__(self) -> None:
        for name, value in (("alpha_us", self.alpha_us), ("gbps", self.gbps)):
            if not 0 < value < math.inf:
                raise HPCError(f"{name} is a number above 0, not {value!r}.")

    @property
    def n_half(self) -> float:
        """The size in bytes at which half of the bandwidth is reached."""
        return self.alpha_us * self.gbps * BYTES_PER_US

    def time_us(self, size_bytes: ArrayLike) -> np.ndarray:
        """Microseconds for a message of this size, one way."""
        return self.alpha_us + np.asarray(size_bytes, dtype=float) / (self.gbps * BYTES_PER_US)


@dataclass(frozen=True)
class Step:
    """Where a curve jumps, because the library changes its protocol.

    A small message is sent at once (*eager*) and copied where it arrives. Before a large one the
    sender asks whether the receiver is ready (*rendezvous*), and then nothing is copied twice.

    Attributes:
        last_eager_bytes, first_rendezvous_bytes: the two measured sizes around the jump.
        eager, rendezvous: the fits of the two parts.
    """

    last_eager_bytes: int
    first_rendezvous_bytes: int
    eager: Hockney
    rendezvous: Hockney

    @property
    def jump_us(self) -> float:
        """Microseconds between the two fits at the first size of the second part."""
        size = self.first_rendezvous_bytes
        return float(self.rendezvous.time_us(size) - self.eager.time_us(size))


def fit(curve: Mapping[float, float] | pd.Series) -> Hockney:
    """The Hockney model that is closest to a measured curve, in per cent of each time.

    Raises an :class:`HPCError` if larger messages are not slower, so that no model fits.

    Args:
        curve: Microseconds (half round trips) by size in bytes, as a mapping or a pandas Series;
            at least two sizes.
    """
    sizes, times = _arrays(curve)
    return _model(*_solve(sizes, times)[0])


def step(curve: Mapping[float, float] | pd.Series) -> Step | None:
    """The jump from eager to rendezvous, or None where one line explains the curve as well.

    Each cut with at least three sizes on both sides is tried; the two lines must be worth their
    three more parameters by the Bayesian information criterion, and the second must begin higher.
    """
    sizes, times = _arrays(curve)
    least, found = _criterion(_solve(sizes, times)[1], len(sizes), 2), None
    for cut in range(3, len(sizes) - 2):
        first, rest = _solve(sizes[:cut], times[:cut]), _solve(sizes[cut:], times[cut:])
        score = _criterion(first[1] + rest[1], len(sizes), 5)
        if score < least and min(*first[0], *rest[0]) > 0:
            eager, rendezvous = _model(*first[0]), _model(*rest[0])
            candidate = Step(int(sizes[cut - 1]), int(sizes[cut]), eager, rendezvous)
            if candidate.jump_us > 0:
                least, found = score, candidate
    return found


def _arrays(curve: Mapping[float, float] | pd.Series) -> tuple[np.ndarray, np.ndarray]:
    points = sorted(curve.items())
    sizes = np.array([size for size, _ in points], dtype=float)
    times = np.array([time for _, time in points], dtype=float)
    if len(sizes) < 2:
        raise HPCError("A fit needs times for at least two sizes.")
    if not (np.all(np.isfinite(times)) and times.min() > 0 and sizes[0] >= 0):
        raise HPCError("A fit needs sizes of at least 0 bytes and times above 0 microseconds.")
    return sizes, times


def _solve(sizes: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, float]:
    """(alpha in us, us a byte) and the sum of the squared relative errors."""
    # Divided by the time, so that 10 % count alike at 1 byte and at 4 MiB.
    matrix = np.column_stack([np.ones_like(sizes), sizes]) / times[:, None]
    scale = np.abs(matrix).max(axis=0)
    scale[scale == 0] = 1
    solution = np.linalg.lstsq(matrix / scale, np.ones_like(times), rcond=None)[0] / scale
    return solution, float(np.sum((matrix @ solution - 1) ** 2))


def _model(alpha_us: float, us_a_byte: float) -> Hockney:
    if alpha_us <= 0 or us_a_byte <= 0:
        raise HPCError(
            "No line fits these times: larger messages are not slower here. Measure more sizes, "
            "from 1 byte to 4 MiB, and more trips."
        )
    return Hockney(float(alpha_us), float(1 / us_a_byte / BYTES_PER_US))


def _criterion(squares: float, count: int, parameters: int) -> float:
    return count * math.log(max(squares, 1e-12) / count) + parameters * math.log(count)
