"""The kernels for the common case give what the general ones do, field for field."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patternlab.caching.simulator import simulate as simulator
from patternlab.caching.simulator.kernels import lru, serve
from patternlab.caching.simulator.simulate import Layer, hierarchy, simulate
from patternlab.caching.traces.trace import Trace, Updates
from patternlab.caching.workloads import zipf

OBJECTS = 12
EXAMPLES = settings(deadline=None, max_examples=150)
# Quarters of seconds are exact in binary, and meet the border of a TTL often.
gaps = st.integers(0, 12).map(lambda quarters: quarters / 4)
ttls = st.none() | st.integers(1, 60).map(lambda quarters: quarters / 4)
limits = st.none() | st.integers(1, OBJECTS + 2)


@st.composite
def traces(draw):
    steps = draw(st.lists(st.tuples(gaps, st.integers(0, OBJECTS - 1)), min_size=1, max_size=200))
    time = np.cumsum([gap for gap, _ in steps])
    return Trace(time, np.array([key for _, key in steps]), objects=OBJECTS)


@st.composite
def stacks(draw):
    counts = draw(st.sampled_from([[1], [1, 1], [3], [3, 1], [8, 1], [4, 2, 1], [3, 2], [5, 3, 2]]))
    return [
        Layer(f"layer {at}", draw(ttls), capacity=draw(limits), nodes=nodes)
        for at, nodes in enumerate(counts)
    ]


def asked_of(module, *names):
    """Count the calls of a module's functions, for as long as the block lasts."""
    calls = []
    patch = pytest.MonkeyPatch()
    for name in names:
        real = getattr(module, name)
        patch.setattr(module, name, lambda *a, real=real, name=name: (calls.append(name), real(*a)))
    return calls, patch


def both(trace, stack, **more):
    """The layers' results from the quick kernels, and from the general ones."""
    calls, patch = asked_of(lru, "serve_lru", "serve_lru_layers")
    with pytest.MonkeyPatch.context() as general:
        quick = hierarchy(trace, stack, **more)
        assert len(calls) == 1
        general.setattr(simulator, "_is_plain", lambda *_: False)
        slow = hierarchy(trace, stack, **more)
        assert len(calls) == 1
    patch.undo()
    return quick, slow


def same(quick, slow):
    for one, other in zip(quick, slow, strict=True):
        for field in dataclasses.fields(one):
            ours, theirs = getattr(one, field.name), getattr(other, field.name)
            np.testing.assert_array_equal(ours, theirs, field.name)
            assert type(ours) is type(theirs)


@EXAMPLES
@given(traces(), ttls, limits, gaps, st.integers(1, 9))
def test_one_cache_is_the_same(trace, ttl, capacity, warm_up, bins):
    same(*both(trace, [Layer(ttl=ttl, capacity=capacity)], warm_up=warm_up * 9, bins=bins))


@EXAMPLES
@given(traces(), stacks(), gaps, st.integers(1, 9), st.integers(0, 99))
def test_layers_are_the_same(trace, stack, warm_up, bins, seed):
    same(*both(trace, stack, warm_up=warm_up * 9, bins=bins, seed=seed))


@pytest.mark.parametrize("nodes", [[1], [6, 2, 1]])
def test_figures_are_the_same_to_the_last_bit_where_times_are_not_round(nodes):
    trace = zipf(30_000, 2000, 0.9, rate=70, seed=8)
    stack = [Layer(ttl=7.3, capacity=90 * at, nodes=n) for at, n in enumerate(nodes, 1)]
    same(*both(trace, stack, warm_up=33.3))


def test_an_answer_expires_at_the_end_of_its_ttl():
    trace = Trace(np.array([0, 9.75, 10]), [0, 0, 0])
    assert simulate(trace, ttl=10).hits == 1
    assert hierarchy(trace, [Layer(ttl=10), Layer(ttl=10)])[0].hits == 1


@pytest.mark.parametrize(
    "more",
    [
        {"policy": "sieve", "capacity": 2},
        {"ttl": 0},
        {"ttl": 1e-13},
        {"ttl": 5, "sliding": True},
        {"ttl": 5, "jitter": 0.1},
        {"ttl": 5, "stale_while_revalidate": 1},
        {"fetch_seconds": 1},
        {"capacity": 2, "unit": "bytes"},
        {"updates": Updates(np.array([1.0]), np.array([0]))},
        {"keep": True},
    ],
)
def test_what_is_not_the_common_case_goes_to_the_general_kernels(more):
    trace = Trace(np.array([0.0, 2000]), [0, 1])
    calls, patch = asked_of(serve, "serve_one", "serve_layers")
    simulate(trace, **more)
    patch.undo()
    assert len(calls) == 1


def test_sizes_and_the_age_header_go_to_the_general_kernels():
    sized = Trace(np.array([0.0, 1]), [0, 0], [5, 5])
    calls, patch = asked_of(serve, "serve_one", "serve_layers")
    assert simulate(sized).bytes == 10
    hierarchy(sized, [Layer(ttl=3, respects_age=True), Layer(ttl=9)])
    patch.undo()
    assert calls == ["serve_one", "serve_layers"]
