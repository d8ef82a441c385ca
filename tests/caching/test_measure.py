"""Latencies are arrays of seconds, and a table says their median and 99th percentile."""

import numpy as np
import pytest

from patternlab.caching import measure as module
from patternlab.caching.measure import latencies, measure
from patternlab.caching.stampede import Counted


def test_each_call_is_timed_and_the_first_ones_are_not_counted(monkeypatch):
    ticks = iter([0.0, 0.5, 0.75, 2.0])
    monkeypatch.setattr(module.time, "perf_counter", lambda: next(ticks))
    call = Counted(lambda: None)

    seconds = measure(call, n=3, warm_up=2)

    assert call.calls == 5
    assert seconds.tolist() == [0.5, 0.25, 1.25]


def test_real_calls_take_time():
    seconds = measure(lambda: sum(range(1000)), n=50)
    assert seconds.shape == (50,) and (seconds > 0).all()


def test_the_table_is_in_microseconds():
    table = latencies({"cache": np.arange(1, 102) * 1e-6, "query": [0.08]})

    assert list(table.index) == ["cache", "query"]
    assert table.loc["cache"].tolist() == pytest.approx([101, 51, 100])
    assert table.loc["query"].tolist() == pytest.approx([1, 80_000, 80_000])


@pytest.mark.parametrize("settings", [{"n": 0}, {"n": 1.5}, {"n": True}, {"warm_up": -1}])
def test_wrong_counts_are_refused(settings):
    with pytest.raises(ValueError, match="is a whole number from"):
        measure(lambda: None, **settings)


@pytest.mark.parametrize("nothing", [{}, {"cache": []}])
def test_nothing_measured_is_said(nothing):
    with pytest.raises(ValueError, match="There is no"):
        latencies(nothing)
