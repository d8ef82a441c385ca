"""EventBridge: moto's buses and rules, whose targets are delivered to on the clock.

moto calls the targets inside of PutEvents, once. Here they get the event through the model, with
its retries and dead letters. Archives and replays are moto's own.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from moto.core.exceptions import JsonRESTError
from moto.events import models
from moto.events.exceptions import InvalidEventPatternException
from moto.moto_api._internal import mock_random

from patternlab.delivery.events.bus import Event, EventBus
from patternlab.delivery.events.patterns import parse_pattern
from patternlab.local.errors import translated
from patternlab.local.events.rules import LocalReplay, LocalRule, check_target
from patternlab.local.services import LocalService, Services, in_place_of

MAX_TARGETS = 5  # of a rule


class LocalEventsBackend(LocalService, models.EventsBackend):
    """moto's EventBridge backend of one Region, whose rules deliver by the model."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.bus = EventBus(
            self.services.clock,
            region=region_name,
            account=account_id,
            knobs=self.services.knobs,
            rng=random.Random(mock_random.getrandbits(64)),
            faults=self.services.faults,
        )

    def take(self, event: Event) -> None:
        """An event of another service, for the default bus."""
        stamped: Any = {**event, "ingestion-time": self.services.clock.time()}
        for rule in list(self.event_buses["default"].rules.values()):
            rule.send_to_targets(stamped)

    def put_rule(self, *args: Any, **asked: Any) -> models.Rule:
        if pattern := asked.get("event_pattern"):
            with translated(lambda e: InvalidEventPatternException(str(e)), ValueError):
                parse_pattern(pattern)
        return super().put_rule(*args, **asked)

    def put_targets(
        self, name: str, event_bus_arn: str | None, targets: list[dict[str, Any]]
    ) -> None:
        for target in targets:
            check_target(target)
        bus = self._get_event_bus(self._normalize_event_bus_arn(event_bus_arn))
        rule = bus.rules.get(name)
        have = {target["Id"] for target in rule.targets} if rule else set()
        if len(have | {target["Id"] for target in targets}) > MAX_TARGETS:
            raise JsonRESTError(
                "LimitExceededException",
                "The requested resource exceeds the maximum number allowed.",
            )
        super().put_targets(name, event_bus_arn, targets)


@contextmanager
def install(services: Services) -> Iterator[None]:
    """Let moto's EventBridge be ours, and its rules and replays too."""
    with (
        patch.multiple(models, Rule=LocalRule, Replay=LocalReplay),
        in_place_of(models.events_backends, LocalEventsBackend, services),
    ):
        yield
