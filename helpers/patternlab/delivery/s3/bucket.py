"""A bucket's event notifications (events-61 to events-67), and a bucket to make them with."""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import simpy

from patternlab.clock import TICK, VirtualClock
from patternlab.delivery.faults import SERVER, DeliveryFailure, Outages
from patternlab.delivery.knobs import Knobs
from patternlab.delivery.receivers import Parcel, deliver_once
from patternlab.delivery.s3.records import (
    DELETE_MARKER,
    EMPTY_ETAG,
    SUBJECT,
    BucketName,
    ObjectEvent,
    detail_type,
    eventbridge_event,
    notifications_of,
    test_event,
)
from patternlab.delivery.s3.rules import Rule, check_rules, invalid_argument
from patternlab.delivery.s3.sequencer import Sequencer
from patternlab.delivery.sqs.line import Line

#: Writes of one key no further apart than this are "at the same time" (events-64).
AT_ONCE = 0.1  # seconds; our choice
SEQUENCED = "ObjectCreated", "ObjectRemoved", "LifecycleExpiration"  # only these have a sequencer
RETRY_AFTER = 1.0  # seconds at least, when a receiver was unavailable; S3 does not say

UNABLE = "Unable to validate the following destination configurations"

#: Takes an event in EventBridge's form.
EventBusPut = Callable[[dict[str, Any]], object]
#: Brings an event to one receiver, and returns why that failed, if it did.
Route = Callable[[ObjectEvent], DeliveryFailure | None]


class Notifier:
    """Sends a bucket's notifications by its configuration: late, in any order, at least once.

    :meth:`configure` sets the rules; :meth:`emit` is called for every event.

    Args:
        clock: The clock it lives on.
        bucket: Whose events these are.
        knobs: Latency, duplicates, hypothetical loss.
        rng: The source of all of these.
        faults: The ordered outages that deliveries meet.
        trace: Returns the trace header of the request that causes an event now. It goes along with
            the notification, so that a function that writes to its own bucket is found out
            (events-39).
    """

    def __init__(
        self,
        clock: VirtualClock,
        bucket: BucketName,
        *,
        knobs: Knobs | None = None,
        rng: random.Random | None = None,
        faults: Outages | None = None,
        trace: Callable[[], str | None] = lambda: None,
    ) -> None:
        self.clock, self.env, self.bucket = clock, clock.env, bucket
        self._trace = trace
        self.faults = faults or Outages(clock)
        self.knobs = knobs or Knobs()
        self.rng = rng or random.Random(bucket.name)
        self.undelivered = 0  # notifications that their receiver refused for good
        self._sequencer = Sequencer(clock)
        self._routes: dict[str, list[tuple[Rule, Route]]] = {}  # by event name
        self._bus: Route | None = None
        self._asked = 0
        self._newest: dict[str, ObjectEvent] = {}  # by key; only kept for events-64
        #: By when it arrives: the number of the notification, the event, its route.
        self._under_way: Line[float, tuple[int, ObjectEvent, Route]] = Line()
        self._sent = 0
        self._armed = math.inf

    # -- configuration -----------------------------------------------------------------------

    def configure(
        self, rules: Sequence[Rule], bus: EventBusPut | None = None, *, validate: bool = True
    ) -> None:
        """Replace the whole configuration, or raise and change nothing (events-62 and events-63).

        Every queue and topic gets a test event first.

        Args:
            rules: Which events go where.
            bus: Takes all events in EventBridge's form, whatever the rules say.
            validate: Refuse the configuration if a receiver does not take its test event.

        Raises:
            DeliveryError: InvalidArgument, as S3 refuses it.
        """
        check_rules(rules)
        self._test({rule.receiver.arn: rule for rule in rules}.values(), validate)
        routes: dict[str, list[tuple[Rule, Route]]] = {}
        for rule in rules:
            for name in rule.names():
                routes.setdefault(name, []).append((rule, self._route(rule)))
        self._asked += 1
        asked = self._asked

        def take_effect(_: Any = None) -> None:
            if asked == self._asked:  # nothing newer was asked for meanwhile
                self._routes, self._bus = routes, bus and self._bus_route(bus)

        if self.knobs.s3_configuration_lag > 0:
            self.env.timeout(self.knobs.s3_configuration_lag).callbacks.append(take_effect)
        else:
            take_effect()

    def _route(self, rule: Rule) -> Route:
        receiver, faults = rule.receiver, self.faults
        text = notifications_of(self.bucket, rule.id)

        def route(event: ObjectEvent) -> DeliveryFailure | None:
            return deliver_once(
                receiver,
                lambda: Parcel(text(event), subject=SUBJECT, trace=event.trace),
                faults,
            )

        return route

    def _bus_route(self, put: EventBusPut) -> Route:
        def route(event: ObjectEvent) -> None:
            put(eventbridge_event(self.bucket, event))

        return route

    def _test(self, rules: Iterable[Rule], validate: bool) -> None:
        for rule in rules:
            if ":lambda:" in rule.receiver.arn:
                continue
            text = test_event(self.bucket, self.clock.time(), self._request_id())
            try:
                rule.receiver.deliver(Parcel(text, subject=SUBJECT))
            except DeliveryFailure as failure:
                if validate:
                    raise invalid_argument(f"{UNABLE} ({failure.message})") from None

    # -- events ------------------------------------------------------------------------------

    def emit(
        self,
        name: str,
        key: str,
        *,
        size: int | None = None,
        etag: str | None = None,
        version_id: str | None = None,
    ) -> ObjectEvent:
        """Send notifications of an event of `key`; `name` is S3's name of it, without "s3:"."""
        event = ObjectEvent(
            name,
            key,
            self.clock.time(),
            self._sequencer.next(key) if name.startswith(SEQUENCED) else "",
            size,
            etag,
            version_id,
            request_id=self._request_id(),
            trace=self._trace(),
        )
        if self.knobs.s3_merged_writes and version_id is None and name.startswith("ObjectCreated"):
            self._merge(event)
        for rule, route in self._routes.get(name, ()):
            if rule.takes_key(key):
                self._notify(event, route)
        if self._bus is not None and detail_type(name):
            self._notify(event, self._bus)
        return event

    def _merge(self, event: ObjectEvent) -> None:
        """Silence one of two writes at once, without versioning, by the knob (events-64)."""
        before = self._newest.get(event.key)
        self._newest[event.key] = event
        if before is None or event.time - before.time > AT_ONCE:
            return
        if self.rng.random() < self.knobs.s3_merged_writes:
            self.rng.choice((before, event)).silenced = True

    # -- on the way --------------------------------------------------------------------------

    def _notify(self, event: ObjectEvent, route: Route) -> None:
        knobs, rng = self.knobs, self.rng
        if knobs.hypothetical_loss and rng.random() < knobs.hypothetical_loss:
            return
        self._send(draw_latency(knobs, rng), event, route)
        if knobs.s3_duplicates and rng.random() < knobs.s3_duplicates:
            self._send(draw_latency(knobs, rng), event, route)

    def _send(self, delay: float, event: ObjectEvent, route: Route) -> None:
        """Let the notification arrive after `delay` seconds.

        Notifications are kept in a line, so that one timer serves the whole bucket.
        """
        due = self.env.now + delay
        self._sent += 1
        self._under_way.add(due, (self._sent, event, route))
        if due < self._armed:
            self._arm(due)

    def _arm(self, due: float) -> None:
        self._armed = due
        self.env.timeout(due - self.env.now).callbacks.append(self._arrive)

    def _arrive(self, _: simpy.Event) -> None:
        line, now = self._under_way, self.env.now
        while (head := line.first()) is not None and head[0] <= now + TICK:
            _due, (_number, event, route) = line.pop()
            if not event.silenced:
                self._deliver(event, route)
        if head is None:
            self._armed = math.inf
        elif self._armed <= now + TICK or head[0] < self._armed:
            self._arm(head[0])

    def _deliver(self, event: ObjectEvent, route: Route) -> None:
        failure = route(event)
        if failure is None:
            return
        if failure.kind == SERVER:
            self._send(max(RETRY_AFTER, draw_latency(self.knobs, self.rng)), event, route)
        else:
            self.undelivered += 1

    def _request_id(self) -> str:
        return f"{self.rng.getrandbits(64):016X}"


def draw_latency(knobs: Knobs, rng: random.Random) -> float:
    """Return the seconds that one notification takes, in whole milliseconds like all of S3's times.

    AWS only says "typically in seconds but can sometimes take a minute or longer" (events-61). The
    delay here is lognormal: a median of 2 s and a spread of 1.5 give that sentence, with half
    within 2 s, nine in ten within 14 s, one in ninety over a minute. **Neither is an AWS number.**
    """
    median, spread = knobs.s3_latency, knobs.s3_latency_spread
    return round(median * math.exp(spread * rng.gauss(0.0, 1.0)), 3) if spread else median


class Stored(NamedTuple):
    """An object as the bucket has it now."""

    size: int
    etag: str
    version_id: str | None
    sequencer: str


class Bucket:
    """A bucket for models and exercises: objects without their content, and a :class:`Notifier`.

    `options` (knobs, rng, faults) go to the notifier.

    >>> bucket = Bucket(VirtualClock(), "photos")
    >>> event = bucket.put("cat.jpg", b"meow")
    >>> event.name, event.size, sorted(bucket.objects)
    ('ObjectCreated:Put', 4, ['cat.jpg'])
    """

    def __init__(
        self,
        clock: VirtualClock,
        name: str = "bucket",
        *,
        versioned: bool = False,
        **options: Any,
    ) -> None:
        self.notifier = Notifier(clock, BucketName(name), **options)
        self.configure = self.notifier.configure
        self.versioned = versioned
        self.objects: dict[str, Stored] = {}  # the current ones, by key
        self._versions = 0

    def put(self, key: str, body: bytes = b"", *, how: str = "Put") -> ObjectEvent:
        """Write an object. `how`: Put, Post, Copy or CompleteMultipartUpload."""
        etag = hashlib.md5(body, usedforsecurity=False).hexdigest()
        version = self._new_version() if self.versioned else None
        event = self.notifier.emit(
            f"ObjectCreated:{how}", key, size=len(body), etag=etag, version_id=version
        )
        self.objects[key] = Stored(len(body), etag, version, event.sequencer)
        return event

    def delete(self, key: str) -> ObjectEvent | None:
        """Delete an object; with versioning, put a delete marker on top of it."""
        if self.objects.pop(key, None) is None:
            return None
        if not self.versioned:
            return self.notifier.emit("ObjectRemoved:Delete", key)
        return self.notifier.emit(
            DELETE_MARKER, key, etag=EMPTY_ETAG, version_id=self._new_version()
        )

    def inventory(self) -> dict[str, str]:
        """Return the current objects' ETags by key, as a listing of the bucket shows them."""
        return {key: stored.etag for key, stored in self.objects.items()}

    def _new_version(self) -> str:
        self._versions += 1
        return f"v{self._versions:08d}"
