"""A memory that forgets: deduplication ids and receive attempts are known for five minutes."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

V = TypeVar("V")


class Recent(Generic[V]):
    """Values by key, each for `seconds` from when it was kept."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._kept: dict[Hashable, tuple[float, V]] = {}  # key -> (until, value), oldest first

    def keep(self, key: Hashable, value: V, now: float) -> None:
        """Remember `value`, from `now` on."""
        self._kept.pop(key, None)  # so that a key kept again goes to the end
        self._kept[key] = (now + self._seconds, value)

    def get(self, key: Hashable, now: float) -> V | None:
        """Return what was kept under `key`, or None if nothing was, or too long ago."""
        kept = self._kept
        while kept:
            oldest = next(iter(kept))
            if kept[oldest][0] > now:
                break
            del kept[oldest]
        return kept[key][1] if key in kept else None

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
