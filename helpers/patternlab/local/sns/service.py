"""SNS: moto's requests and responses around our own topics.

moto delivers by itself, at once and without retries, from ``Topic.publish``; that is never called
here. Subscriptions of web servers and people count as confirmed from the start, as moto has it.
"""

from __future__ import annotations

import json
import random
from dataclasses import asdict
from typing import Any

from moto.core.responses import ActionResult
from moto.moto_api._internal import mock_random
from moto.sns import models, urls
from moto.sns.exceptions import SNSException
from moto.sns.responses import SNSResponse

from patternlab.delivery.sns.delivery_policy import HTTP_DEFAULT, RetryPolicy
from patternlab.delivery.sns.filter_policy import ATTRIBUTES, MAX_PER_TOPIC
from patternlab.delivery.sns.notification import notification_size
from patternlab.delivery.sns.topic import DEFAULT_SIZE, SCOPE_TOPIC, Topic
from patternlab.local.awslambda.tracing import current_trace
from patternlab.local.services import Services
from patternlab.local.sns.checks import (
    FEEDBACK,
    IN_ATTRIBUTES,
    INVALID,
    check_arn,
    check_attribute_name,
    check_endpoint,
    check_message,
    check_raw,
    check_scope,
    check_topic_attribute,
    read_delivery_policy,
    read_filter,
    read_redrive,
    refused,
    topic_policy,
    with_sns_errors,
)
from patternlab.local.sns.endpoints import LocalQueueEndpoint, local_endpoint
from patternlab.local.sns.status import StatusLog

#: What an attribute is that was never set.
DEFAULTS = {
    "ContentBasedDeduplication": "false",
    "DisplayName": "",
    "FifoThroughputScope": SCOPE_TOPIC,
    "FifoTopic": "false",
    "FilterPolicyScope": ATTRIBUTES,
    "MaximumMessageSize": str(DEFAULT_SIZE),
}


class LocalSNSBackend(models.SNSBackend):
    """moto's SNS backend with the data plane of the model. `services` is set by the cloud."""

    services: Services

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.sequences: dict[str, str] = {}  # message id -> sequence number, of FIFO topics

    @property
    def _url_module(self) -> Any:
        return _Urls

    # -- topics ------------------------------------------------------------------------------

    def create_topic(
        self,
        name: str,
        attributes: dict[str, Any] | None = None,
        tags: dict[str, str] | None = None,
    ) -> models.Topic:
        attributes = attributes or {}
        fifo = bool(attributes.get("FifoTopic"))
        for key, value in attributes.items():
            check_topic_attribute(key, value, fifo, IN_ATTRIBUTES)
        topic = super().create_topic(name, attributes, tags)
        if hasattr(topic, "model"):
            self._check_same(topic, attributes)
            return topic
        topic.settings = {}
        topic.model = Topic(
            self.services.clock,
            name,
            arn=topic.arn,
            fifo=fifo,
            faults=self.services.faults,
            knobs=self.services.knobs,
            rng=random.Random(mock_random.getrandbits(64)),
            log=self.services.deliveries,
        )
        topic.model.on_fate = StatusLog(self.services, topic.arn, topic.settings)
        topic.effective_delivery_policy = _effective(None)
        for key, value in attributes.items():
            self._apply(topic, key, value)
        return topic

    @staticmethod
    def _check_same(topic: models.Topic, attributes: dict[str, Any]) -> None:
        """Creating a topic again is fine, unless an attribute differs."""
        for key, value in attributes.items():
            if _differ(topic.settings.get(key, DEFAULTS.get(key)), value):
                raise refused("Topic already exists with different attributes", IN_ATTRIBUTES)

    def get_topic(self, arn: str) -> models.Topic:
        check_arn(arn)
        return super().get_topic(arn)

    def check_topic_attribute(self, arn: str, name: str, value: Any) -> None:
        """Refuse an attribute of an existing topic that it cannot have."""
        topic = self.get_topic(arn)
        if name == "FifoTopic":
            raise refused("AttributeName")
        check_topic_attribute(name, value, topic.model.fifo)
        if name == "MaximumMessageSize":
            with_sns_errors(topic.model.check_large, int(value))

    def apply_topic_attribute(self, arn: str, name: str, value: Any) -> None:
        """Tell the model of an attribute that was set."""
        self._apply(self.get_topic(arn), name, value)

    @staticmethod
    def _apply(topic: models.Topic, name: str, value: Any) -> None:
        topic.settings[name] = value
        if name == "ContentBasedDeduplication":
            topic.model.content_deduplication = str(value).lower() == "true"
        elif name == "FifoThroughputScope":
            topic.model.throughput_scope = value
        elif name == "MaximumMessageSize":
            topic.model.maximum_message_size = int(value)
        elif name == "DeliveryPolicy":
            topic.model.http_policy = topic_policy(value)
            topic.effective_delivery_policy = _effective(topic.model.http_policy)

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
        check_endpoint(protocol, endpoint)
        existing = self._find_subscription(topic_arn, endpoint, protocol)
        if existing is None:
            with_sns_errors(topic.model.check_subscriber, protocol)
        for name, value in attributes.items():
            check_attribute_name(name, IN_ATTRIBUTES)
            if existing and _differ(existing.attributes.get(name, DEFAULTS.get(name)), value):
                raise refused(
                    "Subscription already exists with different attributes", IN_ATTRIBUTES
                )
        if "RawMessageDelivery" in attributes:
            check_raw(attributes["RawMessageDelivery"], IN_ATTRIBUTES)
        scope = attributes.get("FilterPolicyScope")
        if scope is not None:
            check_scope(scope, IN_ATTRIBUTES)
        if read_filter(attributes.get("FilterPolicy"), scope, IN_ATTRIBUTES):
            self._check_filters(topic, existing)
        read_delivery_policy(attributes.get("DeliveryPolicy"), IN_ATTRIBUTES)
        read_redrive(attributes.get("RedrivePolicy"), topic_arn, endpoint, IN_ATTRIBUTES)

    @staticmethod
    def _check_filters(topic: models.Topic, own: models.Subscription | None) -> None:
        """Refuse the 201st filter policy of a topic (events-58)."""
        others = [s for s in topic.model.subscriptions if s.filter_policy]
        if own is not None and own.model in others:
            others.remove(own.model)
        if len(others) >= MAX_PER_TOPIC:
            raise SNSException(
                "FilterPolicyLimitExceeded",
                f"A topic can have at most {MAX_PER_TOPIC} filter policies.",
            )

    def subscribe(self, topic_arn: str, endpoint: str, protocol: str) -> models.Subscription:
        topic = self.get_topic(topic_arn)
        subscription = super().subscribe(topic_arn, endpoint, protocol)
        if not hasattr(subscription, "model"):
            target = local_endpoint(protocol, endpoint, self.services.web)
            subscription.model = topic.model.subscribe(target, arn=subscription.arn)
        topic.subscriptions_confimed = len(topic.model.subscriptions)  # moto's spelling
        return subscription

    def unsubscribe(self, subscription_arn: str) -> None:
        subscription = self.subscriptions.get(subscription_arn)
        super().unsubscribe(subscription_arn)
        if subscription is not None:
            topic = subscription.topic
            topic.model.unsubscribe(subscription.model)
            topic.subscriptions_confimed = len(topic.model.subscriptions)
            topic.subscriptions_deleted += 1

    def set_subscription_attributes(self, arn: str, name: str, value: Any) -> None:
        subscription = self.subscriptions.get(arn)
        if subscription is None:
            raise models.SNSNotFoundError("Subscription does not exist")
        check_attribute_name(name, INVALID)
        model, attributes = subscription.model, subscription.attributes
        if name == "RawMessageDelivery":
            check_raw(value, INVALID)
            model.raw = str(value).lower() == "true"
        elif name == "DeliveryPolicy":
            model.policy = read_delivery_policy(value, INVALID)
        elif name == "RedrivePolicy":
            dlq = read_redrive(value, subscription.topic_arn, subscription.endpoint, INVALID)
            model.dead_letter = LocalQueueEndpoint(dlq) if dlq else None
        elif name in ("FilterPolicy", "FilterPolicyScope"):
            self._set_filter(subscription, {**attributes, name: value})
        if value == "" or value is None:
            attributes.pop(name, None)
        else:
            attributes[name] = value

    def _set_filter(self, subscription: models.Subscription, wanted: dict[str, Any]) -> None:
        scope = wanted.get("FilterPolicyScope")
        if scope is not None:
            check_scope(scope, INVALID)
        policy = read_filter(wanted.get("FilterPolicy"), scope, INVALID)
        if policy:
            self._check_filters(subscription.topic, subscription)
        subscription.model.set_filter(policy)

    # -- publishing --------------------------------------------------------------------------

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
        topic = self.get_topic(arn)
        check_message(subject, message_structure)
        if deduplication_id and not topic.model.fifo:
            raise refused(
                "MessageDeduplicationId Reason: The request includes MessageDeduplicationId "
                "parameter that is not valid for this topic type"
            )
        notification = with_sns_errors(
            topic.model.publish,
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


def _differ(have: Any, wanted: Any) -> bool:
    """Are these two different values of an attribute, however they are spelt?"""
    return str(have).lower() != str(wanted).lower()


def _effective(policy: RetryPolicy | None) -> str:
    """The EffectiveDeliveryPolicy attribute of a topic."""
    shape = asdict(policy or HTTP_DEFAULT)
    retries = {
        "minDelayTarget": int(shape["shortest"]),
        "maxDelayTarget": int(shape["longest"]),
        "numRetries": (policy or HTTP_DEFAULT).attempts - 1,
        "numMaxDelayRetries": shape["max_delay"],
        "numNoDelayRetries": shape["no_delay"],
        "numMinDelayRetries": shape["min_delay"],
        "backoffFunction": shape["function"],
    }
    return json.dumps(
        {
            "http": {
                "defaultHealthyRetryPolicy": retries,
                "disableSubscriptionOverrides": False,
                "defaultRequestPolicy": {"headerContentType": "text/plain; charset=UTF-8"},
            }
        }
    )


class LocalSNSResponse(SNSResponse):
    """moto's SNS responses, and what they omit. Checks come first: nothing is half-configured."""

    def subscribe(self) -> ActionResult:
        self.backend.check_subscribe(
            self._get_param("TopicArn"),
            self._get_param("Endpoint") or "",
            self._get_param("Protocol"),
            dict(self._get_param("Attributes") or {}),
        )
        return super().subscribe()

    def set_subscription_attributes(self) -> ActionResult:
        if self._get_param("AttributeName") == "RawMessageDelivery":
            check_raw(self._get_param("AttributeValue") or "", INVALID)
        return super().set_subscription_attributes()

    def set_topic_attributes(self) -> ActionResult:
        names = "TopicArn", "AttributeName", "AttributeValue"
        arn, name, value = (self._get_param(key) for key in names)
        self.backend.check_topic_attribute(arn, name, value or "")
        result = super().set_topic_attributes()
        self.backend.apply_topic_attribute(arn, name, value or "")
        return result

    def get_topic_attributes(self) -> ActionResult:
        result = super().get_topic_attributes()
        topic = self.backend.get_topic(self._get_param("TopicArn"))
        shown = result.result["Attributes"]
        for name, value in topic.settings.items():
            if FEEDBACK.fullmatch(name) or name in ("MaximumMessageSize", "FifoThroughputScope"):
                shown[name] = value
        if topic.model.fifo:
            shown.setdefault("FifoThroughputScope", SCOPE_TOPIC)
        return result

    def publish(self) -> ActionResult:
        result = super().publish()
        sequence = self.backend.sequences.get(result.result["MessageId"])
        if sequence:
            result.result["SequenceNumber"] = sequence
        return result


class _Urls:
    """moto's SNS addresses, answered by :class:`LocalSNSResponse`."""

    url_bases = urls.url_bases
    url_paths = {
        path: LocalSNSResponse.dispatch if answer == SNSResponse.dispatch else answer
        for path, answer in urls.url_paths.items()
    }
