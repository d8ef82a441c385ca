"""A rule and a replay as moto describes them, which deliver on the clock."""

from __future__ import annotations

import copy
from typing import Any

from moto.events import models
from moto.events.exceptions import ValidationException

from patternlab.delivery.events.bus import (
    MAX_AGE,
    MAX_RETRIES,
    Event,
    RuleTarget,
    content_of,
    second_of,
)
from patternlab.delivery.events.patterns import matches
from patternlab.local.receivers import ACTIONS, LocalReceiver, Sender

EVENTS = "events.amazonaws.com"
SHORTEST_AGE = 60  # seconds


class LocalRule(models.Rule):
    """A rule as moto describes it, that hands events to the model."""

    def send_to_targets(self, original_event: Any, transform_input: bool = True) -> None:
        """Deliver an event to the targets, if the rule is enabled and its pattern matches."""
        pattern = self.event_pattern.get_pattern()
        event = _as_delivered(original_event)
        if not pattern or self.state == "DISABLED" or not matches(pattern, event):
            return
        backend: Any = models.events_backends[self.account_id][self.region_name]
        for archive in backend.archives.values():
            if archive.rule is self:
                archive.events.append(original_event)
                return
        for target in self.targets:
            backend.bus.send(event, self.arn, self._target(target))

    def _target(self, target: dict[str, Any]) -> RuleTarget:
        """Return a target of PutTargets as the model describes it."""
        sender = Sender(EVENTS, self.arn, self.account_id)
        policy = target.get("RetryPolicy", {})
        dead_letter = target.get("DeadLetterConfig", {}).get("Arn")
        group = target.get("SqsParameters", {}).get("MessageGroupId")
        return RuleTarget(
            LocalReceiver(target["Arn"], sender),
            target["Id"],
            content_of(target),
            policy.get("MaximumRetryAttempts", MAX_RETRIES),
            policy.get("MaximumEventAgeInSeconds", MAX_AGE),
            LocalReceiver(dead_letter, sender) if dead_letter else None,
            group,
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


def check_target(target: dict[str, Any]) -> None:
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
