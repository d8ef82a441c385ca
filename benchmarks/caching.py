"""The cache simulator on 10 million Zipf requests, beside libcachesim where that is installed.

They are requests for a million objects in 10,000 s: 1,000 a second.
"""

from __future__ import annotations

import importlib.util
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.measure import Row, median_seconds
from patternlab import plots
from patternlab.caching import workloads
from patternlab.caching.simulator.simulate import Layer, hierarchy, simulate
from patternlab.caching.traces.trace import Trace
from patternlab.plots.drawing.style import DRAGGED_DPI

REQUESTS, OBJECTS, ALPHA, DURATION = 10_000_000, 1_000_000, 0.9, 10_000.0
CAPACITY = OBJECTS // 10
TIMES = 3
#: All of it runs on one core and waits for nothing. An idle machine takes no longer than this time.
#: A busy one takes up to twice as much (seen), as others share its caches and its memory.
CPU = "/s of CPU time"
#: libcachesim's names, and how many times as fast the project promises to be in the same run.
ORACLES = {"lru": ("LRU", (">=", 4)), "sieve": ("Sieve", (">=", 1)), "s3fifo": ("S3FIFO", None)}


def rows() -> Iterator[Row]:
    """Against libcachesim, then with TTLs, with layers, and one step of a slider."""
    _warm()
    trace = _zipf()
    yield from _beside_libcachesim(trace)
    for what, settings in {
        f"LRU of {CAPACITY:,}, TTL 60 s": {"capacity": CAPACITY, "ttl": 60},
        "TTL 600 s, no limit": {"ttl": 600},
    }.items():
        took = _best(lambda settings=settings: simulate(trace, **settings))
        yield Row(f"{what}: requests", REQUESTS / took, CPU, (">=", 20e6))
    for each, capacity in {f"LRU of {CAPACITY:,} each": CAPACITY, "no limit": None}.items():
        layers = [
            Layer("edge", ttl=60, capacity=capacity, nodes=8),
            Layer("regional", ttl=300, capacity=capacity),
        ]
        took = _best(lambda layers=layers: hierarchy(trace, layers))
        what = f"8 edges (TTL 60 s) and a regional cache (TTL 300 s), {each}: requests"
        yield Row(what, REQUESTS / took, CPU, (">=", 5e6))
    for notebook, step in SLIDERS.items():
        step()
        took = median_seconds(step, 7) * 1000
        yield Row(f"slider step of notebook {notebook}, model to PNG", took, "ms", ("<=", 150))


def _step_06() -> bytes:
    """Six TTLs with updates: hit ratio and staleness."""
    trace = _traffic(200_000, 2_000)
    changes = workloads.updates(2_000, duration=20_000, every=21_600, seed=1)
    runs = {ttl: simulate(trace, ttl=ttl, updates=changes) for ttl in (1, 10, 60, 300, 900, 3600)}
    return plots.hit_ratio_curve(runs, bound=0.02, title="TTL").png(DRAGGED_DPI)


def _step_07() -> bytes:
    """Three layers behind one another."""
    edges = Layer("edge", ttl=60, nodes=8)
    layers = [edges, Layer("gateway", ttl=300), Layer("Valkey", ttl=300)]
    return plots.layer_flow(hierarchy(_traffic(200_000, 50), layers)).png(DRAGGED_DPI)


def _step_08() -> bytes:
    """Two policies at nine capacities each, on traffic made anew."""
    trace = workloads.zipf(50_000, 10_000, 0.9, rate=10, seed=8)
    sizes = (10, 30, 100, 300, 1000, 2000, 3000, 5000, 10_000)
    curves = {
        policy: {size: simulate(trace, policy, size, 300).miss_ratio for size in sizes}
        for policy in ("lru", "sieve")
    }
    return plots.miss_ratio_curve(curves).png(DRAGGED_DPI)


SLIDERS = {"06": _step_06, "07": _step_07, "08": _step_08}


@cache
def _traffic(requests: int, objects: int) -> Trace:
    """What a notebook makes once and keeps."""
    return workloads.zipf(requests, objects, 0.9, rate=10, seed=1)


def _warm() -> None:
    """Compile, or load what was compiled before: that is not what is measured."""
    few = Trace(np.arange(3.0), np.array([0, 1, 0]))
    simulate(few)
    simulate(few, "sieve", capacity=2)
    hierarchy(few, [Layer("edge", nodes=2), Layer("regional")])


def _zipf() -> Trace:
    """Zipf(0.9): the object of rank r is asked for in proportion to r to the power of -0.9."""
    rng = np.random.default_rng(1)
    share = np.cumsum(np.arange(1, OBJECTS + 1) ** -ALPHA)
    rank = np.searchsorted(share, rng.random(REQUESTS) * share[-1])
    return Trace(np.sort(rng.random(REQUESTS)) * DURATION, rng.permutation(OBJECTS)[rank])


def _best(run) -> float:
    """The least of a few runs: what else the machine does only ever adds."""
    return min(_cpu_seconds(run) for _ in range(TIMES))


def _cpu_seconds(run) -> float:
    """Seconds of CPU time that `run` takes, once."""
    begun = time.process_time()
    run()
    return time.process_time() - begun


def _beside_libcachesim(trace: Trace) -> Iterator[Row]:
    installed = importlib.util.find_spec("libcachesim") is not None
    with tempfile.TemporaryDirectory() as folder:
        file = _written(trace, Path(folder)) if installed else None
        for policy, (oracle, promised) in ORACLES.items():
            found = simulate(trace, policy, CAPACITY)
            took = _best(lambda policy=policy: simulate(trace, policy, CAPACITY))
            note = "" if installed else " (libcachesim is not installed: nothing to compare with)"
            yield Row(f"{policy} of {CAPACITY:,}: requests{note}", REQUESTS / took, CPU)
            if file is None:
                continue
            theirs, miss_ratio = _libcachesim(file, oracle)
            yield Row(f"{policy}: speed, times libcachesim's", theirs / took, "x", promised)
            apart = abs(found.miss_ratio - miss_ratio)
            yield Row(f"{policy}: miss ratio apart from libcachesim's", apart, "", ("<=", 5e-5))


def _written(trace: Trace, folder: Path) -> Path:
    """The trace in libcachesim's own binary format, which it reads fastest."""
    columns = [("time", "<u4"), ("key", "<u8"), ("size", "<u4"), ("next", "<i8")]
    records = np.zeros(len(trace), np.dtype(columns))
    records["time"], records["key"], records["size"] = trace.time, trace.key, 1
    records.tofile(folder / "zipf.bin")
    return folder / "zipf.bin"


def _libcachesim(file: Path, policy: str) -> tuple[float, float]:
    """Seconds of CPU time for the trace, and its miss ratio."""
    import libcachesim

    best, miss_ratio = float("inf"), float("nan")
    for _ in range(TIMES):
        reader = libcachesim.TraceReader(str(file), libcachesim.TraceType.ORACLE_GENERAL_TRACE)
        cache = getattr(libcachesim, policy)(cache_size=CAPACITY)
        out: list[tuple[float, float]] = []
        best = min(
            best, _cpu_seconds(lambda c=cache, r=reader, o=out: o.append(c.process_trace(r)))
        )
        miss_ratio = out[0][0]
    return best, miss_ratio
