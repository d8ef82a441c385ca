"""Names of queues over time: not usable at once, not reusable at once (events-22)."""

from __future__ import annotations

from patternlab.clock import TICK, VirtualClock
from patternlab.delivery.errors import DeliveryError
from patternlab.delivery.knobs import Knobs


class QueueNames:
    """When the queues of an account and Region were created and deleted."""

    def __init__(self, clock: VirtualClock, knobs: Knobs | None = None) -> None:
        self._clock, self._knobs = clock, knobs or Knobs()
        self._created: dict[str, float] = {}
        self._deleted: dict[str, float] = {}

    def create(self, name: str) -> None:
        """Note that a queue is created; refuse it shortly after one of that name was deleted."""
        if self._within(self._deleted.get(name), self._knobs.name_reuse_lag):
            raise DeliveryError(
                "AWS.SimpleQueueService.QueueDeletedRecently",
                "You must wait 60 seconds after deleting a queue before you can create another "
                "with the same name.",
            )
        self._created[name] = self._clock.elapsed

    def delete(self, name: str) -> None:
        """Note that a queue has been deleted."""
        self._deleted[name] = self._clock.elapsed

    def check_usable(self, name: str) -> None:
        """Refuse a queue that was created a moment ago: AWS may not know it everywhere yet."""
        if self._within(self._created.get(name), self._knobs.creation_lag):
            raise DeliveryError(
                "AWS.SimpleQueueService.NonExistentQueue",
                "The specified queue does not exist.",
            )

    def _within(self, since: float | None, seconds: float) -> bool:
        return since is not None and self._clock.elapsed - since < seconds - TICK
