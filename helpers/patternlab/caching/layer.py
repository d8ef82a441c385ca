"""A cache in front of a query: the strategies, each a few lines to read.

`cache` is a client of Valkey (:func:`patternlab.caching.valkey.open_valkey`), `load` asks the
origin, `store(key, value)` writes to it. Values are kept as JSON. What several callers at once do
to an expired key, and what helps, is in :mod:`patternlab.caching.stampede`.
"""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable
from typing import Any

from patternlab.caching.checks import number
from patternlab.caching.errors import CachingError

#: Seconds; the TTL of the examples in ElastiCache's guide.
TTL = 300.0


def lazy(
    cache: Any,
    key: str,
    load: Callable[[], Any],
    ttl: float = TTL,
    jitter: float = 0.0,
    draw: Callable[[], float] = random.random,
) -> Any:
    """Load lazily (cache-aside): look in the cache; on a miss ask the origin, and keep its answer.

    A miss costs three trips: the look, the query, the write. Whatever changes at the origin is
    seen when the TTL has passed.
    """
    milliseconds(ttl, jitter)  # a wrong TTL is a mistake on a hit as well
    found = cache.get(key)
    if found is not None:
        return decode(found)
    return keep(cache, key, load(), ttl, jitter, draw)


def write_through(
    cache: Any,
    key: str,
    value: Any,
    store: Callable[[str, Any], object],
    ttl: float = TTL,
    jitter: float = 0.0,
    draw: Callable[[], float] = random.random,
) -> Any:
    """Write through: every write goes to the origin, then to the cache.

    Readers see it at once, if all writers write this way. The writer waits for both. A write that
    the origin refuses changes nothing in the cache.
    """
    milliseconds(ttl, jitter)
    encode(value)  # what the cache cannot hold must not get into the origin alone
    store(key, value)
    return keep(cache, key, value, ttl, jitter, draw)


class WriteBehind:
    """Write-behind: a write goes to the cache and into a queue; :meth:`flush` brings the origin up.

    Writers wait for the cache only, and many writes of one key become one. But what is in the
    queue when the process dies never reaches the origin, while readers of the cache saw it. Flush
    more often than once a TTL, or a key expires and readers get the old value from the origin.

    Attributes:
        pending: what the origin has not seen: key to value, the oldest key first.
    """

    def __init__(
        self, cache: Any, store: Callable[[str, Any], object], ttl: float = TTL, jitter: float = 0.0
    ) -> None:
        milliseconds(ttl, jitter)
        self.cache, self.store, self.ttl, self.jitter = cache, store, ttl, jitter
        self.pending: dict[str, Any] = {}
        self._one_at_a_time = threading.Lock()

    def write(self, key: str, value: Any) -> Any:
        """Write to the cache now and to the origin later."""
        with self._one_at_a_time:
            kept = keep(self.cache, key, value, self.ttl, self.jitter)
            self.pending[key] = kept
        return kept

    def flush(self) -> int:
        """Write what is pending to the origin; return how many writes that took.

        If the origin refuses one, that one and those after it stay pending.
        """
        with self._one_at_a_time:
            keys = list(self.pending)
            for key in keys:
                self.store(key, self.pending[key])
                del self.pending[key]
        return len(keys)


def keep(
    cache: Any,
    key: str,
    value: Any,
    ttl: float = TTL,
    jitter: float = 0.0,
    draw: Callable[[], float] = random.random,
) -> Any:
    """Write `value` to the cache for about `ttl` seconds; return it as a hit will return it."""
    text = encode(value)
    cache.set(key, text, px=milliseconds(ttl, jitter, draw))
    return decode(text)  # JSON makes a list of a tuple: a miss must not answer otherwise than a hit


def milliseconds(ttl: float, jitter: float = 0.0, draw: Callable[[], float] = random.random) -> int:
    """Return `ttl` in Valkey's milliseconds, spread by a share of `jitter` to both sides.

    Without jitter, keys written together expire together, and the origin is asked for all of them
    at once. `draw` gives numbers evenly from 0 to 1.
    """
    number("ttl", ttl, "seconds", above=True, advice="To store nothing, leave the cache out.")
    number("jitter", jitter, most=1, advice="0.1 spreads TTLs by a tenth to both sides.")
    spread = 1 + jitter * (2 * draw() - 1) if jitter else 1.0
    return max(1, round(1000 * ttl * spread))


def encode(value: Any) -> bytes:
    """Return `value` as JSON; a :class:`CachingError` if it cannot be kept."""
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as problem:
        raise CachingError(
            f"This {type(value).__name__} cannot be kept as JSON ({problem}). Cache numbers, "
            "texts, lists and dicts of them."
        ) from None


def decode(text: bytes) -> Any:
    """Return what :func:`encode` was given."""
    try:
        return json.loads(text)
    except ValueError:
        raise CachingError(
            f"The cache holds {bytes(text[:40])!r} under this key, which is not JSON: another "
            "program wrote it. Use keys of your own."
        ) from None
