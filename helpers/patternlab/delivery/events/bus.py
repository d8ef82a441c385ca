"""EventBridge as far as this course uses it: rules on a bus, targets, retries, dead letters.

A rule's target is tried again for 24 hours and up to 185 times, with exponential backoff and
jitter; what still fails goes to the target's dead-letter queue, or is dropped. A target that does
not exist, or that has not permitted it, is not tried again. Source: "How EventBridge retries
delivering events" and "Using dead-letter queues to process undelivered events in EventBridge", AWS
documentation.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import simpy

from patternlab.clock import TICK, VirtualClock
from patternlab.delivery.events.patterns import matches
from patternlab.delivery.faults import SERVER, DeliveryFailure, Outages
from patternlab.delivery.ids import new_id
from patternlab.delivery.knobs import Knobs
from patternlab.delivery.receivers import Parcel, Receiver, deliver_once

MAX_RETRIES, MAX_AGE = 185, 86_400  # the most, and what a target has that sets nothing
FIRST_WAIT, LONGEST_WAIT = 1.0, 488.0  # seconds; ours: 1, 2, 4 ... 488 fill 24 h in 185 retries

Event = dict[str, Any]


@dataclass(frozen=True)
class RuleTarget:
    """One target of a rule.

    Attributes:
        receiver: Where events are delivered to.
        id: Its name within the rule.
        content: Makes the text of an event; by default it is the whole event.
        max_retries: How often an event is tried again.
        max_age: For how many seconds it is tried.
        dead_letter: Where an event goes that could not be delivered; otherwise it is dropped.
        group: The message group, for a FIFO queue.
    """

    receiver: Receiver
    id: str = "target"
    content: Callable[[Event], str] = json.dumps
    max_retries: int = MAX_RETRIES
    max_age: float = MAX_AGE
    dead_letter: Receiver | None = None
    group: str | None = None


@dataclass
class EventRule:
    """A rule: events that match `pattern` go to the `targets`, up to five of them."""

    name: str
    pattern: Mapping[str, Any]
    targets: list[RuleTarget] = field(default_factory=list)
    enabled: bool = True
    arn: str = ""


class EventBus:
    """An event bus on a virtual clock.

    >>> clock = VirtualClock()
    >>> bus = EventBus(clock)
    >>> event = bus.event("shop", "Order Placed", {"id": 1})
    >>> event["source"], event["detail-type"], event["time"]
    ('shop', 'Order Placed', '2026-01-05T09:00:00Z')
    """

    def __init__(
        self,
        clock: VirtualClock,
        name: str = "default",
        *,
        region: str = "us-east-1",
        account: str = "123456789012",
        knobs: Knobs | None = None,
        rng: random.Random | None = None,
        faults: Outages | None = None,
    ) -> None:
        self.clock, self.env, self.name = clock, clock.env, name
        self.region, self.account = region, account
        self.knobs = knobs or Knobs()
        self.rng = rng or random.Random(name)
        self.faults = faults or Outages(clock)
        self.rules: dict[str, EventRule] = {}

    def add(self, rule: EventRule) -> EventRule:
        """Put `rule` on the bus, in place of one of the same name."""
        rule.arn = rule.arn or f"arn:aws:events:{self.region}:{self.account}:rule/{rule.name}"
        self.rules[rule.name] = rule
        return rule

    def event(self, source: str, detail_type: str, detail: dict[str, Any]) -> Event:
        """Return an event of one's own, as PutEvents makes it."""
        return {
            "version": "0",
            "id": new_id(self.rng),
            "detail-type": detail_type,
            "source": source,
            "account": self.account,
            "time": second_of(self.clock.time()),
            "region": self.region,
            "resources": [],
            "detail": detail,
        }

    def put(self, event: Event) -> int:
        """Hand `event` to the rules that match it; return how many targets it goes to."""
        count = 0
        for rule in self.rules.values():
            if rule.enabled and matches(rule.pattern, event):
                for target in rule.targets:
                    self.send(event, rule.arn, target)
                    count += 1
        return count

    def send(self, event: Event, rule_arn: str, target: RuleTarget) -> simpy.Process:
        """Deliver `event` to one target, with retries.

        Returns:
            A process whose value says whether the event arrived.
        """
        return self.env.process(self._deliver(target.content(event), rule_arn, target))

    def _deliver(
        self, body: str, rule_arn: str, target: RuleTarget
    ) -> Generator[simpy.Event, Any, bool]:
        parcel = Parcel(body, group=target.group)
        yield self.env.timeout(self.knobs.bus_latency)
        begun, wait, retries = self.env.now, FIRST_WAIT, 0
        while True:
            failure = deliver_once(target.receiver, lambda: parcel, self.faults)
            if failure is None:
                return True
            exhausted = None
            pause = wait * self.rng.uniform(*self.knobs.bus_retry_jitter)
            if failure.kind == SERVER:
                if retries >= target.max_retries:
                    exhausted = "MaximumRetryAttempts"
                elif self.env.now + pause - begun > target.max_age + TICK:
                    exhausted = "MaximumEventAgeInSeconds"
                else:
                    yield self.env.timeout(pause)
                    wait, retries = min(2 * wait, LONGEST_WAIT), retries + 1
                    continue
            self._give_up(body, rule_arn, target, failure, retries, exhausted)
            return False

    def _give_up(
        self,
        body: str,
        rule_arn: str,
        target: RuleTarget,
        failure: DeliveryFailure,
        retries: int,
        exhausted: str | None,
    ) -> None:
        facts = {
            "RULE_ARN": rule_arn,
            "TARGET_ARN": target.receiver.arn,
            "ERROR_CODE": _code(failure),
            "ERROR_MESSAGE": failure.message,
            "RETRY_ATTEMPTS": str(retries),
        }
        if exhausted:
            facts["EXHAUSTED_RETRY_CONDITION"] = exhausted
        attributes = {
            name: {"DataType": "String", "StringValue": value} for name, value in facts.items()
        }
        if target.dead_letter is not None:
            deliver_once(target.dead_letter, lambda: Parcel(body, attributes), self.faults)


def _code(failure: DeliveryFailure) -> str:
    """Return the error code that EventBridge writes on a dead letter."""
    if failure.kind == SERVER:
        return "ERROR_FROM_TARGET"
    return {403: "NO_PERMISSIONS", 404: "NO_RESOURCE"}.get(failure.status, "SDK_CLIENT_ERROR")


def second_of(time: float) -> str:
    """Return a moment (seconds since 1970) as EventBridge writes it: 2026-01-05T09:00:00Z."""
    return f"{datetime.fromtimestamp(int(time + TICK), UTC):%Y-%m-%dT%H:%M:%SZ}"


# -- what of the event a target gets -------------------------------------------------------------


def content_of(target: Mapping[str, Any]) -> Callable[[Event], str]:
    """Return what makes an event's text by a target's Input, InputPath or InputTransformer."""
    if "Input" in target:
        return lambda event: target["Input"]
    if "InputPath" in target:
        return lambda event: json.dumps(_at(event, target["InputPath"]))
    if "InputTransformer" in target:
        transformer = target["InputTransformer"]
        return lambda event: _fill(
            transformer["InputTemplate"], transformer.get("InputPathsMap", {}), event
        )
    return json.dumps


def _at(event: Any, path: str) -> Any:
    """Return the value at a path like ``$.detail.object.key``, or None if there is none."""
    for name in path.removeprefix("$").strip(".").split("."):
        if name:
            event = event.get(name) if isinstance(event, Mapping) else None
    return event


def _fill(template: str, paths: Mapping[str, str], event: Event) -> str:
    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name == "aws.events.event.json":
            return json.dumps(event)
        if name not in paths:
            return found[0]
        content = _at(event, paths[name])
        if not isinstance(content, str):
            return json.dumps(content)
        quoted = json.dumps(content)
        before = re.findall(r'(?<!\\)"', template[: found.start()])
        return quoted[1:-1] if len(before) % 2 else quoted  # inside of a string, or by itself

    return re.sub(r"<([\w.-]+)>", value, template)
