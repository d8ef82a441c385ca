"""S3: moto's buckets and objects, with notifications that take their time.

moto delivers events itself, at once, inside of PutObject. That is switched off here, and what it
reports is handed to the bucket's :class:`Notifier`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import xmltodict
from moto.events.models import events_backends
from moto.moto_api._internal import mock_random
from moto.s3 import models, notifications, responses, urls
from moto.s3.exceptions import InvalidArgumentError, InvalidNotificationDestination

from patternlab.delivery.errors import DeliveryError
from patternlab.delivery.faults import DeliveryFailure
from patternlab.delivery.s3.bucket import UNABLE, Notifier
from patternlab.delivery.s3.records import DELETE_MARKER, EMPTY_ETAG, SUBJECT, BucketName
from patternlab.delivery.s3.rules import SAME_ID, Rule, check_rules
from patternlab.local.awslambda.tracing import current_trace, traced
from patternlab.local.receivers import KINDS, NOT_FOUND, LocalTarget, Sender
from patternlab.local.services import Services

S3 = "s3.amazonaws.com"
SIZED = "ObjectCreated", "ObjectRestore"  # events whose object has a size


@contextmanager
def s3_events_to_notifiers() -> Iterator[None]:
    """Let moto's S3 hand its events to the bucket's notifier, instead of delivering them."""
    before = notifications.send_event, notifications.send_test_event
    before_bus = models.events_send_notification

    def send_event(account_id: str, event_name: str, bucket: Any, key: Any) -> None:
        backend = models.s3_backends[account_id][bucket.partition]
        backend.happened(notifications.S3NotificationEvent(event_name).value[3:], bucket, key)

    notifications.send_event = send_event
    notifications.send_test_event = lambda account_id, bucket: None  # the notifier sends it
    models.events_send_notification = lambda **_: None  # S3 tells nobody of a new bucket
    try:
        yield
    finally:
        notifications.send_event, notifications.send_test_event = before
        models.events_send_notification = before_bus


class LocalS3Backend(models.S3Backend):
    """moto's S3 backend, one for all regions. `services` is set by the cloud."""

    services: Services

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._notifiers: dict[str, Notifier] = {}
        self._muted = 0
        self._tags_are_news = False

    @property
    def _url_module(self) -> Any:
        return _Urls

    def _notifier(self, bucket: Any) -> Notifier:
        if bucket.name not in self._notifiers:
            self._notifiers[bucket.name] = Notifier(
                self.services.clock,
                BucketName(bucket.name, bucket.region_name, bucket.account_id),
                knobs=self.services.knobs,
                rng=random.Random(mock_random.getrandbits(64)),
                faults=self.services.faults,
                trace=current_trace,
                traced=traced,
            )
        return self._notifiers[bucket.name]

    def delete_bucket(self, bucket_name: str) -> Any:
        gone = super().delete_bucket(bucket_name)
        self._notifiers.pop(bucket_name, None)
        return gone

    # -- events ------------------------------------------------------------------------------

    def happened(self, name: str, bucket: Any, key: Any) -> None:
        """moto reports event `name` of an object."""
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
        self.happened("ObjectCreated:CompleteMultipartUpload", self.get_bucket(bucket_name), key)
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
        rules = self._rules(bucket, [*made.topic, *made.queue, *made.cloud_function])
        with_s3_errors(check_rules, rules)
        validate = not config.get("SkipDestinationValidation")
        if validate:
            for rule in rules:
                _check_destination(rule.target)
        bus = self._bus(bucket) if made.event_bridge is not None else None
        with_s3_errors(self._notifier(bucket).configure, rules, bus, validate=validate)
        bucket.notification_configuration = made if config else None

    @staticmethod
    def _rules(bucket: Any, entries: list[Any]) -> list[Rule]:
        sender = Sender(S3, bucket.arn, bucket.account_id, SUBJECT)
        ids = [entry.id for entry in entries]
        for entry in entries:
            if entry.arn.split(":")[3] != bucket.region_name:
                raise InvalidNotificationDestination()
            if ids.count(entry.id) > 1:
                raise InvalidArgumentError(SAME_ID, "Id", entry.id)
        return [
            Rule(
                LocalTarget(entry.arn, sender),
                tuple(entry.events),
                id=entry.id,
                **{f["Name"]: f["Value"] for f in _filters(entry)},
            )
            for entry in entries
        ]

    @staticmethod
    def _bus(bucket: Any) -> Any:
        backend = events_backends[bucket.account_id][bucket.region_name]
        return backend.take


def _filters(entry: Any) -> list[dict[str, str]]:
    return entry.filters["S3Key"]["FilterRule"] if entry.filters else []


def _check_destination(target: LocalTarget) -> None:
    """Refuse a destination that is not there, or that has not permitted the bucket."""
    try:
        target.check()
    except DeliveryFailure as failure:
        kind = KINDS.get(target.service, "target")
        if failure.status == NOT_FOUND:
            why = f"The destination {kind} does not exist"
        elif kind == "function":
            why = f"Not authorized to invoke function [{target.arn}]"
        else:
            why = (
                f"Permissions on the destination {kind} do not allow S3 to publish notifications "
                "from this bucket"
            )
        raise InvalidArgumentError(UNABLE, target.arn, why) from None


def with_s3_errors(operation: Any, *args: Any, **kwargs: Any) -> Any:
    """Call the model; what it refuses becomes S3's error response."""
    try:
        return operation(*args, **kwargs)
    except DeliveryError as error:
        raise InvalidArgumentError(error.message, "Event", "") from None


class LocalS3Response(responses.S3Response):
    """moto's S3 responses, and the parts of a notification configuration that they leave out."""

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
        self.body = xmltodict.unparse(_with_filters_checked(xmltodict.parse(self.body)))
        config = super()._notification_config_from_body()
        if config and self.headers.get("x-amz-skip-destination-validation") == "true":
            config["SkipDestinationValidation"] = True
        return config


def _with_filters_checked(document: dict[str, Any]) -> dict[str, Any]:
    """The document with filters as moto expects them: names in small letters, none empty."""
    root = document.get("NotificationConfiguration") or {}
    for name in ("TopicConfiguration", "QueueConfiguration", "CloudFunctionConfiguration"):
        for entry in _listed(root.get(name)):
            found = ((entry.get("Filter") or {}).get("S3Key") or {}).get("FilterRule")
            rules = [_filter_rule(rule) for rule in _listed(found)]
            for kind in ("prefix", "suffix"):
                if [rule["Name"] for rule in rules].count(kind) > 1:
                    words = f"Cannot specify more than one {kind} rule in a filter."
                    raise InvalidArgumentError(words, "FilterRule", kind)
            entry.pop("Filter", None)
            kept = [rule for rule in rules if rule["Value"]]
            if kept:
                entry["Filter"] = {"S3Key": {"FilterRule": kept}}
    return document


def _filter_rule(rule: dict[str, Any]) -> dict[str, str]:
    name, value = str(rule.get("Name") or "").lower(), rule.get("Value") or ""
    if name not in ("prefix", "suffix"):
        words = "filter rule name must be either prefix or suffix"
        raise InvalidArgumentError(words, "FilterRule.Name", str(rule.get("Name")))
    return {"Name": name, "Value": value}


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


class _Urls:
    """moto's S3 addresses, answered by :class:`LocalS3Response`."""

    url_bases = urls.url_bases
    url_paths = {
        path: getattr(LocalS3Response, answer.__name__) for path, answer in urls.url_paths.items()
    }
