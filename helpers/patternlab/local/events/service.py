"""EventBridge: moto's buses and rules, whose targets are delivered to on the clock.

moto calls the targets inside of PutEvents, once. Here they get the event through the model, with
its retries and dead letters. Archives and replays are moto's own.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.events import models, urls
from moto.events.exceptions import InvalidEventPatternException, ValidationException
from moto.moto_api._internal import mock_random

from patternlab.delivery.events.bus import (
    MAX_AGE,
    MAX_RETRIES,
    Event,
    EventBus,
    RuleTarget,
    content_of,
    second_of,
)
from patternlab.delivery.events.patterns import matches, parse_pattern
from patternlab.local.receivers import ACTIONS, LocalTarget, Sender
from patternlab.local.services import Services

EVENTS = "events.amazonaws.com"
MAX_TARGETS = 5  # of a rule
SHORTEST_AGE = 60  # seconds


class LocalRule(models.Rule):
    """A rule as moto describes it, that hands events to the model."""

    def send_to_targets(self, original_event: Any, transform_input: bool = True) -> None:
        """Deliver an event to the targets, if the rule is enabled and its pattern matches."""
        pattern = self.event_pattern.get_pattern()
        event = _as_delivered(original_event)
        if not pattern or self.state == "DISABLED" or not matches(pattern, event):
            return
        backend = models.events_backends[self.account_id][self.region_name]
        for archive in backend.archives.values():
            if archive.rule is self:
                archive.events.append(original_event)
                return
        for target in self.targets:
            backend.bus.send(event, self.arn, self._target(target))

    def _target(self, target: dict[str, Any]) -> RuleTarget:
        """What PutTargets said about a target, as the model takes it."""
        sender = Sender(EVENTS, self.arn, self.account_id)
        policy = target.get("RetryPolicy", {})
        dead_letter = target.get("DeadLetterConfig", {}).get("Arn")
        group = target.get("SqsParameters", {}).get("MessageGroupId")
        return RuleTarget(
            LocalTarget(target["Arn"], sender, group),
            target["Id"],
            content_of(target),
            policy.get("MaximumRetryAttempts", MAX_RETRIES),
            policy.get("MaximumEventAgeInSeconds", MAX_AGE),
            LocalTarget(dead_letter, sender).deliver if dead_letter else None,
        )


def _as_delivered(event: Any) -> Event:
    """An event of moto's in AWS's form: its time is a text, and nothing is added."""
    shown = {name: value for name, value in event.items() if name != "ingestion-time"}
    if isinstance(shown["time"], int | float):
        shown["time"] = second_of(shown["time"])
    return shown


class LocalReplay(models.Replay):
    """A replay that keeps to the time it was asked for."""

    def replay_events(self, archive: models.Archive) -> None:
        begin, end = float(self.event_start_time), float(self.event_end_time)
        asked = copy.copy(archive)
        asked.events = [event for event in archive.events if begin <= _time(event) <= end]
        super().replay_events(asked)


def _time(event: Any) -> float:
    return event["ingestion-time"]


@contextmanager
def rules_on_the_clock() -> Iterator[None]:
    """Let moto make its rules and replays from the classes of this module."""
    before = models.Rule, models.Replay
    models.Rule, models.Replay = LocalRule, LocalReplay
    try:
        yield
    finally:
        models.Rule, models.Replay = before


class LocalEventsBackend(models.EventsBackend):
    """moto's EventBridge backend with the deliveries of the model. `services` is set by the
    cloud."""

    services: Services

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

    @property
    def _url_module(self) -> Any:
        return urls

    def take(self, event: Event) -> None:
        """An event of another service, for the default bus."""
        stamped = {**event, "ingestion-time": self.services.clock.time()}
        for rule in list(self.event_buses["default"].rules.values()):
            rule.send_to_targets(stamped)

    def put_rule(self, name: str, *args: Any, event_pattern: str | None = None, **kwargs: Any):
        if event_pattern:
            try:
                parse_pattern(event_pattern)
            except ValueError as error:
                raise InvalidEventPatternException(str(error)) from None
        return super().put_rule(name, *args, event_pattern=event_pattern, **kwargs)

    def put_targets(
        self, name: str, event_bus_arn: str | None, targets: list[dict[str, Any]]
    ) -> None:
        for target in targets:
            _check_target(target)
        bus = self._get_event_bus(self._normalize_event_bus_arn(event_bus_arn))
        rule = bus.rules.get(name)
        have = {target["Id"] for target in rule.targets} if rule else set()
        if len(have | {target["Id"] for target in targets}) > MAX_TARGETS:
            raise JsonRESTError(
                "LimitExceededException",
                "The requested resource exceeds the maximum number allowed.",
            )
        super().put_targets(name, event_bus_arn, targets)


def _check_target(target: dict[str, Any]) -> None:
    """Refuse a target of a kind that a local cloud does not deliver to, and a wrong policy."""
    _, _, service, _, _, resource = (target["Arn"] + ":" * 5).split(":")[:6]
    an_archives = service == "events" and not resource
    if service not in ACTIONS and not an_archives:
        raise ValidationException(
            f"Parameter {target['Arn']} is not valid. Reason: a local cloud delivers to SQS "
            "queues, SNS topics and Lambda functions. Run this on a real account."
        )
    policy = target.get("RetryPolicy", {})
    retries = policy.get("MaximumRetryAttempts", MAX_RETRIES)
    age = policy.get("MaximumEventAgeInSeconds", MAX_AGE)
    for name, value, low, high in (
        ("maximumRetryAttempts", retries, 0, MAX_RETRIES),
        ("maximumEventAgeInSeconds", age, SHORTEST_AGE, MAX_AGE),
    ):
        if not low <= value <= high:
            raise ValidationException(
                f"1 validation error detected: Value '{value}' at 'targets.1.member.retryPolicy."
                f"{name}' failed to satisfy constraint: Member must have value between {low} and "
                f"{high}"
            )
