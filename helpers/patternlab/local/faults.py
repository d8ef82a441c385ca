"""Faults to order in a local cloud: outages of endpoints, and EC2 without capacity."""

from __future__ import annotations

from typing import Any

from patternlab.delivery.faults import Outage, Outages

ANYWHERE = "any zone"


class Faults(Outages):
    """:class:`Outages`, and instance types that EC2 has none of for a time.

    >>> from patternlab.clock import VirtualClock
    >>> clock = VirtualClock()
    >>> faults = Faults(clock)
    >>> _ = faults.no_capacity("c5n.18xlarge", "us-east-1a", minutes=30)
    >>> faults.lacks("c5n.18xlarge", "us-east-1a"), faults.lacks("c5n.18xlarge", "us-east-1b")
    (True, False)
    >>> clock.wait(1800)
    >>> faults.lacks("c5n.18xlarge", "us-east-1a")
    False
    """

    def no_capacity(self, instance_type: str, zone: str | None = None, **when: Any) -> Outage:
        """Let EC2 answer InsufficientInstanceCapacity to launches of `instance_type` for a time.

        In `zone`, or in every one. `when` is as for :meth:`outage`: seconds, minutes, hours or
        days, starts_in, and a share below 1 of the launches that fail, by the cloud's seed.
        """
        return self.outage(_key(instance_type, zone), **when)

    def lacks(self, instance_type: str, zone: str) -> bool:
        """Is there no capacity for `instance_type` in `zone` now?"""
        keys = _key(instance_type, zone), _key(instance_type, None)
        return any(self.failure(key) is not None for key in keys)


def _key(instance_type: str, zone: str | None) -> str:
    return f"capacity of {instance_type} in {zone or ANYWHERE}"
