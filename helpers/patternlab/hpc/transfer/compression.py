"""When to compress before sending: a pipeline is as fast as its slowest part."""

from __future__ import annotations

import math
import zlib

from patternlab.hpc.errors import HPCError


def streamed_rate(line: float, compressor: float, ratio: float) -> float:
    """Bits per second of *original* data through a compressor and then a line.

    Args:
        line: bits per second that the line carries.
        compressor: bits per second of original data that the compressor takes in.
        ratio: original size by compressed size; 1 for what does not compress.
    """
    if ratio <= 0 or line <= 0 or compressor <= 0:
        raise HPCError("The line, the compressor and the ratio must all be above 0.")
    return min(compressor, line * ratio)


def worth_compressing(line: float, compressor: float, ratio: float) -> bool:
    """Whether the data arrive sooner compressed, by more than a hundredth."""
    return streamed_rate(line, compressor, ratio) > 1.01 * streamed_rate(line, math.inf, 1)


def ratio_of(sample: bytes) -> float:
    """How many times smaller zlib makes a sample, at its quickest setting."""
    if not sample:
        raise HPCError("Give a sample with at least one byte.")
    return len(sample) / len(zlib.compress(sample, 1))
