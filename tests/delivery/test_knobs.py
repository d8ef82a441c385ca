"""The knobs: visible, seeded parameters for what AWS does not publish."""

import random

import pytest

from patternlab.clock import VirtualClock
from patternlab.delivery import Knobs, StandardQueue

#: Everything of events-72 for which "neutral" means that nothing happens.
OFF = ["idle_poll", "error_backoff", "duplicates", "reordering", "short_poll_miss", "s3_duplicates"]


@pytest.mark.parametrize("knob", OFF)
def test_events_72_what_aws_does_not_publish_is_off_by_default(knob):
    assert getattr(Knobs(), knob) == 0


def test_events_72_spreads_are_around_the_documented_wait_by_default():
    """Of SNS none; of asynchronous retries what was measured (events-42)."""
    assert Knobs().delivery_jitter == (1.0, 1.0)
    low, high = Knobs().async_retry_jitter
    assert low <= 65.24 / 60 <= high and low <= 126.22 / 120 <= high
    assert Knobs().s3_latency_spread == 0


def test_events_72_what_is_turned_on_is_seeded():
    """The same seed gives the same order, another seed another one."""

    def order(seed):
        knobs = Knobs(reordering=0.5)
        queue = StandardQueue(VirtualClock(), "q", knobs=knobs, rng=random.Random(seed))
        for n in range(20):
            queue.send(str(n))
        return [receipt.message.body for _ in range(20) for receipt in queue.receive()]

    assert order(1) == order(1)
    assert order(1) != order(2)
