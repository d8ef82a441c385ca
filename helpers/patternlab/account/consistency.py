"""What AWS says for some seconds after a change, until the change is known everywhere.

IAM answers at once and takes effect a little later, and Lambda updates a function in the
background. AWS's answer in the meantime is an error that goes away by itself; botocore is told to
ask again. Source: "Changes that I make are not always immediately visible", IAM User Guide;
"Lambda function states", Lambda Developer Guide.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

PAUSE = 2.0  # seconds between two tries
LIMIT = 60.0  # seconds in all


@dataclass(frozen=True)
class Passing:
    """An error that passes: the operations that give it, its code, and a part of its message."""

    operations: tuple[str, ...]
    code: str
    words: str
    waits_for: str


PASSING = (
    Passing(
        ("CreateFunction", "UpdateFunctionConfiguration"),
        "InvalidParameterValueException",
        "cannot be assumed by Lambda",
        "IAM to make the function's role known",
    ),
    Passing(
        ("CreateEventSourceMapping", "UpdateEventSourceMapping", "PutFunctionEventInvokeConfig"),
        "InvalidParameterValueException",
        "execution role does not have permissions",
        "IAM to make the role's policy known",
    ),
    Passing(
        ("PutFunctionEventInvokeConfig",),
        "InvalidParameterValueException",
        "execution role doesn't have permissions",
        "IAM to make the role's policy known",
    ),
    Passing(
        ("UpdateFunctionCode", "UpdateFunctionConfiguration", "DeleteEventSourceMapping"),
        "ResourceConflictException",
        "An update is in progress",
        "Lambda to finish an update",
    ),
    Passing(
        ("UpdateEventSourceMapping", "DeleteEventSourceMapping"),
        "ResourceInUseException",
        "",
        "the mapping to finish a change",
    ),
    Passing(
        ("CreateQueue",),
        "QueueDeletedRecently",
        "",
        "SQS to forget a queue of this name (60 seconds)",
    ),
    Passing(
        ("SetTopicAttributes",),
        "InvalidParameter",
        "role",
        "IAM to make the topic's role known",
    ),
    Passing(
        ("CreateSchedule", "UpdateSchedule"),
        "ValidationException",
        "assume the role",
        "IAM to make the schedule's role known",
    ),
)


def ask_again(events: Any, tell: Callable[[str], None]) -> None:
    """Register on a botocore session's `events`: errors that pass are asked about again.

    `tell` is given a sentence before the first pause of each wait.
    """

    def retry(
        response: Any, operation: Any, attempts: int, **_: Any
    ) -> float | None:  # botocore's own protocol: seconds to sleep, or None for "no retry"
        error = _error(response)
        found = error and _passing(operation.name, *error)
        if not found or attempts * PAUSE > LIMIT:
            return None
        if attempts == 1:
            tell(f"Waiting for {found.waits_for}, at most {LIMIT:g} s ...")
        return PAUSE

    for name in sorted({name for passing in PASSING for name in passing.operations}):
        for service in _services(name):
            events.register_first(f"needs-retry.{service}.{name}", retry)


def _services(operation: str) -> tuple[str, ...]:
    by_name = {
        "CreateQueue": ("sqs",),
        "SetTopicAttributes": ("sns",),
        "CreateSchedule": ("scheduler",),
        "UpdateSchedule": ("scheduler",),
    }
    return by_name.get(operation, ("lambda",))


def _error(response: Any) -> tuple[str, str] | None:
    if response is None:
        return None
    parsed = response[1].get("Error", {})
    return (parsed["Code"], parsed.get("Message", "")) if "Code" in parsed else None


def _passing(operation: str, code: str, message: str) -> Passing | None:
    for one in PASSING:
        if operation in one.operations and code.endswith(one.code) and one.words in message:
            return one
    return None
