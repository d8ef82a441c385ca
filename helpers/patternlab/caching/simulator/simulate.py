"""The simulator: requests served by one cache, or by layers of caches, in one pass.

>>> from patternlab.caching import Layer, hierarchy, simulate, workloads
>>> trace = workloads.zipf(requests=10_000, objects=50, rate=5, seed=1)
>>> round(simulate(trace, ttl=60).hit_ratio, 3)
0.872
>>> edge, gateway = hierarchy(trace, [Layer("edge", ttl=60, nodes=8), Layer("gateway", ttl=300)])
>>> edge.fetches == gateway.requests
True

What is modelled: a request asks layer after layer until one can answer, and the answer is stored
on its way out. Requests travel inwards in no time, answers take `fetch_seconds` a layer. The
origin's answer is as of its arrival at the last layer. Whether an answer is outdated is judged
when the request comes in.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from patternlab.caching.checks import number, whole
from patternlab.caching.errors import CachingError
from patternlab.caching.simulator import kernel
from patternlab.caching.simulator.result import OUTCOMES, Result, table
from patternlab.caching.simulator.settings import POLICIES, Layer
from patternlab.caching.traces.trace import Trace, Updates

__all__ = ["OUTCOMES", "POLICIES", "Layer", "Result", "hierarchy", "simulate", "table"]

#: How many random numbers the jitter of TTLs goes through before it begins again.
JITTERS = 1 << 16


def simulate(
    trace: Trace,
    policy: str = "lru",
    capacity: int | None = None,
    ttl: float | None = None,
    *,
    unit: str = "objects",
    sliding: bool = False,
    jitter: float = 0.0,
    stale_while_revalidate: float = 0.0,
    fetch_seconds: float = 0.0,
    collapse: bool = True,
    updates: Updates | None = None,
    drops_changed: bool = False,
    oversize: str = "refuse",
    warm_up: float = 0.0,
    bins: int = 100,
    keep: bool = False,
    seed: int = 0,
) -> Result:
    """Serve `trace` from one cache, and say what it did.

    The settings of the cache are those of :class:`Layer`; the other arguments, and what is raised,
    are as in :func:`hierarchy`.
    """
    layer = Layer(
        "cache",
        ttl,
        policy,
        capacity,
        unit,
        sliding=sliding,
        jitter=jitter,
        stale_while_revalidate=stale_while_revalidate,
        fetch_seconds=fetch_seconds,
        collapse=collapse,
        drops_changed=drops_changed,
    )
    return hierarchy(
        trace,
        [layer],
        updates=updates,
        oversize=oversize,
        warm_up=warm_up,
        bins=bins,
        keep=keep,
        seed=seed,
    )[0]


def hierarchy(
    trace: Trace,
    layers: Sequence[Layer],
    *,
    entry: np.ndarray | None = None,
    updates: Updates | None = None,
    oversize: str = "refuse",
    warm_up: float = 0.0,
    bins: int = 100,
    keep: bool = False,
    seed: int = 0,
) -> list[Result]:
    """Serve `trace` through `layers`, and say what each of them did.

    Args:
        trace: what is asked for, and when.
        layers: the one nearest the viewers first.
        entry: int[n], which node of the first layer each request goes to. None: any of them, by
            `seed`. Node i of a layer fetches from node ``i * m // n`` of the next one, if they have
            n and m.
        updates: when which object changes at the origin. None: nothing ever does.
        oversize: what to do with objects larger than a capacity in bytes: "refuse" the trace, or
            "pass" them on, never stored.
        warm_up: requests before this time (seconds on the trace's clock) fill the caches and do not
            count.
        bins: into how many bins the trace's time is cut for the load over time.
        keep: keep what became of each request, too (9 bytes per request).
        seed: decides the jitter and the nodes of the first layer, and nothing else.

    Returns:
        A Result for each layer. The first is what viewers see (its hits are the first layer's own;
        its ages and its stale ratio are those of all answers), and the `fetches` of the last one
        reach the origin.

    Raises:
        ValueError: a setting that no cache can have.
        CachingError: an object is larger than the cache, or the simulation is too large for the
            arrays.
    """
    layers = list(layers)
    _check_layers(layers)
    number("warm_up", warm_up, "seconds")
    whole("bins", bins)
    _check_sizes(trace, layers, oversize)
    rng = np.random.default_rng(seed)
    changes = Updates(np.empty(0), np.empty(0, np.int64)) if updates is None else updates
    requests = kernel.Requests(
        trace.time,
        trace.key,
        trace.size if (trace.size != 1).any() else np.empty(0, np.int64),
        _entries(trace, layers[0].nodes, entry, rng),
        changes.time,
        changes.key,
        int(np.searchsorted(trace.time, warm_up)),
    )
    caches = _caches(trace, layers, changes, rng)
    kept = len(trace) if keep else 0
    answers = kernel.Answers(
        counts=np.zeros((len(caches.state) + 1, 10), np.int64),
        ages=np.zeros((len(layers), 2)),
        load=np.zeros((len(layers) + 1, bins), np.int64),
        width=max(trace.duration / bins, float(np.finfo(float).tiny)),
        outcome=np.zeros(kept, np.int8),
        age=np.zeros(kept),
    )
    kernel.serve(requests, caches, answers)
    return _results(layers, answers)


def _results(layers: list[Layer], answers: kernel.Answers) -> list[Result]:
    """Make a Result for each layer; counts of a layer's nodes are added up."""
    starts = np.cumsum([0, *(layer.nodes for layer in layers)])
    counts = np.add.reduceat(answers.counts, starts)
    asked = counts[:, : kernel.RENEWED + 1].sum(axis=1).tolist()  # the last is the origin
    results = []
    for at, layer in enumerate(layers):
        count = counts[at].tolist()
        result = Result(
            layer.name,
            requests=asked[at],
            hits=count[kernel.HIT],
            stale_hits=count[kernel.STALE] + count[kernel.RENEWED],
            collapsed=count[kernel.COLLAPSED],
            misses=count[kernel.MISS] + count[kernel.PASSED],
            fetches=asked[at + 1],
            outdated=count[kernel.OUTDATED],
            evictions=count[kernel.EVICTED],
            too_large=count[kernel.TOO_LARGE],
            mean_age=answers.ages[at, kernel.SUM].item() / asked[at] if asked[at] else math.nan,
            max_age=answers.ages[at, kernel.GREATEST].item(),
            bytes=count[kernel.BYTES],
            bytes_fetched=counts[at + 1, kernel.BYTES].item(),
            bin_seconds=answers.width,
            requests_over_time=answers.load[at],
            fetches_over_time=answers.load[at + 1],
            outcome=answers.outcome if at == 0 and len(answers.outcome) else None,
            age=answers.age if at == 0 and len(answers.age) else None,
        )
        results.append(result)
    return results


def _check_layers(layers: list[Layer]) -> None:
    if not layers:
        raise ValueError("A hierarchy needs at least one Layer.")
    for ahead, behind in zip(layers, layers[1:], strict=False):
        if behind.nodes > ahead.nodes:
            raise ValueError(
                f"{behind.name!r} has {behind.nodes} nodes behind the {ahead.nodes} of "
                f"{ahead.name!r}, and some would never be asked: give it {ahead.nodes} at most."
            )


def _check_sizes(trace: Trace, layers: list[Layer], oversize: str) -> None:
    if oversize not in ("refuse", "pass"):
        raise ValueError(f"oversize is 'refuse' or 'pass', not {oversize!r}.")
    limits = [layer.capacity for layer in layers if layer.capacity and layer.unit == "bytes"]
    if oversize == "pass" or not limits or trace.size.max() <= min(limits):
        return
    key = int(trace.key[trace.size.argmax()])
    name = f"Object {key}" if trace.names is None else f"The object {trace.names[key]!r}"
    raise CachingError(
        f"{name} has {trace.size.max():,} bytes and the capacity is {min(limits):,}: it never fits."
        " Give more capacity, or oversize='pass' to pass such objects on without storing them."
    )


def _entries(trace: Trace, nodes: int, entry, rng: np.random.Generator) -> np.ndarray:
    """Return int32[n], the first layer's node for each request; int32[0] if there is only one."""
    if entry is None:
        return rng.integers(nodes, size=len(trace) if nodes > 1 else 0, dtype=np.int32)
    entry = np.ascontiguousarray(entry, np.int32)
    if entry.shape != trace.time.shape or entry.min() < 0 or entry.max() >= nodes:
        raise ValueError(
            f"entry needs one node for each of the {len(trace):,} requests, from 0 to {nodes - 1}."
        )
    return entry


def _caches(
    trace: Trace, layers: list[Layer], changes: Updates, rng: np.random.Generator
) -> kernel.Caches:
    """Make empty caches for the kernel; arrays that are not needed have no rows."""
    objects = max(trace.objects, int(changes.key.max()) + 1 if len(changes) else 0)
    most = int(np.bincount(trace.key).max()) if any(x.policy == "lfu" for x in layers) else 0
    lists = [most + 2 if _policy(layer) == kernel.LFU else 3 for layer in layers]
    rows = [ends + _places(layer, objects) for ends, layer in zip(lists, layers, strict=True)]
    nodes = [layer.nodes for layer in layers]
    starts = 1 + np.cumsum([0, *np.repeat(rows, nodes)])  # row 0 says that there is none
    if max(starts[-1], sum(nodes) * objects) > np.iinfo(np.int32).max:
        raise CachingError(
            f"{objects:,} objects in {sum(nodes):,} nodes are more than the simulator can index: "
            "take fewer nodes, or a part of the trace."
        )
    timed = any(layer.fetch_seconds or layer.respects_age for layer in layers)
    in_bytes = any(layer.unit == "bytes" for layer in layers)
    clock = _zeros((starts[-1], 4))
    links = clock.view(np.int32)
    state = np.zeros((sum(nodes), 16), np.int64)
    state[:, :4] = np.repeat([_settings(layer) for layer in layers], nodes, axis=0)
    state[:, kernel.ENDS] = state[:, kernel.HAND] = starts[:-1]
    state[:, kernel.UNUSED] = starts[:-1] + np.repeat(lists, nodes)
    logs = np.repeat([_log_length(layer, objects) for layer in layers], nodes)
    state[:, kernel.LOG], state[:, kernel.MASK] = np.cumsum(logs) - logs, logs - 1
    for start, end in zip(starts[:-1], state[:, kernel.UNUSED], strict=True):
        links[start:end, :4] = np.arange(start, end)[:, None]
    return kernel.Caches(
        np.array([_seconds(layer) for layer in layers]),
        rng.uniform(-1, 1, JITTERS if any(layer.jitter for layer in layers) else 1),
        _behind(nodes),
        state,
        _zeros(sum(nodes) * objects, np.int32),
        links,
        clock,
        flight=_zeros((starts[-1] if timed else 0, 5)),
        order=_zeros(logs.sum(), np.int32),
        weight=_zeros(starts[-1] if in_bytes else 0, np.int64),
        changed=np.full(objects if len(changes) else 0, -np.inf),
        visits=np.zeros((len(layers), 3), np.int64),
    )


def _policy(layer: Layer) -> int:
    return kernel.KEEP if layer.capacity is None else POLICIES[layer.policy]


def _settings(layer: Layer) -> tuple[int, ...]:
    """Return the first columns of `state`."""
    return _policy(layer), layer.capacity or 0, layer.unit == "bytes", layer.drops_changed


def _seconds(layer: Layer) -> tuple[float, ...]:
    """Return a row of the kernel's `layers`."""
    return (
        math.inf if layer.ttl is None else layer.ttl,
        layer.jitter,
        layer.stale_while_revalidate,
        layer.fetch_seconds,
        layer.sliding,
        layer.collapse,
        layer.respects_age,
    )


def _behind(nodes: list[int]) -> np.ndarray:
    """Return int64[all nodes]: node i of n fetches from node i * m // n of m."""
    starts = np.cumsum(nodes)
    fetches = [
        start + np.arange(ahead) * behind // ahead
        for start, ahead, behind in zip(starts, nodes, nodes[1:], strict=False)
    ]
    return np.concatenate([*fetches, np.zeros(nodes[-1], np.int64)])


def _zeros(shape, dtype=np.float64) -> np.ndarray:
    """Make np.zeros in large pages, if the system has them: the kernel reads at random places."""
    array = np.empty(shape, dtype)
    array.fill(0)
    return array


def _log_length(layer: Layer, objects: int) -> int:
    """Return how many requests a node's log holds: a power of 2, so that it seldom fills up."""
    if _policy(layer) not in (kernel.LRU, kernel.FIFO):
        return 1
    return 1 << (4 * _places(layer, objects)).bit_length()


def _places(layer: Layer, objects: int) -> int:
    """Return how many objects a node can hold or remember at most."""
    if layer.capacity is None or layer.unit == "bytes":
        return objects
    return min(objects, int(layer.capacity) * (2 if layer.policy == "s3fifo" else 1))
