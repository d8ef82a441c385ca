"""Event filter patterns, as event source mappings and EventBridge rules use them.

A pattern names the fields an event must have and, for each, a list of accepted values or
conditions. Fields are ANDed, the entries of a list are ORed. Reference: "Lambda event filtering"
and "Comparison operators for use in event patterns", AWS documentation.
"""

from __future__ import annotations

import ipaddress
import json
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

_MISSING = object()
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def parse_pattern(text: str) -> dict[str, Any]:
    """Return the pattern in `text`.

    Raises:
        ValueError: If it is not a pattern; the message says what is wrong.
    """
    try:
        pattern = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"Invalid filter pattern definition: {error}.") from None
    if not isinstance(pattern, dict) or not pattern:
        raise ValueError("Invalid filter pattern definition: a pattern is a JSON object.")
    _check(pattern)
    return pattern


def parse_body_pattern(text: str) -> dict[str, Any]:
    """Return the pattern in `text`, for SQS, where only ``body`` can be filtered on (events-35)."""
    pattern = parse_pattern(text)
    if set(pattern) != {"body"}:
        raise ValueError(
            "Invalid filter pattern definition: an SQS event source mapping filters on the key "
            '"body" only.'
        )
    return pattern


def _check(pattern: Any) -> None:
    if not isinstance(pattern, dict):
        raise ValueError("Invalid filter pattern definition: a pattern is a JSON object.")
    for name, wanted in pattern.items():
        if name == "$or" and isinstance(wanted, list):
            for branch in wanted:
                _check(branch)
        elif isinstance(wanted, dict):
            _check(wanted)
        elif not isinstance(wanted, list) or not wanted:
            raise ValueError(
                f'Invalid filter pattern definition: the value of "{name}" must be an object or '
                "a list that is not empty."
            )
        else:
            for condition in wanted:
                _check_condition(name, condition)


def _check_condition(name: str, condition: Any) -> None:
    if isinstance(condition, list):
        raise ValueError(f'Invalid filter pattern definition: a list in the list of "{name}".')
    if not isinstance(condition, dict):
        return
    if len(condition) != 1 or next(iter(condition)) not in _CONDITIONS:
        known = ", ".join(sorted(_CONDITIONS))
        raise ValueError(
            f'Invalid filter pattern definition: unrecognized match type in "{name}"; '
            f"known are {known}."
        )
    kind, argument = next(iter(condition.items()))
    if not _fits(kind, argument):
        raise ValueError(
            f"Invalid filter pattern definition: {json.dumps(argument)} is not a value for "
            f'"{kind}" in "{name}".'
        )


def _fits(kind: str, argument: Any) -> bool:
    """Return whether `argument` is what a condition of that kind takes."""
    if kind == "exists":
        return isinstance(argument, bool)
    if kind == "numeric":
        pairs = isinstance(argument, list) and len(argument) in (2, 4)
        return pairs and all(
            sign in _COMPARE and _is_number(bound)
            for sign, bound in zip(argument[::2], argument[1::2], strict=True)
        )
    if kind == "anything-but":
        return all(
            isinstance(part, str) or _is_number(part) or _is_text_condition(part)
            for part in (argument if isinstance(argument, list) else [argument])
        )
    if kind in ("prefix", "suffix") and isinstance(argument, dict):
        return list(argument) == ["equals-ignore-case"] and _fits(*next(iter(argument.items())))
    return isinstance(argument, str)


def _is_text_condition(part: Any) -> bool:
    if not isinstance(part, dict) or len(part) != 1:
        return False
    kind, argument = next(iter(part.items()))
    return kind in _TEXT_CONDITIONS and _fits(kind, argument)


def matches(pattern: Mapping[str, Any], event: Any) -> bool:
    """Return whether `event` satisfies `pattern`."""
    for name, wanted in pattern.items():
        if name == "$or":
            if not any(matches(branch, event) for branch in wanted):
                return False
            continue
        value = event.get(name, _MISSING) if isinstance(event, Mapping) else _MISSING
        if isinstance(wanted, Mapping):
            inner = value if isinstance(value, list) else [{} if value is _MISSING else value]
            if not any(matches(wanted, element) for element in inner):
                return False
        elif not _any_value(wanted, value):
            return False
    return True


def _any_value(wanted: list[Any], value: Any) -> bool:
    values = value if isinstance(value, list) and value else [value]
    return any(_accepts(condition, v) for condition in wanted for v in values)


def _accepts(condition: Any, value: Any) -> bool:
    if isinstance(condition, Mapping):
        name, argument = next(iter(condition.items()))
        return _CONDITIONS[name](argument, value)
    if value is _MISSING:
        return False
    if isinstance(condition, bool) or isinstance(value, bool) or condition is None or value is None:
        return condition is value
    return type(condition) is type(value) and condition == value or _same_number(condition, value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _same_number(a: Any, b: Any) -> bool:
    return _is_number(a) and _is_number(b) and a == b


def _numeric(argument: list[Any], value: Any) -> bool:
    pairs = zip(argument[::2], argument[1::2], strict=True)
    return _is_number(value) and all(_COMPARE[sign](value, bound) for sign, bound in pairs)


def _anything_but(argument: Any, value: Any) -> bool:
    if value is _MISSING:
        return False
    excluded = argument if isinstance(argument, list) else [argument]
    return not any(_accepts(condition, value) for condition in excluded)


def _text(test: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    def condition(argument: Any, value: Any) -> bool:
        if not isinstance(value, str):
            return False
        if isinstance(argument, Mapping):  # {"prefix": {"equals-ignore-case": "a"}}
            return test(argument["equals-ignore-case"].lower(), value.lower())
        return test(argument, value)

    return condition


def _like(argument: str, value: str) -> bool:
    """Compare with a pattern in which ``*`` stands for any text, unless a backslash precedes it."""
    parts = re.findall(r"\\.|.", argument, re.S)
    wanted = "".join(".*" if part == "*" else re.escape(part[-1]) for part in parts)
    return re.fullmatch(wanted, value, re.S) is not None


def _in_network(argument: str, value: Any) -> bool:
    """Return whether `value` is an address in the network, such as ``"10.0.0.0/24"``."""
    try:
        network = ipaddress.ip_network(argument, strict=False)
        return isinstance(value, str) and ipaddress.ip_address(value) in network
    except ValueError:
        return False


_TEXT_CONDITIONS: dict[str, Callable[[Any, Any], bool]] = {
    "prefix": _text(lambda argument, value: value.startswith(argument)),
    "suffix": _text(lambda argument, value: value.endswith(argument)),
    "equals-ignore-case": _text(lambda argument, value: value.lower() == argument.lower()),
    "wildcard": _text(_like),
}
_CONDITIONS: dict[str, Callable[[Any, Any], bool]] = {
    **_TEXT_CONDITIONS,
    "exists": lambda argument, value: (value is not _MISSING) is argument,
    "numeric": _numeric,
    "anything-but": _anything_but,
    "cidr": _in_network,
}


def body_matches(pattern: Mapping[str, Any], body: str) -> bool:
    """Return whether an SQS message with this `body` passes `pattern` (events-35).

    Only the key ``body`` counts. A pattern of fields drops a plain-text body, and a pattern of
    values drops a JSON one, as AWS does.
    """
    wanted = pattern.get("body")
    if wanted is None:
        return True
    try:
        content = json.loads(body)
    except ValueError:
        content = None
    is_json = isinstance(content, dict)
    if isinstance(wanted, Mapping):
        return is_json and matches(wanted, content)
    return not is_json and _any_value(wanted, body)
