"""Fair queues (events-21)."""

import pytest

from patternlab.delivery import Knobs
from patternlab.delivery.sqs import fair
from patternlab.delivery.sqs.lifecycle import first_visible

#: Processing time is not measured, so that only messages in flight count.
BY_NUMBER = Knobs(fair_window=0)


def groups(receipts):
    return "".join(receipt.message.group or "-" for receipt in receipts)


def send(queue, group, count):
    for i in range(count):
        queue.send(f"{group}{i}", group=group)


def receive(queue, count):
    return [receipt for _ in range(count) for receipt in queue.receive()]


def test_events_21_a_noisy_tenants_messages_wait_for_the_quiet_ones(standard):
    """Noisy: > 10 % of the messages in flight and >= 30 of its own."""
    queue = standard(knobs=BY_NUMBER)
    send(queue, "n", 1000)
    send(queue, "q", 3)
    assert groups(receive(queue, 34)) == "n" * 30 + "qqq" + "n"


def test_events_21_below_30_in_flight_nobody_is_noisy(standard):
    """29 of 29 in flight: still quiet."""
    queue = standard(knobs=BY_NUMBER)
    send(queue, "n", 29)
    receive(queue, 29)
    send(queue, "n", 1)
    send(queue, "q", 1)
    assert groups(receive(queue, 2)) == "nq"


def test_events_21_up_to_10_percent_nobody_is_noisy(standard):
    """30 of 300 in flight are not *more* than 10 %; of 299 they are."""
    for others, expected in ((270, "nq"), (269, "qn")):
        queue = standard(knobs=BY_NUMBER)
        for i in range(others):
            queue.send(str(i))
        send(queue, "n", 30)
        receive(queue, others + 30)
        send(queue, "n", 1)
        send(queue, "q", 1)
        assert groups(receive(queue, 2)) == expected


def test_events_21_nothing_is_throttled(standard):
    """With no quiet message waiting a noisy tenant is served as ever."""
    queue = standard(knobs=BY_NUMBER)
    send(queue, "n", 100)
    assert groups(receive(queue, 100)) == "n" * 100


def test_events_21_of_several_noisy_tenants_the_one_with_fewer_in_flight_comes_first(standard):
    """Balances them."""
    queue = standard(knobs=BY_NUMBER)
    for group, count in (("a", 40), ("b", 35)):
        send(queue, group, count)
    receive(queue, 75)
    send(queue, "a", 3)
    send(queue, "b", 7)
    # b has 35 in flight and a has 40: b until they are level, then in turns.
    assert groups(receive(queue, 10)) == "bbbbb" + "ababa"


def test_events_21_a_tenant_that_used_up_its_backlog_is_quiet_again(standard):
    """Deleted: what comes later is treated as anybody's."""
    queue = standard(knobs=BY_NUMBER)
    send(queue, "n", 31)
    for receipt in receive(queue, 31):
        queue.delete(receipt.handle)
    send(queue, "n", 1)
    send(queue, "q", 1)
    assert groups(receive(queue, 2)) == "nq"


def test_events_21_a_tenant_that_sent_nothing_for_5_minutes_is_quiet_again(clock, standard):
    """Its remaining backlog is served in turn."""
    queue = standard(knobs=BY_NUMBER, visibility_timeout=3600)
    send(queue, "n", 33)
    receive(queue, 30)
    clock.wait(299)
    send(queue, "q", 1)
    assert groups(receive(queue, 1)) == "q"
    clock.wait(1)
    send(queue, "q", 1)
    assert groups(receive(queue, 4)) == "nnnq"


def test_events_21_more_than_10_percent_of_the_processing_time_is_noisy_too(clock, standard):
    """A tenant with few, slow messages."""
    queue = standard()
    for i in range(11):
        queue.send(str(i))
    send(queue, "s", 1)
    quick = receive(queue, 11)
    slow = receive(queue, 1)
    clock.wait(1)
    for receipt in quick:
        queue.delete(receipt.handle)
    send(queue, "s", 1)
    send(queue, "q", 1)
    clock.wait(0.1)
    assert groups(receive(queue, 1)) == "s"  # 1.1 s of 12.1 s: not more than 10 %
    send(queue, "s", 1)
    clock.wait(10)
    send(queue, "r", 1)
    assert groups(receive(queue, 3)) == "qrs"
    assert slow


def test_events_21_messages_without_a_group_are_never_noisy(standard):
    """Each is a tenant of its own."""
    queue = standard(knobs=BY_NUMBER)
    for i in range(50):
        queue.send(str(i))
    send(queue, "q", 1)
    assert groups(receive(queue, 51)) == "-" * 50 + "q"


def test_events_21_there_is_no_order_no_lock_and_no_sequence_number(standard):
    """Messages of one group are processed in parallel."""
    queue = standard()
    send(queue, "g", 3)
    receipts = receive(queue, 3)
    assert len(receipts) == 3
    assert all(receipt.message.sequence is None for receipt in receipts)


@pytest.mark.parametrize("backlog", [100, 2_000])
def test_a_receive_looks_at_no_more_messages_with_a_longer_backlog(monkeypatch, standard, backlog):
    """Counted in looks at the heads of lines, not in seconds."""
    looks = []
    monkeypatch.setattr(
        fair, "first_visible", lambda *args: looks.append(1) or first_visible(*args)
    )
    queue = standard(knobs=BY_NUMBER)
    for group in "abcdefgh":
        send(queue, group, backlog)
    send(queue, "q", 1)
    receive(queue, 300)
    looks.clear()
    queue.receive()
    assert len(looks) < 60
