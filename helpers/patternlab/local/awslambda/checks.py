"""What Lambda refuses of functions and invocations, in its words where they are known."""

from __future__ import annotations

import json
from typing import Any

from moto.awslambda.exceptions import InvalidParameterValueException, LambdaClientError

from patternlab.delivery.errors import DeliveryError
from patternlab.delivery.functions import recursion
from patternlab.local.awslambda.loglines import LOG_FORMATS
from patternlab.local.errors import Translator

SYNC_BYTES, ASYNC_BYTES = 6_291_456, 1_048_576  # of a payload (events-40)
MAX_TIMEOUT = 900  # seconds
MEMORY = 128, 10_240  # megabytes


def _as_lambda_error(error: DeliveryError | ValueError) -> LambdaClientError:
    if isinstance(error, DeliveryError):
        return LambdaClientError(error.code, error.message)
    return InvalidParameterValueException(str(error.args[-1]))  # one of moto's own checks


with_lambda_errors = Translator(_as_lambda_error, DeliveryError, ValueError)


def check_settings(spec: dict[str, Any]) -> None:
    """Refuse a timeout or a memory size outside Lambda's limits."""
    _check_range("timeout", spec.get("Timeout"), 1, MAX_TIMEOUT)
    _check_range("memorySize", spec.get("MemorySize"), *MEMORY)
    runtime = spec.get("Runtime")
    if runtime is not None and not runtime.startswith("python3."):
        raise InvalidParameterValueException(
            f"A local cloud runs functions in Python. Choose a runtime like python3.12 in place of "
            f"{runtime}, or run this on a real account."
        )


def _check_range(name: str, value: Any, low: int, high: int) -> None:
    if value is None or low <= value <= high:
        return
    limit = f"less than or equal to {high}" if value > high else f"greater than or equal to {low}"
    raise LambdaClientError(
        "ValidationException",
        f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: "
        f"Member must have value {limit}",
    )


def check_code(spec: dict[str, Any]) -> None:
    """Refuse code that is not a zip file, and a zip file without a runtime or a handler."""
    if spec.get("PackageType", "Zip") != "Zip":
        raise InvalidParameterValueException(
            "A local cloud runs functions from a zip file, not from a container image."
        )
    if not spec.get("Runtime") or not spec.get("Handler"):
        raise InvalidParameterValueException(
            "Runtime and Handler are mandatory parameters for functions created with deployment "
            "packages."
        )


def logging_config(before: dict[str, Any], spec: dict[str, Any]) -> dict[str, Any]:
    """The logging configuration after the changes in `spec`."""
    config = {"LogFormat": "Text", **before, **(spec.get("LoggingConfig") or {})}
    if config["LogFormat"] not in LOG_FORMATS:
        raise InvalidParameterValueException("LogFormat must be Text or JSON.")
    return config


def parse_payload(body: str | bytes | None, kind: str) -> Any:
    """The payload of an invocation of that type."""
    content = body.encode() if isinstance(body, str) else body or b""
    if len(content) > (ASYNC_BYTES if kind == "Event" else SYNC_BYTES):
        raise TooLarge(len(content), kind)
    try:
        return json.loads(content or b"{}")
    except ValueError as error:
        raise LambdaClientError(
            "InvalidRequestContentException",
            f"Could not parse request body into json: {error}",
        ) from None


class TooLarge(LambdaClientError):
    """The error's name is what Lambda really answers; its API model says RequestTooLarge."""

    code = 413

    def __init__(self, size: int, kind: str) -> None:
        words = f"Request must be smaller than {SYNC_BYTES} bytes for the InvokeFunction operation"
        if kind == "Event":
            words = (
                f"{size} byte payload is too large for the Event invocation type "
                f"(limit {ASYNC_BYTES} bytes)"
            )
        super().__init__("RequestEntityTooLargeException", words)


class ServiceError(LambdaClientError):
    """The function has an outage."""

    code = 500

    def __init__(self) -> None:
        super().__init__("ServiceException", "Service Unavailable (an outage was ordered)")


class RecursiveInvocation(LambdaClientError):
    """Loop detection stopped an invocation (events-39)."""

    def __init__(self) -> None:
        super().__init__("RecursiveInvocationException", recursion.WORDS)


class Throttled(LambdaClientError):
    """No concurrency is left for the function, or in the account."""

    code = 429

    def __init__(self, reserved: bool) -> None:
        super().__init__("TooManyRequestsException", "Rate Exceeded.")
        reason = f"{'ReservedFunction' if reserved else ''}ConcurrentInvocationLimitExceeded"
        body = {"Reason": reason, "Type": "User", "message": "Rate Exceeded."}
        self.description = json.dumps(body)


class Conflict(LambdaClientError):
    """There is one already."""

    code = 409

    def __init__(self, message: str) -> None:
        super().__init__("ResourceConflictException", message)
