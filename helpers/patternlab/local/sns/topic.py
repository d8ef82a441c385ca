"""A topic and its subscriptions as moto describes them, which deliver by the model."""

from __future__ import annotations

import json
import random
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from moto.moto_api._internal import mock_random
from moto.sns import models

from patternlab.delivery.sns.delivery_policy import HTTP_DEFAULT, RetryPolicy
from patternlab.delivery.sns.topic import Topic
from patternlab.local.receivers import SNS, Sender, subscriber
from patternlab.local.sns.checks import read_delivery_policy
from patternlab.local.sns.status import StatusLog

if TYPE_CHECKING:
    from patternlab.local.sns.service import LocalSNSBackend


class LocalTopic(models.Topic):
    """moto keeps the attributes, tags and policy; :attr:`model` delivers.

    `settings` are the attributes as they were set, also those that moto does not know.
    """

    sns_backend: LocalSNSBackend

    def __init__(self, name: str, sns_backend: LocalSNSBackend) -> None:
        super().__init__(name, sns_backend)
        services = sns_backend.services
        self.settings: dict[str, Any] = {}
        self.model = Topic(
            services.clock,
            name,
            arn=self.arn,
            fifo=name.endswith(".fifo"),
            faults=services.faults,
            knobs=services.knobs,
            rng=random.Random(mock_random.getrandbits(64)),
            log=services.deliveries,
        )
        self.model.on_fate = StatusLog(services, self.arn, self.settings)
        self.effective_delivery_policy = _effective(HTTP_DEFAULT)

    def apply(self, name: str, value: Any) -> None:
        """Note an attribute that was set, and tell the model of it."""
        self.settings[name] = value
        if name == "ContentBasedDeduplication":
            self.model.content_deduplication = str(value).lower() == "true"
        elif name == "FifoThroughputScope":
            self.model.throughput_scope = value
        elif name == "MaximumMessageSize":
            self.model.maximum_message_size = int(value)
        elif name == "DeliveryPolicy":
            self.model.http_policy = read_delivery_policy(value, of_topic=True)
            self.effective_delivery_policy = _effective(self.model.http_policy or HTTP_DEFAULT)

    def count_subscriptions(self) -> None:
        """Bring the numbers that GetTopicAttributes shows up to date."""
        self.subscriptions_confimed = len(self.model.subscriptions)  # moto's spelling


class LocalSubscription(models.Subscription):
    """A subscription as moto describes it, with the model's own."""

    topic: LocalTopic

    def __init__(self, account_id: str, topic: LocalTopic, endpoint: str, protocol: str) -> None:
        super().__init__(account_id, topic, endpoint, protocol)
        web = topic.sns_backend.services.web
        receiver = subscriber(protocol, endpoint, Sender(SNS, topic.arn, topic.account_id), web)
        self.model = topic.model.subscribe(receiver, arn=self.arn)
        topic.count_subscriptions()


def _effective(policy: RetryPolicy) -> str:
    """The EffectiveDeliveryPolicy attribute of a topic."""
    shape = asdict(policy)
    retries = {
        "minDelayTarget": int(shape["shortest"]),
        "maxDelayTarget": int(shape["longest"]),
        "numRetries": policy.attempts - 1,
        "numMaxDelayRetries": shape["max_delay"],
        "numNoDelayRetries": shape["no_delay"],
        "numMinDelayRetries": shape["min_delay"],
        "backoffFunction": shape["function"],
    }
    http = {
        "defaultHealthyRetryPolicy": retries,
        "disableSubscriptionOverrides": False,
        "defaultRequestPolicy": {"headerContentType": "text/plain; charset=UTF-8"},
    }
    return json.dumps({"http": http})
