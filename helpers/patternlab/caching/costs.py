"""What caching costs and saves in a month, in US dollars, at the prices of ``data/prices.csv``."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from patternlab import facts
from patternlab.caching.theory import origin_rate

#: Hours and seconds of a month, as AWS bills it.
HOURS = 730
SECONDS = HOURS * 3600

#: Invalidation paths that are free in each month, for all distributions of an account together.
FREE_PATHS = 1000


def price(service: str, item: str) -> float:
    """Return USD for one unit of `item`; a ``ValueError`` if ``data/prices.csv`` lacks it."""
    table = facts.read("prices")
    row = table[(table["service"] == service) & (table["item"] == item)]
    if row.empty:
        known = ", ".join(table.loc[table["service"] == service, "item"])
        raise ValueError(f"No price for {item!r} of {service!r}; known: {known or 'none'}.")
    return float(row["price_usd"].iloc[0] / row["per"].iloc[0])


def invalidation_cost(deployments: ArrayLike, paths: ArrayLike) -> np.ndarray:
    """Price a month of `deployments` that each invalidate `paths` paths, in USD.

    (deployments · paths − 1,000) · $0.005, at least 0. A wildcard (``/images/*``) is one path
    however many files it covers, and so is a cache tag. Versioned names (``app.3f2a.js``) need no
    path at all; their only price is the short TTL of the page that names them: see
    :func:`origin_cost`.
    """
    billed = np.maximum(np.asarray(deployments) * np.asarray(paths) - FREE_PATHS, 0)
    return billed * price("cloudfront", "invalidation-path")


def origin_cost(
    rate: ArrayLike, ttl: ArrayLike, per_fetch: ArrayLike, caches: ArrayLike = 1
) -> np.ndarray:
    """Price a month of one object's fetches: origin_rate · seconds · USD `per_fetch`."""
    return origin_rate(rate, ttl, caches=caches) * SECONDS * np.asarray(per_fetch)


def gateway_cache_cost(size: str = "0.5") -> float:
    """Price a month of an API Gateway cache of `size` GB: by the hour, whatever the traffic."""
    return price("apigateway", f"cache-{size}GB") * HOURS


def gateway_cache_break_even(
    hit_ratio: ArrayLike, per_request: ArrayLike, size: str = "0.5"
) -> np.ndarray:
    """Return the requests per month from which the cache pays off; ``inf`` if it never does."""
    saved = _share(hit_ratio, "hit_ratio") * np.asarray(per_request, dtype=float)
    with np.errstate(divide="ignore"):
        return gateway_cache_cost(size) / saved


def _share(value: ArrayLike, what: str) -> np.ndarray:
    found = np.asarray(value, dtype=float)
    if not ((found >= 0) & (found <= 1)).all():
        raise ValueError(f"{what} is a share between 0 and 1, not {value!r}.")
    return found
