"""How often, and when, a topic tries again to deliver a message (events-51 to events-53).

Reference: "Amazon SNS message delivery retries", AWS documentation. AWS says how many retries a
phase has, and the first and the last delay of the backoff phase; the curve between the two, and
the jitter, it does not publish. Both are ours.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice, repeat
from typing import Any

from patternlab.delivery.errors import DeliveryError, refused_by_sns

MAX_RETRIES, MAX_SECONDS = 100, 3600  # of an HTTP/S delivery policy (events-53)


def _linear(low: float, high: float, i: int, last: int) -> float:
    return low + (high - low) * i / last


def _arithmetic(low: float, high: float, i: int, last: int) -> float:
    return low + (high - low) * i * (i + 1) / (last * (last + 1))


def _geometric(low: float, high: float, i: int, last: int) -> float:
    return low * math.pow(high / low, i / last)


def _exponential(low: float, high: float, i: int, last: int) -> float:
    return low + (high - low) * (math.pow(2, i) - 1) / (math.pow(2, last) - 1)


#: How the delay grows from the first to the last retry of the backoff phase: in a straight line,
#: by steps that grow evenly, by a constant factor, by steps that double. **Not AWS's formulas.**
BACKOFF: dict[str, Callable[[float, float, int, int], float]] = {
    "linear": _linear,
    "arithmetic": _arithmetic,
    "geometric": _geometric,
    "exponential": _exponential,
}


@dataclass(frozen=True)
class RetryPolicy:
    """The four phases of retries.

    Attributes:
        no_delay: Tries at once; `min_delay`, `backoff` and `max_delay` likewise count tries.
        shortest: Seconds before a try of the second phase, and before the first one of the third.
        longest: Seconds before the last try of the third phase, and before one of the fourth.
        function: How the delay grows in the third phase: a name in :data:`BACKOFF`.
        counts_first: Whether the first delivery is one of the tries, as in "100,015 attempts",
            rather than before them, as in "3 retries".
    """

    no_delay: int = 0
    min_delay: int = 0
    backoff: int = 3
    max_delay: int = 0
    shortest: float = 20.0
    longest: float = 20.0
    function: str = "linear"
    counts_first: bool = False

    def waits(self) -> Iterator[float]:
        """Return the seconds from each attempt to the next, for as many retries as there are."""
        curve, last = BACKOFF[self.function], max(self.backoff - 1, 1)
        tries = chain(
            repeat(0.0, self.no_delay),
            repeat(self.shortest, self.min_delay),
            (curve(self.shortest, self.longest, i, last) for i in range(self.backoff)),
            repeat(self.longest, self.max_delay),
        )
        return islice(tries, 1, None) if self.counts_first else tries

    def jittered(self, rng: random.Random, jitter: tuple[float, float]) -> Iterator[float]:
        """Return the same as :meth:`waits`, each times U(`jitter`)."""
        if jitter == (1.0, 1.0):
            return self.waits()
        return (wait * rng.uniform(*jitter) for wait in self.waits())

    @property
    def attempts(self) -> int:
        """The number of deliveries in all, the first one included."""
        retries = self.no_delay + self.min_delay + self.backoff + self.max_delay
        return retries if self.counts_first else retries + 1


#: SQS, Lambda, Firehose: 3 at once, 2 x 1 s, 10 from 1 s to 20 s, 100,000 x 20 s (events-51).
AWS_MANAGED = RetryPolicy(3, 2, 10, 100_000, 1.0, 20.0, "exponential", counts_first=True)
#: SMTP, SMS, mobile push: 2 x 10 s, 10 from 10 s to 600 s, 38 x 600 s (events-52).
CUSTOMER_MANAGED = RetryPolicy(0, 2, 10, 38, 10.0, 600.0, "exponential", counts_first=True)
#: HTTP and HTTPS, when nothing else is asked for: 3 retries, 20 s apart (events-53).
HTTP_DEFAULT = RetryPolicy()

#: How often SNS tries, by protocol.
RETRIES: dict[str, RetryPolicy] = {
    "sqs": AWS_MANAGED,
    "lambda": AWS_MANAGED,
    "firehose": AWS_MANAGED,
    "http": HTTP_DEFAULT,
    "https": HTTP_DEFAULT,
    "email": CUSTOMER_MANAGED,
    "email-json": CUSTOMER_MANAGED,
    "sms": CUSTOMER_MANAGED,
    "application": CUSTOMER_MANAGED,
}

_FIELDS = {
    "numRetries": 3,
    "numNoDelayRetries": 0,
    "numMinDelayRetries": 0,
    "numMaxDelayRetries": 0,
    "minDelayTarget": 20,
    "maxDelayTarget": 20,
    "backoffFunction": "linear",
}


def parse_delivery_policy(text: str, topic: bool = False) -> RetryPolicy:
    """Return the HTTP/S retry policy in a DeliveryPolicy attribute.

    Args:
        text: The attribute.
        topic: Whether it is a topic's, rather than a subscription's.

    Raises:
        DeliveryError: InvalidParameter, if it is not such a policy.
    """
    try:
        content = json.loads(text)
        if topic:
            content = content.get("http", {})
        wanted = content.get("defaultHealthyRetryPolicy" if topic else "healthyRetryPolicy")
    except (ValueError, AttributeError):
        raise _refused("failed to parse JSON.") from None
    return _read(wanted or {})


def _read(wanted: dict[str, Any]) -> RetryPolicy:
    unknown = set(wanted) - set(_FIELDS)
    if unknown:
        raise _refused(f"Unexpected JSON member: {sorted(unknown)[0]}")
    values = {name: wanted.get(name, default) for name, default in _FIELDS.items()}
    function = values.pop("backoffFunction")
    if function not in BACKOFF:
        raise _refused(f"backoffFunction must be one of {', '.join(BACKOFF)}, not {function}.")
    for name, value in values.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise _refused(f"{name} must be an integer that is not negative, not {value!r}.")
    retries, no_delay, min_delay, max_delay, shortest, longest = values.values()
    if retries > MAX_RETRIES:
        raise _refused(f"numRetries must be less than or equal to {MAX_RETRIES}.")
    if not 1 <= shortest <= longest <= MAX_SECONDS:
        raise _refused(f"1 <= minDelayTarget <= maxDelayTarget <= {MAX_SECONDS} must hold.")
    backoff = retries - no_delay - min_delay - max_delay
    if backoff < 0:
        raise _refused("numRetries must be at least the sum of the retries of the other phases.")
    policy = RetryPolicy(no_delay, min_delay, backoff, max_delay, shortest, longest, function)
    total = sum(policy.waits())
    if total > MAX_SECONDS:
        raise _refused(f"the retries may take {MAX_SECONDS} seconds in all, not {total:.0f}.")
    return policy


def _refused(reason: str) -> DeliveryError:
    return refused_by_sns(f"DeliveryPolicy: {reason}")
