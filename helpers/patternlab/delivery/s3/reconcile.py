"""Reconciliation: does what was processed agree with what is in the bucket?

Notifications come at least once, in any order, and perhaps late. A design that must not miss an
object compares, from time to time, an inventory of the bucket with its own books.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Reconciliation:
    """Where the books differ from the bucket; keys in alphabetical order."""

    missing: tuple[str, ...]  #: in the bucket, and never processed
    stale: tuple[str, ...]  #: processed, but last in another version than the bucket's
    doubled: tuple[str, ...]  #: the same version was processed more than once
    gone: tuple[str, ...]  #: processed, and no longer in the bucket

    @property
    def complete(self) -> bool:
        """Whether every object of the bucket has been processed in its current version."""
        return not self.missing and not self.stale


def reconcile(inventory: Mapping[str, str], processed: Iterable[tuple[str, str]]) -> Reconciliation:
    """Compare the bucket's `inventory` with what was `processed`.

    Args:
        inventory: For each key, a mark of the object's current version: its ETag, version id or
            sequencer. ETags cannot tell apart two writes of the same content.
        processed: Pairs of a key and the mark that was processed, in order; the same kind of mark.

    >>> found = reconcile({"a": "1", "b": "2", "c": "3"}, [("a", "1"), ("a", "1"), ("b", "1")])
    >>> found.missing, found.stale, found.doubled
    (('c',), ('b',), ('a',))
    """
    done = list(processed)
    times, last = Counter(done), dict(done)
    return Reconciliation(
        missing=tuple(sorted(set(inventory) - set(last))),
        stale=tuple(sorted(k for k, mark in inventory.items() if last.get(k, mark) != mark)),
        doubled=tuple(sorted({key for (key, _), count in times.items() if count > 1})),
        gone=tuple(sorted(set(last) - set(inventory))),
    )
