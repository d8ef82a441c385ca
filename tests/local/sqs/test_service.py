"""SQS as boto3 sees it: answers, error codes, and refusals that leave nothing half done."""

import hashlib
import json
import struct

import pytest

from tests.local.refusals import refusal

SERVICE = "AWS.SimpleQueueService."


@pytest.fixture
def sqs(cloud):
    return cloud.client("sqs")


@pytest.fixture
def queue(sqs):
    def make(name="q", **attributes):
        return sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]

    return make


@pytest.fixture
def fifo(queue):
    return queue("f.fifo", FifoQueue="true", ContentBasedDeduplication="true")


def attributes_of(sqs, url):
    got = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    del got["LastModifiedTimestamp"]
    return got


def arn_of(sqs, url):
    return attributes_of(sqs, url)["QueueArn"]


def refused(sqs, operation, **parameters):
    """Error code and message; the exception is of the class that boto3 has for the code."""
    response = refusal(getattr(sqs, operation), **parameters)
    assert response["ResponseMetadata"]["HTTPStatusCode"] in (400, 403, 404, 429)
    return response["Error"]["Code"], response["Error"]["Message"]


# -- errors --------------------------------------------------------------------------------------


def test_a_queue_that_does_not_exist(sqs):
    url = "https://sqs.us-east-1.amazonaws.com/123456789012/nowhere"
    calls = {
        "send_message": {"MessageBody": "a"},
        "receive_message": {},
        "delete_message": {"ReceiptHandle": "h"},
        "purge_queue": {},
        "get_queue_attributes": {"AttributeNames": ["All"]},
        "set_queue_attributes": {"Attributes": {}},
        "delete_queue": {},
    }
    for operation, parameters in calls.items():
        got = refused(sqs, operation, QueueUrl=url, **parameters)
        assert got == (SERVICE + "NonExistentQueue", "The specified queue does not exist.")
    assert refused(sqs, "get_queue_url", QueueName="nowhere")[0] == SERVICE + "NonExistentQueue"
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.purge_queue(QueueUrl=url)


def entries(count, **more):
    return [{"Id": str(n), "MessageBody": "a", **more} for n in range(count)]


@pytest.mark.parametrize(
    ("batch", "code"),
    [
        (entries(11), "TooManyEntriesInBatchRequest"),
        ([], "EmptyBatchRequest"),
        (entries(1) * 2, "BatchEntryIdsNotDistinct"),
        ([{"Id": "no spaces", "MessageBody": "a"}], "InvalidBatchEntryId"),
        ([{"Id": str(n), "MessageBody": "x" * 600_000} for n in range(2)], "BatchRequestTooLong"),
    ],
)
def test_a_batch_that_is_refused_as_a_whole(sqs, queue, batch, code):
    url = queue()
    assert refused(sqs, "send_message_batch", QueueUrl=url, Entries=batch)[0] == SERVICE + code
    with pytest.raises(getattr(sqs.exceptions, code)):
        sqs.send_message_batch(QueueUrl=url, Entries=batch)
    assert attributes_of(sqs, url)["ApproximateNumberOfMessages"] == "0"


def test_a_batch_of_which_a_part_fails(sqs, queue):
    url = queue(MaximumMessageSize="1024")
    batch = [
        {"Id": "good", "MessageBody": "a"},
        {"Id": "long", "MessageBody": "x" * 1025},
        {"Id": "late", "MessageBody": "a", "DelaySeconds": 901},
        {"Id": "too", "MessageBody": "b"},
    ]
    got = sqs.send_message_batch(QueueUrl=url, Entries=batch)
    assert [entry["Id"] for entry in got["Successful"]] == ["good", "too"]
    failed = {e["Id"]: (e["Code"], e["SenderFault"]) for e in got["Failed"]}
    assert failed == {
        "long": ("InvalidParameterValue", True),
        "late": ("InvalidParameterValue", True),
    }
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    handles = [
        {"Id": "good", "ReceiptHandle": message["ReceiptHandle"]},
        {"Id": "bad", "ReceiptHandle": "made up"},
    ]
    changes = [{**entry, "VisibilityTimeout": 5} for entry in handles]
    got = sqs.change_message_visibility_batch(QueueUrl=url, Entries=changes)
    assert [e["Id"] for e in got["Successful"]] == ["good"]
    got = sqs.delete_message_batch(QueueUrl=url, Entries=handles)
    assert [e["Id"] for e in got["Successful"]] == ["good"]
    assert [(e["Id"], e["Code"]) for e in got["Failed"]] == [("bad", "ReceiptHandleIsInvalid")]


def test_a_receipt_handle_that_was_never_given_out(sqs, queue):
    url = queue()
    for operation, more in (
        ("delete_message", {}),
        ("change_message_visibility", {"VisibilityTimeout": 5}),
    ):
        code, _ = refused(sqs, operation, QueueUrl=url, ReceiptHandle="made up", **more)
        assert code == "ReceiptHandleIsInvalid"
    with pytest.raises(sqs.exceptions.ReceiptHandleIsInvalid):
        sqs.delete_message(QueueUrl=url, ReceiptHandle="made up")


def test_events_22_a_second_purge_within_a_minute(sqs, queue):
    url = queue()
    sqs.purge_queue(QueueUrl=url)
    assert refused(sqs, "purge_queue", QueueUrl=url)[0] == SERVICE + "PurgeQueueInProgress"


def test_a_queue_is_created_again_only_with_the_same_attributes(sqs, queue):
    url = queue(VisibilityTimeout="60")
    assert queue(VisibilityTimeout="60") == url
    code, message = refused(
        sqs, "create_queue", QueueName="q", Attributes={"VisibilityTimeout": "61"}
    )
    assert code == "QueueAlreadyExists"
    assert "VisibilityTimeout" in message
    assert attributes_of(sqs, url)["VisibilityTimeout"] == "60"


def test_events_12_message_attributes_count_as_well(sqs, queue):
    url = queue(MaximumMessageSize="1024")
    attribute = {"n": {"DataType": "String", "StringValue": "v" * 100}}  # 1 + 6 + 100 bytes
    send = {"QueueUrl": url, "MessageAttributes": attribute}
    sqs.send_message(MessageBody="x" * 917, **send)
    code, message = refused(sqs, "send_message", MessageBody="x" * 918, **send)
    assert code == "InvalidParameterValue"
    assert "Message must be shorter than 1024 bytes" in message


def test_what_fifo_queues_ask_for(sqs, queue, fifo):
    code, message = refused(sqs, "send_message", QueueUrl=fifo, MessageBody="a")
    assert (code, "MessageGroupId" in message) == ("MissingParameter", True)
    plain = queue("g.fifo", FifoQueue="true")
    code, message = refused(
        sqs, "send_message", QueueUrl=plain, MessageBody="a", MessageGroupId="g"
    )
    assert code == "InvalidParameterValue"
    assert "ContentBasedDeduplication" in message
    code, _ = refused(
        sqs, "send_message", QueueUrl=fifo, MessageBody="a", MessageGroupId="g", DelaySeconds=5
    )
    assert code == "InvalidParameterValue"


# -- refusals leave nothing half done ------------------------------------------------------------


def test_events_7_an_impossible_redrive_policy_is_refused(sqs, queue):
    good = arn_of(sqs, queue("dlq"))
    wrong_type = arn_of(sqs, queue("dlq.fifo", FifoQueue="true"))
    cases = [
        ("Dead letter target does not exist", good.replace("dlq", "nowhere"), 5),
        ("same type of queue", wrong_type, 5),
        ("valid values are from 1 to 1000", good, 1001),
        ("valid values are from 1 to 1000", good, 0),
        ("deadLetterTargetArn", None, 5),
        ("maxReceiveCount", good, "many"),
    ]
    there = queue("there", VisibilityTimeout="30")
    before = attributes_of(sqs, there)
    policies = [
        (part, json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": count}))
        for part, arn, count in cases
    ]
    for part, policy in [*policies, ("[1]", "[1]"), ("{no json", "{no json")]:
        attributes = {"VisibilityTimeout": "99", "RedrivePolicy": policy}
        for operation, target in (
            ("create_queue", {"QueueName": "new"}),
            ("set_queue_attributes", {"QueueUrl": there}),
        ):
            code, message = refused(sqs, operation, Attributes=attributes, **target)
            assert code == "InvalidParameterValue"
            assert part in message and "\n" not in message
    assert attributes_of(sqs, there) == before
    names = sorted(url.rpartition("/")[2] for url in sqs.list_queues()["QueueUrls"])
    assert names == ["dlq", "dlq.fifo", "there"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VisibilityTimeout", "43201"),
        ("VisibilityTimeout", "soon"),
        ("DelaySeconds", "901"),
        ("MessageRetentionPeriod", "59"),
        ("MaximumMessageSize", "1023"),
        ("MaximumMessageSize", "1048577"),
        ("ReceiveMessageWaitTimeSeconds", "21"),
        ("Policy", "{no json"),
        ("Policy", "[]"),
    ],
)
def test_one_bad_value_changes_nothing(sqs, queue, name, value):
    url = queue()
    before = attributes_of(sqs, url)
    change = {"VisibilityTimeout": "77", "DelaySeconds": "7", name: value}
    code, message = refused(sqs, "set_queue_attributes", QueueUrl=url, Attributes=change)
    assert (code, message) == ("InvalidAttributeValue", f"Invalid value for the parameter {name}.")
    assert attributes_of(sqs, url) == before
    refused(sqs, "create_queue", QueueName="new", Attributes=change)
    assert sqs.list_queues()["QueueUrls"] == [url]


@pytest.mark.parametrize("name", ["with space", "x" * 81, "f.fifo"])
def test_a_name_that_no_queue_can_have(sqs, name):
    assert refused(sqs, "create_queue", QueueName=name)[0] == "InvalidParameterValue"
    assert "QueueUrls" not in sqs.list_queues()


def test_an_empty_redrive_policy_takes_it_away(sqs, queue):
    policy = {"deadLetterTargetArn": arn_of(sqs, queue("dlq")), "maxReceiveCount": 3}
    url = queue(RedrivePolicy=json.dumps(policy))
    assert json.loads(attributes_of(sqs, url)["RedrivePolicy"]) == policy
    for empty in ("", "{}"):
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": json.dumps(policy)})
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": empty})
        assert "RedrivePolicy" not in attributes_of(sqs, url)


# -- answers -------------------------------------------------------------------------------------


def test_a_message_comes_back_with_all_that_was_sent(sqs, queue):
    url = queue()
    sent = sqs.send_message(
        QueueUrl=url,
        MessageBody="hello",
        MessageAttributes={
            "b": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
            "n": {"DataType": "Number", "StringValue": "7"},
            "s.x": {"DataType": "String.mine", "StringValue": "é"},
        },
        MessageSystemAttributes={
            "AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-2-3"}
        },
    )
    assert sent["MD5OfMessageBody"] == hashlib.md5(b"hello").hexdigest()
    [got] = sqs.receive_message(
        QueueUrl=url, AttributeNames=["All"], MessageAttributeNames=["All"]
    )["Messages"]  # boto3 itself checks MD5OfBody
    assert (got["MessageId"], got["Body"]) == (sent["MessageId"], "hello")
    assert got["MessageAttributes"]["b"] == {"DataType": "Binary", "BinaryValue": b"\x00\xff"}
    assert got["MessageAttributes"]["s.x"]["StringValue"] == "é"
    assert got["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    assert got["Attributes"] == {
        "SenderId": got["Attributes"]["SenderId"],
        "SentTimestamp": "1767603600000",
        "ApproximateReceiveCount": "1",
        "ApproximateFirstReceiveTimestamp": "1767603600000",
        "AWSTraceHeader": "Root=1-2-3",
    }


def test_the_md5_of_attributes_is_the_one_of_the_documented_algorithm(sqs, queue):
    """Each part as its length in four bytes and its bytes: name, type; then 1 or 2, the value."""

    def part(data):
        return struct.pack("!I", len(data)) + data

    digest = part(b"a") + part(b"String") + b"\x01" + part(b"x")
    digest += part(b"b") + part(b"Binary") + b"\x02" + part(b"\x00")
    sent = sqs.send_message(
        QueueUrl=queue(),
        MessageBody="hello",
        MessageAttributes={
            "b": {"DataType": "Binary", "BinaryValue": b"\x00"},
            "a": {"DataType": "String", "StringValue": "x"},
        },
    )
    assert sent["MD5OfMessageAttributes"] == hashlib.md5(digest).hexdigest()


def test_only_the_attributes_that_are_asked_for_come(sqs, queue):
    url = queue(VisibilityTimeout="0")
    attributes = {n: {"DataType": "String", "StringValue": "x"} for n in ("a.b", "a.c", "d")}
    sqs.send_message(QueueUrl=url, MessageBody="m", MessageAttributes=attributes)

    def receive(**parameters):
        return sqs.receive_message(QueueUrl=url, **parameters)["Messages"][0]

    plain = receive()
    assert "Attributes" not in plain
    assert "MessageAttributes" not in plain
    assert set(receive(MessageAttributeNames=["a.*"])["MessageAttributes"]) == {"a.b", "a.c"}
    counts = receive(MessageSystemAttributeNames=["ApproximateReceiveCount"])["Attributes"]
    assert counts == {"ApproximateReceiveCount": "3"}


def test_events_5_a_dead_letter_tells_where_it_comes_from(cloud, sqs, queue):
    dlq = queue("dlq")
    policy = {"deadLetterTargetArn": arn_of(sqs, dlq), "maxReceiveCount": 1}
    url = queue(VisibilityTimeout="5", RedrivePolicy=json.dumps(policy))
    sent = sqs.send_message(QueueUrl=url, MessageBody="a")
    sqs.receive_message(QueueUrl=url)
    cloud.wait(5)
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    names = ["DeadLetterQueueSourceArn", "ApproximateReceiveCount"]
    [got] = sqs.receive_message(QueueUrl=dlq, MessageSystemAttributeNames=names)["Messages"]
    assert got["MessageId"] == sent["MessageId"]
    assert got["Attributes"] == {
        "DeadLetterQueueSourceArn": arn_of(sqs, url),
        "ApproximateReceiveCount": "2",
    }
    sources = sqs.list_dead_letter_source_queues(QueueUrl=dlq)["queueUrls"]
    assert sources == [url]


def test_events_8_a_redrive_from_the_dead_letter_queue(cloud, sqs, queue):
    dlq = queue("dlq")
    source = arn_of(sqs, dlq)
    policy = {"deadLetterTargetArn": source, "maxReceiveCount": 1}
    url = queue(VisibilityTimeout="1", RedrivePolicy=json.dumps(policy))
    code, _ = refused(sqs, "start_message_move_task", SourceArn=arn_of(sqs, url))
    assert code == "InvalidParameterValue"
    for n in range(3):
        sqs.send_message(QueueUrl=url, MessageBody=str(n))
        sqs.receive_message(QueueUrl=url)
        cloud.wait(1)
        sqs.receive_message(QueueUrl=url)
    assert attributes_of(sqs, dlq)["ApproximateNumberOfMessages"] == "3"
    handle = sqs.start_message_move_task(SourceArn=source, MaxNumberOfMessagesPerSecond=1)
    cloud.wait(1)
    cancelled = sqs.cancel_message_move_task(TaskHandle=handle["TaskHandle"])
    assert cancelled["ApproximateNumberOfMessagesMoved"] == 2
    cloud.wait(10)
    [task] = sqs.list_message_move_tasks(SourceArn=source)["Results"]
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("CANCELLED", 2)
    assert attributes_of(sqs, url)["ApproximateNumberOfMessages"] == "2"


def test_events_18_a_retried_receive_gives_the_same_again(cloud, sqs, fifo):
    for body in "ab":
        sqs.send_message(QueueUrl=fifo, MessageBody=body, MessageGroupId=body)
    ask = {"QueueUrl": fifo, "MaxNumberOfMessages": 1}
    first = sqs.receive_message(ReceiveRequestAttemptId="x", **ask)["Messages"]
    assert sqs.receive_message(ReceiveRequestAttemptId="x", **ask)["Messages"] == first
    assert sqs.receive_message(**ask)["Messages"][0]["Body"] == "b"


def test_sending_needs_no_dispatch_of_motos(cloud, sqs, queue):
    """Time stands still, and what was sent stays where it is."""
    url, before = queue(), cloud.now()
    sqs.send_message_batch(QueueUrl=url, Entries=entries(10))
    assert attributes_of(sqs, url)["ApproximateNumberOfMessages"] == "10"
    assert cloud.now() == before
