"""Really waiting, with an end and an interrupt, and logs that come late. Nothing here sleeps."""

import pytest

from patternlab.account.waiting import wait, wait_until, when_quiet


class Clock:
    """Time that passes only when somebody waits."""

    def __init__(self, slow=0.0):
        self.elapsed, self.slow, self.waits = 0.0, slow, []

    def wait(self, seconds):
        self.waits.append(seconds)
        self.elapsed += seconds + self.slow


def test_a_wait_lasts_as_long_as_asked_in_steps_of_a_second():
    clock = Clock()
    wait(clock, 2.5)
    assert clock.waits == [1.0, 1.0, 0.5]


def test_a_slow_machine_does_not_make_a_wait_longer_than_a_step():
    clock = Clock(slow=0.3)
    wait(clock, 10)
    assert 10 <= clock.elapsed < 10.5


def test_no_wait_is_negative():
    with pytest.raises(ValueError, match="-1"):
        wait(Clock(), -1)


def test_a_condition_is_asked_once_a_second_until_it_holds():
    clock, asked = Clock(), []
    assert wait_until(clock, lambda: asked.append(clock.elapsed) or clock.elapsed >= 3, 60)
    assert asked == [0.0, 1.0, 2.0, 3.0]


def test_a_condition_that_never_holds_ends_at_the_timeout():
    clock = Clock()
    assert not wait_until(clock, lambda: False, 5.5)
    assert clock.elapsed == 5.5


def test_an_interrupt_goes_through_and_leaves_no_bar_behind(capsys):
    class Interrupted(Clock):
        def wait(self, seconds):
            super().wait(seconds)
            if self.elapsed >= 3:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        wait(Interrupted(), 60)
    assert capsys.readouterr().err.endswith("\r")  # the line is free again


def test_what_a_condition_raises_is_the_learners_to_see():
    with pytest.raises(ZeroDivisionError):
        wait_until(Clock(), lambda: 1 / 0, 60)


def reader(sizes):
    """Reads tables of these lengths, the last one again and again."""
    left = list(sizes)
    return lambda: [None] * (left.pop(0) if len(left) > 1 else left[0])


def test_logs_are_read_until_they_are_quiet():
    slept = []
    found = when_quiet(reader([0, 2, 2, 5]), quiet=3, limit=60, sleep=slept.append)
    assert len(found) == 5 and sum(slept) == 6


def test_logs_that_never_end_are_read_up_to_the_limit():
    slept = []
    when_quiet(reader(range(1000)), quiet=3, limit=20, sleep=slept.append)
    assert sum(slept) == 20
