"""A trace holds arrays that a simulator can trust, or says in a sentence what is wrong."""

import numpy as np
import pytest

from patternlab.caching.errors import TraceError
from patternlab.caching.traces.trace import Trace, Updates


def test_lists_become_arrays_of_the_promised_types():
    trace = Trace([0, 1.5, 1.5], [2, 0, 2])

    assert (trace.time.dtype, trace.key.dtype, trace.size.dtype) == (float, np.int64, np.int64)
    assert trace.size.tolist() == [1, 1, 1]
    assert (len(trace), trace.objects, trace.duration) == (3, 3, 1.5)


def test_arrays_of_the_right_type_are_not_copied():
    time, key = np.arange(3.0), np.arange(3)

    trace = Trace(time, key)

    assert np.shares_memory(trace.time, time) and np.shares_memory(trace.key, key)


def test_names_become_ids_in_order_of_first_sight():
    trace = Trace.of([0, 1, 2], ["/b", "/a", "/b"], size=[10, 20, 10])

    assert trace.key.tolist() == [0, 1, 0]
    assert list(trace.names) == ["/b", "/a"]
    assert trace.size.tolist() == [10, 20, 10]


def test_ids_that_never_occur_still_count_as_objects():
    assert Trace([0.0], [1], objects=5).objects == 5


@pytest.mark.parametrize(
    "make, named",
    [
        (lambda: Trace([], []), "trace"),
        (lambda: Trace([0, np.nan], [0, 0]), "1 .* nan"),
        (lambda: Trace([0, np.inf], [0, 0]), "1 .* inf"),
        (lambda: Trace([-1, 0], [0, 0]), "0 .* -1"),
        (lambda: Trace([0, 2, 1], [0, 0, 0]), r"2 .* 1.* \(2\)"),
        (lambda: Trace([0, 1], [0]), "2 .* 1 .* 1"),
        (lambda: Trace([0], [-3]), "-3"),
        (lambda: Trace([0], [4], objects=4), r"4 .* 0\.\.3"),
        (lambda: Trace([0], [0.5]), "keys .* float64"),
        (lambda: Trace(["noon"], [0]), "times .* <U4"),
        (lambda: Trace([[0.0]], [0]), r"times .* \(1, 1\)"),
        (lambda: Trace([0], [0], [-5]), "0 .* -5"),
        (lambda: Trace([0], [0], names=["a", "b"], objects=1), "2 names .* 1"),
    ],
)
def test_what_cannot_be_a_trace_is_refused_with_a_sentence(make, named):
    with pytest.raises(TraceError, match=named):
        make()


def test_there_may_be_no_updates():
    assert len(Updates([], [])) == 0
    assert Updates([1, 2], [0, 0]).time.dtype == float


@pytest.mark.parametrize(
    "time, key, named",
    [
        ([2, 1], [0, 0], "1 .* 1"),
        ([1], [0, 0], "1 .* 2"),
        ([1], [-1], "-1"),
    ],
)
def test_what_cannot_be_updates_is_refused_with_a_sentence(time, key, named):
    with pytest.raises(TraceError, match=named):
        Updates(time, key)


def test_an_error_names_the_file_and_the_line_where_there_is_one():
    assert str(TraceError("It is cut off.", "a.log", 7)) == "a.log, line 7: It is cut off."
    assert str(TraceError("It is empty.", "a.log")) == "a.log: It is empty."
    assert str(TraceError("It is empty.")) == "It is empty."
