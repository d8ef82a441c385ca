"""Outages of endpoints, to order: what a topic meets when it delivers to them."""

from __future__ import annotations

import random
from dataclasses import dataclass

from patternlab.clock import VirtualClock, seconds_of

SERVER, CLIENT = "server", "client"


class DeliveryFailure(Exception):
    """An endpoint did not take a message.

    A `kind` of ``"server"`` is worth another try, one of ``"client"`` is not (events-54).
    `status` is the HTTP status of the answer, `took` the seconds until it came.
    """

    def __init__(self, kind: str, message: str, status: int | None = None, took: float = 0.0):
        super().__init__(message)
        self.kind, self.message, self.took = kind, message, took
        self.status = status if status is not None else (400 if kind == CLIENT else 503)


@dataclass(frozen=True)
class Outage:
    """An endpoint answers with an error from `start` to `end` (seconds on the clock).

    `share` of its answers are errors: 1 for all of them.
    """

    start: float
    end: float
    kind: str
    share: float
    failure: DeliveryFailure


class Outages:
    """Which endpoints are out of order, and when. Times are seconds unless they say otherwise.

    >>> from patternlab.clock import VirtualClock
    >>> clock = VirtualClock()
    >>> faults = Outages(clock)
    >>> _ = faults.outage("arn:aws:sqs:us-east-1:123456789012:orders", minutes=30)
    >>> faults.failure("arn:aws:sqs:us-east-1:123456789012:orders").kind
    'server'
    >>> clock.wait(1800)
    >>> faults.failure("arn:aws:sqs:us-east-1:123456789012:orders") is None
    True
    """

    def __init__(self, clock: VirtualClock, rng: random.Random | None = None) -> None:
        self._clock, self._rng = clock, rng or random.Random(0)
        self._outages: dict[str, list[Outage]] = {}

    def outage(
        self,
        endpoint: str,
        *,
        seconds: float = 0,
        minutes: float = 0,
        hours: float = 0,
        days: float = 0,
        starts_in: float = 0,
        kind: str = SERVER,
        share: float = 1.0,
    ) -> Outage:
        """Let the endpoint of that ARN or URL fail for a time, `starts_in` seconds from now.

        `kind` is ``"server"`` (unavailable, 503: tried again) or ``"client"`` (refused, 403: given
        up at once). With a `share` below 1 that share of the attempts fails, by the cloud's seed.
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
        self._outages.setdefault(endpoint, []).append(made)
        return made

    def clear(self, endpoint: str | None = None) -> None:
        """End the outages of `endpoint`, or all of them, now."""
        if endpoint is None:
            self._outages.clear()
        else:
            self._outages.pop(endpoint, None)

    def failure(self, endpoint: str) -> DeliveryFailure | None:
        """What an attempt to reach `endpoint` now meets; None when it is in order."""
        outages = self._outages.get(endpoint)
        if not outages:
            return None
        now = self._clock.env.now
        for outage in outages:
            if outage.start <= now < outage.end and (
                outage.share == 1 or self._rng.random() < outage.share
            ):
                return outage.failure
        return None
