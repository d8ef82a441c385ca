"""Whether a resource's policy lets an AWS service in: the part of IAM that deliveries need.

A topic may send to a queue only if the queue's policy says so, and invoke a function only if the
function's does; the same holds for buckets and rules. Reference: "IAM JSON policy evaluation
logic", AWS documentation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_CONDITIONS = {
    "ArnEquals": True,
    "ArnLike": True,
    "StringEquals": False,
    "StringEqualsIgnoreCase": False,
    "StringLike": True,
}  # operator -> do * and ? stand for other letters?


def allows(
    policy: Mapping[str, Any] | None,
    *,
    service: str,
    action: str,
    resource: str,
    source_arn: str,
    source_account: str | None = None,
) -> bool:
    """Tell whether a resource's policy lets a service in.

    A statement that denies goes before those that allow. A condition of a kind that is not known
    here is not met.

    Args:
        policy: the policy of the resource; None allows nothing.
        service: who asks: "sns.amazonaws.com".
        action: what for: "sqs:SendMessage".
        resource: the ARN of the resource.
        source_arn: the topic, bucket or rule for which the service asks.
        source_account: its account. The ARN of a bucket does not name it.
    """
    account = source_arn.split(":")[4]
    context = {"aws:sourcearn": source_arn, "aws:sourceaccount": source_account or account}
    context["aws:sourceowner"] = account
    effects = {
        statement.get("Effect")
        for statement in _list((policy or {}).get("Statement"))
        if _principal(statement.get("Principal"), service)
        and any(_like(a.lower(), action.lower()) for a in _list(statement.get("Action")))
        and any(_like(r, resource) for r in _list(statement.get("Resource", "*")))
        and _met(statement.get("Condition") or {}, context)
    }
    return "Allow" in effects and "Deny" not in effects


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _principal(principal: Any, service: str) -> bool:
    if principal == "*":
        return True
    if not isinstance(principal, Mapping):
        return False
    return service in _list(principal.get("Service")) or "*" in _list(principal.get("AWS"))


def _met(conditions: Mapping[str, Any], context: Mapping[str, str]) -> bool:
    for operator, tests in conditions.items():
        if operator not in _CONDITIONS:
            return False
        for key, wanted in tests.items():
            have = context.get(key.lower())
            if have is None or not any(_same(operator, str(w), have) for w in _list(wanted)):
                return False
    return True


def _same(operator: str, wanted: str, have: str) -> bool:
    if operator == "StringEqualsIgnoreCase":
        return wanted.lower() == have.lower()
    return _like(wanted, have) if _CONDITIONS[operator] else wanted == have


def _like(pattern: str, text: str) -> bool:
    wanted = "".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in pattern)
    return re.fullmatch(wanted, text, re.S) is not None
