"""How many API calls a FIFO queue takes per second (events-19)."""

from __future__ import annotations

from patternlab.delivery.errors import throttled

PER_QUEUE, PER_GROUP = "perQueue", "perMessageGroupId"
CALLS = 300  # per second and action: of a queue, or with high throughput of a group
HIGH_THROUGHPUT = 70_000  # per second and action of a queue, in the largest Regions


class CallQuota:
    """Counts calls by the whole seconds of the clock. A batch of ten is one call."""

    def __init__(self) -> None:
        self._second = -1
        self._calls: dict[tuple[str, str | None], int] = {}

    def charge(self, action: str, groups: set[str], now: float, limit: str) -> None:
        """Count one call of `action` at `now`, or refuse it. `limit` is FifoThroughputLimit."""
        if int(now) != self._second:
            self._second, self._calls = int(now), {}
        allowed: dict[tuple[str, str | None], int] = {(action, None): CALLS}
        if limit == PER_GROUP:
            allowed = {(action, None): HIGH_THROUGHPUT}
            allowed |= {(action, group): CALLS for group in groups}
        calls = self._calls
        if any(calls.get(key, 0) >= most for key, most in allowed.items()):
            raise throttled()
        for key in allowed:
            calls[key] = calls.get(key, 0) + 1
