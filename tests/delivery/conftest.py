"""Queues on one virtual clock, for the tests of the delivery model."""

import pytest

from patternlab.clock import VirtualClock
from patternlab.delivery import FifoQueue, RedrivePolicy, StandardQueue


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def standard(clock):
    """Return a function that makes a standard queue; `max_receive_count` gives it a DLQ."""
    return _maker(clock, StandardQueue, "")


@pytest.fixture
def fifo(clock):
    """Return a function that makes a FIFO queue; `max_receive_count` gives it a DLQ."""
    return _maker(clock, FifoQueue, ".fifo")


def _maker(clock, kind, suffix):
    def make(name="orders", *, max_receive_count=None, dlq=None, **options):
        if max_receive_count is not None:
            dead = kind(clock, f"{name}-dlq{suffix}", **(dlq or {}))
            options["redrive"] = RedrivePolicy(dead, max_receive_count)
        return kind(clock, name + suffix, **options)

    return make


@pytest.fixture(params=["standard", "fifo"])
def make(request):
    """The maker of a standard queue, then of a FIFO queue."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def background(clock):
    """Return a function that starts a SimPy process and gives a list that will hold its result."""

    def start(generator):
        result = []

        def run():
            result.append((yield clock.env.process(generator)))

        clock.env.process(run())
        return result

    return start
