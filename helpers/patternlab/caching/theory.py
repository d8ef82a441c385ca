"""What caches do in closed form: hit ratios, staleness and origin load, to hold a cache against.

Requests for each object come at random, independent of each other (Poisson, `rate` per second).
Times are in seconds, ratios and shares between 0 and 1. All functions take numbers or numpy arrays
that broadcast. Where the assumptions fail, so do the formulas: that is what the simulator is for.

Sources: Jung, Berger, Balakrishnan, "Modeling TTL-based Internet caches", 2003 (TTL from fetch);
Che, Tung, Wang, "Hierarchical Web caching systems", 2002 (characteristic time); Fricker, Robert,
Roberts, "A versatile and accurate approximation for LRU cache performance", 2012 (why it is so
good); Gelenbe, "A unified approach to the evaluation of a class of replacement algorithms", 1973
(FIFO and random eviction hit equally often). What names no source is derived in its docstring.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

#: Newton steps for the characteristic time; from the left it needs about ten.
STEPS = 200


class Shares(NamedTuple):
    """How requests are answered: the three shares sum to 1."""

    fresh: np.ndarray
    stale: np.ndarray
    waiting: np.ndarray


def ttl_hit_ratio(rate: ArrayLike, ttl: ArrayLike) -> np.ndarray:
    """Hit ratio of one object whose TTL runs from its fetch: rT / (1 + rT).

    A miss fetches, the next T seconds bring rT hits on average, then all begins anew
    (Jung, Berger, Balakrishnan 2003).
    """
    hits = _checked(rate, "rate") * _checked(ttl, "ttl")
    return hits / (1 + hits)


def sliding_ttl_hit_ratio(rate: ArrayLike, ttl: ArrayLike) -> np.ndarray:
    """Hit ratio of one object whose TTL starts anew at each hit: 1 − exp(−rT).

    A request hits if the one before it was less than T ago, and gaps are exponential.
    """
    return -np.expm1(-_checked(rate, "rate") * _checked(ttl, "ttl"))


def mean_hit_ratio(rates: ArrayLike, ratios: ArrayLike) -> np.ndarray:
    """Hit ratio over all requests: each object's `ratios` weighted with its share of `rates`."""
    rates = _checked(rates, "rates")
    if not rates.sum() > 0:
        raise ValueError("rates must hold at least one object that is asked for.")
    return (rates * ratios).sum(axis=-1) / rates.sum(axis=-1)


def characteristic_time(
    rates: ArrayLike, capacity: ArrayLike, policy: str = "lru"
) -> np.ndarray | float:
    """How long an object stays in a full cache if nobody asks for it again, in seconds.

    The time t at which the expected number of cached objects is the capacity C:
    ``"lru"`` Σ (1 − exp(−r t)) = C (Che, Tung, Wang 2002); ``"fifo"`` and ``"random"``
    Σ r t / (1 + r t) = C. ``inf`` where all requested objects fit.

    `rates` are those of the objects, float[objects]; only their proportions matter for hit ratios.
    `capacity` is in objects, one number or many. Newton's method from the left: the sum is concave
    in t, so no step goes too far.
    """
    rates = _checked(rates, "rates").ravel()
    rates = rates[rates > 0]
    capacities = np.asarray(capacity, dtype=float)
    if not (capacities > 0).all():
        raise ValueError(f"capacity must be above 0 objects, not {capacity}: nothing would fit.")
    found = [_time_to_fill(rates, one, policy) for one in capacities.ravel()]
    return np.reshape(found, capacities.shape)[()]


def object_hit_ratios(rates: ArrayLike, capacity: float, policy: str = "lru") -> np.ndarray:
    """Each object's hit ratio in a cache of `capacity` objects: float[objects], as `rates`.

    1 − exp(−r t) for LRU and r t / (1 + r t) for FIFO and random eviction, with t the
    :func:`characteristic_time`.
    """
    rates = _checked(rates, "rates")
    time = characteristic_time(rates, capacity, policy)
    if np.isinf(time):
        return (rates > 0).astype(float)
    return _occupancy(rates * time, policy)


def cache_hit_ratio(
    rates: ArrayLike, capacity: ArrayLike, policy: str = "lru"
) -> np.ndarray | float:
    """Hit ratio over all requests for each `capacity` (objects): a miss-ratio curve is 1 − it."""
    capacities = np.asarray(capacity, dtype=float)
    ratios = [
        mean_hit_ratio(rates, object_hit_ratios(rates, one, policy)) for one in capacities.ravel()
    ]
    return np.reshape(ratios, capacities.shape)[()]


def stale_while_revalidate(
    rate: ArrayLike, ttl: ArrayLike, window: ArrayLike, fetch: ArrayLike = 0.0
) -> Shares:
    """How requests for one object fare with stale-while-revalidate.

    After a fetch arrives the object is `fresh` for T = `ttl`. The first request after that comes X
    later, X exponential. Within W = `window` it is served `stale` and starts a fetch, and so are
    those that follow until the fetch arrives or W ends. Otherwise it is `waiting`, with all that
    come before the fetch arrives (collapsed into one). A cycle brings rT fresh answers and 1 + rd
    others, d = `fetch` seconds; with m = min(d, W) the stale ones are

        (1 − exp(−rW)) + r m − (exp(−r (W − m)) − exp(−rW)).

    Without fetch time that leaves (1 − exp(−rW)) / (1 + rT) stale. CloudFront bounds W by the
    maximum TTL: give it what is left of that after T.
    """
    rate, ttl = _checked(rate, "rate"), _checked(ttl, "ttl")
    window, fetch = _checked(window, "window"), _checked(fetch, "fetch")
    served = np.minimum(fetch, window)
    stale = (
        rate * served
        - np.expm1(-rate * window)
        - np.exp(-rate * (window - served))
        + np.exp(-rate * window)
    )
    others = 1 + rate * fetch
    stale = np.clip(stale, 0, others)  # rounding
    total = rate * ttl + others
    return Shares(rate * ttl / total, stale / total, (others - stale) / total)


def stale_share_of_hits(
    ttl: ArrayLike, update_rate: ArrayLike, kind: str = "poisson"
) -> np.ndarray:
    """The share of hits on an object that has changed at the origin since its fetch.

    The age of a hit is even in 0..T. Changes at random, `update_rate` u per second
    (``"poisson"``): 1 − (1 − exp(−uT)) / (uT). Changes every 1/u seconds (``"periodic"``):
    uT / 2 as long as uT ≤ 1, then 1 − 1 / (2uT). The rate of the requests plays no part.
    """
    changes = _checked(ttl, "ttl") * _checked(update_rate, "update_rate")
    if kind == "periodic":
        return np.where(changes <= 1, changes / 2, 1 - 0.5 / np.maximum(changes, 1))
    if kind != "poisson":
        raise ValueError(f'kind must be "poisson" or "periodic", not {kind!r}.')
    few = np.minimum(changes, 1e-5)
    many = np.maximum(changes, 1e-5)
    # Below, the formula would lose all its digits: the series has them.
    return np.where(changes < 1e-5, few / 2 - few**2 / 6, 1 + np.expm1(-many) / many)


def stale_read_share(
    rate: ArrayLike, ttl: ArrayLike, update_rate: ArrayLike, kind: str = "poisson"
) -> np.ndarray:
    """The share of all reads that are stale: hit ratio · :func:`stale_share_of_hits`."""
    return ttl_hit_ratio(rate, ttl) * stale_share_of_hits(ttl, update_rate, kind)


def mean_age(rate: ArrayLike, ttl: ArrayLike) -> np.ndarray:
    """Mean age of the answers, in seconds: hits are T/2 old on average, misses 0."""
    return ttl_hit_ratio(rate, ttl) * _checked(ttl, "ttl") / 2


def origin_rate(
    rate: ArrayLike,
    ttl: ArrayLike,
    fetch: ArrayLike = 0.0,
    collapsing: bool = True,
    caches: ArrayLike = 1,
) -> np.ndarray:
    """Fetches per second that one object causes at the origin.

    `rate` is spread evenly over `caches` that know nothing of each other (the edges of a network,
    r each). A cycle lasts T + d + 1/r: the TTL from when the answer arrives, the `fetch` of d
    seconds, and the wait for the next request. With request collapsing it brings one fetch;
    without, each of the 1 + rd requests of the fetch's time brings its own (the first answer is
    kept).
    """
    caches = np.asarray(caches, dtype=float)
    if not (caches >= 1).all():
        raise ValueError(f"caches must be at least 1, not {caches}.")
    one = _checked(rate, "rate") / caches
    meanwhile = one * _checked(fetch, "fetch")
    fetches = 1.0 if collapsing else 1 + meanwhile
    return caches * one * fetches / (1 + one * _checked(ttl, "ttl") + meanwhile)


def stampede(rate: ArrayLike, fetch: ArrayLike) -> np.ndarray:
    """Fetches at one expiry without collapsing: 1 + r d, the first and all that come meanwhile."""
    return 1 + _checked(rate, "rate") * _checked(fetch, "fetch")


def greatest_age(
    ttls: Sequence[float], age_respected: bool = False, caches: Sequence[int] | None = None
) -> float:
    """The bound on the age of an answer through stacked layers, in seconds.

    `ttls` are those of the layers, from the viewer to the origin; `caches` says how many caches
    each layer has (without it one each). With Age respected a layer counts the time that an object
    has spent behind it, and the bound is the greatest TTL. Otherwise each layer starts a fresh TTL,
    and the TTLs of all layers that can hit add up.

    A cache that is asked by one other cache only is asked no more often than the greatest TTL ahead
    of it allows, so it can hit only if its own is greater. Edge 60 s, gateway 300 s, key-value
    layer 300 s: the last never hits, and the bound is 360 s and not 660 s. A layer shared by
    several caches ahead of it (``caches=[8, 1, 1]``: eight edges) is asked at any time.
    """
    times = [float(ttl) for ttl in _checked(list(ttls), "ttls")]
    nodes = [1] * len(times) if caches is None else list(caches)
    if len(nodes) != len(times) or any(count < 1 for count in nodes):
        raise ValueError(
            f"caches must say for each of the {len(times)} layers how many it has, not {caches}."
        )
    if age_respected or not times:
        return max(times, default=0.0)
    total, apart, ahead = 0.0, 0.0, 1  # apart: seconds that surely lie between two requests
    for ttl, count in zip(times, nodes, strict=True):
        apart = 0.0 if count < ahead else apart
        if ttl > apart:
            total, apart = total + ttl, ttl
        ahead = count
    return total


def _time_to_fill(rates: np.ndarray, capacity: float, policy: str) -> float:
    if capacity >= len(rates):
        return np.inf
    time = capacity / rates.sum()
    for _ in range(STEPS):
        asked = rates * time
        missing = capacity - _occupancy(asked, policy).sum()
        kept = np.exp(-asked) if policy == "lru" else (1 + asked) ** -2
        step = missing / (rates * kept).sum()
        time += step
        if step <= 1e-12 * time:
            break
    return time


def _occupancy(asked: np.ndarray, policy: str) -> np.ndarray:
    """The chance that an object is cached; `asked` is how often it is asked for in that time."""
    if policy == "lru":
        return -np.expm1(-asked)
    if policy in ("fifo", "random"):
        return asked / (1 + asked)
    raise ValueError(f'There is no formula for the policy {policy!r}: "lru", "fifo" or "random".')


def _checked(values: ArrayLike, what: str) -> np.ndarray:
    """`values` as floats; a ``ValueError`` if one is negative or not finite."""
    found = np.asarray(values, dtype=float)
    good = np.isfinite(found) & (found >= 0)
    if not good.all():
        wrong = found[~good].flat[0]
        raise ValueError(f"{what} must be finite and not negative, not {wrong}.")
    return found
