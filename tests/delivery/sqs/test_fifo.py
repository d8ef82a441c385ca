"""What only FIFO queues do."""

import hashlib

import pytest

from patternlab.delivery import Knobs
from patternlab.delivery.sqs import groups as groups_module
from patternlab.delivery.sqs import lifecycle as lifecycle_module
from patternlab.delivery.sqs import queue as queue_module
from tests.delivery.shared import bodies, refused


def send(queue, *names):
    """Send messages named like "a1": group a, message 1."""
    for name in names:
        queue.send(name, group=name[0])


# -- events-2: expired handles -------------------------------------------------------------------


def test_events_2_an_expired_handle_is_refused(clock, fifo):
    """Recorded: delete after the visibility timeout gives 400 InvalidParameterValue."""
    queue = fifo(visibility_timeout=1)
    queue.send("a")
    [receipt] = queue.receive()
    clock.wait(2)
    for operation in (queue.delete, lambda handle: queue.change_visibility(handle, 10)):
        with refused("InvalidParameterValue", receipt.handle, "The receipt handle has expired."):
            operation(receipt.handle)
    assert len(queue) == 1


def test_events_2_the_handle_of_an_earlier_receive_is_refused(clock, fifo):
    """Only the handle of the receive that is running can delete."""
    queue = fifo(visibility_timeout=1)
    queue.send("a")
    [old] = queue.receive()
    clock.wait(1)
    [new] = queue.receive()
    with refused("InvalidParameterValue", "The receipt handle has expired."):
        queue.delete(old.handle)
    queue.delete(new.handle)
    assert len(queue) == 0


# -- events-10: delay ----------------------------------------------------------------------------


def test_events_10_a_message_cannot_have_a_delay_of_its_own(fifo):
    """Queue only; per message = 400, recorded words. Zero is no delay."""
    queue = fifo()
    words = "The request include parameter that is not valid for this queue type."
    with refused("InvalidParameterValue", "Value 2 for parameter DelaySeconds", words):
        queue.send("a", delay=2)
    queue.send("b", delay=0)
    assert bodies(queue.receive()) == ["b"]


def test_events_10_a_shorter_delay_holds_for_waiting_messages_too(clock, fifo):
    """The change is retroactive."""
    queue = fifo(delay=100)
    send(queue, "a1", "a2")
    clock.wait(10)
    queue.set_delay(30)
    assert queue.receive(10) == []
    clock.wait(20)
    assert bodies(queue.receive(10)) == ["a1", "a2"]


def test_events_10_a_longer_delay_hides_messages_nobody_has_received(clock, fifo):
    """Retroactive in the other direction; what was received already is not delayed again."""
    queue = fifo(visibility_timeout=5)
    send(queue, "a1", "b1")
    queue.receive()
    clock.wait(10)
    queue.set_delay(60)
    assert queue.counts() == (1, 0, 1)
    assert bodies(queue.receive(10, visibility_timeout=100)) == ["a1"]
    clock.wait(50)
    assert bodies(queue.receive(10)) == ["b1"]


# -- events-11: messages in flight -----------------------------------------------------------------


def test_events_11_over_the_limit_there_is_no_error_and_no_message(monkeypatch, fifo):
    """FIFO: no error, no messages."""
    for module in (lifecycle_module, queue_module):
        monkeypatch.setattr(module, "IN_FLIGHT_LIMIT", 3)
    queue = fifo()
    send(queue, "a1", "b1", "c1", "d1")
    assert len(queue.receive(10, short_poll=True)) == 3
    assert queue.receive(10, short_poll=True) == []


# -- events-13: deduplication --------------------------------------------------------------------


def test_events_13_a_duplicate_is_accepted_and_not_stored(fifo):
    """The duplicate send succeeds, with the first message's id and number."""
    queue = fifo()
    first = queue.send("one", dedup_id="d")
    again = queue.send("other body", dedup_id="d")
    assert (again.id, again.sequence) == (first.id, first.sequence)
    assert bodies(queue.receive(10)) == ["one"]


def test_events_13_the_interval_is_five_minutes_from_the_send(clock, fifo):
    """300 s; a duplicate in between does not lengthen it."""
    queue = fifo()
    first = queue.send("one", dedup_id="d")
    clock.wait(299)
    assert queue.send("two", dedup_id="d") is first
    clock.wait(1)
    assert queue.send("three", dedup_id="d") is not first


def test_events_13_deduplication_survives_the_delete(fifo):
    """Recorded."""
    queue = fifo()
    queue.send("one", dedup_id="d")
    queue.delete(queue.receive()[0].handle)
    queue.send("one", dedup_id="d")
    assert queue.receive() == []


def test_events_13_it_is_queue_wide_unless_the_scope_is_the_group(fifo):
    """DeduplicationScope queue (default) and messageGroup."""
    queue = fifo()
    queue.send("one", group="a", dedup_id="d")
    queue.send("two", group="b", dedup_id="d")
    assert bodies(queue.receive(10)) == ["one"]
    queue = fifo(deduplication_scope="messageGroup")
    queue.send("one", group="a", dedup_id="d")
    queue.send("two", group="b", dedup_id="d")
    queue.send("three", group="a", dedup_id="d")
    assert bodies(queue.receive(10)) == ["one", "two"]


def test_events_13_content_based_ids_are_the_sha_256_of_the_body_only(fifo):
    """... not of the attributes; an explicit id takes precedence, and the two can meet."""
    queue = fifo(content_deduplication=True)
    kind = {"kind": {"DataType": "String", "StringValue": "x"}}
    first = queue.send("body")
    assert first.dedup_id == hashlib.sha256(b"body").hexdigest()
    assert queue.send("body", attributes=kind) is first
    assert queue.send("body", dedup_id="own") is not first
    assert queue.send("else", dedup_id=first.dedup_id) is first


def test_events_13_purge_forgets_the_ids(fifo):
    """Recorded."""
    queue = fifo()
    queue.send("one", dedup_id="d")
    queue.purge()
    queue.send("two", dedup_id="d")
    assert bodies(queue.receive()) == ["two"]


def test_events_13_a_change_of_scope_does_not_apply_at_once(clock, fifo):
    """Recorded: an id keeps the scope it was sent under, until its five minutes are over."""
    queue = fifo()
    queue.send("one", group="a", dedup_id="d")
    queue.change(deduplication_scope="messageGroup")
    queue.send("two", group="b", dedup_id="d")
    assert bodies(queue.receive(10)) == ["one"]
    clock.wait(300)
    queue.send("three", group="b", dedup_id="d")
    queue.send("four", group="c", dedup_id="d")
    assert bodies(queue.receive(10, 0)) == ["one", "three", "four"]


def test_after_a_change_of_scope_it_is_a_duplicate_of_what_was_sent_first(fifo):
    """Not documented: one of two, and the choice is ours."""
    queue = fifo(deduplication_scope="messageGroup")
    first = queue.send("to b", group="b", dedup_id="1")
    queue.change(deduplication_scope="queue")
    other = queue.send("to a", group="a", dedup_id="1")
    assert other is not first
    assert queue.send("to b again", group="b", dedup_id="1") is first


# -- events-14: the lock, by position ------------------------------------------------------------


@pytest.mark.parametrize("extended", [0, 1, 2])
def test_events_14_what_comes_before_a_message_in_flight_is_delivered(clock, fifo, extended):
    """Recorded: three received, message i extended; the later receive gives 0..i-1."""
    queue = fifo(visibility_timeout=10)
    send(queue, "a0", "a1", "a2")
    receipts = queue.receive(10)
    queue.change_visibility(receipts[extended].handle, 15)
    clock.wait(12)
    assert bodies(queue.receive(10, visibility_timeout=0)) == ["a0", "a1", "a2"][:extended]
    clock.wait(3)
    assert bodies(queue.receive(10)) == ["a0", "a1", "a2"]


def test_events_14_nothing_after_a_message_in_flight_is_delivered(fifo):
    """Recorded: a message sent to a group in flight waits."""
    queue = fifo()
    send(queue, "a1")
    queue.receive()
    send(queue, "a2")
    assert queue.receive(10) == []


def test_events_14_a_delete_in_the_middle_frees_nothing_behind_the_others(fifo):
    """Recorded: of two in flight one is deleted; the group's rest still waits."""
    queue = fifo()
    send(queue, "a1", "b1", "a2", "b2", "a3", "a4", "c1")
    first, _ = queue.receive(2)
    queue.delete(first.handle)
    assert bodies(queue.receive(10)) == ["b1", "b2", "c1"]


# -- events-15: order of a receive ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "receives"),
    [
        ("a1 b1 a2 a3", [(10, None, "a1 a2 a3 b1")]),  # as many as possible from one group
        ("a1 a2 b1", [(2, None, "a1 a2"), (10, None, "b1")]),  # other groups are not touched
        ("a1 b1 b2 c1 a2", [(3, 0, "a1 a2 b1"), (10, 0, "c1 a1 a2 b1 b2")]),  # to the back
    ],
)
def test_events_15_one_group_after_the_other_and_touched_groups_go_to_the_back(
    fifo, sent, receives
):
    """Recorded: the number of messages asked for, the visibility timeout, what came."""
    queue = fifo()
    send(queue, *sent.split())
    for number, timeout, expected in receives:
        assert bodies(queue.receive(number, timeout)) == expected.split()


def test_events_15_groups_take_turns_when_messages_are_deleted(fifo):
    """One by one, deleted at once: no group waits for the end of another's backlog."""
    queue = fifo()
    send(queue, "a1", "a2", "b1", "c1", "c2")
    order = []
    for _ in range(5):
        [receipt] = queue.receive()
        order += bodies([receipt])
        queue.delete(receipt.handle)
    assert order == ["a1", "b1", "c1", "a2", "c2"]


def test_events_15_three_groups_and_a_timeout_behave_as_recorded(clock, fifo):
    """Recorded: a1 a2 | b1 received, all expire; then c1, a1..a4, b1."""
    queue = fifo(visibility_timeout=1)
    send(queue, "a1", "a2", "a3", "a4", "b1", "c1")
    assert bodies(queue.receive(2)) == ["a1", "a2"]
    assert bodies(queue.receive(1)) == ["b1"]
    clock.wait(2)
    assert bodies(queue.receive(10, 0)) == ["c1", "a1", "a2", "a3", "a4", "b1"]


def test_events_15_sequence_numbers_grow(fifo):
    """SequenceNumber: 20 digits, larger for each message."""
    queue = fifo()
    send(queue, "a1", "b1", "a2")
    a1, a2, b1 = (receipt.message.sequence for receipt in queue.receive(10))
    assert a1 < b1 < a2
    assert {len(str(number)) for number in (a1, b1, a2)} == {20}


# -- events-16: what unblocks a group ------------------------------------------------------------


def test_events_16_delete_timeout_and_zero_unblock(clock, fifo):
    """Delete, visibility timeout expiry, visibility timeout 0."""
    queue = fifo(visibility_timeout=10)
    send(queue, "a1", "a2", "a3")
    [first] = queue.receive()
    queue.delete(first.handle)
    [second] = queue.receive()
    assert bodies([second]) == ["a2"]
    queue.change_visibility(second.handle, 0)
    assert bodies(queue.receive()) == ["a2"]
    assert queue.receive() == []
    clock.wait(10)
    assert bodies(queue.receive(10)) == ["a2", "a3"]


def test_events_16_a_visibility_timeout_of_zero_frees_only_its_message(fifo):
    """Recorded: a1, a2 in flight, a1 set to 0; then b1 and a1 come, a2 does not."""
    queue = fifo()
    send(queue, "a1", "a2", "b1")
    first, _ = queue.receive(2)
    queue.change_visibility(first.handle, 0)
    assert bodies(queue.receive(3)) == ["b1", "a1"]


def test_events_16_the_move_to_the_dlq_unblocks(clock, fifo):
    """... and breaks the order: the next message of the group is delivered."""
    queue = fifo(max_receive_count=1, visibility_timeout=10)
    send(queue, "a1", "a2")
    queue.receive()
    clock.wait(10)
    assert bodies(queue.receive(10)) == ["a2"]


def test_events_16_retention_unblocks_too(clock, fifo, background):
    """A message in flight that grows too old is gone, and its group goes on."""
    queue = fifo(retention=60, visibility_timeout=600)
    send(queue, "a1")
    queue.receive()
    clock.wait(10)
    send(queue, "a2")
    result = background(queue.poll(wait=60))
    clock.wait(60)
    assert bodies(result[0]) == ["a2"]
    assert result[0][0].received == 60


def test_events_16_a_waiting_poll_is_woken_at_once_by_a_delete(clock, fifo, background):
    """Recorded: the long poll returns when the message before is deleted."""
    queue = fifo()
    send(queue, "a1", "a2")
    [first] = queue.receive()
    result = background(queue.poll(wait=20))
    clock.wait(3)
    assert result == []
    queue.delete(first.handle)
    clock.wait(0)
    assert bodies(result[0]) == ["a2"]


# -- events-17: how far SQS looks ----------------------------------------------------------------


def test_events_17_the_limit_is_120_000():
    """20,000 before November 2024."""
    assert groups_module.SCAN_LIMIT == 120_000


@pytest.fixture
def scan_of_4(monkeypatch):
    """A scan of four messages in place of 120,000."""
    monkeypatch.setattr(groups_module, "SCAN_LIMIT", 4)


@pytest.mark.usefixtures("scan_of_4")
def test_events_17_a_big_backlog_in_one_group_hides_other_groups(fifo):
    """Five messages of one group: the group behind them is out of sight."""
    queue = fifo()
    send(queue, "a1", "a2", "a3", "a4", "a5", "b1")
    [first] = queue.receive()
    assert queue.receive(10) == []
    queue.delete(first.handle)
    [second] = queue.receive()
    assert bodies([second]) == ["a2"]
    assert queue.receive(10) == []
    queue.delete(second.handle)
    assert bodies(queue.receive(10)) == ["b1", "a3", "a4", "a5"]


@pytest.mark.usefixtures("scan_of_4")
def test_events_17_a_delete_wakes_a_poll_that_waits_for_a_hidden_group(clock, fifo, background):
    """The scan reaches one message further for each that leaves."""
    queue = fifo()
    send(queue, "a1", "a2", "a3", "a4", "b1")
    [first] = queue.receive()
    result = background(queue.poll(max_messages=1, wait=20))
    clock.wait(1)
    assert result == []
    queue.delete(first.handle)
    clock.wait(0)
    assert bodies(result[0]) == ["b1"]


@pytest.mark.usefixtures("scan_of_4")
def test_events_17_messages_that_left_or_wait_out_of_sight_are_not_lost(clock, fifo):
    """Delayed and expired ones beyond the scan, too."""
    queue = fifo(retention=100, delay=5)
    send(queue, "a1", "a2", "a3")
    clock.wait(60)
    send(queue, "b1", "c1", "d1", "d2")
    clock.wait(40)
    assert queue.counts() == (4, 0, 0)
    assert bodies(queue.receive(10)) == ["b1", "c1", "d1", "d2"]


# -- events-18: ReceiveRequestAttemptId -----------------------------------------------------------


def test_events_18_a_retry_gives_the_same_messages_and_handles(clock, fifo):
    """... while they are in flight; nothing is counted twice."""
    queue = fifo(visibility_timeout=30)
    send(queue, "a1", "a2", "b1")
    first = queue.receive(2, attempt_id="try")
    clock.wait(20)
    again = queue.receive(2, attempt_id="try")
    assert [r.handle for r in again] == [r.handle for r in first]
    assert [r.message.receive_count for r in again] == [1, 1]
    assert queue.receive(10, attempt_id="another") != again


def test_events_18_a_retry_resets_the_visibility_timeout(clock, fifo):
    """It runs anew from the retry."""
    queue = fifo(visibility_timeout=30)
    send(queue, "a1")
    queue.receive(attempt_id="try")
    clock.wait(20)
    [receipt] = queue.receive(attempt_id="try")
    clock.wait(29)
    assert queue.receive() == []
    queue.delete(receipt.handle)
    assert len(queue) == 0


def test_events_18_an_attempt_id_is_valid_for_five_minutes(clock, fifo):
    """From the first receive; then it is an id like any other."""
    queue = fifo(visibility_timeout=3600)
    send(queue, "a1", "b1")
    first = queue.receive(attempt_id="try")
    clock.wait(299)
    assert queue.receive(attempt_id="try") == first
    clock.wait(1)
    assert bodies(queue.receive(attempt_id="try")) == ["b1"]


@pytest.mark.parametrize("touch", ["delete", "change", "expire", "again", "purge"])
def test_events_18_no_retry_of_messages_that_were_touched(clock, fifo, touch):
    """Deleted, visibility changed, run out: the call is an ordinary receive."""
    queue = fifo(visibility_timeout=30)
    send(queue, "a1", "a2")
    first, second = queue.receive(2, attempt_id="try")
    clock.wait(1)
    if touch == "delete":
        queue.delete(first.handle)
    elif touch == "change":
        queue.change_visibility(first.handle, 60)
    elif touch == "expire":
        clock.wait(30)
    elif touch == "again":
        queue.change_visibility(first.handle, 0)
        queue.change_visibility(second.handle, 0)
        queue.receive(2, visibility_timeout=29)  # somebody else, until the same moment
    else:
        queue.purge()
    send(queue, "b1")
    again = queue.receive(10, attempt_id="try")
    expected = ["a1", "a2", "b1"] if touch == "expire" else ["b1"]
    assert bodies(again) == expected
    assert first.handle not in [receipt.handle for receipt in again]


def test_events_18_an_empty_receive_is_not_repeated(fifo):
    """Nothing received is nothing to repeat."""
    queue = fifo()
    assert queue.receive(attempt_id="try") == []
    send(queue, "a1")
    assert bodies(queue.receive(attempt_id="try")) == ["a1"]


def test_events_18_standard_queues_ignore_the_attempt_id(standard):
    """FIFO only."""
    queue = standard()
    queue.send("a")
    queue.send("b")
    assert bodies(queue.receive(attempt_id="try")) == ["a"]
    assert bodies(queue.receive(attempt_id="try")) == ["b"]


# -- events-19: throughput -----------------------------------------------------------------------


def test_events_19_300_calls_a_second_for_each_action(clock, fifo):
    """3,000 messages with batches of ten; over the quota: ThrottlingException."""
    queue = fifo(knobs=Knobs(fifo_quotas=True))
    for _ in range(300):
        queue.charge("SendMessage", {"a"})
    with refused("ThrottlingException", "Rate exceeded"):
        queue.charge("SendMessage", {"b"})
    queue.charge("DeleteMessage")
    clock.wait(1)
    queue.charge("SendMessage", {"b"})


def test_events_19_high_throughput_counts_by_message_group(fifo):
    """FifoThroughputLimit=perMessageGroupId: 300 a second for each group."""
    queue = fifo(knobs=Knobs(fifo_quotas=True), throughput_limit="perMessageGroupId")
    for _ in range(300):
        queue.charge("SendMessage", {"a"})
    with refused("ThrottlingException", "Rate exceeded"):
        queue.charge("SendMessage", {"a", "b"})
    for _ in range(300):
        queue.charge("SendMessage", {"b"})
    for _ in range(1000):
        queue.charge("ReceiveMessage")


def test_events_19_high_throughput_ends_at_70_000_calls_a_second(fifo):
    """Of the largest Regions."""
    queue = fifo(knobs=Knobs(fifo_quotas=True), throughput_limit="perMessageGroupId")
    for _ in range(70_000):
        queue.charge("ReceiveMessage")
    with refused("ThrottlingException", "Rate exceeded"):
        queue.charge("ReceiveMessage")


def test_events_19_quotas_are_a_switch_and_off_by_default(fifo, standard):
    """Standard queues have no quota that matters."""
    for queue in (fifo(), standard(knobs=Knobs(fifo_quotas=True))):
        for _ in range(1000):
            queue.charge("SendMessage", {"a"})
