"""A topic: one message in, a copy for each subscription, each delivered and retried by itself."""

from __future__ import annotations

import hashlib
import json
import random
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import pandas as pd
import simpy

from patternlab.clock import TICK, VirtualClock
from patternlab.delivery.errors import refused_by_sns
from patternlab.delivery.faults import CLIENT, DeliveryFailure, Outages
from patternlab.delivery.ids import new_id
from patternlab.delivery.knobs import Knobs
from patternlab.delivery.receivers import Parcel, Receiver, deliver_once
from patternlab.delivery.sns.delivery_log import (
    DEAD_LETTER,
    DELIVERED,
    DROPPED,
    FAILED,
    FILTERED,
    Delivery,
    delivery_frame,
)
from patternlab.delivery.sns.delivery_policy import RETRIES, RetryPolicy
from patternlab.delivery.sns.filter_policy import FilterPolicy
from patternlab.delivery.sns.notification import Notification, notification_size, parcel_for
from patternlab.delivery.sqs.recent import Recent

DEDUPLICATION_INTERVAL = 300.0  # seconds (events-60)
SCOPE_TOPIC, SCOPE_GROUP = "Topic", "MessageGroup"
FIRST_SEQUENCE, SEQUENCE_STEP = 10_000_000_000_000_000_000, 1000
DEFAULT_SIZE, SMALLEST_SIZE, LARGEST_SIZE = 262_144, 1024, 1_048_576  # bytes (events-59)
LARGE_SUBSCRIPTIONS, LARGE_PROTOCOLS = 100, ("sqs", "lambda", "firehose")


@dataclass(frozen=True)
class Fate:
    """How the deliveries of one message to one subscription ended, after `attempts`."""

    notification: Notification
    attempts: int
    outcome: str
    failure: DeliveryFailure | None


class Topic:
    """A standard or FIFO topic on a virtual clock.

    Args:
        clock: The clock it lives on.
        name: Its name.
        arn: Its ARN, made from the name if it is not given.
        fifo: Keep the order within a message group, and deduplicate for five minutes.
        content_deduplication: Deduplicate by the SHA-256 of a message without an id.
        throughput_scope: Deduplicate for the whole ``"Topic"`` or for each ``"MessageGroup"``.
        maximum_message_size: In bytes.
        http_policy: The retry policy of HTTP/S subscriptions that have none.
        faults: The ordered outages that deliveries meet.
        knobs: What AWS does not publish.
        rng: The source of everything random.
        log: The list to which every attempt is added.
    """

    def __init__(
        self,
        clock: VirtualClock,
        name: str = "topic",
        *,
        arn: str | None = None,
        fifo: bool = False,
        content_deduplication: bool = False,
        throughput_scope: str = SCOPE_TOPIC,
        maximum_message_size: int = DEFAULT_SIZE,
        http_policy: RetryPolicy | None = None,
        faults: Outages | None = None,
        knobs: Knobs | None = None,
        rng: random.Random | None = None,
        log: list[Delivery] | None = None,
    ) -> None:
        self.clock, self.env, self.name, self.fifo = clock, clock.env, name, fifo
        self.arn = arn or f"arn:aws:sns:us-east-1:123456789012:{name}"
        self.content_deduplication = content_deduplication
        self.throughput_scope = throughput_scope
        self.maximum_message_size = maximum_message_size
        self.http_policy = http_policy
        self.faults = faults or Outages(clock)
        self.knobs = knobs or Knobs()
        self.rng = rng or random.Random(name)
        self.log = log if log is not None else []
        self.subscriptions: list[Subscription] = []
        #: Called with every message that is delivered, dead-lettered, dropped or filtered out.
        self.on_fate: Callable[[Subscription, Fate], None] = lambda subscription, fate: None
        self._published = 0
        self._sent: Recent[Notification] = Recent(DEDUPLICATION_INTERVAL)

    # -- subscriptions -----------------------------------------------------------------------

    def subscribe(self, receiver: Receiver, **options: Any) -> Subscription:
        """Deliver to `receiver` from now on; `options` are those of :class:`Subscription`."""
        self.check_subscriber(receiver.protocol)
        subscription = Subscription(self, receiver, **options)
        self.subscriptions.append(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Deliver nothing more to it; messages that were still being tried are dropped."""
        subscription.live = False
        if subscription in self.subscriptions:
            self.subscriptions.remove(subscription)

    def check_subscriber(self, protocol: str) -> None:
        """Refuse one more subscription of that protocol where SNS does (events-59, events-60)."""
        if self.fifo and protocol != "sqs":
            raise refused_by_sns(f"Invalid protocol type: {protocol}")
        self.check_large(self.maximum_message_size, [protocol])

    def check_large(self, size: int, joining: list[str] | None = None) -> None:
        """Refuse a maximum of more than 256 KiB for what cannot get such messages (events-59).

        That is more than 100 subscriptions, or protocols other than SQS, Lambda and Firehose.
        """
        protocols = [s.receiver.protocol for s in self.subscriptions] + (joining or [])
        wrong = [protocol for protocol in protocols if protocol not in LARGE_PROTOCOLS]
        if size > DEFAULT_SIZE and (wrong or len(protocols) > LARGE_SUBSCRIPTIONS):
            raise refused_by_sns(
                f"A topic with a MaximumMessageSize above {DEFAULT_SIZE} bytes can have at most "
                f"{LARGE_SUBSCRIPTIONS} subscriptions, of protocols {', '.join(LARGE_PROTOCOLS)}",
            )

    # -- publishing --------------------------------------------------------------------------

    def publish(
        self,
        message: str,
        *,
        subject: str | None = None,
        attributes: dict[str, dict[str, str]] | None = None,
        group: str | None = None,
        dedup_id: str | None = None,
        structure: str | None = None,
        trace: str | None = None,
    ) -> Notification:
        """Publish a message, and make the first attempt to deliver it to each subscription now.

        A duplicate on a FIFO topic returns the first notification, and delivers nothing.

        Args:
            message: The text.
            subject: For people, and in the JSON around the text.
            attributes: ``{name: {"Type": "String", "Value": "..."}}``.
            group: The message group.
            dedup_id: The deduplication id.
            structure: ``"json"`` if the message holds a text for each protocol.
            trace: A trace header, which goes along to queues and functions.

        Raises:
            DeliveryError: InvalidParameter, as SNS refuses it.
        """
        by_protocol = self._check(message, attributes, structure)
        dedup_id = self._check_fifo(message, group, dedup_id)
        first = self._first_sent(group, dedup_id)
        if first is not None:
            return first
        self._published += 1
        notification = Notification(
            new_id(self.rng),
            self.arn,
            message,
            self.env.now,
            self.clock.time(),
            subject,
            attributes or {},
            group,
            dedup_id,
            str(FIRST_SEQUENCE + SEQUENCE_STEP * self._published) if self.fifo else None,
            by_protocol,
            trace,
        )
        if self.fifo:
            scope = group if self.throughput_scope == SCOPE_GROUP else None
            self._sent.keep((scope, dedup_id), notification, self.env.now)
        for subscription in list(self.subscriptions):
            subscription.take(notification)
        return notification

    def _check(
        self, message: str, attributes: dict[str, Any] | None, structure: str | None
    ) -> dict[str, str] | None:
        if not message:
            raise refused_by_sns("Empty message")
        if notification_size(message, attributes) > self.maximum_message_size:
            raise refused_by_sns("Message too long")
        return _structured(message) if structure == "json" else None

    def _check_fifo(self, message: str, group: str | None, dedup_id: str | None) -> str | None:
        """Return the deduplication id of a message to a FIFO topic; refuse one that has none."""
        if not self.fifo:
            return dedup_id
        if not group:
            raise refused_by_sns("The MessageGroupId parameter is required for FIFO topics")
        if dedup_id is None and self.content_deduplication:
            return hashlib.sha256(message.encode()).hexdigest()
        if dedup_id is None:
            raise refused_by_sns(
                "The topic should either have ContentBasedDeduplication enabled or "
                "MessageDeduplicationId provided explicitly",
            )
        return dedup_id

    def _first_sent(self, group: str | None, dedup_id: str | None) -> Notification | None:
        if not self.fifo:
            return None
        now = self.env.now + TICK
        return self._sent.get((None, dedup_id), now) or self._sent.get((group, dedup_id), now)

    @property
    def deliveries(self) -> pd.DataFrame:
        """Every attempt so far, in a table as :func:`delivery_frame` returns it."""
        return delivery_frame(self.log, self.clock.start)


class Subscription:
    """A topic's deliveries to one receiver.

    Args:
        topic: The topic.
        receiver: Where to.
        arn: Its ARN, made from the topic's if it is not given.
        raw: Deliver the message as it is, without the JSON around it.
        filter_policy: Which messages to deliver; all without one.
        dead_letter: Where messages go that could not be delivered; without one they are dropped
            (events-55).
        policy: The retry policy of HTTP/S; for all other protocols it is SNS's own.
    """

    def __init__(
        self,
        topic: Topic,
        receiver: Receiver,
        *,
        arn: str | None = None,
        raw: bool = False,
        filter_policy: FilterPolicy | None = None,
        dead_letter: Receiver | None = None,
        policy: RetryPolicy | None = None,
    ) -> None:
        self.topic, self.receiver, self.raw = topic, receiver, raw
        self.arn = arn or f"{topic.arn}:{new_id(topic.rng)}"
        self.filter_policy = filter_policy
        self.dead_letter, self.policy = dead_letter, policy
        self.live = True
        self._lines: dict[str | None, deque[Notification]] = {}  # FIFO: what waits, by group

    @property
    def retries(self) -> RetryPolicy:
        """How often, and when, a delivery is tried again."""
        protocol = self.receiver.protocol
        if protocol in ("http", "https"):
            return self.policy or self.topic.http_policy or RETRIES[protocol]
        return RETRIES[protocol]

    def set_filter(self, policy: FilterPolicy | None) -> None:
        """Change the filter policy; it takes effect after the lag among the knobs (events-58)."""
        lag = self.topic.knobs.filter_policy_lag
        if lag > 0:
            late = self.topic.env.timeout(lag)
            late.callbacks.append(lambda _: setattr(self, "filter_policy", policy))
        else:
            self.filter_policy = policy

    # -- delivery ----------------------------------------------------------------------------

    def take(self, notification: Notification) -> None:
        """Deliver a message that was published, if the filter policy lets it through."""
        policy = self.filter_policy
        text = notification.text_for(self.receiver.protocol)
        if policy and not policy.accepts(text, notification.attributes):
            self._log(notification, 0, FILTERED)
        elif self.topic.fifo and notification.group in self._lines:
            self._lines[notification.group].append(notification)  # behind one that is retried
        else:
            self._deliver(notification)

    def _deliver(self, notification: Notification) -> bool:
        """Make the first attempt; return False if the message is tried again from now on."""
        failure = self._try(notification)
        if failure is None:
            self._log(notification, 1, DELIVERED)
        elif failure.kind == CLIENT or self.retries.attempts == 1:
            self._give_up(notification, 1, failure)
        else:
            self._log(notification, 1, FAILED, failure)
            if self.topic.fifo:
                self._lines.setdefault(notification.group, deque())
            self.topic.env.process(self._retry(notification, failure))
            return False
        return True

    def _retry(
        self, notification: Notification, failure: DeliveryFailure
    ) -> Generator[simpy.Event, Any, None]:
        """Make attempts 2, 3 ... of one message, until it is delivered or given up."""
        topic, number, took = self.topic, 1, failure.took
        env, last = topic.env, self.retries.attempts
        for wait in self.retries.jittered(topic.rng, topic.knobs.delivery_jitter):
            if wait + took > 0:
                yield env.timeout(wait + took)
            number += 1
            again = self._try(notification)
            if again is None:
                self._log(notification, number, DELIVERED)
                break
            if again.kind == CLIENT or number == last:
                self._give_up(notification, number, again)
                break
            self._log(notification, number, FAILED, again)
            took = again.took
        if topic.fifo:
            self._next_in_line(notification.group)

    def _next_in_line(self, group: str | None) -> None:
        """Deliver what waited behind a message of `group`, up to the next that must be retried."""
        line = self._lines[group]
        while line:
            if not self._deliver(line.popleft()):
                return
        del self._lines[group]

    def _try(self, notification: Notification) -> DeliveryFailure | None:
        if not self.live:
            return DeliveryFailure(CLIENT, "The subscription was deleted")
        return self._send(notification, self.receiver)

    def _send(self, notification: Notification, receiver: Receiver) -> DeliveryFailure | None:
        def parcel() -> Parcel:
            return parcel_for(receiver, notification, self.arn, self.raw)

        return deliver_once(receiver, parcel, self.topic.faults)

    def _give_up(self, notification: Notification, number: int, failure: DeliveryFailure) -> None:
        """Send to the dead-letter queue, if one takes the message (events-54, events-55)."""
        if self.dead_letter is None or not self.live:
            self._log(notification, number, DROPPED, failure)
        elif (refused := self._send(notification, self.dead_letter)) is None:
            self._log(notification, number, DEAD_LETTER, failure)
        else:
            text = f"{failure.message}; the dead-letter queue did not take it: {refused.message}"
            why = DeliveryFailure(failure.kind, text, failure.status)
            self._log(notification, number, DROPPED, why)

    def _log(
        self,
        notification: Notification,
        number: int,
        outcome: str,
        failure: DeliveryFailure | None = None,
    ) -> None:
        topic, receiver = self.topic, self.receiver
        note_id, now = notification.id, topic.env.now
        arn, protocol = receiver.arn, receiver.protocol
        error = failure.message if failure else None
        # By position, as there are 100,015 for one message in an outage.
        attempted = Delivery(note_id, topic.name, arn, protocol, number, now, outcome, error)
        topic.log.append(attempted)
        if outcome is not FAILED:
            topic.on_fate(self, Fate(notification, number, outcome, failure))


def _structured(message: str) -> dict[str, str]:
    """Return the texts by protocol in a message of MessageStructure "json"."""
    words = "Message Structure - "
    try:
        content = json.loads(message)
    except ValueError:
        raise refused_by_sns(words + "JSON message body failed to parse") from None
    if not isinstance(content, dict) or not isinstance(content.get("default"), str):
        raise refused_by_sns(words + "No default entry in JSON message body")
    return {name: text for name, text in content.items() if isinstance(text, str)}
