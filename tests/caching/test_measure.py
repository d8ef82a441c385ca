"""How long calls take is an array of seconds."""

import time

import pytest

from patternlab.caching.measure import measure
from patternlab.caching.stampede import Counted


def test_each_call_is_timed_and_the_first_ones_are_not_counted(monkeypatch):
    ticks = iter([0.0, 0.5, 0.75, 2.0])
    monkeypatch.setattr(time, "perf_counter", lambda: next(ticks))
    call = Counted(lambda: None)

    seconds = measure(call, n=3, warm_up=2)

    assert call.calls == 5
    assert seconds.tolist() == [0.5, 0.25, 1.25]


@pytest.mark.parametrize("settings", [{"n": 0}, {"n": 1.5}, {"n": True}, {"warm_up": -1}])
def test_wrong_counts_are_refused(settings):
    ((name, number),) = settings.items()
    with pytest.raises(ValueError, match=f"{name} .* {number}"):
        measure(lambda: None, **settings)
