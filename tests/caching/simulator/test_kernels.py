"""The compiled loops do what a plain reading of each policy, TTL and layer does, on any trace."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patternlab.caching.simulator.kernels import serve
from patternlab.caching.simulator.simulate import OUTCOMES, POLICIES, Layer, hierarchy
from patternlab.caching.traces.trace import Trace, Updates
from patternlab.paths import ROOT
from tests.caching.plain import replay

OBJECTS = 12
EXAMPLES = settings(deadline=None, max_examples=80)
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


@EXAMPLES
@given(traces(), layers(), updates())
def test_one_cache_agrees_with_the_plain_one(trace, layer, changes):
    agrees(trace, [layer], [0] * len(trace), changes)


@pytest.mark.parametrize("policy", sorted(POLICIES))
@pytest.mark.parametrize("unit", ["objects", "bytes"])
@settings(deadline=None, max_examples=40)
@given(traces(), st.data())
def test_each_policy_evicts_what_the_plain_one_does(policy, unit, trace, data):
    capacity = data.draw(st.integers(1, 10 if unit == "objects" else 50))
    layer = Layer(policy=policy, capacity=capacity, unit=unit, ttl=data.draw(st.none() | spans))
    agrees(trace, [layer], [0] * len(trace), None)


@EXAMPLES
@given(traces(), stacks(), updates(), st.data())
def test_layers_agree_with_the_plain_ones(trace, stack, changes, data):
    entry = data.draw(
        st.lists(st.integers(0, stack[0].nodes - 1), min_size=len(trace), max_size=len(trace))
    )
    agrees(trace, stack, entry, changes)


@EXAMPLES
@given(traces(), layers(), updates())
def test_one_cache_is_a_hierarchy_of_one(trace, layer, changes):
    # serve_one is the quick way for the most common case; serve_layers is the general one, which
    # a second layer that never answers from its cache brings in.
    kept = {"updates": changes, "oversize": "pass", "keep": True}
    alone = hierarchy(trace, [layer], **kept)[0]
    ahead = hierarchy(trace, [layer, Layer("nothing", ttl=0)], **kept)[0]
    assert (alone.outcome == ahead.outcome).all() and (alone.age == ahead.age).all()
    assert alone.row() == ahead.row()


def test_without_numba_the_same_lines_give_the_same_figures(tmp_path):
    # A numba that cannot be imported, first on the path: what an installation without it sees.
    (tmp_path / "numba.py").write_text("raise ImportError('not here')")
    code = (
        "import numpy as np\n"
        "from patternlab.caching.simulator import kernels\n"
        "from patternlab.caching.simulator.simulate import *\n"
        "from patternlab.caching.traces.trace import Trace\n"
        "rng = np.random.default_rng(3)\n"
        "trace = Trace(np.sort(rng.random(2000) * 100), rng.integers(0, 50, 2000))\n"
        "rows = [simulate(trace, p, 20, 9, jitter=0.2).row() for p in POLICIES]\n"
        "rows += [r.row() for r in hierarchy(trace, [Layer('a', 5, nodes=3), Layer('b', 9)])]\n"
        "rows += [simulate(trace, capacity=20, ttl=9).row()]\n"
        "print(kernels.COMPILED)\n"
        "print(rows)\n"
    )
    said = []
    for path in (f"{tmp_path}{os.pathsep}{ROOT / 'helpers'}", str(ROOT / "helpers")):
        run = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            timeout=300,
            check=True,
        )
        said.append(run.stdout.split("\n", 1))
    assert said[0][0] == "False"
    assert said[1][0] == str(importlib.util.find_spec("numba") is not None)
    assert said[0][1] == said[1][1]


@pytest.mark.skipif(not importlib.util.find_spec("numba"), reason="numba is not installed")
def test_machine_code_is_kept_on_disk(tmp_path):
    package = tmp_path / "patternlab"
    shutil.copytree(
        Path(serve.__file__).parent, package / "caching/simulator/kernels",
        ignore=shutil.ignore_patterns("__pycache__"),
    )  # fmt: skip
    for folder in (package, package / "caching", package / "caching/simulator"):
        (folder / "__init__.py").touch()
    code = (
        "import numpy as np\n"
        "from patternlab.caching.simulator.kernels import serve\n"
        "a, s = np.zeros((9, 10), np.int32), np.zeros((1, 9), np.int64)\n"
        "serve.prepare(a, s, 0, 1, 3)\n"
        "print(sum(serve.prepare.stats.cache_hits.values()))\n"
    )

    def hits(**env):
        plain = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
        run = subprocess.run(
            [sys.executable, "-c", code],
            env={**plain, "PYTHONPATH": str(tmp_path), **env},
            capture_output=True,
            text=True,
            timeout=300,
            check=True,
        )
        return int(run.stdout)

    assert [hits(), hits()] == [0, 1]
    elsewhere = str(tmp_path / "cache")
    assert [hits(NUMBA_CACHE_DIR=elsewhere), hits(NUMBA_CACHE_DIR=elsewhere)] == [0, 1]
