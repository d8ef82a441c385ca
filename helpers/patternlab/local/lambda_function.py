"""A Lambda function as moto describes it, whose code really runs."""

from __future__ import annotations

import base64
import json
import random
import zipfile
from typing import Any

from moto.awslambda import models
from moto.awslambda.exceptions import InvalidParameterValueException, LambdaClientError
from moto.core.exceptions import JsonRESTError
from moto.logs.models import logs_backends
from moto.moto_api._internal import mock_random

from patternlab.delivery.async_invoke import MAX_AGE, MAX_RETRIES, invoke_async
from patternlab.delivery.function import Function, FunctionError, Outcome
from patternlab.local.facades import handler_modules
from patternlab.local.hub import wait_for
from patternlab.local.loglines import LOG_FORMATS
from patternlab.local.runtime import SandboxRuntime
from patternlab.local.sandbox import Settings
from patternlab.local.services import Services

TAIL_BYTES = 4096  # of the log, in an invocation's response
SYNC_BYTES, ASYNC_BYTES = 6_291_456, 1_048_576  # of a payload (facts, row 40)
MAX_TIMEOUT = 900  # seconds
MEMORY = 128, 10_240  # megabytes
NO_DETAILS = ("Sandbox.", "Runtime.ExitError")  # errors that come without a stack trace


class LocalFunction(models.LambdaFunction):
    """A function as moto describes it, with the model's :class:`Function` that runs its code."""

    services: Services

    def __init__(self, account_id: str, spec: dict[str, Any], region: str, version: Any = 1):
        check_settings(spec)
        _check_code(spec)
        super().__init__(account_id, spec, region, version)
        self.logging_config = _logging({"LogGroup": self.logs_group_name}, spec)
        self._rng = random.Random(mock_random.getrandbits(64))
        self.model = Function(
            self.services.clock,
            self.function_name,
            self._runtime(),
            timeout=float(self.timeout),
            account=self.services.account,
            rng=self._rng,
        )

    def __deepcopy__(self, memo: Any) -> LocalFunction:
        """moto copies functions to list them; the copies share what runs."""
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        return copy

    def _runtime(self) -> SandboxRuntime:
        services = self.services
        settings = Settings(
            name=self.function_name,
            arn=models.make_function_arn(self.region, self.account_id, self.function_name),
            handler=self.handler,
            runtime=self.run_time,
            memory=self.memory_size,
            timeout=float(self.timeout),
            region=self.region,
            log_group=self.logging_config["LogGroup"],
            log_format=self.logging_config["LogFormat"],
            environment=dict(self.environment_vars),
        )
        try:
            return SandboxRuntime(
                settings,
                self.code_bytes,
                clock=services.clock,
                facades=lambda: handler_modules(services.clock, services.session, self.region),
                sink=self._write_log,
                new_id=lambda: str(mock_random.uuid4()),
                guard=services.guard,
                knobs=services.knobs,
            )
        except zipfile.BadZipFile:
            raise InvalidParameterValueException(
                "Could not unzip uploaded file. Please check your file, then try to upload again."
            ) from None

    def _write_log(self, group: str, stream: str, lines: list[tuple[float, str]]) -> None:
        logs = logs_backends[self.account_id][self.region]
        logs.ensure_log_group(group)
        logs.ensure_log_stream(group, stream)
        events = [{"timestamp": round(when * 1000), "message": text} for when, text in lines]
        logs.put_log_events(group, stream, events)

    # -- configuration -----------------------------------------------------------------------

    def get_configuration(self, on_create: bool = False) -> dict[str, Any]:
        return {
            **super().get_configuration(on_create),
            "LoggingConfig": self.logging_config,
            "State": "Active",
        }

    def update_configuration(self, config_updates: dict[str, Any]) -> dict[str, Any]:
        check_settings(config_updates)
        self.logging_config = _logging(self.logging_config, config_updates)
        super().update_configuration(config_updates)
        self._renew()
        return self.get_configuration()

    def update_function_code(self, updated_spec: dict[str, Any]) -> dict[str, Any]:
        before = dict(self.__dict__)
        super().update_function_code(updated_spec)
        try:
            self._renew()
        except LambdaClientError:
            self.__dict__.update(before)
            raise
        return self.get_configuration()

    def _renew(self) -> None:
        self.model.runtime = self._runtime()
        self.model.timeout = float(self.timeout)

    # -- invoking ----------------------------------------------------------------------------

    def answer(self, body: str | bytes, kind: str, response_headers: Any) -> bytes:
        """The API's Invoke: payload out, FunctionError and log tail in the headers.

        `kind` is the invocation type: RequestResponse, Event or DryRun.
        """
        event = _parse(body, ASYNC_BYTES if kind == "Event" else SYNC_BYTES)
        response_headers["x-amz-executed-version"] = "$LATEST"
        if kind == "DryRun":
            return b""
        if kind == "Event":
            self.start(event)
            return b""
        outcome, tail = self._run(event)
        tail = tail.encode()[-TAIL_BYTES:]
        response_headers["x-amz-log-result"] = base64.b64encode(tail).decode()
        if outcome.error is None:
            return json.dumps(outcome.response).encode()
        response_headers["x-amz-function-error"] = "Unhandled"
        return json.dumps(error_payload(outcome.error, outcome.request_id)).encode()

    def _run(self, event: Any) -> tuple[Outcome, str]:
        """Invoke synchronously: the outcome, and the log of this invocation."""
        clock, runtime = self.services.clock, self.model.runtime
        request_id = self.model.new_request_id()
        with runtime.keep_log(request_id) as log:
            outcome = wait_for(clock, clock.env.process(self.model.invoke(event, request_id)))
        if outcome is None:
            raise _Throttled(self.model.reserved is not None)
        return outcome, "".join(log)

    def start(self, event: Any) -> None:
        """Invoke asynchronously, with the retries that were configured."""
        config = self.event_invoke_config[0].config if self.event_invoke_config else {}
        invoke_async(
            self.model,
            event,
            knobs=self.services.knobs,
            rng=self._rng,
            max_retries=config.get("MaximumRetryAttempts", MAX_RETRIES),
            max_age=config.get("MaximumEventAgeInSeconds", MAX_AGE),
        )

    def invoke(self, body: str, request_headers: Any, response_headers: Any) -> bytes:
        """What moto's other services call for an event of theirs: SNS, S3, log subscriptions.

        AWS hands all of them to asynchronous invocation (facts, row 50).
        """
        self.start(_parse(body, ASYNC_BYTES))
        return b""


def error_payload(error: FunctionError, request_id: str) -> dict[str, Any]:
    """What a synchronous caller gets of a failed invocation (facts, row 69)."""
    payload: dict[str, Any] = {"errorMessage": error.message, "errorType": error.type}
    if not error.type.startswith(NO_DETAILS):
        payload |= {"requestId": request_id, "stackTrace": error.stack}
    return payload


# -- what Lambda refuses -------------------------------------------------------------------------


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


def _check_code(spec: dict[str, Any]) -> None:
    if spec.get("PackageType", "Zip") != "Zip":
        raise InvalidParameterValueException(
            "A local cloud runs functions from a zip file, not from a container image."
        )
    if not spec.get("Runtime") or not spec.get("Handler"):
        raise InvalidParameterValueException(
            "Runtime and Handler are mandatory parameters for functions created with deployment "
            "packages."
        )


def _logging(before: dict[str, Any], spec: dict[str, Any]) -> dict[str, Any]:
    """The logging configuration after the changes in `spec`."""
    config = {"LogFormat": "Text", **before, **(spec.get("LoggingConfig") or {})}
    if config["LogFormat"] not in LOG_FORMATS:
        raise InvalidParameterValueException("LogFormat must be Text or JSON.")
    return config


def _parse(body: str | bytes | None, limit: int) -> Any:
    content = body.encode() if isinstance(body, str) else body or b""
    if len(content) > limit:
        raise _TooLarge(limit)
    try:
        return json.loads(content or b"{}")
    except ValueError as error:
        raise LambdaClientError(
            "InvalidRequestContentException",
            f"Could not parse request body into json: {error}",
        ) from None


class _TooLarge(LambdaClientError):
    code = 413

    def __init__(self, limit: int) -> None:
        super().__init__(
            "RequestTooLargeException",
            f"Request must be smaller than {limit} bytes for the InvokeFunction operation",
        )


class _Throttled(LambdaClientError):
    code = 429

    def __init__(self, reserved: bool) -> None:
        super().__init__("TooManyRequestsException", "Rate Exceeded.")
        reason = "ReservedFunction" if reserved else ""
        self.description = json.dumps(
            {
                "Reason": f"{reason}ConcurrentInvocationLimitExceeded",
                "Type": "User",
                "message": "Rate Exceeded.",
            }
        )


assert issubclass(LambdaClientError, JsonRESTError), "moto renders Lambda's errors in another way"
