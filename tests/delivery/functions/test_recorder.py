"""The lines that the recorder logs around a handler."""

import json
from types import SimpleNamespace

import pytest

from patternlab.delivery.functions.recorder import describe, key_of, record

CONTEXT = SimpleNamespace(aws_request_id="r-1")


def lines(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ("order 7", "order 7"),
        ('{"id": 7, "name": "x"}', "7"),
        ('{"key": "k", "id": 7}', "k"),
        ('{"price": 7}', '{"price": 7}'),
        ("{broken", "{broken"),
        ('{"id": {"a": 1}, "name": "n"}', "n"),
        ("x" * 30, "x" * 23 + "…"),
        ("", ""),
    ],
)
def test_a_key_is_a_short_name_of_what_a_message_is_about(body, key):
    assert key_of(body) == key


def test_an_sqs_record_is_described():
    attributes = {
        "ApproximateReceiveCount": "3",
        "MessageGroupId": "g",
        "SentTimestamp": "1767603600500",
    }
    event = {"Records": [{"messageId": "m", "body": "b", "attributes": attributes}]}
    assert describe(event, "r-1") == [
        {"id": "m", "key": "b", "count": 3, "group": "g", "sent": 1767603600.5}
    ]


@pytest.mark.parametrize(
    ("event", "names"),
    [
        ({"Records": [{"Sns": {"MessageId": "m", "Message": "hello"}}]}, [("m", "hello")]),
        (
            {"Records": [{"s3": {"object": {"key": "a.jpg", "sequencer": "5"}}}]},
            [("5", "a.jpg")],
        ),
        ({"Records": [{"s3": {"object": {"key": "a.jpg"}}}]}, [("r-1", "a.jpg")]),
        ({"n": 1}, [("r-1", '{"n": 1}')]),
        ([1, 2], [("r-1", "[1, 2]")]),
        (None, [("r-1", "null")]),
        ({"Records": []}, [("r-1", '{"Records": []}')]),
        ({"Records": [1]}, [("r-1", '{"Records": [1]}')]),
        ({"Records": "x"}, [("r-1", '{"Records": "x"}')]),
        ({"Records": [{"eventSource": "else"}]}, [("r-1", "")]),
    ],
)
def test_every_event_has_a_description(event, names):
    assert [(line["id"], line["key"]) for line in describe(event, "r-1")] == names


def test_a_result_follows_the_deliveries(capsys):
    event = {"Records": [{"messageId": "m", "body": "b"}, {"messageId": "n", "body": "c"}]}
    assert record(lambda event, context: {"any": "thing"})(event, CONTEXT) == {"any": "thing"}
    first, second, result = lines(capsys)
    assert [first["patternlab"], second["id"], result["patternlab"]] == ["delivery", "n", "result"]
    assert (result["requestId"], result["failed"]) == ("r-1", [])


@pytest.mark.parametrize(
    ("response", "failed"),
    [
        ({"batchItemFailures": [{"itemIdentifier": "m"}]}, ["m"]),
        ({"batchItemFailures": []}, []),
        ({"batchItemFailures": None}, []),
        ({"batchItemFailures": "m"}, None),
        ({"batchItemFailures": [{"wrong": "m"}, 7]}, [None, None]),
        (None, []),
        ("done", []),
    ],
)
def test_reported_failures_are_noted(capsys, response, failed):
    record(lambda event, context: response)({}, CONTEXT)
    assert lines(capsys)[-1]["failed"] == failed


def test_an_exception_is_noted_and_goes_on(capsys):
    def handler(event, context):
        raise KeyError("x") from OSError("y")

    with pytest.raises(KeyError) as caught:
        record(handler)({}, CONTEXT)
    assert isinstance(caught.value.__cause__, OSError)
    assert lines(capsys)[-1]["error"] == "KeyError"


def test_the_key_of_an_s3_event_is_the_objects_key():
    body = json.dumps({"Records": [{"s3": {"object": {"key": "photos/1.jpg"}}}]})
    assert key_of(body) == "photos/1.jpg"
    assert key_of('{"Records": []}') == '{"Records": []}'


def test_the_key_of_an_sns_envelope_is_its_messages():
    def envelope(message):
        return json.dumps({"Type": "Notification", "TopicArn": "arn", "Message": message})

    assert key_of(envelope("order 1")) == "order 1"
    assert key_of(envelope('{"id": "order-2"}')) == "order-2"
