"""A waiting line: keys in order, where most keys arrive in order."""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from typing import Generic, TypeVar

K = TypeVar("K", bound=float)
V = TypeVar("V")


class Line(Generic[K, V]):
    """Pairs of (key, value), smallest first.

    Keys that arrive in order cost a step of a deque, the others a step of a heap. Ends of
    visibility timeouts, ages and places in a queue nearly always arrive in order.

    >>> line = Line()
    >>> for key in (1, 4, 2):
    ...     line.add(key, "x")
    >>> line.pop(), line.first()
    ((1, 'x'), (2, 'x'))
    """

    __slots__ = ("_in_order", "_late")

    def __init__(self) -> None:
        self._in_order: deque[tuple[K, V]] = deque()
        self._late: list[tuple[K, V]] = []

    def add(self, key: K, value: V) -> None:
        """Put `value` into the line at `key`."""
        in_order = self._in_order
        if not in_order or in_order[-1][0] <= key:
            in_order.append((key, value))
        else:
            heappush(self._late, (key, value))

    def first(self) -> tuple[K, V] | None:
        """Return the pair with the smallest key, or None if the line is empty."""
        in_order, late = self._in_order, self._late
        if late and (not in_order or late[0] < in_order[0]):
            return late[0]
        return in_order[0] if in_order else None

    def pop(self) -> tuple[K, V]:
        """Take out the pair with the smallest key, and return it."""
        in_order, late = self._in_order, self._late
        if late and (not in_order or late[0] < in_order[0]):
            return heappop(late)
        return in_order.popleft()
