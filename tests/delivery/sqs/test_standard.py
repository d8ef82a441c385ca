"""What only standard queues do."""

import random

import pytest

from patternlab.delivery import Knobs
from patternlab.delivery.sqs import lifecycle as lifecycle_module
from patternlab.delivery.sqs import queue as queue_module
from patternlab.delivery.sqs import standard as standard_module
from tests.delivery.shared import bodies, refused


@pytest.fixture
def limit_of_3(monkeypatch):
    """A limit of three messages in flight in place of 120,000."""
    for module in (lifecycle_module, queue_module, standard_module):
        monkeypatch.setattr(module, "IN_FLIGHT_LIMIT", 3)


# -- events-2 ------------------------------------------------------------------------------------


def test_events_2_an_expired_handle_still_deletes_while_nobody_received_it_again(clock, standard):
    """Recorded: timeout 1 s, wait 2 s, delete with the old handle: the message is gone."""
    queue = standard(visibility_timeout=1)
    queue.send("a")
    [receipt] = queue.receive()
    clock.wait(2)
    queue.delete(receipt.handle)
    assert len(queue) == 0


def test_events_2_an_expired_handle_still_changes_the_visibility(clock, standard):
    """Recorded: ChangeMessageVisibility after the timeout succeeds and hides the message."""
    queue = standard(visibility_timeout=1)
    queue.send("a")
    [receipt] = queue.receive()
    clock.wait(2)
    queue.change_visibility(receipt.handle, 10)
    assert queue.counts() == (0, 1, 0)
    clock.wait(9)
    assert queue.receive() == []


def test_events_2_an_older_handle_deletes_nothing_and_says_nothing(standard):
    """With an old ReceiptHandle the request succeeds, but the message might not be deleted."""
    queue = standard()
    queue.send("a")
    [old] = queue.receive(visibility_timeout=0)
    [new] = queue.receive()
    queue.delete(old.handle)
    assert len(queue) == 1
    queue.delete(new.handle)
    assert len(queue) == 0


def test_events_2_an_older_handle_still_changes_the_visibility(standard):
    """Recorded: the handle of an earlier receive, timeout 0, shows the message at once."""
    queue = standard()
    queue.send("a")
    [old] = queue.receive(visibility_timeout=0)
    queue.receive(visibility_timeout=3)
    queue.change_visibility(old.handle, 0)
    assert bodies(queue.receive()) == ["a"]


# -- events-10 -----------------------------------------------------------------------------------


def test_events_10_a_message_can_have_a_delay_of_its_own(clock, standard):
    """Per message or per queue; 0 overrides the queue's."""
    queue = standard(delay=60)
    queue.send("now", delay=0)
    queue.send("soon", delay=5)
    queue.send("later")
    assert bodies(queue.receive(10)) == ["now"]
    clock.wait(5)
    assert bodies(queue.receive(10)) == ["soon"]


def test_events_10_a_change_of_the_queue_delay_is_not_retroactive(clock, standard):
    """Messages already in the queue keep the delay they were sent with."""
    queue = standard(delay=60)
    queue.send("old")
    queue.set_delay(0)
    queue.send("new")
    assert bodies(queue.receive(10)) == ["new"]
    clock.wait(60)
    assert "old" in bodies(queue.receive(10))


# -- events-11 -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("limit_of_3")
def test_events_11_a_short_poll_over_the_limit_is_an_error(standard):
    """Standard, short poll: OverLimit."""
    queue = standard()
    for i in range(5):
        queue.send(str(i))
    assert len(queue.receive(10, short_poll=True)) == 3
    with refused("OverLimit", 3):
        queue.receive(10, short_poll=True)


@pytest.mark.usefixtures("limit_of_3")
def test_events_11_a_long_poll_over_the_limit_returns_nothing(clock, standard, background):
    """Standard, long poll: nothing; and a delete lets it go on at once."""
    queue = standard()
    for i in range(5):
        queue.send(str(i))
    first = queue.receive(10)
    waiting, too_short = (background(queue.poll(wait=wait)) for wait in (20, 5))
    clock.wait(6)
    assert waiting == []
    assert too_short == [[]]
    queue.delete(first[0].handle)
    clock.wait(0)
    assert bodies(waiting[0]) == ["3"]


# -- events-20 -----------------------------------------------------------------------------------


def test_events_20_messages_come_in_the_order_of_sending_unless_a_knob_is_turned(clock, standard):
    """Best-effort order; recorded: a message whose timeout ran out comes before a younger one."""
    queue = standard(visibility_timeout=3)
    queue.send("1")
    queue.receive()
    clock.wait(1.5)
    queue.send("2")
    clock.wait(3)
    assert bodies(queue.receive(10)) == ["1", "2"]


def test_events_20_reordering_is_a_seeded_knob_that_loses_nothing(standard):
    """Reordering is rare; here in one message of two, by up to ten places."""
    sent = [str(i) for i in range(200)]
    orders = []
    for seed in (1, 1, 2):
        queue = standard(knobs=Knobs(reordering=0.5), rng=random.Random(seed))
        for body in sent:
            queue.send(body)
        orders.append([body for _ in range(20) for body in bodies(queue.receive(10))])
    assert orders[0] == orders[1] != orders[2]
    assert orders[0] != sent
    assert sorted(orders[0]) == sorted(sent)


def test_events_20_a_delete_may_be_lost_so_that_the_message_comes_again(clock, standard):
    """At least once: with the knob at 1 every delete is lost."""
    queue = standard(knobs=Knobs(duplicates=1.0))
    queue.send("a")
    queue.delete(queue.receive()[0].handle)
    clock.wait(30)
    assert queue.receive()[0].receive_count == 2


def test_events_9_a_short_poll_may_miss_messages_and_a_long_poll_does_not(standard):
    """A short poll samples a subset of servers: a knob, off by default."""
    queue = standard(knobs=Knobs(short_poll_miss=1.0))
    queue.send("a")
    queue.send("b")
    assert queue.receive(10, short_poll=True) == []
    assert queue.counts() == (2, 0, 0)
    assert bodies(queue.receive(10)) == ["a", "b"]
