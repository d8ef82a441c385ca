"""Names of queues over time (events-22)."""

from patternlab.delivery import Knobs, QueueNames
from tests.delivery.shared import refused


def test_events_22_a_deleted_queues_name_is_free_again_after_60_seconds(clock):
    """With the knob turned; AWS's code."""
    names = QueueNames(clock, Knobs(name_reuse_lag=60))
    names.create("orders")
    names.delete("orders")
    clock.wait(59)
    with refused("AWS.SimpleQueueService.QueueDeletedRecently", "60 seconds"):
        names.create("orders")
    names.create("another")
    clock.wait(1)
    names.create("orders")


def test_events_22_a_new_queue_is_usable_after_a_second(clock):
    """Usable >= 1 s after create."""
    names = QueueNames(clock, Knobs(creation_lag=1))
    names.create("orders")
    with refused("AWS.SimpleQueueService.NonExistentQueue"):
        names.check_usable("orders")
    clock.wait(1)
    names.check_usable("orders")


def test_events_22_without_the_knobs_names_are_free_at_once(clock):
    """Off by default: notebooks delete and create queues all the time."""
    names = QueueNames(clock)
    names.create("orders")
    names.check_usable("orders")
    names.delete("orders")
    names.create("orders")
