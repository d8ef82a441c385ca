"""How a function treats events that come asynchronously, and who gets a record when they end."""

from __future__ import annotations

from dataclasses import dataclass

from patternlab.delivery.errors import DeliveryError
from patternlab.delivery.receivers import Receiver

MAX_RETRIES = 2
SHORTEST_AGE, MAX_AGE = 60.0, 21_600.0  # seconds an event may wait (events-44)


@dataclass(frozen=True)
class AsyncConfig:
    """How a function treats events that come asynchronously.

    Attributes:
        max_retries: Retries after function errors, 0 to 2; attempts are one more.
        max_age: Seconds that an event may wait, 60 to 21,600.
        on_success: Gets a record of each event that succeeded.
        on_failure: Gets a record of each event that was given up.
        dead_letter: Gets each event that was given up, as it was handed over.

    Raises:
        DeliveryError: ValidationException, in Lambda's words, outside these limits.
    """

    max_retries: int = MAX_RETRIES
    max_age: float = MAX_AGE
    on_success: Receiver | None = None
    on_failure: Receiver | None = None
    dead_letter: Receiver | None = None

    def __post_init__(self) -> None:
        _check("maximumRetryAttempts", self.max_retries, 0, MAX_RETRIES)
        _check("maximumEventAgeInSeconds", self.max_age, SHORTEST_AGE, MAX_AGE)


def _check(name: str, value: float, low: float, high: float) -> None:
    if low <= value <= high:
        return
    limit = f"less than or equal to {high:g}"
    if value < low:
        limit = f"greater than or equal to {low:g}"
    raise DeliveryError(
        "ValidationException",
        f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: "
        f"Member must have value {limit}",
    )
