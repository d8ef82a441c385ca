"""SNS: moto's requests and responses around our own topics.

moto delivers by itself, at once and without retries, from ``Topic.publish``; that is never called
here. Subscriptions of web servers and people count as confirmed from the start, as moto has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from moto.core.responses import ActionResult
from moto.sns import models
from moto.sns.exceptions import InvalidParameterValue, SNSException
from moto.sns.responses import SNSResponse
from moto.sns.utils import make_arn_for_topic

from patternlab.delivery.errors import refused_by_sns
from patternlab.delivery.sns.filter_policy import ATTRIBUTES, MAX_PER_TOPIC
from patternlab.delivery.sns.notification import notification_size
from patternlab.delivery.sns.topic import DEFAULT_SIZE, SCOPE_TOPIC
from patternlab.local.receivers import SNS, LocalReceiver, Sender
from patternlab.local.services import LocalService, Services, body_of, in_place_of
from patternlab.local.sns import checks
from patternlab.local.sns.checks import IN_ATTRIBUTES, sns_errors
from patternlab.local.sns.topic import LocalSubscription, LocalTopic
from patternlab.local.tracing import current_trace

#: What an attribute is that was never set.
DEFAULTS = {
    "ContentBasedDeduplication": "false",
    "DisplayName": "",
    "FifoThroughputScope": SCOPE_TOPIC,
    "FifoTopic": "false",
    "FilterPolicyScope": ATTRIBUTES,
    "MaximumMessageSize": str(DEFAULT_SIZE),
}


class LocalSNSBackend(LocalService, models.SNSBackend):
    """moto's SNS backend of one Region, whose topics deliver by the model."""

    topics: dict[str, LocalTopic]  # type: ignore[assignment]  # moto's names give our classes
    subscriptions: dict[str, LocalSubscription]  # type: ignore[assignment]

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.sequences: dict[str, str] = {}  # message id -> sequence number, of FIFO topics

    # -- topics ------------------------------------------------------------------------------

    def create_topic(
        self,
        name: str,
        attributes: dict[str, Any] | None = None,
        tags: dict[str, str] | None = None,
    ) -> LocalTopic:
        attributes = attributes or {}
        with sns_errors(IN_ATTRIBUTES):
            for key, value in attributes.items():
                checks.check_topic_attribute(key, value, bool(attributes.get("FifoTopic")))
        arn = make_arn_for_topic(self.account_id, name, self.region_name)
        if topic := self.topics.get(arn):
            _check_same("Topic", topic.settings, attributes)
            return topic
        super().create_topic(name, attributes, tags)
        for key, value in attributes.items():
            self.topics[arn].apply(key, value)
        return self.topics[arn]

    @sns_errors()
    def get_topic(self, arn: str) -> LocalTopic:
        checks.check_arn(arn)
        super().get_topic(arn)  # raises if there is none
        return self.topics[arn]

    @sns_errors()
    def check_topic_attribute(self, arn: str, name: str, value: Any) -> None:
        """Refuse an attribute of an existing topic that it cannot have."""
        topic = self.get_topic(arn)
        if name == "FifoTopic":
            raise refused_by_sns("AttributeName")
        checks.check_topic_attribute(name, value, topic.model.fifo)
        if name == "MaximumMessageSize":
            topic.model.check_large(int(value))

    def delete_topic(self, arn: str) -> None:
        topic = self.topics.get(arn)
        super().delete_topic(arn)
        if topic is not None:
            for subscription in list(topic.model.subscriptions):
                topic.model.unsubscribe(subscription)

    # -- subscriptions -----------------------------------------------------------------------

    def check_subscribe(
        self, topic_arn: str, endpoint: str, protocol: str, attributes: dict[str, Any]
    ) -> None:
        """Refuse a Subscribe that SNS refuses, before anything of it is done."""
        topic = self.get_topic(topic_arn)
        with sns_errors():
            checks.check_endpoint(protocol, endpoint)
            found = self._find_subscription(topic_arn, endpoint, protocol)
            existing = self.subscriptions[found.arn] if found else None
            if existing is None:
                topic.model.check_subscriber(protocol)
        with sns_errors(IN_ATTRIBUTES):
            for name in attributes:
                checks.check_attribute_name(name)
                if existing is not None:
                    _check_same("Subscription", existing.attributes, {name: attributes[name]})
            checks.read_raw(attributes.get("RawMessageDelivery", "false"))
            if checks.read_filter(attributes):
                self._check_filters(topic, existing)
            checks.read_delivery_policy(attributes.get("DeliveryPolicy"))
            checks.read_redrive(attributes.get("RedrivePolicy"), topic_arn, endpoint)

    @staticmethod
    def _check_filters(topic: LocalTopic, own: LocalSubscription | None) -> None:
        """Refuse the 201st filter policy of a topic (events-58)."""
        others = [s for s in topic.model.subscriptions if s.filter_policy]
        if own is not None and own.model in others:
            others.remove(own.model)
        if len(others) >= MAX_PER_TOPIC:
            raise SNSException(
                "FilterPolicyLimitExceeded",
                f"A topic can have at most {MAX_PER_TOPIC} filter policies.",
            )

    def unsubscribe(self, subscription_arn: str) -> None:
        subscription = self.subscriptions.get(subscription_arn)
        super().unsubscribe(subscription_arn)
        if subscription is not None:
            topic = subscription.topic
            topic.model.unsubscribe(subscription.model)
            topic.count_subscriptions()
            topic.subscriptions_deleted += 1

    @sns_errors()
    def set_subscription_attributes(self, arn: str, name: str, value: Any) -> None:
        subscription = self.subscriptions.get(arn)
        if subscription is None:
            raise models.SNSNotFoundError("Subscription does not exist")
        checks.check_attribute_name(name)
        model, attributes = subscription.model, subscription.attributes
        if name == "RawMessageDelivery":
            model.raw = checks.read_raw(value)
        elif name == "DeliveryPolicy":
            model.policy = checks.read_delivery_policy(value)
        elif name == "RedrivePolicy":
            dlq = checks.read_redrive(value, subscription.topic_arn, subscription.endpoint)
            sender = Sender(SNS, subscription.topic_arn, self.account_id)
            model.dead_letter = LocalReceiver(dlq, sender) if dlq else None
        elif name in ("FilterPolicy", "FilterPolicyScope"):
            policy = checks.read_filter({**attributes, name: value})
            if policy:
                self._check_filters(subscription.topic, subscription)
            model.set_filter(policy)
        if value == "" or value is None:
            attributes.pop(name, None)
        else:
            attributes[name] = value

    # -- publishing --------------------------------------------------------------------------

    @sns_errors()
    def publish(
        self,
        message: str,
        arn: str | None,
        phone_number: str | None = None,
        subject: str | None = None,
        message_attributes: dict[str, Any] | None = None,
        group_id: str | None = None,
        deduplication_id: str | None = None,
        message_structure: str | None = None,
    ) -> str:
        if phone_number or ":endpoint/" in (arn or ""):
            return super().publish(message, arn, phone_number, subject)
        topic = self.get_topic(arn or "")
        checks.check_message(subject, message_structure)
        if deduplication_id and not topic.model.fifo:
            raise refused_by_sns(
                "MessageDeduplicationId Reason: The request includes MessageDeduplicationId "
                "parameter that is not valid for this topic type"
            )
        notification = topic.model.publish(
            message,
            subject=subject,
            attributes=message_attributes,
            group=group_id,
            dedup_id=deduplication_id,
            structure=message_structure,
            trace=current_trace(),
        )
        if notification.sequence:
            self.sequences[notification.id] = notification.sequence
        return notification.id

    def publish_batch(
        self, topic_arn: str, publish_batch_request_entries: list[dict[str, Any]]
    ) -> tuple[list[dict[str, str]], list[dict[str, Any]]]:
        entries = publish_batch_request_entries
        limit = self.get_topic(topic_arn).model.maximum_message_size
        size = sum(notification_size(e["Message"], e.get("MessageAttributes")) for e in entries)
        if not entries:
            raise SNSException(
                "EmptyBatchRequest", "The batch request doesn't contain any entries."
            )
        if size > limit:
            raise SNSException(
                "BatchRequestTooLong",
                "The length of all the batch messages put together is more than the limit.",
            )
        successful, failed = super().publish_batch(topic_arn, entries)
        for entry in successful:
            if entry["MessageId"] in self.sequences:
                entry["SequenceNumber"] = self.sequences[entry["MessageId"]]
        return successful, failed


def _check_same(what: str, have: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Creating a topic or a subscription again is fine, unless an attribute differs."""
    for name, value in wanted.items():
        if str(have.get(name, DEFAULTS.get(name))).lower() != str(value).lower():
            reason = f"{what} already exists with different attributes"
            raise InvalidParameterValue(IN_ATTRIBUTES + reason)


class LocalSNSResponse(SNSResponse):
    """moto's SNS responses, and what they omit. Checks come first: nothing is half-configured."""

    backend: LocalSNSBackend

    def subscribe(self) -> ActionResult:
        self.backend.check_subscribe(
            self._get_param("TopicArn"),
            self._get_param("Endpoint") or "",
            self._get_param("Protocol"),
            dict(self._get_param("Attributes") or {}),
        )
        return super().subscribe()

    @sns_errors()
    def set_subscription_attributes(self) -> ActionResult:
        if self._get_param("AttributeName") == "RawMessageDelivery":
            checks.read_raw(self._get_param("AttributeValue") or "")
        return super().set_subscription_attributes()

    def set_topic_attributes(self) -> ActionResult:
        names = "TopicArn", "AttributeName", "AttributeValue"
        arn, name, value = (self._get_param(key) for key in names)
        self.backend.check_topic_attribute(arn, name, value or "")
        result = super().set_topic_attributes()
        self.backend.get_topic(arn).apply(name, value or "")
        return result

    def get_topic_attributes(self) -> ActionResult:
        result = super().get_topic_attributes()
        topic = self.backend.get_topic(self._get_param("TopicArn"))
        shown = body_of(result)["Attributes"]
        for name, value in topic.settings.items():
            if checks.FEEDBACK.fullmatch(name) or name in (
                "MaximumMessageSize",
                "FifoThroughputScope",
            ):
                shown[name] = value
        if topic.model.fifo:
            shown.setdefault("FifoThroughputScope", SCOPE_TOPIC)
        return result

    def publish(self) -> ActionResult:
        result = super().publish()
        shown = body_of(result)
        if sequence := self.backend.sequences.get(shown["MessageId"]):
            shown["SequenceNumber"] = sequence
        return result


@contextmanager
def install(services: Services) -> Iterator[None]:
    """Let moto's SNS be ours, and its topics and subscriptions too."""
    with (
        patch.multiple(models, Topic=LocalTopic, Subscription=LocalSubscription),
        in_place_of(models.sns_backends, LocalSNSBackend, services, LocalSNSResponse),
    ):
        yield
