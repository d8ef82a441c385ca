"""What S3 says of an event: the notification's JSON and EventBridge's (events-66, events-67)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus, unquote_plus

from patternlab.delivery.formats import compact, timestamp
from patternlab.delivery.functions.records import SENDER_ID

#: As documented today. Readers should check the major version only: 2.1 was current for years.
EVENT_VERSION = "2.5"
SUBJECT = "Amazon S3 Notification"  # of a notification published to a topic
EMPTY_ETAG = "d41d8cd98f00b204e9800998ecf8427e"  # the MD5 of nothing: a delete marker's
OWNER_ID = "A3EXAMPLEOWNER"
SOURCE_IP = "192.0.2.1"

_PLAIN = re.compile(r"[A-Za-z0-9_.~/-]*").fullmatch  # keys that need no encoding
DELETE_MARKER = "ObjectRemoved:DeleteMarkerCreated"


@dataclass(frozen=True)
class BucketName:
    """A bucket as its events name it."""

    name: str
    region: str = "us-east-1"
    account: str = "123456789012"

    @property
    def arn(self) -> str:
        """The bucket's ARN."""
        return f"arn:aws:s3:::{self.name}"


@dataclass(slots=True, eq=False)
class ObjectEvent:
    """Something that happened to an object. `time` is seconds since 1970; `name` has no "s3:"."""

    name: str
    key: str
    time: float
    sequencer: str
    size: int | None = None
    etag: str | None = None
    version_id: str | None = None
    request_id: str = ""
    trace: str | None = None  # of the chain that wrote the object (events-39)
    silenced: bool = False  # another write at the same moment took its notification (events-64)

    @property
    def id(self) -> str:
        """The event's id on EventBridge; a duplicate has the same."""
        h = self.request_id.lower().rjust(16, "0")
        return f"{h[:8]}-{h[8:12]}-4{h[12:15]}-8{h[1:4]}-{h[4:]}"

    @property
    def host_id(self) -> str:
        """x-amz-id-2, which goes with the request id."""
        return f"{self.request_id}/EXAMPLEHOST"


def encoded_key(key: str) -> str:
    """Return `key` as a notification spells it: url-encoded, a space as +.

    >>> encoded_key("in/a b+c.txt")
    'in/a+b%2Bc.txt'
    """
    return key if _PLAIN(key) else quote_plus(key, safe="/")


def key_of_record(record: dict[str, Any]) -> str:
    """Return the object's key in one of a notification's ``Records``, decoded.

    >>> key_of_record({"s3": {"object": {"key": "in/a+b%2Bc.txt"}}})
    'in/a b+c.txt'
    """
    return unquote_plus(record["s3"]["object"]["key"])


def notifications_of(bucket: BucketName, rule_id: str) -> Callable[[ObjectEvent], str]:
    """Return what makes, for one rule, the text that receivers get: one record.

    The text is put together from pieces that are JSON already: a hundred thousand of these are made
    in a moment, and most of each is the same.
    """
    record = {
        "eventVersion": EVENT_VERSION,
        "eventSource": "aws:s3",
        "awsRegion": bucket.region,
        "userIdentity": {"principalId": f"AWS:{SENDER_ID}"},
        "requestParameters": {"sourceIPAddress": SOURCE_IP},
    }
    about = {
        "s3SchemaVersion": "1.0",
        "configurationId": rule_id,
        "bucket": {
            "name": bucket.name,
            "ownerIdentity": {"principalId": OWNER_ID},
            "arn": bucket.arn,
        },
    }
    head = '{"Records":[' + compact(record)[:-1]
    middle = ',"s3":' + compact(about)[:-1]

    def text(event: ObjectEvent) -> str:
        return (
            f'{head},"eventTime":"{timestamp(event.time)}","eventName":"{event.name}",'
            f'"responseElements":{{"x-amz-request-id":"{event.request_id}",'
            f'"x-amz-id-2":"{event.host_id}"}}{middle},"object":{_object(event)}}}}}]}}'
        )

    return text


def _object(event: ObjectEvent) -> str:
    """Return the object's fields, as many as the kind of event has."""
    size = f',"size":{event.size}' if event.size is not None else ""
    etag = f',"eTag":"{event.etag}"' if event.etag is not None else ""
    version = f',"versionId":"{event.version_id}"' if event.version_id is not None else ""
    sequencer = f',"sequencer":"{event.sequencer}"' if event.sequencer else ""
    key = encoded_key(event.key)  # pure ASCII, without quotes
    return f'{{"key":"{key}"{size}{etag}{version}{sequencer}}}'


def test_event(bucket: BucketName, time: float, request_id: str) -> str:
    """Return what a queue or a topic gets when a configuration names it (events-62)."""
    return compact(
        {
            "Service": "Amazon S3",
            "Event": "s3:TestEvent",
            "Time": timestamp(time),
            "Bucket": bucket.name,
            "RequestId": request_id,
            "HostId": f"{request_id}/EXAMPLEHOST",
        }
    )


# -- EventBridge ---------------------------------------------------------------------------------

_DETAIL_TYPES = {
    "ObjectCreated": "Object Created",
    "ObjectRemoved": "Object Deleted",
    "LifecycleExpiration": "Object Deleted",
    "ObjectRestore:Post": "Object Restore Initiated",
    "ObjectRestore:Completed": "Object Restore Completed",
    "ObjectRestore:Delete": "Object Restore Expired",
    "LifecycleTransition": "Object Storage Class Changed",
    "IntelligentTiering": "Object Access Tier Changed",
    "ObjectAcl:Put": "Object ACL Updated",
    "ObjectTagging:Put": "Object Tags Added",
    "ObjectTagging:Delete": "Object Tags Deleted",
}
_REASONS = {
    "ObjectCreated:Put": "PutObject",
    "ObjectCreated:Post": "POST Object",
    "ObjectCreated:Copy": "CopyObject",
    "ObjectCreated:CompleteMultipartUpload": "CompleteMultipartUpload",
    "ObjectRemoved:Delete": "DeleteObject",
    DELETE_MARKER: "DeleteObject",
    "LifecycleExpiration:Delete": "Lifecycle Expiration",
    "LifecycleExpiration:DeleteMarkerCreated": "Lifecycle Expiration",
}


def detail_type(name: str) -> str | None:
    """Return the detail-type of an event on EventBridge, None if S3 does not send it there."""
    return _DETAIL_TYPES.get(name) or _DETAIL_TYPES.get(name.partition(":")[0])


def eventbridge_event(bucket: BucketName, event: ObjectEvent) -> dict[str, Any]:
    """Return the event as an EventBridge rule sees it; the key is not encoded here."""
    shown = {
        "key": event.key,
        "size": event.size,
        "etag": event.etag,
        "version-id": event.version_id,
        "sequencer": event.sequencer or None,
    }
    detail = {
        "version": "0",
        "bucket": {"name": bucket.name},
        "object": {name: value for name, value in shown.items() if value is not None},
        "request-id": event.request_id,
        "requester": bucket.account,
        "source-ip-address": SOURCE_IP,
    }
    if event.name in _REASONS:
        detail["reason"] = _REASONS[event.name]
    if detail_type(event.name) == "Object Deleted":
        marker = event.name.endswith("DeleteMarkerCreated")
        detail["deletion-type"] = "Delete Marker Created" if marker else "Permanently Deleted"
    moment = datetime.fromtimestamp(event.time, UTC)
    return {
        "version": "0",
        "id": event.id,
        "detail-type": detail_type(event.name),
        "source": "aws.s3",
        "account": bucket.account,
        "time": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        "region": bucket.region,
        "resources": [bucket.arn],
        "detail": detail,
    }
