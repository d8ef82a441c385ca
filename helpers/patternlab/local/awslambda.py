"""Lambda: moto's requests and state around functions that really run, and mappings that poll."""

from __future__ import annotations

import base64
import json
import random
from typing import Any

from moto.awslambda import models, urls
from moto.awslambda.exceptions import InvalidParameterValueException, LambdaClientError
from moto.awslambda.responses import LambdaResponse
from moto.logs.models import logs_backends
from moto.moto_api._internal import mock_random
from moto.sqs.models import sqs_backends

from patternlab.delivery.errors import DeliveryError
from patternlab.delivery.filters import parse_pattern
from patternlab.delivery.function import Function, FunctionError, Outcome
from patternlab.delivery.mapping import (
    DELETING,
    DISABLED,
    DISABLING,
    EventSourceMapping,
    MappingConfig,
)
from patternlab.local.facades import boto3_module, datetime_module, time_module
from patternlab.local.hub import wait_for
from patternlab.local.loglines import LOG_FORMATS
from patternlab.local.runtime import SandboxRuntime
from patternlab.local.sandbox import Settings
from patternlab.local.services import Services

TAIL_BYTES = 4096  # of the log, in an invocation's response
UNRESERVED_MINIMUM = 100  # concurrency that must stay unreserved in an account


class LocalFunction(models.LambdaFunction):
    """A function as moto describes it, with the model's :class:`Function` that runs its code."""

    services: Services

    def __init__(self, account_id: str, spec: dict[str, Any], region: str, version: Any = 1):
        super().__init__(account_id, spec, region, version)
        self.logging_config = {
            "LogFormat": "Text",
            "LogGroup": self.logs_group_name,
            **(spec.get("LoggingConfig") or {}),
        }
        if self.logging_config["LogFormat"] not in LOG_FORMATS:
            raise InvalidParameterValueException("LogFormat must be Text or JSON.")
        services = self.services
        self.model = Function(
            services.clock,
            self.function_name,
            self._runtime(),
            timeout=float(self.timeout),
            account=services.account,
            rng=random.Random(mock_random.getrandbits(64)),
        )

    def _runtime(self) -> SandboxRuntime:
        services, clock = self.services, self.services.clock
        facades = {
            "time": time_module(clock),
            "datetime": datetime_module(clock),
            "boto3": boto3_module(services.client, services.resource),
        }
        settings = Settings(
            name=self.function_name,
            arn=models.make_function_arn(self.region, self.account_id, self.function_name),
            handler=self.handler,
            runtime=self.run_time or "python3.12",
            memory=self.memory_size,
            timeout=float(self.timeout),
            region=self.region,
            log_format=self.logging_config["LogFormat"],
            environment=self.environment_vars,
        )
        return SandboxRuntime(
            settings,
            self.code_bytes,
            clock=clock,
            facades=lambda: facades,
            sink=self._write_log,
            new_id=lambda: str(mock_random.uuid4()),
            guard=services.guard,
            knobs=services.knobs,
        )

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
        if "LoggingConfig" in config_updates:
            self.logging_config.update(config_updates["LoggingConfig"])
        super().update_configuration(config_updates)
        self._renew()
        return self.get_configuration()

    def update_function_code(self, updated_spec: dict[str, Any]) -> dict[str, Any]:
        super().update_function_code(updated_spec)
        self._renew()
        return self.get_configuration()

    def _renew(self) -> None:
        self.model.timeout = float(self.timeout)
        self.model.runtime = self._runtime()

    # -- invoking ----------------------------------------------------------------------------

    def run(self, event: Any) -> Outcome:
        """Invoke synchronously; raises TooManyRequestsException when throttled."""
        clock = self.services.clock
        outcome = wait_for(clock, clock.env.process(self.model.invoke(event)))
        if outcome is None:
            raise _Throttled(self.model.reserved is not None)
        return outcome

    def invoke(self, body: str, request_headers: Any, response_headers: Any) -> bytes:
        """As the API's Invoke: payload out, FunctionError and log tail in the headers."""
        kind = request_headers.get("X-Amz-Invocation-Type", "RequestResponse")
        event = _parse(body)
        if kind == "DryRun":
            return b""
        outcome = self.run(event)
        response_headers["x-amz-executed-version"] = "$LATEST"
        tail = self.model.runtime.tail.pop(outcome.request_id, "").encode()[-TAIL_BYTES:]
        response_headers["x-amz-log-result"] = base64.b64encode(tail).decode()
        if outcome.error is None:
            return json.dumps(outcome.response).encode()
        response_headers["x-amz-function-error"] = "Unhandled"
        return json.dumps(error_payload(outcome.error, outcome.request_id)).encode()


def error_payload(error: FunctionError, request_id: str) -> dict[str, Any]:
    """What a synchronous caller gets of a failed invocation."""
    payload: dict[str, Any] = {"errorMessage": error.message, "errorType": error.type}
    if not error.type.startswith("Sandbox."):
        payload |= {"requestId": request_id, "stackTrace": error.stack}
    return payload


def _parse(body: str | bytes) -> Any:
    try:
        return json.loads(body or "{}")
    except ValueError as error:
        raise LambdaClientError(
            "InvalidRequestContentException",
            f"Could not parse request body into json: {error}",
        ) from None


class _Throttled(LambdaClientError):
    code = 429

    def __init__(self, reserved: bool) -> None:
        super().__init__("TooManyRequestsException", "Rate Exceeded.")
        self.reason = (
            "ReservedFunctionConcurrentInvocationLimitExceeded"
            if reserved
            else "ConcurrentInvocationLimitExceeded"
        )


class LocalMapping(models.EventSourceMapping):
    """A mapping as moto describes it, with the model's :class:`EventSourceMapping` that polls."""

    model: EventSourceMapping

    def get_configuration(self) -> dict[str, Any]:
        shown = super().get_configuration()
        shown["State"] = self.model.state
        shown["StateTransitionReason"] = "USER_INITIATED"
        shown["FunctionResponseTypes"] = self.function_response_types or []
        shown["MaximumBatchingWindowInSeconds"] = self.max_batch_window or 0
        return shown

    def settings(self) -> MappingConfig:
        """The model's settings; raises what Lambda raises for what it refuses."""
        filters = (self.filter_criteria or {}).get("Filters", [])
        try:
            patterns = [parse_pattern(f["Pattern"]) for f in filters]
        except ValueError as error:
            raise InvalidParameterValueException(str(error)) from None
        return MappingConfig(
            batch_size=self.batch_size,
            batching_window=self.max_batch_window or 0,
            maximum_concurrency=(self.scaling_config or {}).get("MaximumConcurrency"),
            report_batch_item_failures="ReportBatchItemFailures"
            in (self.function_response_types or []),
            patterns=patterns,
        )


class LocalLambdaBackend(models.LambdaBackend):
    """moto's Lambda backend whose functions run. `services` is set by the cloud."""

    services: Services
    function_class: type[LocalFunction]

    @property
    def _url_module(self) -> Any:
        return _Urls

    def create_function(self, spec: dict[str, Any]) -> LocalFunction:
        name = spec.get("FunctionName")
        if name is None:
            raise InvalidParameterValueException("Missing FunctionName")
        function = self.function_class(
            account_id=self.account_id, spec=spec, region=self.region_name, version="$LATEST"
        )
        self._lambdas.put_function(function)
        return function

    def delete_function(self, function_name: str, qualifier: str | None = None) -> None:
        function = self.get_function(function_name)
        function.model.reserve(None)
        super().delete_function(function_name, qualifier)

    # -- invoking ----------------------------------------------------------------------------

    def invoke(
        self,
        function_name: str,
        qualifier: str | None,
        body: Any,
        headers: Any,
        response_headers: Any,
    ) -> bytes:
        payload = self.get_function(function_name, qualifier).invoke(
            body, headers, response_headers
        )
        response_headers["Content-Length"] = str(len(payload))
        return payload

    def put_function_concurrency(self, function_name: str, reserved_concurrency: Any) -> Any:
        function, wanted = self.get_function(function_name), int(reserved_concurrency)
        account = self.services.account
        others = account.reserved - (function.model.reserved or 0)
        if wanted and account.concurrency - others - wanted < UNRESERVED_MINIMUM:
            raise InvalidParameterValueException(
                "Specified ReservedConcurrentExecutions for function decreases account's "
                "UnreservedConcurrentExecution below its minimum value of "
                f"[{UNRESERVED_MINIMUM}]."
            )
        function.model.reserve(wanted)
        function.reserved_concurrency = wanted
        return wanted

    def delete_function_concurrency(self, function_name: str) -> None:
        self.get_function(function_name).model.reserve(None)
        super().delete_function_concurrency(function_name)

    # -- event source mappings ---------------------------------------------------------------

    def create_event_source_mapping(self, spec: dict[str, Any]) -> LocalMapping:
        source = spec.get("EventSourceArn", "")
        function = self._lambdas.get_function_by_name_or_arn_with_qualifier(
            spec.get("FunctionName", "")
        )
        queue = self._queue(source)
        self._refuse_second(function, source)
        spec |= {
            "RegionName": self.region_name,
            "AccountId": self.account_id,
            "FunctionArn": function.function_arn,
        }
        mapping = _checked(LocalMapping, spec)
        mapping.model = _checked(
            EventSourceMapping,
            queue.model,
            function.model,
            mapping.settings(),
            region=self.region_name,
            enabled=mapping.enabled,
        )
        mapping.last_modified = self.services.clock.time()
        self._event_source_mappings[mapping.uuid] = mapping
        return mapping

    def _queue(self, arn: str) -> Any:
        queues = sqs_backends[self.account_id][self.region_name].queues.values()
        queue = next((q for q in queues if q.queue_arn == arn), None)
        if queue is None:
            raise InvalidParameterValueException(
                "Error occurred while ReceiveMessage. SQS Error Code: "
                "AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue "
                "does not exist."
            )
        return queue

    def _refuse_second(self, function: LocalFunction, source: str) -> None:
        for mapping in self._event_source_mappings.values():
            if (mapping.function_arn, mapping.event_source_arn) == (function.function_arn, source):
                raise _Conflict(
                    f'The event source arn (" {source} ") and function (" '
                    f'{function.function_name} ") provided mapping already exists. Please update '
                    f"or delete the existing mapping with UUID {mapping.uuid}"
                )

    def update_event_source_mapping(self, uuid: str, spec: dict[str, Any]) -> LocalMapping:
        mapping = self._mapping(uuid)
        before = dict(mapping.__dict__)
        try:
            super().update_event_source_mapping(uuid, spec)
            settings = mapping.settings()
            _checked(settings.check, mapping.model.queue, mapping.model.function)
        except Exception:
            mapping.__dict__.update(before)
            raise
        mapping.last_modified = self.services.clock.time()
        enabled = spec.get("Enabled")
        if set(spec) - {"Enabled", "UUID"}:
            mapping.model.update(settings)
        if enabled is False:
            mapping.model.disable()
        elif enabled is True and mapping.model.state in (DISABLED, DISABLING):
            mapping.model.enable()
        return mapping

    def get_event_source_mapping(self, uuid: str) -> LocalMapping | None:
        mapping = self._event_source_mappings.get(uuid)
        return mapping

    def delete_event_source_mapping(self, uuid: str) -> LocalMapping:
        mapping = self._mapping(uuid)
        if mapping.model.state != DELETING:
            mapping.model.delete()
            gone = self.services.clock.env.timeout(self.services.knobs.mapping_delay)
            gone.callbacks.append(lambda _: self._event_source_mappings.pop(uuid, None))
        return mapping

    def list_event_source_mappings(
        self, event_source_arn: str, function_name: str
    ) -> list[LocalMapping]:
        mappings = list(self._event_source_mappings.values())
        if event_source_arn:
            mappings = [m for m in mappings if m.event_source_arn == event_source_arn]
        if function_name:
            arn = self._lambdas.get_function_by_name_or_arn_with_qualifier(
                function_name
            ).function_arn
            mappings = [m for m in mappings if m.function_arn == arn]
        return mappings

    def _mapping(self, uuid: str) -> LocalMapping:
        mapping = self._event_source_mappings.get(uuid)
        if mapping is None:
            raise models.GenericResourcNotFound()
        return mapping


class _Conflict(LambdaClientError):
    code = 409

    def __init__(self, message: str) -> None:
        super().__init__("ResourceConflictException", message)


def _checked(operation: Any, *args: Any, **kwargs: Any) -> Any:
    """Call the model or moto; what they refuse becomes Lambda's error response."""
    try:
        return operation(*args, **kwargs)
    except DeliveryError as error:
        raise LambdaClientError(error.code, error.message) from None
    except ValueError as error:  # moto's own checks
        raise InvalidParameterValueException(str(error.args[-1])) from None


class LocalLambdaResponse(LambdaResponse):
    """moto's Lambda responses, with AWS's status codes where moto has others."""

    def create_event_source_mapping(self) -> tuple[int, dict[str, Any], str]:
        _, headers, body = super().create_event_source_mapping()
        return 202, {**headers, "status": 202}, body


class _Urls:
    """moto's Lambda addresses, answered by :class:`LocalLambdaResponse`."""

    url_bases = urls.url_bases
    url_paths = dict.fromkeys(urls.url_paths, LocalLambdaResponse.dispatch)
