"""S3's `sequencer`: which of two events of one key is the later one (events-65)."""

from __future__ import annotations

from zlib import crc32

from patternlab.clock import VirtualClock


class Sequencer:
    """Gives every write a hexadecimal value that grows from write to write of the same key.

    As on S3 the values have different lengths, and those of two keys say nothing about each
    other: here every key counts its microseconds from a moment of its own.

    >>> sequencer = Sequencer(VirtualClock())
    >>> first, second = sequencer.next("a.txt"), sequencer.next("a.txt")
    >>> newer(second, first), newer(first, second), newer(first, first)
    (True, False, False)
    """

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._moment, self._writes = -1, 0

    def next(self, key: str) -> str:
        """Return the value of a write to `key`, now."""
        moment = round(self._clock.time() * 1e6)
        if moment != self._moment:
            self._moment, self._writes = moment, 0
        else:
            self._writes += 1
        value = (moment + crc32(key.encode()) % 1_000_000 << 16) + self._writes
        text = f"{value:018X}"
        return text if self._writes else text[:-4]


def newer(a: str, b: str) -> bool:
    """Return whether the event with sequencer `a` is later than that with `b`, of the same key.

    The shorter value is filled up with zeros on its right, then they are compared as text. Equal
    values are the same event, delivered twice.
    """
    length = max(len(a), len(b))
    return a.upper().ljust(length, "0") > b.upper().ljust(length, "0")
