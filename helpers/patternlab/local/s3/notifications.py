"""What a bucket's notification configuration says, and what S3 refuses of it."""

from __future__ import annotations

from typing import Any

from moto.s3.exceptions import InvalidArgumentError, InvalidNotificationDestination
from moto.s3.models import FakeBucket, Notification

from patternlab.delivery.errors import DeliveryError
from patternlab.delivery.faults import DeliveryFailure
from patternlab.delivery.s3.bucket import UNABLE
from patternlab.delivery.s3.rules import SAME_ID, Rule, check_rules
from patternlab.local.errors import Translator
from patternlab.local.receivers import KINDS, NOT_FOUND, LocalReceiver, Sender

S3 = "s3.amazonaws.com"

with_s3_errors = Translator(
    lambda error: InvalidArgumentError(error.message, "Event", ""), DeliveryError
)


def read_rules(bucket: FakeBucket, entries: list[Notification], validate: bool) -> list[Rule]:
    """The rules in a notification configuration; refuses what S3 refuses.

    Args:
        bucket: the bucket that notifies.
        entries: what moto has read of the configuration.
        validate: whether each destination must exist and let the bucket in.
    """
    sender = Sender(S3, bucket.arn, bucket.account_id)
    ids = [entry.id for entry in entries]
    receivers = [LocalReceiver(entry.arn, sender) for entry in entries]
    rules = []
    for entry, receiver in zip(entries, receivers, strict=True):
        if entry.arn.split(":")[3] != bucket.region_name:
            raise InvalidNotificationDestination()
        if ids.count(entry.id) > 1:
            raise InvalidArgumentError(SAME_ID, "Id", entry.id)
        filters = entry.filters["S3Key"]["FilterRule"] if entry.filters else []
        named = {each["Name"]: each["Value"] for each in filters}
        rules.append(Rule(receiver, tuple(entry.events), id=entry.id, **named))
    with_s3_errors(check_rules, rules)
    for receiver in receivers if validate else ():
        _check_destination(receiver)
    return rules


def _check_destination(receiver: LocalReceiver) -> None:
    """Refuse a destination that is not there, or that has not permitted the bucket."""
    try:
        receiver.check()
    except DeliveryFailure as failure:
        kind = KINDS.get(receiver.protocol, "receiver")
        if failure.status == NOT_FOUND:
            why = f"The destination {kind} does not exist"
        elif kind == "function":
            why = f"Not authorized to invoke function [{receiver.arn}]"
        else:
            why = (
                f"Permissions on the destination {kind} do not allow S3 to publish notifications "
                "from this bucket"
            )
        raise InvalidArgumentError(UNABLE, receiver.arn, why) from None


def with_filters_checked(document: dict[str, Any]) -> dict[str, Any]:
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
