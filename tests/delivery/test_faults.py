"""Faults to order: EC2 without capacity."""

import pytest

from patternlab.clock import VirtualClock
from patternlab.delivery.faults import Outages


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def faults(clock):
    return Outages(clock)


def test_a_type_lacks_capacity_in_one_zone_for_a_time(clock, faults):
    faults.no_capacity("c5n.18xlarge", "us-east-1a", minutes=30)
    assert faults.lacks("c5n.18xlarge", "us-east-1a")
    assert not faults.lacks("c5n.18xlarge", "us-east-1b")
    assert not faults.lacks("c5n.9xlarge", "us-east-1a")
    clock.wait(30 * 60)
    assert not faults.lacks("c5n.18xlarge", "us-east-1a")


def test_without_a_zone_it_lacks_everywhere_from_when_it_starts(clock, faults):
    faults.no_capacity("p5.48xlarge", hours=1, starts_in=60)
    assert not faults.lacks("p5.48xlarge", "us-east-1a")
    clock.wait(60)
    assert faults.lacks("p5.48xlarge", "us-east-1a") and faults.lacks("p5.48xlarge", "us-west-2b")
    faults.clear()
    assert not faults.lacks("p5.48xlarge", "us-east-1a")


def test_a_fault_needs_a_length(faults):
    with pytest.raises(ValueError, match="length"):
        faults.no_capacity("c5n.18xlarge")
