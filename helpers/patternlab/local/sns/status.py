"""Delivery status logging: what a local topic writes to CloudWatch Logs when it is asked to."""

from __future__ import annotations

from typing import Any

from moto.moto_api._internal import mock_random

from patternlab.delivery.sns.delivery_log import DELIVERED, FILTERED
from patternlab.delivery.sns.topic import Fate, Subscription
from patternlab.functions.delivery_status import log_group, status_line
from patternlab.local.logs import write_log
from patternlab.local.services import Services

#: Protocol -> how the topic's attributes call it, as in SQSFailureFeedbackRoleArn.
NAMES = {
    "sqs": "SQS",
    "lambda": "Lambda",
    "http": "HTTP",
    "https": "HTTP",
    "firehose": "Firehose",
    "application": "Application",
}


class StatusLog:
    """Writes one line about each delivery that ended. Without a sample rate, about every success.

    `settings` are the topic's attributes, looked at each time.
    """

    def __init__(self, services: Services, topic_arn: str, settings: dict[str, Any]) -> None:
        self._services, self._arn, self._settings = services, topic_arn, settings
        self._streams: dict[str, str] = {}  # log group -> stream

    def __call__(self, subscription: Subscription, fate: Fate) -> None:
        """Log the end of a delivery, if the topic asks for it."""
        name = NAMES.get(subscription.receiver.protocol)
        if name is None or fate.outcome == FILTERED:
            return
        delivered = fate.outcome == DELIVERED
        kind = "Success" if delivered else "Failure"
        if self._settings.get(f"{name}{kind}FeedbackRoleArn") and not (
            delivered and self._left_out(name)
        ):
            now, delivery_id = self._services.clock.elapsed, str(mock_random.uuid4())
            line = status_line(subscription, fate, now, delivery_id)
            self._write(log_group(self._arn, delivered), line)

    def _left_out(self, name: str) -> bool:
        rate = int(self._settings.get(f"{name}SuccessFeedbackSampleRate", 100))
        return rate < 100 and self._services.rng.random() * 100 >= rate

    def _write(self, group: str, line: str) -> None:
        _, _, _, region, account, _ = self._arn.split(":")
        stream = self._streams.setdefault(group, str(mock_random.uuid4()))
        write_log(account, region, group, stream, [(self._services.clock.time(), line)])
