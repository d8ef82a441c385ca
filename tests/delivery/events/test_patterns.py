"""Event filter patterns: what they let through, and which are refused (events-35)."""

import json

import pytest

from patternlab.delivery.events.patterns import (
    body_matches,
    matches,
    parse_body_pattern,
    parse_pattern,
)


@pytest.mark.parametrize(
    ("pattern", "event", "passes"),
    [
        ({"a": [1]}, {"a": 1}, True),
        ({"a": [1]}, {"a": 1.0}, True),
        ({"a": [1]}, {"a": "1"}, False),
        ({"a": [True]}, {"a": 1}, False),
        ({"a": [None]}, {"a": None}, True),
        ({"a": [None]}, {}, False),
        ({"a": ["x", "y"]}, {"a": "y"}, True),
        ({"a": ["x"], "b": ["y"]}, {"a": "x"}, False),
        ({"a": ["x"]}, {"a": ["w", "x"]}, True),
        ({"a": {"b": ["x"]}}, {"a": {"b": "x"}}, True),
        ({"a": {"b": ["x"]}}, {"a": "x"}, False),
        ({"a": [{"prefix": "Or"}]}, {"a": "Order"}, True),
        ({"a": [{"prefix": {"equals-ignore-case": "OR"}}]}, {"a": "order"}, True),
        ({"a": [{"suffix": ".jpg"}]}, {"a": "cat.jpg"}, True),
        ({"a": [{"suffix": ".jpg"}]}, {"a": 7}, False),
        ({"a": [{"equals-ignore-case": "YES"}]}, {"a": "yes"}, True),
        ({"a": [{"wildcard": "a*c"}]}, {"a": "abbc"}, True),
        ({"a": [{"wildcard": "a?c"}]}, {"a": "abc"}, False),
        ({"a": [{"wildcard": "a\\*c"}]}, {"a": "a*c"}, True),
        ({"a": [{"wildcard": "a\\*c"}]}, {"a": "abc"}, False),
        ({"a": [{"exists": True}]}, {"a": None}, True),
        ({"a": [{"exists": False}]}, {"b": 1}, True),
        ({"a": {"b": [{"exists": False}]}}, {}, True),
        ({"a": [{"numeric": [">", 1, "<=", 5]}]}, {"a": 5}, True),
        ({"a": [{"numeric": [">", 1, "<=", 5]}]}, {"a": 1}, False),
        ({"a": [{"numeric": ["=", 1]}]}, {"a": "1"}, False),
        ({"a": [{"anything-but": ["x", "y"]}]}, {"a": "z"}, True),
        ({"a": [{"anything-but": "x"}]}, {"a": "x"}, False),
        ({"a": [{"anything-but": {"prefix": "x"}}]}, {"a": "xy"}, False),
        ({"a": [{"cidr": "10.0.0.0/24"}]}, {"a": "10.0.0.255"}, True),
        ({"a": [{"cidr": "10.0.0.0/24"}]}, {"a": "10.1.1.0"}, False),
        ({"a": [{"cidr": "10.0.0.0/24"}]}, {"a": "no address"}, False),
        ({"a": {"b": ["x"]}}, {"a": [{"b": "w"}, {"b": "x"}]}, True),
        ({"a": {"b": ["x"]}}, {"a": [{"b": "w"}]}, False),
        ({"a": [{"anything-but": "x"}]}, {}, False),
        ({"$or": [{"a": ["x"]}, {"b": ["y"]}]}, {"b": "y"}, True),
        ({"$or": [{"a": ["x"]}, {"b": ["y"]}]}, {"b": "z"}, False),
    ],
)
def test_what_a_pattern_lets_through(pattern, event, passes):
    assert matches(parse_pattern(json.dumps(pattern)), event) is passes


@pytest.mark.parametrize(
    ("pattern", "body", "passes"),
    [
        ({"body": {"n": [1]}}, '{"n": 1}', True),
        ({"body": {"n": [1]}}, "n is 1", False),  # a pattern of fields drops plain text
        ({"body": ["hello"]}, "hello", True),
        ({"body": [{"prefix": "{"}]}, '{"n": 1}', False),  # a pattern of values drops JSON
        ({"body": [{"prefix": "Result: "}]}, "Result: 7", True),
        ({"body": {"n": [{"exists": False}]}}, '{"m": 1}', True),
        ({"body": {"n": [1]}}, "[1]", False),
    ],
)
def test_events_35_a_json_filter_drops_plain_text_and_the_reverse(pattern, body, passes):
    assert body_matches(parse_body_pattern(json.dumps(pattern)), body) is passes


@pytest.mark.parametrize(
    "text",
    [
        "{not json",
        "[]",
        "{}",
        '{"a": "x"}',
        '{"a": []}',
        '{"a": [[1]]}',
        '{"a": [{"like": "x"}]}',
        '{"a": [{"prefix": "x", "suffix": "y"}]}',
        '{"a": [{"prefix": 7}]}',
        '{"a": [{"prefix": {"suffix": "x"}}]}',
        '{"a": [{"exists": "yes"}]}',
        '{"a": [{"numeric": [">"]}]}',
        '{"a": [{"numeric": ["~", 5]}]}',
        '{"a": [{"numeric": [">", "5"]}]}',
        '{"a": [{"anything-but": {"exists": true}}]}',
        '{"a": [{"anything-but": [{}]}]}',
        '{"$or": ["x"]}',
    ],
)
def test_a_wrong_pattern_is_refused_before_it_is_used(text):
    with pytest.raises(ValueError, match="Invalid filter pattern definition"):
        parse_pattern(text)


def test_events_35_only_the_body_can_be_filtered_on():
    with pytest.raises(ValueError, match="body"):
        parse_body_pattern('{"messageAttributes": {"n": [1]}}')
