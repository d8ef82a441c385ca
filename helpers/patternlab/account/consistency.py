"""Errors that AWS gives for some seconds after a change, until the change is known everywhere.

IAM answers at once and takes effect a little later, and Lambda updates a function in the
background. In the meantime AWS answers with an error that goes away by itself. botocore's own retry
modes do not repeat these errors, so its event for retries is told to. Source: "Changes that I make
are not always immediately visible", IAM User Guide; "Lambda function states", Lambda Developer
Guide.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

PAUSE = 2.0  # seconds between two tries
LIMIT = 60.0  # seconds in all


class Passing(NamedTuple):
    """An error that passes.

    Attributes:
        service: the service that gives it.
        operations: those that give it.
        code: the end of its code.
        words: a part of its message.
        waits_for: what makes it go away.
    """

    service: str
    operations: str
    code: str
    words: str
    waits_for: str


_ROLE, _POLICY = "IAM to make the role known", "IAM to make the role's policy known"
_INVALID, _INVOKE = "InvalidParameterValueException", "PutFunctionEventInvokeConfig"
_MAPPINGS = "CreateEventSourceMapping UpdateEventSourceMapping"
PASSING = (
    Passing(
        "lambda",
        "CreateFunction UpdateFunctionConfiguration",
        _INVALID,
        "cannot be assumed by Lambda",
        _ROLE,
    ),
    Passing(
        "lambda",
        f"{_MAPPINGS} {_INVOKE}",
        _INVALID,
        "execution role does not have permissions",
        _POLICY,
    ),
    Passing("lambda", _INVOKE, _INVALID, "execution role doesn't have permissions", _POLICY),
    Passing(
        "lambda",
        "UpdateFunctionCode UpdateFunctionConfiguration DeleteEventSourceMapping",
        "ResourceConflictException",
        "An update is in progress",
        "Lambda to finish an update",
    ),
    Passing(
        "lambda",
        "UpdateEventSourceMapping DeleteEventSourceMapping",
        "ResourceInUseException",
        "",
        "the mapping to finish a change",
    ),
    Passing("sqs", "CreateQueue", "QueueDeletedRecently", "", "SQS to forget a queue of this name"),
    Passing(
        "sns",
        "SetTopicAttributes",
        "InvalidParameter",
        "role",
        _ROLE,
    ),
    Passing(
        "scheduler",
        "CreateSchedule UpdateSchedule",
        "ValidationException",
        "assume the role",
        _ROLE,
    ),
)


def ask_again(events: Any, tell: Callable[[str], None]) -> None:
    """Let botocore repeat the calls whose errors pass.

    Args:
        events: those of a botocore session.
        tell: receives a sentence before the first pause of each wait.
    """

    def retry(
        response: Any, operation: Any, attempts: int, **_: Any
    ) -> float | None:  # botocore's own protocol: seconds to sleep, or None for "no retry"
        found = _passing(operation.name, response)
        if found is None or attempts * PAUSE > LIMIT:
            return None
        if attempts == 1:
            tell(f"Waiting for {found.waits_for}, at most {LIMIT:g} s ...")
        return PAUSE

    names = {(one.service, name) for one in PASSING for name in one.operations.split()}
    for service, name in sorted(names):
        events.register_first(f"needs-retry.{service}.{name}", retry)


def _passing(operation: str, response: Any) -> Passing | None:
    error = response[1].get("Error", {}) if response is not None else {}
    code, message = error.get("Code", ""), error.get("Message", "")
    for one in PASSING:
        known = operation in one.operations.split() and code.endswith(one.code)
        if known and one.words in message:
            return one
    return None
