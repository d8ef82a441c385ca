"""Filter policies of topic subscriptions (events-58).

Reference: "Filter policy constraints in Amazon SNS" and "String value matching", AWS
documentation. What is refused, and the words, are AWS's, without the place in the text that AWS
adds to some of them.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator, Mapping
from typing import Any

from patternlab.delivery.errors import DeliveryError, refused_by_sns
from patternlab.delivery.events.patterns import matches

ATTRIBUTES, BODY = "MessageAttributes", "MessageBody"
MAX_KEYS, MAX_COMBINATIONS, MAX_BYTES, MAX_PER_TOPIC = 5, 150, 262_144, 200
LARGEST_NUMBER = 1e9
_OPERATORS = "=", "<", "<=", ">", ">="
_TEXT = "prefix", "suffix", "equals-ignore-case", "wildcard", "cidr"


class FilterPolicy:
    """Which messages a subscription gets, by their attributes or by their JSON text.

    >>> policy = FilterPolicy('{"kind": ["order", {"prefix": "re"}]}')
    >>> policy.accepts("...", {"kind": {"Type": "String", "Value": "return"}})
    True
    >>> policy.accepts("...", {})
    False

    Raises:
        DeliveryError: InvalidParameter, for a policy that SNS refuses.
    """

    def __init__(self, text: str, scope: str = ATTRIBUTES) -> None:
        self.text, self.scope = text, scope
        self._policy = _parse(text)
        _check(self._policy, scope)

    def accepts(self, message: str, attributes: Mapping[str, Mapping[str, str]]) -> bool:
        """Return whether a message with this text and these attributes is to be delivered."""
        if self.scope == ATTRIBUTES:
            return matches(self._policy, self._seen(attributes))
        try:
            content = json.loads(message)
        except ValueError:
            return False
        return isinstance(content, dict) and matches(self._policy, content)

    def _seen(self, attributes: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
        """Return the attributes as a policy sees them; null stands for one that is missing."""
        event = {name: _value(a) for name, a in attributes.items() if _counts(a)}
        for name, conditions in self._policy.items():
            if None in conditions:
                event.setdefault(name, None)
        return event


def _counts(attribute: Mapping[str, str]) -> bool:
    """Return whether an attribute counts: binary ones are ignored."""
    return not attribute["Type"].startswith("Binary")


def _value(attribute: Mapping[str, str]) -> Any:
    kind, value = attribute["Type"], attribute["Value"]
    try:
        if kind == "String.Array":
            return json.loads(value)
        if kind.startswith("Number"):
            return float(value)
    except ValueError:
        pass
    return value


# -- what SNS refuses --------------------------------------------------------------------------


def _refused(reason: str) -> DeliveryError:
    return refused_by_sns(f"FilterPolicy: {reason}")


def _parse(text: str) -> dict[str, Any]:
    if len(text.encode()) > MAX_BYTES:
        raise _refused(f"Filter policy is larger than {MAX_BYTES} bytes")
    try:
        policy = json.loads(text)
    except ValueError as error:
        raise _refused(f"failed to parse JSON. {error}") from None
    if not isinstance(policy, dict):
        raise _refused("Filter policy must be a JSON object")
    return policy


def _check(policy: dict[str, Any], scope: str) -> None:
    if scope == ATTRIBUTES and any(isinstance(v, dict) for v in policy.values()):
        raise refused_by_sns(
            "Filter policy scope MessageAttributes does not support nested filter policy",
        )
    combinations = _check_level(policy, 1)
    if len(set(_keys(policy))) > MAX_KEYS:
        raise _refused(f"Filter policy can not have more than {MAX_KEYS} keys")
    if combinations > MAX_COMBINATIONS:
        raise _refused("Filter policy is too complex")


def _keys(policy: dict[str, Any]) -> Iterator[str]:
    """Yield the keys that count against the limit: those at the top, and those within ``$or``."""
    for name, wanted in policy.items():
        if name == "$or" and isinstance(wanted, list):
            for branch in wanted:
                yield from _keys(branch)
        else:
            yield name


def _check_level(policy: Any, depth: int) -> int:
    """Check one object of the policy; return its combinations, nested values counted by depth."""
    if not isinstance(policy, dict):
        raise _refused("Filter policy must be a JSON object")
    combinations = 1
    for name, wanted in policy.items():
        if isinstance(wanted, dict):
            combinations *= _check_level(wanted, depth + 1)
        elif not isinstance(wanted, list):
            raise _refused(f'"{name}" must be an object or an array')
        elif name == "$or" and len(wanted) > 1 and all(isinstance(b, dict) for b in wanted):
            combinations *= sum(_check_level(branch, depth) for branch in wanted)
        elif not wanted:
            raise _refused("Empty arrays are not allowed")
        else:
            for condition in wanted:
                _check_condition(condition)
            combinations *= len(wanted) * depth
    return combinations


def _check_condition(condition: Any) -> None:
    if isinstance(condition, list):
        raise _refused("Match value must be String, number, true, false, or null")
    if isinstance(condition, int | float) and not isinstance(condition, bool):
        _check_number(condition)
    if not isinstance(condition, dict):
        return
    if len(condition) > 1:
        raise _refused("Only one key allowed in match expression")
    kind, argument = next(iter(condition.items()), ("", None))
    if kind in _TEXT:
        _check_text(kind, argument)
    elif kind == "exists":
        if not isinstance(argument, bool):
            raise _refused("exists match pattern must be either true or false.")
    elif kind == "numeric":
        _check_numeric(argument if isinstance(argument, list) else [])
    elif kind == "anything-but":
        _check_anything_but(argument)
    else:
        raise _refused(f"Unrecognized match type {kind}")


def _check_text(kind: str, argument: Any) -> None:
    if not isinstance(argument, str):
        raise _refused(f"{kind} match pattern must be a string")
    if kind == "cidr":
        try:
            ipaddress.ip_network(argument, strict=False)
        except ValueError:
            raise _refused(f"Malformed CIDR, {argument}") from None


def _check_anything_but(argument: Any) -> None:
    if isinstance(argument, dict):
        kind, pattern = next(iter(argument.items()), ("", None))
        if len(argument) != 1 or kind not in ("prefix", "suffix", "wildcard"):
            raise _refused("Unsupported anything-but pattern")
        _check_text(kind, pattern)
        return
    values = argument if isinstance(argument, list) else [argument]
    if not values or any(isinstance(v, dict | list | bool) or v is None for v in values):
        raise _refused("Inside anything but list, only numbers and strings are supported.")


def _check_number(value: float) -> None:
    if not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:
        raise _refused(f"Value must be between -1.0E9 and 1.0E9, inclusive, not {value}")


def _check_numeric(terms: list[Any]) -> None:
    """Check ``["=", 1]``, ``["<", 1]`` or a range such as ``[">", 0, "<=", 5]``."""
    first = terms[0] if terms else "]"
    if not terms or not isinstance(first, str):
        raise _refused(f"Invalid member in numeric match: {first}")
    if first not in _OPERATORS:
        raise _refused(f"Unrecognized numeric range operator: {first}")
    _check_bound(first, terms[1:2])
    if len(terms) == 2:
        return
    second = terms[2]
    if not first.startswith(">"):
        raise _refused("Too many elements in numeric expression")
    if not isinstance(second, str):
        raise _refused(f"Bad value in numeric range: {second}")
    if not second.startswith("<"):
        raise _refused(f"Bad numeric range operator: {second}")
    _check_bound(second, terms[3:4])
    if terms[3] <= terms[1]:
        raise _refused("Bottom must be less than top")
    if len(terms) > 4:
        raise _refused("Too many terms in numeric range expression")


def _check_bound(sign: str, bound: list[Any]) -> None:
    number = bound and isinstance(bound[0], int | float) and not isinstance(bound[0], bool)
    if not number:
        raise _refused(f"Value of {'equals' if sign == '=' else sign} must be numeric")
    _check_number(bound[0])
