"""What caches do in closed form: hit ratios, staleness and origin load, to hold a cache against.

Requests for each object come at random, independent of each other (Poisson, `rate` per second).
Times are in seconds, ratios and shares between 0 and 1. All functions take numbers or numpy arrays
that broadcast. Where the assumptions fail, so do the formulas: that is what the simulator is for.

Source: Jung, Berger, Balakrishnan, "Modeling TTL-based Internet caches", 2003 (TTL from fetch).
What names no source is derived in its docstring.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike


def ttl_hit_ratio(rate: ArrayLike, ttl: ArrayLike) -> np.ndarray:
    """Return the hit ratio of one object whose TTL runs from its fetch: rT / (1 + rT).

    A miss fetches, the next T seconds bring rT hits on average, then all begins anew
    (Jung, Berger, Balakrishnan 2003).
    """
    hits = _checked(rate, "rate") * _checked(ttl, "ttl")
    return hits / (1 + hits)


def mean_hit_ratio(rates: ArrayLike, ratios: ArrayLike) -> np.ndarray:
    """Average each object's hit ratio, weighted with its share of `rates`: that of all requests."""
    rates = _checked(rates, "rates")
    if not rates.sum() > 0:
        raise ValueError("rates must hold at least one object that is asked for.")
    return (rates * ratios).sum(axis=-1) / rates.sum(axis=-1)


def stale_share_of_hits(
    ttl: ArrayLike, update_rate: ArrayLike, kind: str = "poisson"
) -> np.ndarray:
    """Return the share of hits on an object that has changed at the origin since its fetch.

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
    """Return the share of reads that are stale: hit ratio · :func:`stale_share_of_hits`."""
    return ttl_hit_ratio(rate, ttl) * stale_share_of_hits(ttl, update_rate, kind)


def origin_rate(
    rate: ArrayLike,
    ttl: ArrayLike,
    fetch: ArrayLike = 0.0,
    collapsing: bool = True,
    caches: ArrayLike = 1,
) -> np.ndarray:
    """Return the fetches per second that one object causes at the origin.

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


def greatest_age(
    ttls: Sequence[float], age_respected: bool = False, caches: Sequence[int] | None = None
) -> float:
    """Return the bound on the age of an answer through stacked layers, in seconds.

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


def _checked(values: ArrayLike, what: str) -> np.ndarray:
    """Return `values` as floats; a ``ValueError`` if one is negative or not finite."""
    found = np.asarray(values, dtype=float)
    good = np.isfinite(found) & (found >= 0)
    if not good.all():
        wrong = found[~good].flat[0]
        raise ValueError(f"{what} must be finite and not negative, not {wrong}.")
    return found
