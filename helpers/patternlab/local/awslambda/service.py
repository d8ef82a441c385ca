"""Lambda: moto's requests and state around functions that really run, and mappings that poll."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote

from moto.awslambda import models
from moto.awslambda.exceptions import (
    InvalidParameterValueException,
    LambdaClientError,
    UnknownEventConfig,
)
from moto.awslambda.responses import LambdaResponse
from moto.awslambda_simple.models import lambda_simple_backends
from moto.core.responses import ActionResult

from patternlab.delivery.functions.async_records import LATEST
from patternlab.delivery.functions.mapping import DELETING, EventSourceMapping
from patternlab.local.awslambda.checks import Conflict, with_lambda_errors
from patternlab.local.awslambda.function import LocalFunction
from patternlab.local.awslambda.mapping import LocalMapping
from patternlab.local.services import LocalService, Services, in_place_of
from patternlab.local.sqs.queue import LocalQueue, queue_at

RECURSION = r"{0}/2024-08-31/functions/(?P<function_name>[^/]+)/recursion-config/?$"
ALLOW, TERMINATE = "Allow", "Terminate"  # RecursiveLoop
UNRESERVED_MINIMUM = 100  # concurrency that must stay unreserved in an account


class LocalLambdaBackend(LocalService, models.LambdaBackend):
    """moto's Lambda backend of one Region, whose functions run and whose mappings poll."""

    _event_source_mappings: dict[str, LocalMapping]  # type: ignore[assignment]  # nobody else adds

    # -- functions ---------------------------------------------------------------------------

    def get_function(
        self, function_name_or_arn: str, qualifier: str | None = None
    ) -> LocalFunction:
        function = super().get_function(function_name_or_arn, qualifier)
        assert isinstance(function, LocalFunction)
        return function

    def create_function(self, spec: dict[str, Any]) -> LocalFunction:
        function = with_lambda_errors(
            LocalFunction, self.services, self.account_id, spec, self.region_name, LATEST
        )
        self._lambdas.put_function(function)
        if spec.get("Publish"):
            self.publish_version(function.function_name)
        return function

    def delete_function(self, function_name: str, qualifier: str | None = None) -> None:
        """Delete the function; mappings to it stay, and stop polling.

        AWS does not say what becomes of those. Here they are disabled, so that no message is lost.
        """
        function = self.get_function(function_name, qualifier)
        super().delete_function(function_name, qualifier)
        if qualifier is None:
            function.model.reserve(None)
            for mapping in self._event_source_mappings.values():
                if mapping.model.function is function.model:
                    mapping.model.disable()

    def update_function_code(
        self, function_name: str, qualifier: str, body: dict[str, Any]
    ) -> dict[str, Any] | None:
        function = self.get_function(function_name, qualifier)
        shown = with_lambda_errors(function.update_function_code, body)
        published = self.publish_version(function_name) if body.get("Publish") else None
        return published.get_configuration() if published else shown

    # -- invoking ----------------------------------------------------------------------------

    def invoke(
        self,
        function_name: str,
        qualifier: str | None,
        body: Any,
        headers: Any,
        response_headers: Any,
    ) -> bytes:
        function = self.get_function(function_name, qualifier)
        kind = headers.get("X-Amz-Invocation-Type", "RequestResponse")
        payload = function.answer(body, kind, response_headers)
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

    # -- recursive loop detection, which moto does not have (events-39) ------------------

    def set_recursive_loop(self, function_name: str, wanted: str) -> None:
        if wanted not in (ALLOW, TERMINATE):
            raise InvalidParameterValueException(
                f"RecursiveLoop is {ALLOW} or {TERMINATE}, not {wanted!r}."
            )
        self.get_function(function_name).model.stops_loops = wanted == TERMINATE

    def recursive_loop(self, function_name: str) -> str:
        return TERMINATE if self.get_function(function_name).model.stops_loops else ALLOW

    # -- asynchronous invocation -------------------------------------------------------------

    def put_function_event_invoke_config(
        self, function_name: str, config: dict[str, Any]
    ) -> dict[str, Any]:
        return self.get_function(function_name).set_event_invoke_config(config, keep=False)

    def update_function_event_invoke_config(
        self, function_name: str, config: dict[str, Any]
    ) -> dict[str, Any]:
        self.get_function_event_invoke_config(function_name)  # which raises if there is none
        return self.get_function(function_name).set_event_invoke_config(config, keep=True)

    def get_function_event_invoke_config(self, function_name: str) -> dict[str, Any]:
        function = self.get_function(function_name)
        if not function.event_invoke_config:
            raise UnknownEventConfig(f"{function.function_arn}:{LATEST}")
        return function.event_invoke_config[0].response()

    def delete_function_event_invoke_config(self, function_name: str) -> None:
        self.get_function_event_invoke_config(function_name)
        self.get_function(function_name).delete_event_invoke_config()

    # -- event source mappings ---------------------------------------------------------------

    def create_event_source_mapping(self, spec: dict[str, Any]) -> LocalMapping:
        source = spec.get("EventSourceArn", "")
        function = self.get_function(spec.get("FunctionName", ""))
        queue = self._queue(source)
        self._refuse_second(function, source)
        spec |= {
            "RegionName": self.region_name,
            "AccountId": self.account_id,
            "FunctionArn": function.function_arn,
        }
        mapping = with_lambda_errors(LocalMapping, spec)
        mapping.model = with_lambda_errors(
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

    def _queue(self, arn: str) -> LocalQueue:
        if ":sqs:" not in arn:
            raise InvalidParameterValueException(
                f"A local cloud maps SQS queues to functions; {arn or 'this'} is not the ARN of "
                "one. Take the QueueArn from get_queue_attributes."
            )
        queue = queue_at(arn, self.account_id, self.region_name)
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
                raise Conflict(
                    f'An event source mapping with SQS arn (" {source} ") and function (" '
                    f'{function.function_name} ") already exists. Please update or delete the '
                    f"existing mapping with UUID {mapping.uuid}"
                )

    def update_event_source_mapping(self, uuid: str, spec: dict[str, Any]) -> LocalMapping:
        mapping = self._mapping(uuid)
        function = self.get_function(spec.get("FunctionName") or mapping.function_arn)
        before = dict(mapping.__dict__)
        try:
            with_lambda_errors(super().update_event_source_mapping, uuid, spec)
            settings = mapping.settings()
            with_lambda_errors(settings.check, mapping.model.queue, function.model)
        except LambdaClientError:
            mapping.__dict__.update(before)
            raise
        mapping.last_modified = self.services.clock.time()
        mapping.model.function = function.model
        self._change(mapping, settings, spec)
        return mapping

    @staticmethod
    def _change(mapping: LocalMapping, settings: Any, spec: dict[str, Any]) -> None:
        enabled = spec.get("Enabled")
        if set(spec) - {"Enabled", "UUID"}:
            mapping.model.update(settings, enabled)
        elif enabled is True:
            mapping.model.enable()
        elif enabled is False:
            mapping.model.disable()

    def delete_event_source_mapping(self, uuid: str) -> LocalMapping:
        mapping = self._mapping(uuid)
        if mapping.model.state != DELETING:
            mapping.model.delete()
            gone = self.services.clock.env.timeout(self.services.knobs.mapping_delay)

            def forget(_: Any) -> None:
                self._event_source_mappings.pop(uuid, None)

            gone.callbacks.append(forget)
        return mapping

    def list_event_source_mappings(
        self, event_source_arn: str, function_name: str
    ) -> list[models.EventSourceMapping]:
        mappings: list[models.EventSourceMapping] = list(self._event_source_mappings.values())
        if event_source_arn:
            mappings = [m for m in mappings if m.event_source_arn == event_source_arn]
        if function_name:
            arn = self.get_function(function_name).function_arn
            mappings = [m for m in mappings if m.function_arn == arn]
        return mappings

    def _mapping(self, uuid: str) -> LocalMapping:
        mapping = self._event_source_mappings.get(uuid)
        if mapping is None:
            raise models.GenericResourcNotFound()
        return mapping


class LocalLambdaResponse(LambdaResponse):
    """moto's Lambda responses, with AWS's status codes where moto has others."""

    backend: LocalLambdaBackend

    def create_event_source_mapping(self) -> tuple[int, dict[str, Any], str | bytes]:
        _, headers, body = super().create_event_source_mapping()
        return 202, {**headers, "status": 202}, body

    def put_function_event_invoke_config(self) -> Any:
        self._check_qualifier()
        return super().put_function_event_invoke_config()

    def update_function_event_invoke_config(self) -> Any:
        self._check_qualifier()
        return super().update_function_event_invoke_config()

    def put_function_recursion_config(self) -> ActionResult:
        self.backend.set_recursive_loop(self._function_name(), self.json_body["RecursiveLoop"])
        return self.get_function_recursion_config()

    def get_function_recursion_config(self) -> ActionResult:
        return ActionResult({"RecursiveLoop": self.backend.recursive_loop(self._function_name())})

    def _function_name(self) -> str:
        return unquote(self.path.rsplit("/", 2)[1])

    def _check_qualifier(self) -> None:
        """Refuse a qualifier, which moto would ignore, and configure the whole function."""
        qualifier = (self.querystring.get("Qualifier") or [LATEST])[0]
        if qualifier != LATEST:
            raise InvalidParameterValueException(
                "A local cloud configures asynchronous invocation for a whole function, not for "
                f"the version or alias {qualifier}. Leave out Qualifier."
            )


@contextmanager
def install(services: Services) -> Iterator[None]:
    """Let moto's Lambda be ours, with Docker and without."""
    ours = LocalLambdaBackend, services, LocalLambdaResponse, (RECURSION,)
    with (
        in_place_of(lambda_simple_backends, *ours),  # what moto asks without Docker
        in_place_of(models.lambda_backends, *ours),  # whose addresses it serves
    ):
        yield
