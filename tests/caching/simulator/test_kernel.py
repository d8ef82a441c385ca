"""The compiled loops do what a plain reading of each policy, TTL and layer does, on any trace."""

import importlib.util
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patternlab.caching.simulator import compiling
from patternlab.caching.simulator.simulate import OUTCOMES, POLICIES, Layer, hierarchy
from patternlab.caching.traces.trace import Trace, Updates
from patternlab.paths import ROOT
from tests.caching.plain import replay

OBJECTS = 12
QUICK, DEEP = 15, pytest.param(150, marks=pytest.mark.deep)
# Quarters of seconds are exact in binary, so that both sides see the same borders.
gaps = st.integers(0, 24).map(lambda quarters: quarters / 4)
spans = st.integers(0, 60).map(lambda quarters: quarters / 4)


@st.composite
def traces(draw):
    steps = draw(st.lists(st.tuples(gaps, st.integers(0, OBJECTS - 1)), min_size=1, max_size=150))
    sizes = draw(st.lists(st.integers(0, 9), min_size=OBJECTS, max_size=OBJECTS))
    time = np.cumsum([gap for gap, _ in steps])
    key = np.array([key for _, key in steps])
    return Trace(time, key, np.array(sizes)[key], objects=OBJECTS)


@st.composite
def updates(draw):
    steps = draw(st.lists(st.tuples(gaps, st.integers(0, OBJECTS - 1)), max_size=20))
    time = np.cumsum([gap for gap, _ in steps], dtype=float)
    return Updates(time, np.array([key for _, key in steps], np.int64))


@st.composite
def layers(draw, nodes=1, timed=False):
    unit = draw(st.sampled_from(["objects", "bytes"]))
    most = 14 if unit == "objects" else 60
    return Layer(
        ttl=draw(st.none() | spans),
        policy=draw(st.sampled_from(sorted(POLICIES))),
        capacity=draw(st.none() | st.integers(1, most)),
        unit=unit,
        sliding=draw(st.booleans()),
        stale_while_revalidate=draw(st.just(0.0) | spans),
        fetch_seconds=draw(spans) if timed else 0.0,
        collapse=draw(st.booleans()),
        respects_age=draw(st.booleans()),
        drops_changed=draw(st.booleans()),
        nodes=nodes,
    )


@st.composite
def stacks(draw):
    counts = draw(st.sampled_from([[1], [1, 1], [3, 1], [4, 2, 1], [2, 2]]))
    timed = draw(st.booleans())
    return [draw(layers(nodes, timed)) for nodes in counts]


def agrees(trace, stack, entry, changes):
    """The fast pass and the plain one agree on each request and on what reached each layer."""
    fast = hierarchy(
        trace, stack, entry=np.array(entry), updates=changes, oversize="pass", keep=True
    )
    did, rows = replay(trace, stack, entry, changes)
    assert [OUTCOMES[kind] for kind in fast[0].outcome] == [kind for kind, _, _ in did]
    assert fast[0].age.tolist() == [age for _, age, _ in did]
    assert fast[0].outdated == sum(outdated for _, _, outdated in did)
    for result, row in zip(fast, rows, strict=True):
        assert result.requests == sum(node.asked for node in row)
        assert result.fetches == sum(node.fetched for node in row)
        assert result.evictions == sum(node.evicted for node in row)
        assert result.requests_over_time.sum() == result.requests
        assert result.fetches_over_time.sum() == result.fetches


@pytest.mark.parametrize("examples", [QUICK, DEEP])
def test_layers_agree_with_the_plain_ones(examples):
    @settings(max_examples=examples)
    @given(traces(), stacks(), updates(), st.data())
    def agree(trace, stack, changes, data):
        nodes = st.integers(0, stack[0].nodes - 1)
        entry = data.draw(st.lists(nodes, min_size=len(trace), max_size=len(trace)))
        agrees(trace, stack, entry, changes)

    agree()


@pytest.mark.parametrize("examples", [8, DEEP])
@pytest.mark.parametrize("policy", sorted(POLICIES))
@pytest.mark.parametrize("unit", ["objects", "bytes"])
def test_each_policy_evicts_what_the_plain_one_does(policy, unit, examples):
    most = 10 if unit == "objects" else 50

    @settings(max_examples=examples)
    @given(traces(), st.integers(1, most), st.none() | spans)
    def agree(trace, capacity, ttl):
        layer = Layer(policy=policy, capacity=capacity, unit=unit, ttl=ttl)
        agrees(trace, [layer], [0] * len(trace), None)

    agree()


def test_without_numba_the_same_lines_give_the_same_figures(tmp_path):
    # A numba that cannot be imported, first on the path: what an installation without it sees.
    (tmp_path / "numba.py").write_text("raise ImportError('not here')")
    code = (
        "import numpy as np\n"
        "from patternlab.caching.simulator.compiling import COMPILED\n"
        "from patternlab.caching.simulator.simulate import *\n"
        "from patternlab.caching.traces.trace import Trace\n"
        "rng = np.random.default_rng(3)\n"
        "trace = Trace(np.sort(rng.random(2000) * 100), rng.integers(0, 50, 2000))\n"
        "rows = [simulate(trace, p, 20, 9, jitter=0.2).row() for p in POLICIES]\n"
        "rows += [r.row() for r in hierarchy(trace, [Layer('a', 5, nodes=3), Layer('b', 9)])]\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", f"{code}print(COMPILED, rows)"],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT / 'helpers'}"},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    here: dict = {}
    exec(code, here)
    assert run.stdout.strip() == f"False {here['rows']}"
    assert here["COMPILED"] == bool(importlib.util.find_spec("numba"))


@pytest.mark.skipif(not compiling.COMPILED, reason="numba is not installed")
def test_machine_code_is_kept_on_disk(tmp_path):
    file = tmp_path / "loop.py"
    file.write_text(
        "from patternlab.caching.simulator.compiling import jit\n"
        "@jit\n"
        "def double(number):\n"
        "    return 2 * number\n"
    )

    def found_on_disk():
        spec = importlib.util.spec_from_file_location("loop", file)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        assert module.double(21) == 42
        return sum(module.double.stats.cache_hits.values())

    assert [found_on_disk(), found_on_disk()] == [0, 1]
