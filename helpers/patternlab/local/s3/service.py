"""S3: moto's buckets and objects, with notifications that take their time.

moto delivers events itself, at once, inside of PutObject. That is switched off here, and what it
reports is handed to the bucket's :class:`Notifier`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import xmltodict
from moto.events.models import events_backends
from moto.moto_api._internal import mock_random
from moto.s3 import models, notifications, responses

from patternlab.delivery.events.bus import Event
from patternlab.delivery.s3.bucket import Notifier
from patternlab.delivery.s3.records import DELETE_MARKER, EMPTY_ETAG, BucketName
from patternlab.local.events.service import LocalEventsBackend
from patternlab.local.s3.notifications import read_rules, with_filters_checked, with_s3_errors
from patternlab.local.services import LocalService, Services, in_place_of
from patternlab.local.tracing import current_trace

SIZED = "ObjectCreated", "ObjectRestore"  # events whose object has a size


class LocalS3Backend(LocalService, models.S3Backend):
    """moto's S3 backend, one for all Regions, whose buckets notify by the model."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._notifiers: dict[str, Notifier] = {}
        self._muted = 0
        self._tags_are_news = False

    def _notifier(self, bucket: Any) -> Notifier:
        if bucket.name not in self._notifiers:
            self._notifiers[bucket.name] = Notifier(
                self.services.clock,
                BucketName(bucket.name, bucket.region_name, bucket.account_id),
                knobs=self.services.knobs,
                rng=random.Random(mock_random.getrandbits(64)),
                faults=self.services.faults,
                trace=current_trace,
            )
        return self._notifiers[bucket.name]

    def delete_bucket(self, bucket_name: str) -> Any:
        gone = super().delete_bucket(bucket_name)
        self._notifiers.pop(bucket_name, None)
        return gone

    # -- events ------------------------------------------------------------------------------

    def report(self, name: str, bucket: Any, key: Any) -> None:
        """Emit an event that moto reports of an object."""
        if self._muted or key is None:
            return
        about = {"etag": key.etag.strip('"')}
        if name.startswith(SIZED):
            about["size"] = key.contentsize
        if bucket.is_versioned:
            about["version_id"] = key.version_id
        self._notifier(bucket).emit(name, key.name, **about)

    @contextmanager
    def _mute(self) -> Iterator[None]:
        """What moto does under ``with`` is part of a request that has an event of its own."""
        self._muted += 1
        try:
            yield
        finally:
            self._muted -= 1

    @contextmanager
    def tags_are_news(self) -> Iterator[None]:
        """PutObjectTagging was called; otherwise the tags came with the object."""
        self._tags_are_news = True
        try:
            yield
        finally:
            self._tags_are_news = False

    def put_object_tagging(self, key: Any, tags: dict[str, str] | None) -> Any:
        if self._tags_are_news:
            return super().put_object_tagging(key, tags)
        with self._mute():
            return super().put_object_tagging(key, tags)

    def complete_multipart_upload(self, bucket_name: str, multipart_id: str, body: Any) -> Any:
        with self._mute():
            key = super().complete_multipart_upload(bucket_name, multipart_id, body)
        self.report("ObjectCreated:CompleteMultipartUpload", self.get_bucket(bucket_name), key)
        return key

    def delete_object(
        self,
        bucket_name: str,
        key_name: str,
        version_id: str | None = None,
        bypass: bool = False,
    ) -> tuple[bool, dict[str, Any]]:
        bucket = self.get_bucket(bucket_name)
        versions = {str(k.version_id) for k in bucket.keys.getlist(key_name, [])}
        with self._mute():
            done, answer = super().delete_object(bucket_name, key_name, version_id, bypass)
        if not done:
            return done, answer
        notifier = self._notifier(bucket)
        if not bucket.is_versioned:
            notifier.emit("ObjectRemoved:Delete", key_name)
        elif version_id is None:
            marker = answer["version-id"]
            notifier.emit(DELETE_MARKER, key_name, etag=EMPTY_ETAG, version_id=marker)
        elif str(version_id) in versions:
            notifier.emit("ObjectRemoved:Delete", key_name, version_id=version_id)
        return done, answer

    # -- configuration -----------------------------------------------------------------------

    def put_bucket_notification_configuration(
        self, bucket_name: str, notification_config: dict[str, Any]
    ) -> None:
        """Replace the configuration of a bucket, or refuse the new one and change nothing."""
        bucket, config = self.get_bucket(bucket_name), notification_config
        made = models.NotificationConfiguration(
            topic=config.get("TopicConfiguration"),
            queue=config.get("QueueConfiguration"),
            cloud_function=config.get("CloudFunctionConfiguration"),
            event_bridge=config.get("EventBridgeConfiguration"),
        )
        validate = not config.get("SkipDestinationValidation")
        rules = read_rules(bucket, [*made.topic, *made.queue, *made.cloud_function], validate)
        bus = self._bus(bucket) if made.event_bridge is not None else None
        with_s3_errors(self._notifier(bucket).configure, rules, bus, validate=validate)
        bucket.notification_configuration = made if config else None

    @staticmethod
    def _bus(bucket: models.FakeBucket) -> Callable[[Event], None]:
        backend = events_backends[bucket.account_id][bucket.region_name]
        assert isinstance(backend, LocalEventsBackend)
        return backend.take


class LocalS3Response(responses.S3Response):
    """moto's S3 responses, and the parts of a notification configuration that they leave out."""

    backend: LocalS3Backend

    def put_object_tagging(self) -> Any:
        with self.backend.tags_are_news():
            return super().put_object_tagging()

    def get_bucket_notification(self) -> Any:
        status, headers, body = super().get_bucket_notification()
        made = self.backend.get_bucket_notification_configuration(self.bucket_name)
        if made is not None and made.event_bridge is not None:
            document = xmltodict.parse(body)
            document["NotificationConfiguration"]["EventBridgeConfiguration"] = None
            body = xmltodict.unparse(document)
        return status, headers, body

    def _notification_config_from_body(self) -> dict[str, Any]:
        self.body = xmltodict.unparse(with_filters_checked(xmltodict.parse(self.body)))
        config = super()._notification_config_from_body()
        if config and self.headers.get("x-amz-skip-destination-validation") == "true":
            config["SkipDestinationValidation"] = True
        return config


@contextmanager
def install(services: Services) -> Iterator[None]:
    """Let moto's S3 be ours, and hand its events to the bucket's notifier.

    By itself moto would deliver them, and tell EventBridge of a new bucket, which S3 does not.
    """

    def send_event(account_id: str, event_name: str, bucket: Any, key: Any) -> None:
        backend = models.s3_backends[account_id][bucket.partition]
        assert isinstance(backend, LocalS3Backend)
        backend.report(notifications.S3NotificationEvent(event_name).value[3:], bucket, key)

    with (
        patch.multiple(notifications, send_event=send_event, send_test_event=_nothing),
        patch.object(models, "events_send_notification", _nothing),
        in_place_of(models.s3_backends, LocalS3Backend, services, LocalS3Response),
    ):
        yield


def _nothing(*_: Any, **__: Any) -> None:
    """The notifier sends the test event itself."""
