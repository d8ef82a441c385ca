"""How a function treats events that come asynchronously, and who is told when they end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from patternlab.delivery.errors import DeliveryError

MAX_RETRIES = 2
SHORTEST_AGE, MAX_AGE = 60.0, 21_600.0  # seconds an event may wait (events-44)

#: Message attributes as SQS has them: ``{name: {"DataType": ..., "StringValue": ...}}``.
Attributes = dict[str, dict[str, str]]


class Destination(Protocol):
    """Takes the record of an event that ended. Raises ``DeliveryError`` when it does not."""

    arn: str

    def take_record(self, record: dict[str, Any]) -> None: ...


class DeadLetter(Protocol):
    """Takes an event that was given up, as it was handed over, with attributes beside it.

    Standard queues and standard topics only. Raises ``DeliveryError`` when it does not.
    """

    arn: str

    def take_event(self, body: str, attributes: Attributes) -> None: ...


@dataclass(frozen=True)
class AsyncConfig:
    """How a function treats events that come asynchronously.

    `max_retries` (0 to 2) counts retries after function errors, so attempts are one more. `max_age`
    (seconds, 60 to 21,600) is how long an event may wait. `on_success` and `on_failure` get a
    record, `dead_letter` the event itself; after a failure both of the latter are told, if both
    are set. Refused with ValidationException, in Lambda's words, outside these limits.
    """

    max_retries: int = MAX_RETRIES
    max_age: float = MAX_AGE
    on_success: Destination | None = None
    on_failure: Destination | None = None
    dead_letter: DeadLetter | None = None

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
