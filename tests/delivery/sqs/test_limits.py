"""SQS facts that only show through boto3: what is checked before a queue is reached."""

import pytest
from botocore.exceptions import ClientError

from patternlab import open_cloud

MIB = 1_048_576


@pytest.fixture(scope="module")
def sqs():
    with open_cloud() as cloud:
        yield cloud.client("sqs")


@pytest.fixture
def queue(sqs, request):
    """A standard queue of the test's own."""
    return sqs.create_queue(QueueName=request.node.name[:80].split("[")[0])["QueueUrl"]


def refusal(call, **parameters):
    with pytest.raises(ClientError) as error:
        call(**parameters)
    return error.value.response["Error"]["Code"]


def test_events_9_an_empty_answer_has_no_messages_key(sqs, queue):
    """Short poll and long poll alike."""
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)
    assert "Messages" not in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)


@pytest.mark.parametrize("parameters", [{"WaitTimeSeconds": 21}, {"MaxNumberOfMessages": 11}])
def test_events_9_wait_and_number_have_limits(sqs, queue, parameters):
    """WaitTimeSeconds 0-20, MaxNumberOfMessages 1-10."""
    assert refusal(sqs.receive_message, QueueUrl=queue, **parameters) == "InvalidParameterValue"


def test_events_10_a_delay_is_at_most_900_seconds(sqs, queue):
    """0-900 s."""
    sqs.send_message(QueueUrl=queue, MessageBody="a", DelaySeconds=900)
    code = refusal(sqs.send_message, QueueUrl=queue, MessageBody="a", DelaySeconds=901)
    assert code == "InvalidParameterValue"


def test_events_12_a_message_is_at_most_1_mib(sqs, queue):
    """1,048,576 bytes since August 2025, body and attributes together."""
    sqs.send_message(QueueUrl=queue, MessageBody="x" * MIB)
    code = refusal(sqs.send_message, QueueUrl=queue, MessageBody="x" * (MIB + 1))
    assert code == "InvalidParameterValue"


def test_events_12_1_mib_is_the_default_maximum_message_size(sqs, queue):
    """MaximumMessageSize: default and maximum."""
    names = ["MaximumMessageSize"]
    answer = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)
    assert answer["Attributes"] == {"MaximumMessageSize": str(MIB)}


def test_events_12_a_batch_is_at_most_1_mib_and_ten_entries(sqs, queue):
    """BatchRequestTooLong, TooManyEntriesInBatchRequest."""

    def entries(count, size):
        return [{"Id": str(i), "MessageBody": "x" * size} for i in range(count)]

    too_long = refusal(sqs.send_message_batch, QueueUrl=queue, Entries=entries(2, MIB // 2 + 1))
    too_many = refusal(sqs.send_message_batch, QueueUrl=queue, Entries=entries(11, 1))
    assert too_long == "AWS.SimpleQueueService.BatchRequestTooLong"
    assert too_many == "AWS.SimpleQueueService.TooManyEntriesInBatchRequest"
    answer = sqs.send_message_batch(QueueUrl=queue, Entries=entries(10, 100))
    assert len(answer["Successful"]) == 10
