"""Names of queues over time (events-22)."""

import pytest

from patternlab.delivery import DeliveryError, Knobs, QueueNames


def test_events_22_a_deleted_queues_name_is_free_again_after_60_seconds(clock):
    """With the knob turned; AWS's code."""
    names = QueueNames(clock, Knobs(name_reuse_lag=60))
    names.create("orders")
    names.delete("orders")
    clock.wait(59)
    with pytest.raises(DeliveryError, match="wait 60 seconds after deleting a queue") as error:
        names.create("orders")
    assert error.value.code == "AWS.SimpleQueueService.QueueDeletedRecently"
    names.create("another")
    clock.wait(1)
    names.create("orders")


def test_events_22_a_new_queue_is_usable_after_a_second(clock):
    """Usable >= 1 s after create."""
    names = QueueNames(clock, Knobs(creation_lag=1))
    names.create("orders")
    with pytest.raises(DeliveryError, match="does not exist") as error:
        names.check_usable("orders")
    assert error.value.code == "AWS.SimpleQueueService.NonExistentQueue"
    clock.wait(1)
    names.check_usable("orders")


def test_events_22_without_the_knobs_names_are_free_at_once(clock):
    """Off by default: notebooks delete and create queues all the time."""
    names = QueueNames(clock)
    names.create("orders")
    names.check_usable("orders")
    names.delete("orders")
    names.create("orders")
