"""Rules on an event bus: patterns, retries, dead letters, what of the event a target gets.

24 hours and 185 retries are documented ("How EventBridge retries delivering events"); the waits
between them are ours.
"""

import json

import pytest

from patternlab.clock import VirtualClock
from patternlab.delivery import Knobs, StandardQueue
from patternlab.delivery.events.bus import EventBus, EventRule, RuleTarget, content_of
from patternlab.delivery.faults import Outages
from patternlab.delivery.receivers import QueueReceiver

DAY = 86_400


class World:
    def __init__(self, knobs=None, dead_letter=True, **target):
        self.clock = VirtualClock()
        self.faults = Outages(self.clock)
        self.queue = StandardQueue(self.clock, "orders")
        self.dlq = StandardQueue(self.clock, "dead")
        self.bus = EventBus(self.clock, knobs=knobs, faults=self.faults)
        if dead_letter:
            target["dead_letter"] = QueueReceiver(self.dlq)
        target = RuleTarget(QueueReceiver(self.queue), **target)
        self.rule = self.bus.add(EventRule("r", {"source": ["shop"]}, [target]))

    def put(self, source="shop", **detail):
        return self.bus.put(self.bus.event(source, "Order", detail))

    def attempts(self):
        """Watch the moments of the attempts to deliver."""
        moments, ask = [], self.faults.failure

        def watched(arn):
            if arn == self.queue.arn:
                moments.append(self.clock.elapsed)
            return ask(arn)

        self.faults.failure = watched
        return moments


def test_an_event_goes_where_its_rules_say():
    world = World()
    assert world.put(id=1) == 1
    assert world.put("bank", id=2) == 0
    world.clock.wait(0.5)
    [received] = world.queue.receive(10)
    event = json.loads(received.message.body)
    assert event["detail"] == {"id": 1}
    assert set(event) == {
        "version",
        "id",
        "detail-type",
        "source",
        "account",
        "time",
        "region",
        "resources",
        "detail",
    }


def test_a_disabled_rule_does_nothing():
    world = World()
    world.rule.enabled = False
    assert world.put() == 0


def test_a_target_is_tried_again_for_24_hours_and_185_times():
    world = World(Knobs(bus_retry_jitter=(1.0, 1.0)))
    moments = world.attempts()
    world.faults.outage(world.queue.arn, days=3)
    world.put()
    world.clock.wait(3 * DAY)
    assert len(moments) == 1 + 185
    assert 0.97 * DAY < moments[-1] - moments[0] <= DAY
    assert [b - a for a, b in zip(moments[:4], moments[1:5], strict=True)] == [1, 2, 4, 8]


@pytest.mark.parametrize(
    ("limits", "condition", "retries"),
    [
        ({"max_retries": 2}, "MaximumRetryAttempts", "2"),
        ({"max_retries": 0}, "MaximumRetryAttempts", "0"),
        ({"max_age": 60}, "MaximumEventAgeInSeconds", None),
    ],
)
def test_what_still_fails_goes_to_the_dead_letter_queue(limits, condition, retries):
    world = World(**limits)
    world.faults.outage(world.queue.arn, days=3)
    world.put(id=7)
    world.clock.wait(DAY)
    [received] = world.dlq.receive()
    attributes = {k: v["StringValue"] for k, v in received.message.attributes.items()}
    assert json.loads(received.message.body)["detail"] == {"id": 7}
    assert attributes["EXHAUSTED_RETRY_CONDITION"] == condition
    assert attributes["RULE_ARN"] == "arn:aws:events:us-east-1:123456789012:rule/r"
    assert attributes["TARGET_ARN"] == world.queue.arn
    assert attributes["ERROR_CODE"] == "ERROR_FROM_TARGET"
    if retries is not None:
        assert attributes["RETRY_ATTEMPTS"] == retries


def test_without_a_dead_letter_queue_the_event_is_dropped():
    world = World(dead_letter=False, max_retries=1)
    world.faults.outage(world.queue.arn, days=3)
    [target] = world.rule.targets
    delivery = world.bus.send(world.bus.event("shop", "Order", {}), world.rule.arn, target)
    world.clock.wait(DAY)
    assert (delivery.value, len(world.queue), len(world.dlq)) == (False, 0, 0)


EVENT = {"source": "shop", "detail": {"id": 7, "name": 'a "b"', "lines": [1, 2]}}


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ({}, json.dumps(EVENT)),
        ({"Input": '{"fixed": true}'}, '{"fixed": true}'),
        ({"InputPath": "$.detail.id"}, "7"),
        ({"InputPath": "$"}, json.dumps(EVENT)),
    ],
)
def test_what_of_the_event_a_target_gets(target, text):
    assert content_of(target)(EVENT) == text


def test_a_template_is_filled_with_values_and_inside_of_strings():
    paths = {"id": "$.detail.id", "name": "$.detail.name"}
    template = (
        '{"order": <id>, "who": <name>, "text": "for <name>", "all": <aws.events.event.json>}'
    )
    target = {"InputTransformer": {"InputPathsMap": paths, "InputTemplate": template}}
    made = json.loads(content_of(target)(EVENT))
    assert made == {"order": 7, "who": 'a "b"', "text": 'for a "b"', "all": EVENT}
