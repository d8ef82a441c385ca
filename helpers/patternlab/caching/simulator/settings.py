"""The settings of a simulated cache, and what is wrong with them in a sentence."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from patternlab.caching.checks import number, whole
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
        policy: what is evicted when room is needed: "lru", "lfu" (among equals the one that has
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
            advice = "Give 0 to store nothing, or None for no limit."
            number("ttl", self.ttl, "seconds", endless=True, advice=advice)
        number("stale_while_revalidate", self.stale_while_revalidate, "seconds")
        number("fetch_seconds", self.fetch_seconds, "seconds")
        number("jitter", self.jitter, most=1, advice="0.1 spreads TTLs by a tenth to both sides.")
        whole("nodes", self.nodes)
        if self.capacity is not None:
            whole("capacity", self.capacity, advice="Give None for a cache without a limit.")


def _check_choice(name: str, given: str, choices: tuple[str, ...]) -> None:
    if given in choices:
        return
    plain = str(given).lower().replace("-", "").replace("_", "").replace(" ", "")
    near = difflib.get_close_matches(plain, choices, 1, 0.5)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"There is no {name} {given!r}: choose from {', '.join(choices)}.{hint}")
