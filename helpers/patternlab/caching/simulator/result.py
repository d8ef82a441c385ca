"""What a simulated cache did: one Result for each cache, or each layer of caches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

#: What the first layer does with a request: the values of `Result.outcome`.
#: A "passed" request finds its object on the way, and is not collapsed: it fetches, too.
OUTCOMES = ("hit", "stale", "collapsed", "miss", "passed")


@dataclass(frozen=True, eq=False)
class Result:
    """Counts of one simulated cache or layer, after the warm-up. Times are in seconds.

    Provenance: simulated. The same trace, settings and seed give the same numbers.

    Attributes:
        name: the layer's name.
        requests: requests that reached the layer: viewers', or the fetches of the layer ahead.
        hits: answered from the cache, fresh.
        stale_hits: answered from the cache, expired, within stale-while-revalidate.
        collapsed: waited for a fetch that was already under way (CloudFront's log calls them hits).
        misses: waited for a fetch of their own.
        fetches: requests sent to the layer behind, or the origin: misses and revalidations.
        outdated: answers whose object had changed at the origin since they were made.
        evictions: objects put out to make room.
        too_large: misses of objects larger than the whole cache, which are passed on and not
            stored.
        mean_age, max_age: seconds since the origin made the answer, over all answers of the layer.
        bytes, bytes_fetched: of the requests and of the fetches. Where the trace has no sizes: the
            numbers of them.
        bin_seconds: how long a bin of `requests_over_time` and `fetches_over_time` lasts.
        requests_over_time, fetches_over_time: int64[bins]: how many requests came and fetches went
            in each bin, warm-up included.
        outcome, age: one value per request of the whole trace, with ``keep=True`` and in the first
            layer only: int8, an index into OUTCOMES; float64, seconds.
    """

    name: str
    requests: int
    hits: int
    stale_hits: int
    collapsed: int
    misses: int
    fetches: int
    outdated: int
    evictions: int
    too_large: int
    mean_age: float
    max_age: float
    bytes: int
    bytes_fetched: int
    bin_seconds: float
    requests_over_time: np.ndarray
    fetches_over_time: np.ndarray
    outcome: np.ndarray | None = None
    age: np.ndarray | None = None

    @property
    def hit_ratio(self) -> float:
        """The share of requests that needed no fetch of their own: hits, stale hits, collapsed."""
        return _share(self.requests - self.misses, self.requests)

    @property
    def miss_ratio(self) -> float:
        """The share of requests that waited for a fetch of their own."""
        return _share(self.misses, self.requests)

    @property
    def stale_ratio(self) -> float:
        """The share of answers whose object had changed at the origin since they were made."""
        return _share(self.outdated, self.requests)

    @property
    def byte_hit_ratio(self) -> float:
        """The share of bytes that did not have to be fetched."""
        return _share(self.bytes - self.bytes_fetched, self.bytes)

    @property
    def fetches_per_second(self) -> np.ndarray:
        """float64[bins]: the load on what is behind the cache, over time."""
        return self.fetches_over_time / self.bin_seconds

    def row(self) -> dict[str, object]:
        """Return the result as a row of a table."""
        return {
            "layer": self.name,
            "requests": self.requests,
            "hit ratio": self.hit_ratio,
            "fetches": self.fetches,
            "stale ratio": self.stale_ratio,
            "mean age (s)": self.mean_age,
            "greatest age (s)": self.max_age,
            "evictions": self.evictions,
        }


def table(results: Iterable[Result]) -> pd.DataFrame:
    """Make a table with one row per result: the text twin of figures about layers."""
    return pd.DataFrame([result.row() for result in results])


def _share(part: float, whole: float) -> float:
    """Return `part` divided by `whole`; not a number if `whole` is 0."""
    return part / whole if whole else float("nan")
