"""An event source mapping as moto describes it, that really polls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.awslambda import models
from moto.awslambda.exceptions import InvalidParameterValueException

from patternlab.delivery.events.patterns import parse_body_pattern
from patternlab.delivery.functions.mapping import EventSourceMapping, MappingConfig
from patternlab.local.errors import translated


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
        with translated(lambda error: InvalidParameterValueException(str(error)), ValueError):
            patterns: list[Mapping[str, Any]] = [
                parse_body_pattern(f.get("Pattern", "")) for f in filters
            ]
        pollers = self.poller_config or {}
        return MappingConfig(
            batch_size=self.batch_size,
            batching_window=self.max_batch_window or 0,
            maximum_concurrency=(self.scaling_config or {}).get("MaximumConcurrency"),
            report_batch_item_failures="ReportBatchItemFailures"
            in (self.function_response_types or []),
            patterns=patterns,
            minimum_pollers=pollers.get("MinimumPollers"),
            maximum_pollers=pollers.get("MaximumPollers"),
        )
