"""Faults to order: receivers that are unavailable, and instance types that EC2 has none of."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from patternlab.clock import VirtualClock, seconds_of

SERVER, CLIENT = "server", "client"
ANYWHERE = "any zone"


class DeliveryFailure(Exception):
    """A receiver did not take a message.

    A `kind` of ``"server"`` is worth another try, one of ``"client"`` is not (events-54).
    `status` is the HTTP status of the answer, `took` the seconds until it came.
    """

    def __init__(self, kind: str, message: str, status: int | None = None, took: float = 0.0):
        super().__init__(message)
        self.kind, self.message, self.took = kind, message, took
        self.status = status if status is not None else (400 if kind == CLIENT else 503)


@dataclass(frozen=True)
class Outage:
    """A receiver answers with an error from `start` to `end` (seconds on the clock).

    `share` of its answers are errors: 1 for all of them.
    """

    start: float
    end: float
    kind: str
    share: float
    failure: DeliveryFailure


class Outages:
    """What is unavailable, and when. Times are in seconds unless they say otherwise.

    >>> from patternlab.clock import VirtualClock
    >>> clock = VirtualClock()
    >>> faults = Outages(clock)
    >>> _ = faults.outage("arn:aws:sqs:us-east-1:123456789012:orders", minutes=30)
    >>> faults.failure("arn:aws:sqs:us-east-1:123456789012:orders").kind
    'server'
    >>> clock.wait(1800)
    >>> faults.failure("arn:aws:sqs:us-east-1:123456789012:orders") is None
    True
    >>> _ = faults.no_capacity("c5n.18xlarge", "us-east-1a", minutes=30)
    >>> faults.lacks("c5n.18xlarge", "us-east-1a"), faults.lacks("c5n.18xlarge", "us-east-1b")
    (True, False)
    """

    def __init__(self, clock: VirtualClock, rng: random.Random | None = None) -> None:
        self._clock, self._rng = clock, rng or random.Random(0)
        self._outages: dict[str, list[Outage]] = {}

    def outage(
        self,
        receiver: str,
        *,
        seconds: float = 0,
        minutes: float = 0,
        hours: float = 0,
        days: float = 0,
        starts_in: float = 0,
        kind: str = SERVER,
        share: float = 1.0,
    ) -> Outage:
        """Let a receiver fail for a time.

        Args:
            receiver: Its ARN or URL.
            seconds: How long, together with `minutes`, `hours` and `days`.
            minutes: See `seconds`.
            hours: See `seconds`.
            days: See `seconds`.
            starts_in: Seconds until it begins.
            kind: ``"server"`` (unavailable, 503: tried again) or ``"client"`` (refused, 403: given
                up at once).
            share: The part of the attempts that fail, by the cloud's seed.

        Raises:
            ValueError: If the kind, the share or the length is wrong.
        """
        if kind not in (SERVER, CLIENT):
            raise ValueError(f'kind is "server" or "client", not {kind!r}.')
        if not 0 < share <= 1:
            raise ValueError(f"share is the part of the attempts that fail, 0 to 1, not {share!r}.")
        length = seconds_of(seconds + 60 * minutes + 3600 * hours + 86_400 * days, "An outage")
        if length == 0:
            raise ValueError("An outage needs a length: seconds=, minutes=, hours= or days=.")
        start = self._clock.elapsed + seconds_of(starts_in, "starts_in")
        failure = (
            DeliveryFailure(SERVER, "Service Unavailable (an outage was ordered)", 503)
            if kind == SERVER
            else DeliveryFailure(CLIENT, "Forbidden (an outage was ordered)", 403)
        )
        made = Outage(start, start + length, kind, share, failure)
        self._outages.setdefault(receiver, []).append(made)
        return made

    def no_capacity(self, instance_type: str, zone: str | None = None, **when: Any) -> Outage:
        """Let EC2 answer InsufficientInstanceCapacity to launches of `instance_type` for a time.

        Args:
            instance_type: Such as ``"c5n.18xlarge"``.
            zone: The only zone without capacity; every one if it is not given.
            **when: As for :meth:`outage`: seconds, minutes, hours or days, starts_in, and a share
                below 1 of the launches that fail, by the cloud's seed.
        """
        return self.outage(_capacity(instance_type, zone), **when)

    def lacks(self, instance_type: str, zone: str) -> bool:
        """Is there no capacity for `instance_type` in `zone` now?"""
        keys = _capacity(instance_type, zone), _capacity(instance_type, None)
        return any(self.failure(key) is not None for key in keys)

    def clear(self, receiver: str | None = None) -> None:
        """End the outages of `receiver`, or all of them, now."""
        if receiver is None:
            self._outages.clear()
        else:
            self._outages.pop(receiver, None)

    def failure(self, receiver: str) -> DeliveryFailure | None:
        """Return what an attempt to reach `receiver` meets now, or None if it is available."""
        outages = self._outages.get(receiver)
        if not outages:
            return None
        now = self._clock.env.now
        for outage in outages:
            if outage.start <= now < outage.end and (
                outage.share == 1 or self._rng.random() < outage.share
            ):
                return outage.failure
        return None


def _capacity(instance_type: str, zone: str | None) -> str:
    """The name under which a lack of capacity is ordered."""
    return f"capacity of {instance_type} in {zone or ANYWHERE}"
