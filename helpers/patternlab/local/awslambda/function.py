"""A Lambda function as moto describes it, whose code really runs."""

from __future__ import annotations

import base64
import json
import random
import zipfile
from functools import partial
from typing import Any

from moto.awslambda import models
from moto.awslambda.exceptions import InvalidParameterValueException, LambdaClientError
from moto.moto_api._internal import mock_random

from patternlab.delivery.functions.async_invoke import AsyncQueue
from patternlab.delivery.functions.async_records import error_payload
from patternlab.delivery.functions.function import THROTTLED, Function, Outcome
from patternlab.local.awslambda import checks
from patternlab.local.awslambda.asynchronous import (
    dead_letter_arn,
    event_invoke_config,
    model_config,
)
from patternlab.local.awslambda.facades import handler_modules
from patternlab.local.awslambda.runtime import SandboxRuntime
from patternlab.local.awslambda.sandbox import Settings
from patternlab.local.errors import translated
from patternlab.local.hub import wait_for
from patternlab.local.logs import write_log
from patternlab.local.services import Services
from patternlab.local.tracing import current_trace

TAIL_BYTES = 4096  # of the log, in an invocation's response
NOT_A_ZIP = "Could not unzip uploaded file. Please check your file, then try to upload again."


class LocalFunction(models.LambdaFunction):
    """A function as moto describes it, with the model's :class:`Function` that runs its code."""

    handler: str
    run_time: str

    def __init__(
        self, services: Services, account_id: str, spec: dict[str, Any], region: str, version: str
    ) -> None:
        self.services = services
        checks.check_settings(spec)
        checks.check_code(spec)
        self.dead_letter_arn = dead_letter_arn(spec, region, account_id)
        super().__init__(account_id, spec, region, version)
        self.logging_config = checks.logging_config({"LogGroup": self.logs_group_name}, spec)
        self._rng = random.Random(mock_random.getrandbits(64))
        self.runtime = self._runtime()
        self.model = Function(
            services.clock,
            self.function_name,
            self.runtime,
            timeout=float(self.timeout),
            account=services.account,
            rng=self._rng,
            arn=self.function_arn,
            faults=services.faults,
        )
        self.model.on_loop = partial(self._count, "RecursiveInvocationsDropped")
        self._events = AsyncQueue(
            self.model,
            knobs=services.knobs,
            rng=self._rng,
            on_undelivered=self._count_undelivered,
        )
        self._renew_async()

    def __deepcopy__(self, memo: Any) -> LocalFunction:
        """Return a copy that shares what runs: moto copies functions to list them."""
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
        with translated(lambda _: InvalidParameterValueException(NOT_A_ZIP), zipfile.BadZipFile):
            return SandboxRuntime(
                settings,
                self.code_bytes,
                clock=services.clock,
                facades=lambda: handler_modules(services.clock, services.session, self.region),
                sink=partial(write_log, self.account_id, self.region),
                new_id=lambda: str(mock_random.uuid4()),
                guard=services.guard,
                knobs=services.knobs,
            )

    # -- configuration -----------------------------------------------------------------------

    def get_configuration(self, on_create: bool = False) -> dict[str, Any]:
        shown = {
            **super().get_configuration(on_create),
            "LoggingConfig": self.logging_config,
            "State": "Active",
        }
        if self.dead_letter_arn:
            shown["DeadLetterConfig"] = {"TargetArn": self.dead_letter_arn}
        return shown

    def update_configuration(self, config_updates: dict[str, Any]) -> dict[str, Any]:
        checks.check_settings(config_updates)
        dead_letter = self.dead_letter_arn
        if "DeadLetterConfig" in config_updates:
            dead_letter = dead_letter_arn(config_updates, self.region, self.account_id)
        self.logging_config = checks.logging_config(self.logging_config, config_updates)
        self.dead_letter_arn = dead_letter
        super().update_configuration(config_updates)
        self._renew()
        self._renew_async()
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
        self.model.runtime = self.runtime = self._runtime()
        self.model.timeout = float(self.timeout)

    # -- asynchronous invocation -------------------------------------------------------------

    def set_event_invoke_config(self, wanted: dict[str, Any], keep: bool) -> dict[str, Any]:
        """Replace the settings, or with `keep` those that are named. moto keeps them in a list."""
        before = self.event_invoke_config[0].config if keep else {}
        made = event_invoke_config(self, wanted, before, self.services.clock.time())
        self.event_invoke_config[:] = [made]
        self._renew_async()
        return made.response()

    def delete_event_invoke_config(self) -> None:
        """Return to the defaults: two retries, six hours, no destinations."""
        self.event_invoke_config.clear()
        self._renew_async()

    def _renew_async(self) -> None:
        config = self.event_invoke_config[0].config if self.event_invoke_config else {}
        self._events.config = model_config(self, config, self.dead_letter_arn)

    def _count_undelivered(self, metric: str, arn: str, why: str) -> None:
        """What a destination did not take is lost; CloudWatch counts it, as on AWS."""
        self._count(metric)

    def _count(self, metric: str) -> None:
        """Add one to a metric of the function in CloudWatch."""
        count = {
            "MetricName": metric,
            "Dimensions": [{"Name": "FunctionName", "Value": self.function_name}],
            "Timestamp": self.services.clock.now(),
            "Value": 1.0,
            "Unit": "Count",
        }
        cloudwatch = self.services.session.client("cloudwatch", self.region)
        cloudwatch.put_metric_data(Namespace="AWS/Lambda", MetricData=[count])

    # -- invoking ----------------------------------------------------------------------------

    def answer(self, body: str | bytes, kind: str, response_headers: Any) -> bytes:
        """The API's Invoke: payload out, FunctionError and log tail in the headers.

        `kind` is the invocation type: RequestResponse, Event or DryRun.
        """
        event = checks.parse_payload(body, kind)
        response_headers["x-amz-executed-version"] = "$LATEST"
        if kind == "DryRun":
            return b""
        if kind == "Event":
            self.start(event, body)
            return b""
        outcome, tail = self._run(event)
        shown = tail.encode()[-TAIL_BYTES:]
        response_headers["x-amz-log-result"] = base64.b64encode(shown).decode()
        if outcome.error is None:
            return json.dumps(outcome.response).encode()
        response_headers["x-amz-function-error"] = "Unhandled"
        return json.dumps(error_payload(outcome.error, outcome.request_id)).encode()

    def _run(self, event: Any) -> tuple[Outcome, str]:
        """Invoke synchronously: the outcome, and the log of this invocation."""
        clock, trace = self.services.clock, current_trace()
        if self.model.breaks_loop(trace):
            raise checks.RecursiveInvocation()
        refused = self.model.refusal()
        if refused == THROTTLED:
            raise checks.Throttled(self.model.reserved is not None)
        if refused is not None:
            raise checks.ServiceError()
        request_id = self.model.new_request_id()
        with self.runtime.keep_log(request_id) as log:
            run = self.model.run(event, request_id, [trace] if trace else [])
            outcome = wait_for(clock, clock.env.process(run))
        return outcome, "".join(log)

    def start(self, event: Any, body: str | bytes | None = None) -> None:
        """Invoke asynchronously. `body` is the event's text, which a dead-letter queue gets."""
        text = body.decode() if isinstance(body, bytes) else body
        self._events.put(event, text or None, current_trace())

    def invoke(self, body: str, request_headers: Any, response_headers: Any) -> bytes:
        """What moto's other services call for an event of theirs: SNS, S3, log subscriptions.

        AWS hands all of them to asynchronous invocation (events-50).
        """
        self.start(checks.parse_payload(body, "Event"), body)
        return b""
