"""How long S3's notifications take: a distribution that can be drawn from and looked at."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from statistics import NormalDist


@dataclass(frozen=True)
class Latency:
    """A lognormal delay: `median` seconds, and `spread`, the standard deviation of its logarithm.

    AWS only says "typically in seconds but can sometimes take a minute or longer" (events-61),
    so **neither is an AWS number**. A median of 2 s and a spread of 1.5 give that sentence: half
    within 2 s, nine in ten within 14 s, one in ninety over a minute. Spread 0 makes all equal.

    >>> round(Latency(2.0, 1.5).quantile(0.9), 1)
    13.7
    """

    median: float = 1.0
    spread: float = 0.0

    def draw(self, rng: random.Random) -> float:
        """One delay, in seconds; like all of S3's times in whole milliseconds."""
        if not self.spread:
            return self.median
        return round(self.median * math.exp(self.spread * rng.gauss(0.0, 1.0)), 3)

    def quantile(self, share: float) -> float:
        """The seconds within which that `share` (between 0 and 1) of the notifications comes."""
        if not self.spread:
            return self.median
        return self.median * math.exp(self.spread * NormalDist().inv_cdf(share))

    def share_over(self, seconds: float) -> float:
        """The share of the notifications that takes longer than `seconds`."""
        if not self.spread or not self.median:
            return float(self.median > seconds)
        return 1.0 - NormalDist().cdf(math.log(seconds / self.median) / self.spread)
