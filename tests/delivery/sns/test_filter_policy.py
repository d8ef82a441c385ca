"""Filter policies of subscriptions: what they let through, what SNS refuses (events-58)."""

import json

import pytest

from patternlab.delivery.sns.filter_policy import FilterPolicy
from tests.delivery.shared import refused


def text(value):
    return {"Type": "String", "Value": value}


def array(*values):
    return {"Type": "String.Array", "Value": json.dumps(values)}


def number(value):
    return {"Type": "Number", "Value": str(value)}


@pytest.mark.parametrize(
    ("conditions", "attribute", "accepted"),
    [
        (["rugby", "tennis"], text("tennis"), True),
        (["rugby"], text("Rugby"), False),
        (["rugby"], array("tennis", "rugby"), True),
        (["rugby"], array("tennis"), False),
        ([{"anything-but": ["rugby", "tennis"]}], array("rugby", "baseball"), True),
        ([{"anything-but": ["rugby", "tennis"]}], array("rugby"), False),
        ([{"anything-but": [100]}], number(101), True),
        ([301.5], number("301.5"), True),
        ([100], number("1e2"), True),
        (["100"], number(100), False),
        ([100], text("100"), False),
        ([{"numeric": [">", 0, "<=", 150]}], number(150), True),
        ([{"numeric": [">", 0, "<=", 150]}], number(0), False),
        ([{"numeric": ["=", 301.5]}], number(301.5), True),
        ([{"exists": True}], text("any"), True),
        ([{"exists": False}], text("any"), False),
        ([True], array(True), True),
        ([None], array(None), True),
        (["a"], {"Type": "Binary", "Value": "YQ=="}, False),
    ],
)
def test_attributes_are_matched(conditions, attribute, accepted):
    policy = FilterPolicy(json.dumps({"key": conditions}))
    assert policy.accepts("", {"key": attribute}) is accepted


@pytest.mark.parametrize(
    ("conditions", "accepted"),
    [
        (["a"], False),
        ([{"exists": False}], True),
        ([{"exists": True}], False),
        ([{"anything-but": "a"}], False),
        ([None, {"anything-but": "a"}], True),
    ],
)
def test_an_attribute_can_be_missing(conditions, accepted):
    policy = FilterPolicy(json.dumps({"key": conditions}))
    assert policy.accepts("", {"other": text("a")}) is accepted


def test_all_keys_must_match_and_or_takes_either_branch():
    policy = FilterPolicy('{"source": ["s"], "$or": [{"a": ["x"]}, {"b": ["y"]}]}')
    assert policy.accepts("", {"source": text("s"), "b": text("y")})
    assert not policy.accepts("", {"source": text("s"), "b": text("x")})
    assert not policy.accepts("", {"b": text("y")})


def test_an_empty_policy_lets_everything_through():
    assert FilterPolicy("{}").accepts("", {})


@pytest.mark.parametrize(
    ("policy", "message", "accepted"),
    [
        ({"store": ["a"]}, {"store": "a"}, True),
        ({"store": ["a"]}, {"store": ["b", "a"]}, True),
        ({"order": {"item": [{"prefix": "sh"}]}}, {"order": {"item": "shoe"}}, True),
        ({"Records": {"event": ["put"]}}, {"Records": [{"event": "get"}, {"event": "put"}]}, True),
        ({"note": [None]}, {"note": None}, True),
        ({"note": [None]}, {}, False),
    ],
)
def test_a_body_is_matched(policy, message, accepted):
    made = FilterPolicy(json.dumps(policy), "MessageBody")
    assert made.accepts(json.dumps(message), {}) is accepted


@pytest.mark.parametrize("message", ["plain text", "[1]", '"store"', ""])
def test_a_body_that_is_no_json_object_matches_nothing(message):
    assert not FilterPolicy('{"store": [{"exists": false}]}', "MessageBody").accepts(message, {})


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ('{"key":[["value"]]}', "Match value must be String, number, true, false, or null"),
        ('{"key":[{"wrong-operator":true}]}', "Unrecognized match type wrong-operator"),
        ('{"key":[{"suffix":"a","prefix":"b"}]}', "Only one key allowed in match expression"),
        ('{"key":[{"suffix":100}]}', "suffix match pattern must be a string"),
        ('{"key":[{"suffix":null}]}', "suffix match pattern must be a string"),
        ('{"key":"value_one"}', '"key" must be an object or an array'),
        ('{"key":[{"exists":"no"}]}', "exists match pattern must be either true or false."),
        ('{"key":[{"numeric":[]}]}', "Invalid member in numeric match: ]"),
        ('{"key":[{"numeric":["operator"]}]}', "Unrecognized numeric range operator: operator"),
        ('{"key":[{"numeric":[1,"<="]}]}', "Invalid member in numeric match: 1"),
        ('{"key":[{"numeric":["=","000"]}]}', "Value of equals must be numeric"),
        ('{"key":[{"numeric":[">="]}]}', "Value of >= must be numeric"),
        ('{"key":[{"numeric":["<",100,">",10]}]}', "Too many elements in numeric expression"),
        ('{"key":[{"numeric":[">=",1,">",2]}]}', "Bad numeric range operator: >"),
        ('{"key":[{"numeric":[">",3,"<",1]}]}', "Bottom must be less than top"),
        ('{"key":[{"numeric":[">",20,"<="]}]}', "Value of <= must be numeric"),
        ('{"key":[{"numeric":[">",20,30]}]}', "Bad value in numeric range: 30"),
        ('{"key":[{"numeric":[">",20,"test"]}]}', "Bad numeric range operator: test"),
        (
            '{"key":[{"numeric":[">",20,"<",30,"<",50]}]}',
            "Too many terms in numeric range expression",
        ),
    ],
)
def test_a_bad_policy_is_refused_in_the_words_of_sns(policy, words):
    with refused("InvalidParameter", f"FilterPolicy: {words}"):
        FilterPolicy(policy)


@pytest.mark.parametrize(
    "policy",
    [
        "{invalidjson}",
        "[]",
        "1",
        '{"a": []}',
        '{"a": [{}]}',
        '{"a": [{"cidr": "300.0.0.0/8"}]}',
        '{"a": [1000000001]}',
        '{"a": [{"anything-but": []}]}',
        '{"a": [{"anything-but": {"numeric": ["=", 1]}}]}',
        '{"a": ["' + "x" * 262_144 + '"]}',
    ],
)
def test_other_bad_policies_are_refused_too(policy):
    with refused("InvalidParameter"):
        FilterPolicy(policy)


def test_only_a_body_can_be_nested():
    FilterPolicy('{"a": {"b": ["c"]}}', "MessageBody")
    with refused("InvalidParameter", "does not support nested filter policy"):
        FilterPolicy('{"a": {"b": ["c"]}}')


def test_the_values_of_a_nested_policy_count_by_their_depth():
    """AWS's example: four values three deep and three values two deep are 3 x 4 x 2 x 3 = 72."""

    def nested(deep):
        return json.dumps({"a": {"b": {"c": ["v"] * deep}}, "d": {"e": ["v"] * 3}})

    FilterPolicy(nested(4), "MessageBody")
    FilterPolicy(nested(8), "MessageBody")  # 3 x 8 x 2 x 3 = 144
    with refused("InvalidParameter", "too complex"):
        FilterPolicy(nested(9), "MessageBody")
