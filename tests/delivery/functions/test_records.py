"""The sizes of messages, as SQS and Lambda count them; the records themselves: events-37."""

import pytest

from patternlab.delivery.functions.records import message_size


@pytest.mark.parametrize(
    ("body", "attributes", "size"),
    [
        ("abc", None, 3),
        ("é€😀", {}, 2 + 3 + 4),
        ("", {"name": {"DataType": "String", "StringValue": "é"}}, 4 + 6 + 2),
        ("", {"n": {"DataType": "Binary", "BinaryValue": b"\x00\xff"}}, 1 + 6 + 2),
        ("a", {"n": {"DataType": "Number", "StringValue": "12"}} | {}, 1 + 1 + 6 + 2),
    ],
)
def test_events_12_a_messages_size_is_bytes_of_body_and_attributes(body, attributes, size):
    assert message_size(body, attributes) == size
