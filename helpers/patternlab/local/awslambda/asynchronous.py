"""What Lambda refuses of the settings for asynchronous invocation, and the model's settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.awslambda.exceptions import InvalidParameterValueException, ValidationException
from moto.awslambda.models import EventInvokeConfig

from patternlab.delivery.functions.async_config import (
    MAX_AGE,
    MAX_RETRIES,
    SHORTEST_AGE,
    AsyncConfig,
)
from patternlab.delivery.functions.async_records import LATEST
from patternlab.local.receivers import LAMBDA, LocalReceiver, Sender, exists

RETRIES, AGE, DESTINATIONS = "MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig"
SIDES = {"OnSuccess": "onSuccess", "OnFailure": "onFailure"}
#: What can be a destination, by the service in the ARN.
ALLOWED = {
    "OnSuccess": ("sqs", "sns", "lambda", "events"),
    "OnFailure": ("sqs", "sns", "lambda", "events", "s3"),
}
NO_DEAD_LETTER = "Invalid dead letter queue ARN: "


def event_invoke_config(
    function: Any, wanted: Mapping[str, Any], before: Mapping[str, Any], time: float
) -> EventInvokeConfig:
    """The configuration with what is `wanted` in place of what was `before`, for moto to keep.

    Refused whole, in Lambda's words, where Lambda refuses. `time` is seconds since 1970.
    """
    wanted = {name: wanted[name] for name in (RETRIES, AGE, DESTINATIONS) if name in wanted}
    if not wanted:
        raise InvalidParameterValueException(
            "You must specify at least one of error handling or destination setting."
        )
    _check_least(wanted, RETRIES, 0)
    _check_least(wanted, AGE, int(SHORTEST_AGE))
    merged = {**before, **wanted}
    shown = {side: dict((merged.get(DESTINATIONS) or {}).get(side) or {}) for side in SIDES}
    for side in shown.values():
        if not side.get("Destination"):
            side.clear()
    changed: Any = time  # moto says that it is text, and shows it as it is
    config = EventInvokeConfig(
        f"{function.function_arn}:{LATEST}", changed, merged | {DESTINATIONS: shown}
    )
    _check_destinations(shown, function)
    return config


def _check_least(config: Mapping[str, Any], name: str, least: int) -> None:
    """Refuse a value that is too small; moto checks the upper limits only."""
    value = config.get(name)
    if value is not None and value < least:
        raise ValidationException(
            value,
            name[0].lower() + name[1:],
            f"Member must have value greater than or equal to {least}",
        )


def _check_destinations(config: Mapping[str, Mapping[str, str]], function: Any) -> None:
    arns = {side: config[side].get("Destination") for side in SIDES}
    for side, arn in arns.items():
        if arn and (arn.split(":")[2] not in ALLOWED[side] or arn.endswith(".fifo")):
            raise InvalidParameterValueException(f"The provided destination config {_shown(arns)}")
    for arn in filter(None, arns.values()):
        if arn.split(":")[:7] == function.function_arn.split(":"):
            raise InvalidParameterValueException(
                "You can't specify the function as a destination for itself."
            )
        if not exists(arn, function.account_id):
            raise InvalidParameterValueException(f"The destination ARN {arn} is invalid.")


def _shown(arns: Mapping[str, str | None]) -> str:
    parts = [
        f"{SIDES[side]}={f'{side}(destination={arn})' if arn else 'null'}"
        for side, arn in arns.items()
    ]
    return f"DestinationConfig({', '.join(parts)}) is invalid."


def dead_letter_arn(spec: Mapping[str, Any], region: str, account: str) -> str | None:
    """The TargetArn in a function's DeadLetterConfig; None if it is empty or there is none.

    Refused where Lambda refuses. The words for one that does not exist, and for a FIFO topic, are
    ours.
    """
    arn = (spec.get("DeadLetterConfig") or {}).get("TargetArn")
    if not arn:
        return None
    parts = arn.split(":")
    if parts[0] != "arn" or len(parts) < 6:
        raise InvalidParameterValueException(NO_DEAD_LETTER + "ARNs must start with 'arn:'")
    if parts[2] not in ("sqs", "sns"):
        raise InvalidParameterValueException(
            NO_DEAD_LETTER + "The service specified by the TargetArn is not supported for dead "
            "letter configuration."
        )
    if parts[3] != region:
        raise InvalidParameterValueException(
            NO_DEAD_LETTER + "The resource specified by the TargetArn must be in the same region "
            "as the Lambda function it's associated with."
        )
    if arn.endswith(".fifo"):
        kind = "SQS queue" if parts[2] == "sqs" else "SNS topic"
        raise InvalidParameterValueException(
            f"{NO_DEAD_LETTER}FIFO {kind} is not supported for dead letter configuration"
        )
    if not exists(arn, account):
        raise InvalidParameterValueException(f"{NO_DEAD_LETTER}{arn} does not exist.")
    return arn


def model_config(function: Any, config: Mapping[str, Any], dead_letter: str | None) -> AsyncConfig:
    """Return the model's settings of a function."""
    destinations = config.get(DESTINATIONS) or {}
    sender = Sender(LAMBDA, function.function_arn, function.account_id)

    def receiver(arn: str | None) -> LocalReceiver | None:
        return LocalReceiver(arn, sender) if arn else None

    return AsyncConfig(
        max_retries=config.get(RETRIES, MAX_RETRIES),
        max_age=config.get(AGE, MAX_AGE),
        on_success=receiver(destinations.get("OnSuccess", {}).get("Destination")),
        on_failure=receiver(destinations.get("OnFailure", {}).get("Destination")),
        dead_letter=receiver(dead_letter),
    )
