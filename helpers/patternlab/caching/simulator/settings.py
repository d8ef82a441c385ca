"""The settings of a simulated cache, and what is wrong with them in a sentence."""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass

from patternlab.caching.simulator import kernel

#: The eviction policies, and what the kernel calls them.
POLICIES = {
    "lru": kernel.LRU,
    "lfu": kernel.LFU,
    "fifo": kernel.FIFO,
    "sieve": kernel.SIEVE,
    "s3fifo": kernel.S3FIFO,
}
UNITS = ("objects", "bytes")


@dataclass(frozen=True)
class Layer:
    """One layer of caches: `nodes` of the same settings. Times are in seconds.

    Args:
        name: what results call it.
        ttl: an answer is fresh for so long: a hit at time t needs t < fetched + ttl. None: for
            ever. 0: nothing is stored.
        policy: what is evicted where room is needed: "lru", "lfu" (among equals the one that has
            been asked so often the longest), "fifo", "sieve" or "s3fifo".
        capacity, unit: what each node holds, in "objects" or "bytes". None: no limit. An expired
            object takes room until it is asked for or evicted.
        sliding: each hit starts the TTL anew. Otherwise it runs from the fetch.
        jitter: each TTL is ttl * (1 + jitter * x) with x drawn evenly from -1..1. 0 to 1.
        stale_while_revalidate: for so long after expiry the old answer is served while one fetch
            renews it.
        fetch_seconds: how long a fetch takes, on top of what the layer behind needs itself.
        collapse: requests for an object that is being fetched wait for that fetch. If not, each of
            them fetches, and the first answer is the one that is stored.
        respects_age: the TTL runs since the layer behind began to count (its Age header). If not,
            it begins anew here, for this layer and those ahead of it.
        drops_changed: an object that changes at the origin is dropped here in the same moment
            (invalidation).
        nodes: how many caches the layer has. Each is filled by its own share of those ahead.

    Raises:
        ValueError: a setting that no cache can have.
    """

    name: str = "cache"
    ttl: float | None = None
    policy: str = "lru"
    capacity: int | None = None
    unit: str = "objects"
    sliding: bool = False
    jitter: float = 0.0
    stale_while_revalidate: float = 0.0
    fetch_seconds: float = 0.0
    collapse: bool = True
    respects_age: bool = False
    drops_changed: bool = False
    nodes: int = 1

    def __post_init__(self) -> None:
        _check_choice("policy", self.policy, tuple(POLICIES))
        _check_choice("unit", self.unit, UNITS)
        if self.ttl is not None:
            check_seconds("ttl", self.ttl, "Give 0 to store nothing, or None for no limit.", True)
        check_seconds("stale_while_revalidate", self.stale_while_revalidate, "Give 0 for none.")
        check_seconds("fetch_seconds", self.fetch_seconds, "Give 0 for answers at once.")
        _check_count("nodes", self.nodes, "A layer has at least one.")
        if self.capacity is not None:
            _check_count("capacity", self.capacity, "Give None for a cache without a limit.")
        if not 0 <= self.jitter <= 1:
            raise ValueError(
                f"The jitter is a share of the TTL from 0 to 1, not {self.jitter!r}: 0.1 spreads "
                "TTLs by a tenth to both sides."
            )


def check_seconds(name: str, seconds: float, advice: str, endless: bool = False) -> None:
    """A sentence where `seconds` is no time span; infinity is one only if `endless`."""
    if not isinstance(seconds, int | float) and not hasattr(seconds, "__float__"):
        raise ValueError(f"{name} is a number of seconds, not {seconds!r}. {advice}")
    if math.isnan(seconds) or seconds < 0 or (math.isinf(seconds) and not endless):
        raise ValueError(f"{name} is a number of seconds from 0, not {seconds}. {advice}")


def _check_count(name: str, count: int, advice: str) -> None:
    whole = isinstance(count, int | float) or hasattr(count, "__index__")
    if isinstance(count, bool) or not whole or not count >= 1 or count != count // 1:
        raise ValueError(f"{name} is a whole number from 1, not {count!r}. {advice}")


def _check_choice(name: str, given: str, choices: tuple[str, ...]) -> None:
    if given in choices:
        return
    plain = str(given).lower().replace("-", "").replace("_", "").replace(" ", "")
    near = difflib.get_close_matches(plain, choices, 1, 0.5)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"There is no {name} {given!r}: choose from {', '.join(choices)}.{hint}")
