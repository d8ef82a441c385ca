"""Dead-letter queues (events-3 to events-7)."""

import pytest

from patternlab.delivery import FifoQueue, RedriveAllowPolicy, RedrivePolicy, StandardQueue
from tests.delivery.shared import bodies, refused


def fail(clock, queue, times):
    """Receive once more after each visibility timeout, `times` times, and never delete."""
    for _ in range(times):
        assert queue.receive(10)
        clock.wait(queue.visibility_timeout)


# -- events-3 and events-4 -----------------------------------------------------------------------


def test_events_4_redrive_happens_at_the_receive_that_would_exceed(clock, make):
    """Receives 1..n deliver; the (n+1)th returns without it, and it is in the DLQ."""
    queue = make(max_receive_count=3)
    dlq = queue.redrive.dead_letter_queue
    queue.send("poison")
    fail(clock, queue, 3)
    assert (len(queue), len(dlq)) == (1, 0)
    assert queue.receive(10) == []
    assert (len(queue), len(dlq)) == (0, 1)


def test_events_4_nothing_moves_when_the_visibility_timeout_ends(clock, make):
    """It needs another ReceiveMessage; without a consumer it stays."""
    queue = make(max_receive_count=1)
    queue.send("poison")
    fail(clock, queue, 1)
    clock.wait(86_400)
    queue.settle()
    assert queue.counts() == (1, 0, 0)
    assert len(queue.redrive.dead_letter_queue) == 0


def test_events_4_the_same_receive_may_bring_what_comes_after(clock, make):
    """The call that moves the poison message goes on to the next one."""
    queue = make(max_receive_count=1)
    queue.send("poison")
    fail(clock, queue, 1)
    queue.send("good")
    assert bodies(queue.receive()) == ["good"]


def test_events_4_a_poll_that_only_moves_a_message_waits_on(clock, make, background):
    """Moving to the DLQ is no answer to a long poll."""
    queue = make(max_receive_count=1)
    queue.send("poison")
    fail(clock, queue, 1)
    result = background(queue.poll(wait=20))
    clock.wait(3)
    assert (result, len(queue.redrive.dead_letter_queue)) == ([], 1)
    clock.wait(17)
    assert result == [[]]


def test_the_default_of_the_model_is_ten_receives(make):
    """A choice of ours: AWS has no default (sqs_more-16)."""
    dlq = make("dead")
    queue = make(redrive=RedrivePolicy(dlq))
    queue.send("poison")
    for _ in range(10):
        assert queue.receive(visibility_timeout=0)
    assert queue.receive() == []
    assert len(dlq) == 1


def test_events_4_a_dead_letter_queue_can_have_one_of_its_own(make):
    """Recorded: q1 -> q2 -> q3, each with maxReceiveCount 1. The count goes on in q2."""
    third = make("third")
    second = make("second", redrive=RedrivePolicy(third, 3))
    first = make("first", redrive=RedrivePolicy(second, 1))
    first.send("poison")
    first.receive(visibility_timeout=0)
    assert first.receive() == []
    counts = [second.receive(visibility_timeout=0)[0].receive_count for _ in range(2)]
    assert counts == [2, 3]
    assert second.receive() == []
    assert len(third) == 1


def test_events_3_the_count_goes_on_in_the_dead_letter_queue(clock, make):
    """ "Across all queues": with maxReceiveCount 1 the first receive from the DLQ shows 2."""
    queue = make(max_receive_count=1)
    queue.send("poison")
    fail(clock, queue, 1)
    queue.receive()
    assert queue.redrive.dead_letter_queue.receive()[0].receive_count == 2


# -- events-5 ------------------------------------------------------------------------------------


def test_events_5_what_is_kept_on_the_move(clock, make):
    """MessageId, body, attributes, MD5, SentTimestamp, AWSTraceHeader; new: the source's ARN."""
    queue = make(max_receive_count=1)
    attributes = {"kind": {"DataType": "String", "StringValue": "order"}}
    system = {"AWSTraceHeader": "Root=1-5759e988-bd862e3fe1be46a994272793"}
    sent = queue.send("poison", attributes=attributes, system=system)
    clock.wait(4)
    fail(clock, queue, 1)
    queue.receive()
    [receipt] = queue.redrive.dead_letter_queue.receive()
    moved = receipt.message
    assert (moved.id, moved.body, moved.md5) == (sent.id, "poison", sent.md5)
    assert (moved.attributes, moved.system) == (attributes, system)
    assert (moved.sent, moved.first_received) == (0, 4)
    assert moved.source_arn == queue.arn
    assert sent.source_arn is None


# -- events-6 ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "days"), [("standard", 3), ("fifo", 4)])
def test_events_6_a_standard_dlq_keeps_the_enqueue_time_and_a_fifo_dlq_starts_it_anew(
    clock, request, kind, days
):
    """One day in the source queue, then three in a DLQ with four days' retention; four on FIFO."""
    day = 86_400
    queue = request.getfixturevalue(kind)(max_receive_count=1, visibility_timeout=10)
    dlq = queue.redrive.dead_letter_queue
    queue.send("poison")
    clock.wait(day - 10)
    fail(clock, queue, 1)
    queue.receive()
    clock.wait(days * day - 1)
    dlq.settle()
    assert len(dlq) == 1
    clock.wait(1)
    dlq.settle()
    assert len(dlq) == 0


def test_events_6_a_message_older_than_the_dlqs_retention_is_lost_on_the_move(clock, standard):
    """Advice: the DLQ's retention must be longer than the source queue's."""
    queue = standard(max_receive_count=1, dlq={"retention": 60})
    queue.send("poison")
    clock.wait(60)
    fail(clock, queue, 1)
    queue.receive()
    assert queue.redrive.dead_letter_queue.receive() == []


# -- events-7 ------------------------------------------------------------------------------------


def test_events_7_the_dlq_must_be_of_the_same_type(standard, fifo):
    """FIFO -> FIFO, standard -> standard, in AWS's words."""
    for source, target in ((standard(), fifo()), (fifo(), standard())):
        policy = f'{{"deadLetterTargetArn":"{target.arn}","maxReceiveCount":5}}'
        words = "Reason: Dead-letter queue must be same type of queue as the source."
        with refused("InvalidParameterValue", policy, words):
            RedrivePolicy(target, 5).check(source)


@pytest.mark.parametrize(
    ("arn", "reason"),
    [
        ("arn:aws:sqs:us-east-1:210987654321:dead", "owner"),
        ("arn:aws:sqs:eu-west-1:123456789012:dead", "Region"),
    ],
)
def test_events_7_the_dlq_must_be_of_the_same_account_and_region(clock, standard, arn, reason):
    """Same account, same Region."""
    target = StandardQueue(clock, "dead", arn=arn)
    with refused("InvalidParameterValue", reason):
        RedrivePolicy(target).check(standard())


@pytest.mark.parametrize("count", [0, 1001])
def test_events_4_max_receive_count_is_from_1_to_1000(standard, count):
    """Recorded words."""
    with refused("InvalidParameterValue", f"Invalid value for maxReceiveCount: {count}, valid"):
        RedrivePolicy(standard("dead"), count).check(standard())
    RedrivePolicy(standard("dead"), 1000).check(standard())


def test_events_7_redrive_allow_policy_says_who_may_send_its_dead_letters(standard):
    """allowAll (default), denyAll, byQueue."""
    source, other = standard("source"), standard("other")
    dlq = standard("dead")
    RedrivePolicy(dlq).check(source)
    dlq.redrive_allow = RedriveAllowPolicy("denyAll")
    with refused("InvalidParameterValue", dlq.arn):
        RedrivePolicy(dlq).check(source)
    dlq.redrive_allow = RedriveAllowPolicy("byQueue", (source.arn,))
    RedrivePolicy(dlq).check(source)
    with refused("InvalidParameterValue", dlq.arn):
        RedrivePolicy(dlq).check(other)


def test_events_7_by_queue_takes_up_to_ten_arns():
    """<= 10 ARNs; to allow more, allowAll."""
    arns = tuple(f"arn:aws:sqs:us-east-1:123456789012:q{i}" for i in range(11))
    RedriveAllowPolicy("byQueue", arns[:10]).check()
    for wrong in (
        RedriveAllowPolicy("byQueue", arns),
        RedriveAllowPolicy("byQueue"),
        RedriveAllowPolicy("allowAll", arns[:1]),
        RedriveAllowPolicy("everyone"),
    ):
        with refused("InvalidParameterValue", "RedriveAllowPolicy"):
            wrong.check()


def test_events_7_looking_into_the_dlq_counts_as_a_receive(clock, make):
    """Viewing messages in the console is a ReceiveMessage like any other."""
    queue = make(max_receive_count=1, dlq={"visibility_timeout": 10})
    dlq = queue.redrive.dead_letter_queue
    queue.send("poison")
    fail(clock, queue, 1)
    queue.receive()
    dlq.receive()
    clock.wait(10)
    assert dlq.receive()[0].receive_count == 3


def test_events_7_a_fifo_dlq_takes_the_message_id_as_deduplication_id(clock, fifo):
    """Two messages that share a deduplication id, ten minutes apart, both end in the DLQ."""
    queue = fifo(max_receive_count=1, visibility_timeout=10)
    dlq = queue.redrive.dead_letter_queue
    first = queue.send("one", dedup_id="same")
    clock.wait(300)
    second = queue.send("two", dedup_id="same")
    fail(clock, queue, 1)
    queue.receive(10)
    assert bodies(received := dlq.receive(10)) == ["one", "two"]
    assert [r.message.dedup_id for r in received] == [first.id, second.id]
    assert dlq.send("again", dedup_id=first.id).body == "one"


def test_events_7_a_fifo_dlq_breaks_the_order(clock, fifo):
    """ "Don't use a DLQ if you don't want to break the exact order": 2 is done before 1."""
    queue = fifo(max_receive_count=1, visibility_timeout=10)
    queue.send("1", group="g")
    queue.send("2", group="g")
    assert bodies(queue.receive()) == ["1"]
    clock.wait(10)
    assert bodies(queue.receive()) == ["2"]
    assert bodies(queue.redrive.dead_letter_queue.receive()) == ["1"]


def test_events_5_the_group_is_kept_on_the_move(clock, fifo):
    """Messages of several groups keep them, and their order, in the DLQ."""
    queue = fifo(max_receive_count=1, visibility_timeout=10)
    dlq = queue.redrive.dead_letter_queue
    assert isinstance(dlq, FifoQueue)
    for body, group in (("a1", "a"), ("b1", "b"), ("a2", "a")):
        queue.send(body, group=group)
    fail(clock, queue, 1)
    assert queue.receive(10) == []
    received = dlq.receive(10)
    assert [(r.message.body, r.message.group) for r in received] == [
        ("a1", "a"), ("a2", "a"), ("b1", "b"),
    ]  # fmt: skip
