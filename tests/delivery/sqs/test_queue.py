"""What standard and FIFO queues have in common."""

from patternlab.delivery import Knobs
from patternlab.delivery.sqs import lifecycle as lifecycle_module
from tests.delivery.shared import bodies, refused

# -- events-1: visibility timeout ----------------------------------------------------------------


def test_events_1_a_received_message_is_hidden_until_its_visibility_timeout_ends(clock, make):
    """Hidden from receive until the timeout expires; by default after 30 seconds."""
    queue = make()
    queue.send("a")
    assert bodies(queue.receive()) == ["a"]
    clock.wait(29.999)
    assert queue.receive() == []
    clock.wait(0.001)
    assert bodies(queue.receive()) == ["a"]


def test_events_1_a_deleted_message_never_comes_back(clock, make):
    """... or is deleted."""
    queue = make()
    queue.send("a")
    queue.delete(queue.receive()[0].handle)
    clock.wait(3600)
    assert queue.receive() == []
    assert len(queue) == 0


def test_events_1_the_timeout_can_be_given_per_receive(clock, make):
    """Per queue, per receive, or with ChangeMessageVisibility."""
    queue = make(visibility_timeout=30)
    queue.send("a")
    queue.receive(visibility_timeout=5)
    clock.wait(5)
    assert bodies(queue.receive()) == ["a"]


def test_events_1_timeout_zero_shows_the_message_at_once(make):
    """0 = visible at once, with a receive and with ChangeMessageVisibility."""
    queue = make()
    queue.send("a")
    assert bodies(queue.receive(visibility_timeout=0)) == ["a"]
    [receipt] = queue.receive()
    queue.change_visibility(receipt.handle, 0)
    assert bodies(queue.receive()) == ["a"]


def test_events_1_a_change_counts_from_the_call(clock, make):
    """ChangeMessageVisibility counts from the call, not from the receive."""
    queue = make(visibility_timeout=60)
    queue.send("a")
    [receipt] = queue.receive()
    clock.wait(15)
    queue.change_visibility(receipt.handle, 10)
    clock.wait(9.9)
    assert queue.receive() == []
    clock.wait(0.1)
    assert bodies(queue.receive()) == ["a"]


def test_events_1_a_change_is_not_remembered_for_the_next_receive(clock, make):
    """The next receive starts with the queue's timeout again."""
    queue = make(visibility_timeout=30)
    queue.send("a")
    queue.change_visibility(queue.receive()[0].handle, 0)
    queue.receive()
    clock.wait(29)
    assert queue.receive() == []


def test_events_1_a_message_is_in_flight_for_twelve_hours_at_most(clock, make):
    """Total in-flight life <= 43,200 s from the receive; more is refused, not cut short."""
    queue = make(visibility_timeout=3600)
    queue.send("a")
    [receipt] = queue.receive()
    clock.wait(600)
    queue.change_visibility(receipt.handle, 42_600)
    with refused("InvalidParameterValue", 43_200):
        queue.change_visibility(receipt.handle, 42_601)
    clock.wait(42_599)
    assert queue.receive() == []
    clock.wait(1)
    assert bodies(queue.receive()) == ["a"]


def test_events_1_heartbeats_keep_a_message_hidden(clock, make):
    """Recorded: a timeout of 2 s, extended each second, keeps it hidden."""
    queue = make(visibility_timeout=2)
    queue.send("a")
    [receipt] = queue.receive()
    for _ in range(4):
        clock.wait(1)
        queue.change_visibility(receipt.handle, 2)
        assert queue.receive() == []
    clock.wait(2)
    assert bodies(queue.receive()) == ["a"]


# -- events-2 and events-3: receipt handles -------------------------------------------------------


def test_events_2_deleting_twice_is_no_error(make):
    """Recorded: DeleteMessage with the handle of a deleted message succeeds."""
    queue = make()
    queue.send("a")
    [receipt] = queue.receive()
    queue.delete(receipt.handle)
    queue.delete(receipt.handle)


def test_events_2_the_visibility_of_a_deleted_message_cannot_be_changed(make):
    """Recorded, with these words."""
    queue = make()
    queue.send("a")
    [receipt] = queue.receive()
    queue.delete(receipt.handle)
    words = "Message does not exist or is not available for visibility timeout change."
    with refused("InvalidParameterValue", receipt.handle, words):
        queue.change_visibility(receipt.handle, 10)


def test_events_2_a_handle_the_queue_never_gave_out_is_refused(make):
    """Recorded for garbage; the same for a handle of another queue, or of a receive to come."""
    queue, other = make("one"), make("other")
    queue.send("a")
    other.send("b")
    [receipt], [foreign] = queue.receive(), other.receive()
    future = receipt.handle[:-6] + "000002"
    unsent = receipt.handle[:-16] + "00000000ff000001"
    for handle in ("garbage", "", foreign.handle, future, unsent):
        for operation in (queue.delete, lambda h: queue.change_visibility(h, 10)):
            words = f'The input receipt handle "{handle}" is not a valid receipt handle.'
            with refused("ReceiptHandleIsInvalid", words):
                operation(handle)


def test_events_3_every_receive_gives_a_new_handle_and_counts_one_more(make):
    """ApproximateReceiveCount starts at 1."""
    queue = make()
    queue.send("a")
    receipts = [queue.receive(visibility_timeout=0)[0] for _ in range(3)]
    assert [receipt.receive_count for receipt in receipts] == [1, 2, 3]
    assert len({receipt.handle for receipt in receipts}) == 3


def test_events_3_the_first_receive_is_remembered(clock, make):
    """ApproximateFirstReceiveTimestamp is the first receive's."""
    queue = make(visibility_timeout=10)
    queue.send("a")
    clock.wait(5)
    queue.receive()
    clock.wait(10)
    [again] = queue.receive()
    assert (again.message.first_received, again.received) == (5, 15)


# -- events-6: retention -------------------------------------------------------------------------


def test_events_6_a_message_is_kept_for_four_days_by_default(clock, make):
    """345,600 s, counted from when it was enqueued."""
    queue = make()
    queue.send("a")
    clock.wait(345_599)
    assert bodies(queue.receive(visibility_timeout=0)) == ["a"]
    clock.wait(1)
    assert queue.receive() == []
    assert len(queue) == 0


def test_events_6_retention_removes_messages_in_flight_and_delayed_too(clock, make):
    """Recorded: retention does not wait for a consumer."""
    queue = make(retention=60, visibility_timeout=600)
    queue.send("in flight")
    queue.receive()
    queue.set_delay(600)
    queue.send("delayed")
    clock.wait(60)
    queue.settle()
    assert len(queue) == 0
    assert queue.counts() == (0, 0, 0)


def test_events_6_a_shorter_retention_holds_for_messages_already_there(clock, make):
    """A change of MessageRetentionPeriod reaches existing messages, in both directions."""
    queue = make(retention=600)
    queue.send("a")
    clock.wait(100)
    queue.send("b")
    queue.change(retention=1200)
    clock.wait(600)
    assert queue.counts() == (2, 0, 0)
    queue.change(retention=650)
    assert bodies(queue.receive(10)) == ["b"]


# -- events-9: long polling ----------------------------------------------------------------------


def test_events_9_a_long_poll_returns_as_soon_as_a_message_arrives(clock, make, background):
    """... and not at the end of its wait."""
    queue = make()
    result = background(queue.poll(wait=20))
    clock.wait(7)
    assert result == []
    queue.send("a")
    clock.wait(0)
    assert bodies(result[0]) == ["a"]
    assert result[0][0].received == 7


def test_events_9_a_long_poll_of_an_empty_queue_ends_after_its_wait(clock, make, background):
    """An empty answer after WaitTimeSeconds."""
    result = background(make().poll(wait=20))
    clock.wait(19.9)
    assert result == []
    clock.wait(0.1)
    assert result == [[]]


def test_events_9_a_long_poll_sees_messages_whose_time_comes_while_it_waits(
    clock, make, background
):
    """The end of a visibility timeout wakes it."""
    queue = make(visibility_timeout=5)
    queue.send("a")
    queue.receive()
    result = background(queue.poll(wait=20))
    clock.wait(20)
    assert result[0][0].received == 5


def test_events_9_a_waiting_poll_is_woken_by_what_was_sent_after_a_false_alarm(
    clock, make, background
):
    """A timer that came to nothing (its message was deleted) must not leave the poll asleep."""
    queue = make(visibility_timeout=2, delay=0)
    queue.send("a")
    [receipt] = queue.receive()
    result = background(queue.poll(wait=20))
    clock.wait(1)
    queue.delete(receipt.handle)
    queue.set_delay(4)
    clock.wait(2)
    queue.send("b")
    clock.wait(20)
    assert bodies(result[0]) == ["b"]
    assert result[0][0].received == 7


def test_events_9_one_poll_gets_the_message_and_the_other_waits_on(clock, make, background):
    """Two polls wait; one message comes."""
    queue = make()
    first, second = (background(queue.poll(wait=20)) for _ in range(2))
    clock.wait(1)
    queue.send("a")
    clock.wait(19)
    assert bodies(first[0]) == ["a"]
    assert second == [[]]


def test_events_9_up_to_ten_messages_and_one_by_default(make):
    """MaxNumberOfMessages."""
    queue = make()
    for i in range(12):
        queue.send(str(i), group=str(i))
    assert bodies(queue.receive()) == ["0"]
    assert bodies(queue.receive(10)) == [str(i) for i in range(1, 11)]


# -- events-10: delay ----------------------------------------------------------------------------


def test_events_10_the_queue_delay_hides_a_new_message(clock, make):
    """DelaySeconds of the queue."""
    queue = make(delay=60)
    queue.send("a")
    assert queue.counts() == (0, 0, 1)
    clock.wait(59.9)
    assert queue.receive() == []
    clock.wait(0.1)
    assert bodies(queue.receive()) == ["a"]


# -- events-11: messages in flight ---------------------------------------------------------------


def test_events_11_the_limit_is_120_000():
    """~120,000 per queue, standard and FIFO."""
    assert lifecycle_module.IN_FLIGHT_LIMIT == 120_000


# -- events-22: the control plane's lag -----------------------------------------------------------


def test_events_22_purge_drops_what_is_visible_in_flight_and_delayed(clock, make):
    """Recorded: messages in flight and delayed ones do not come back after a purge."""
    queue = make(visibility_timeout=3)
    queue.send("in flight")
    queue.receive()
    queue.send("visible", group="other")
    queue.change(delay=2)
    queue.send("delayed", group="third")
    queue.purge()
    assert queue.counts() == (0, 0, 0)
    clock.wait(10)
    assert queue.receive() == []
    queue.set_delay(0)
    queue.send("new")
    assert bodies(queue.receive()) == ["new"]


def test_events_22_a_second_purge_within_a_minute_is_refused(clock, make):
    """Recorded code and words; after 60 s it works again."""
    queue = make()
    queue.purge()
    clock.wait(59)
    words = f"Only one PurgeQueue operation on {queue.name} is allowed every 60 seconds."
    with refused("AWS.SimpleQueueService.PurgeQueueInProgress", words):
        queue.purge()
    clock.wait(1)
    queue.purge()


def test_events_22_a_purge_may_take_up_to_60_seconds(clock, make):
    """With the knob turned, messages sent before can still be received until it is done."""
    queue = make(knobs=Knobs(purge_lag=60))
    queue.send("before")
    queue.purge()
    assert bodies(queue.receive(visibility_timeout=0)) == ["before"]
    queue.send("after")
    clock.wait(60)
    assert bodies(queue.receive(10)) == ["after"]


def test_events_22_attributes_may_take_up_to_60_seconds(clock, make):
    """SetQueueAttributes <= 60 s: with the knob turned, receives still use the old value."""
    queue = make(knobs=Knobs(attribute_lag=60), visibility_timeout=10)
    queue.send("a")
    queue.change(visibility_timeout=100, delay=5)
    queue.receive()
    clock.wait(10)
    assert bodies(queue.receive(visibility_timeout=0)) == ["a"]
    clock.wait(50)
    assert queue.delay == 5
    queue.receive()
    clock.wait(99)
    assert queue.receive() == []


def test_events_22_retention_may_take_up_to_15_minutes(clock, make):
    """MessageRetentionPeriod has a lag of its own."""
    queue = make(knobs=Knobs(retention_lag=900))
    queue.send("a")
    queue.change(retention=60)
    clock.wait(899)
    assert queue.counts() == (1, 0, 0)
    clock.wait(1)
    queue.settle()
    assert len(queue) == 0


def test_events_22_counters_may_be_a_minute_old(clock, make):
    """With the knob turned, the Approximate... attributes lag; without it they are exact."""
    queue, exact = make("lagging", knobs=Knobs(counter_lag=60)), make("exact")
    assert queue.counts() == exact.counts() == (0, 0, 0)
    for each in (queue, exact):
        each.send("a")
    assert queue.counts() == (0, 0, 0)
    assert exact.counts() == (1, 0, 0)
    clock.wait(60)
    assert queue.counts() == (1, 0, 0)


# -- no row: promises of our own -------------------------------------------------------------------


def test_next_due_is_the_next_moment_that_matters(clock, make):
    queue = make(visibility_timeout=30, retention=3600)
    assert queue.next_due() == float("inf")
    queue.send("a")
    assert queue.next_due() == 3600
    [receipt] = queue.receive()
    assert queue.next_due() == 30
    queue.delete(receipt.handle)
    assert queue.next_due() == float("inf")


def test_two_queues_of_one_seed_still_give_out_different_ids_and_handles(make):
    one, other = make("one"), make("other")
    assert one.send("a").id != other.send("a").id
    assert one.receive()[0].handle != other.receive()[0].handle


def test_the_same_seed_gives_the_same_ids(standard):
    assert standard("orders").send("a").id == standard("orders").send("a").id
