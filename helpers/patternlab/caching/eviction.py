"""What a full cache does: fill a Valkey with a small memory and count what happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from patternlab.caching.layer import milliseconds


@dataclass(frozen=True)
class Filled:
    """What became of the writes, measured here.

    Attributes:
        written: writes that Valkey took.
        refused: writes that failed because the memory was full and nothing could be evicted.
        evicted: keys that Valkey evicted to make room, by its own count (`evicted_keys`).
        error: Valkey's words for the first write it refused; empty if there was none.
    """

    written: int
    refused: int
    evicted: int
    error: str = ""


def fill(client: Any, keys: int, size: int = 1000, ttl: float | None = None) -> Filled:
    """Write keys of `size` bytes each and count. `ttl` is in seconds; None: no TTL.

    A volatile policy evicts only keys that have a TTL. ElastiCache starts with one (volatile-lru):
    fill it with keys without a TTL, and it refuses writes like a server with noeviction.
    """
    expiry = None if ttl is None else milliseconds(ttl)
    before, written, refused, error = _evicted(client), 0, 0, ""
    value = b"x" * size
    for key in range(keys):
        try:
            client.set(f"filled:{key}", value, px=expiry)
            written += 1
        except Exception as problem:
            # The two clients name it OutOfMemoryError; by name, so that neither need be imported.
            if type(problem).__name__ != "OutOfMemoryError":
                raise
            refused += 1
            error = error or str(problem)
    return Filled(written, refused, _evicted(client) - before, error)


def _evicted(client: Any) -> int:
    return client.info("stats")["evicted_keys"]
