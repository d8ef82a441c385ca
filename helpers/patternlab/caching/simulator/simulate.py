"""The simulator: requests served by one cache, or by layers of caches, in one pass.

>>> from patternlab.caching.simulator.simulate import Layer, hierarchy, simulate
>>> simulate(trace, ttl=60).hit_ratio
>>> edge, gateway = hierarchy(trace, [Layer("edge", ttl=60, nodes=8), Layer("gateway", ttl=300)])

What is modelled: a request asks layer after layer until one can answer, and the answer is stored
on its way out. Requests travel inwards in no time, answers take `fetch_seconds` a layer. The
origin's answer is as of its arrival at the last layer. Whether an answer is outdated is judged
when the request comes in.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from patternlab.caching.errors import CachingError
from patternlab.caching.simulator.kernels import lru
from patternlab.caching.simulator.kernels import serve as kernel
from patternlab.caching.simulator.result import OUTCOMES, Result, table
from patternlab.caching.simulator.settings import POLICIES, Layer, check_seconds
from patternlab.caching.traces.trace import Trace, Updates

__all__ = ["OUTCOMES", "POLICIES", "Layer", "Result", "hierarchy", "simulate", "table"]

#: How many random numbers the jitter of TTLs goes through before it begins again.
JITTERS = 1 << 16
#: For how many objects in how many nodes there is memory to be generous with: 0.8 GB.
PLAIN_PLACES = 1 << 25


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
    """Serve `trace` from one cache. The settings of the cache are those of :class:`Layer`.

    Parameters
    ----------
    updates:
        When which object changes at the origin. None: nothing ever does.
    oversize:
        What to do with objects larger than a capacity in bytes: "refuse" the trace, or "pass" them
        on, never stored.
    warm_up:
        Requests before this time (seconds on the trace's clock) fill the cache and do not count.
    bins:
        Into how many bins the trace's time is cut for the load over time.
    keep:
        Keep what became of each request, too (17 bytes a request).
    seed:
        Decides the jitter, and nothing else.

    Raises
    ------
    ValueError
        A setting that no cache can have.
    CachingError
        An object is larger than the cache, or the simulation is too large for the arrays.
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
    """Serve `trace` through `layers`, the one nearest the viewers first; a Result for each.

    The first Result is what viewers see (its hits are the first layer's own; its ages and its
    stale ratio are those of all answers), and the `fetches` of the last one reach the origin.

    Parameters
    ----------
    entry:
        int[n], which node of the first layer each request goes to. None: any of them, by `seed`.
        Node i of a layer fetches from node ``i * m // n`` of the next one, where they have n and m.

    The other parameters, and what is raised, are as in :func:`simulate`.
    """
    layers = list(layers)
    _check_layers(layers)
    check_seconds("warm_up", warm_up, "Give 0 to count all requests.")
    if bins < 1:
        raise ValueError(f"bins is a whole number from 1, not {bins}.")
    _check_sizes(trace, layers, oversize)
    rng = np.random.default_rng(seed)
    entry = _entries(trace, layers[0].nodes, entry, rng)
    width = max(trace.duration / bins, np.finfo(float).tiny)
    load = np.zeros((len(layers) + 1, bins), np.int64)
    when = width, int(np.searchsorted(trace.time, warm_up))
    kept = len(trace) if keep else 0
    each = np.zeros(kept, np.int8), np.zeros(kept, np.int8), np.zeros(kept)
    if _is_plain(trace, layers, updates, keep):
        totals, sums = _serve_plain(trace, layers, entry, *when, load)
    else:
        totals, sums = _serve(trace, layers, entry, updates, rng, *when, load, each)
    return [
        _result(layer.name, totals[at], sums[at], load[at : at + 2], width, each if not at else ())
        for at, layer in enumerate(layers)
    ]


def _is_plain(trace: Trace, layers: list[Layer], updates: Updates | None, keep: bool) -> bool:
    """Whether the kernels for the common case will do: they give the same, several times as fast.

    A TTL too short for the trace's clock (0 above all) stores nothing or nearly so, and is not
    theirs; nor are stacks for which they would take more memory than the general ones.
    """
    return (
        not (updates is not None and len(updates))
        and not keep
        and len(trace) <= np.iinfo(np.int32).max
        and trace.objects * sum(layer.nodes for layer in layers) <= PLAIN_PLACES
        and all(
            (layer.policy == "lru" or layer.capacity is None)
            and (layer.unit == "objects" or layer.capacity is None)
            and (layer.ttl is None or layer.ttl > np.spacing(trace.duration))
            and not (layer.jitter or layer.stale_while_revalidate or layer.fetch_seconds)
            and not (layer.sliding or layer.respects_age)
            for layer in layers
        )
        and bool((trace.size == 1).all())
    )


def _serve_plain(trace, layers, entry, width, first, load) -> tuple[np.ndarray, np.ndarray]:
    """The kernels of lru.py. Returns totals and sums; fills in `load`."""
    counts = np.zeros((len(layers), 3), np.int64)
    sums = np.zeros((len(layers), 2))
    nodes = [layer.nodes for layer in layers]
    ttl = np.array([np.inf if layer.ttl is None else layer.ttl for layer in layers], float)
    # What holds all objects never evicts.
    rooms = [min(layer.capacity or trace.objects, trace.objects) for layer in layers]
    if sum(nodes) == 1:
        held = _filled((trace.objects, 2), -1)
        again = np.zeros(len(trace), bool)
        at = width, first, held, again, counts, sums, load
        lru.serve_lru(trace.time, trace.key, ttl[0], int(rooms[0]), *at)
    else:
        capacity = np.array([room if room < trace.objects else 0 for room in rooms], np.int64)
        place = _filled((trace.objects, sum(nodes), 4), -1, np.int32)
        again = np.zeros((len(layers), len(trace)), bool)
        head, behind = _chain(entry, nodes)
        noted = again, head, head.copy(), np.zeros_like(head), np.empty(len(layers), np.int64)
        at = width, first, place.view(np.float64), place, *noted, counts, sums, load
        lru.serve_lru_layers(trace.time, trace.key, entry, behind, ttl, capacity, *at)
    totals = np.zeros((len(layers), 12), np.int64)
    hits, misses, evicted = counts.T
    totals[:, kernel.HIT], totals[:, kernel.MISS], totals[:, kernel.EVICTED] = hits, misses, evicted
    totals[:, kernel.REQUESTS] = totals[:, kernel.BYTES] = hits + misses
    totals[:, kernel.FETCHES] = totals[:, kernel.BYTES_FETCHED] = misses
    return totals, sums


def _chain(entry: np.ndarray, nodes: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Where the requests of each node begin among those of its layer, and whom it fetches from.

    A node is asked at most as often as those that fetch from it, and these are side by side: it
    begins where the first of them does.
    """
    asked = np.bincount(entry, minlength=nodes[0])
    starts, fetches = [np.cumsum(asked) - asked], []
    for ahead, behind in zip(nodes, nodes[1:], strict=False):
        asks = np.arange(ahead) * behind // ahead
        starts.append(starts[-1][np.searchsorted(asks, np.arange(behind))])
        fetches.append(asks + sum(map(len, starts[:-1])))
    return np.concatenate(starts), np.concatenate([*fetches, np.zeros(nodes[-1], np.int64)])


def _serve(trace, layers, entry, updates, rng, width, first, load, each):
    """The kernels of serve.py, for all that a layer can be. Returns totals and sums."""
    changes = Updates(np.empty(0), np.empty(0, np.int64)) if updates is None else updates
    objects = max(trace.objects, int(changes.key.max()) + 1 if len(changes) else 0)
    totals = np.zeros((len(layers), 12), np.int64)
    sums = np.zeros((len(layers), 2))
    whole, real = _settings(layers)
    jitters = JITTERS if any(layer.jitter for layer in layers) else 1
    size = trace.size if (trace.size != 1).any() else np.empty(0, np.int64)
    asked = trace.time, trace.key, size
    spread = rng.uniform(-1, 1, jitters)
    how = changes.time, changes.key, whole, real, spread, width, first
    find, links, clock, flight, weight, state = _memory(trace, layers, objects)
    changed = np.full(objects if len(changes) else 0, -np.inf)
    if len(state) == 1 and not len(flight):
        held = find, links, clock, weight, state, changed
        kernel.serve_one(*asked, *how, *held, totals, sums, load, each[0], each[2])
        np.copyto(each[1], each[0] == kernel.MISS)
    else:
        held = find, links, clock, flight, weight, state, *np.empty((2, len(layers)), np.int64)
        kernel.serve_layers(*asked, entry, *how, *held, changed, totals, sums, load, *each)
    return totals, sums


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
    """int32[n], the first layer's node for each request; int32[0] where there is only one."""
    if entry is None:
        return rng.integers(nodes, size=len(trace) if nodes > 1 else 0, dtype=np.int32)
    entry = np.ascontiguousarray(entry, np.int32)
    if entry.shape != trace.time.shape or entry.min() < 0 or entry.max() >= nodes:
        raise ValueError(
            f"entry needs one node for each of the {len(trace):,} requests, from 0 to {nodes - 1}."
        )
    return entry


def _settings(layers: list[Layer]) -> tuple[np.ndarray, np.ndarray]:
    """The settings as the kernel's two arrays, one row a layer."""
    whole = [
        (
            # Where there is no limit nothing is evicted, and FIFO notes least.
            kernel.FIFO if layer.capacity is None else POLICIES[layer.policy],
            layer.nodes,
            np.iinfo(np.int64).max // 16 if layer.capacity is None else layer.capacity,
            layer.unit == "bytes",
            layer.sliding,
            layer.collapse,
            layer.respects_age,
            layer.drops_changed,
        )
        for layer in layers
    ]
    real = [
        (
            np.inf if layer.ttl is None else layer.ttl,
            layer.jitter,
            layer.stale_while_revalidate,
            layer.fetch_seconds,
        )
        for layer in layers
    ]
    return np.array(whole, np.int64), np.array(real, np.float64)


def _memory(trace: Trace, layers: list[Layer], objects: int) -> tuple[np.ndarray, ...]:
    """The kernel's arrays for what the caches hold, empty; those that are not needed have no rows.

    In the kernel's words: find, links, clock, flight, weight, state.
    """
    most = int(np.bincount(trace.key).max()) if any(x.policy == "lfu" for x in layers) else 0
    plans = [(max(3, most + 2 if layer.policy == "lfu" else 0), layer) for layer in layers]
    rows = 1 + sum(layer.nodes * (ends + _places(layer, objects)) for ends, layer in plans)
    nodes = sum(layer.nodes for layer in layers)
    if max(rows, nodes * objects) > np.iinfo(np.int32).max:
        raise CachingError(
            f"{objects:,} objects in {nodes:,} nodes are more than the simulator can index: take "
            "fewer nodes, or a part of the trace."
        )
    timed = any(layer.fetch_seconds for layer in layers)
    in_bytes = any(layer.unit == "bytes" for layer in layers)
    clock = _zeros((rows, 5 if any(layer.respects_age for layer in layers) else 4))
    links, state = clock.view(np.int32), np.zeros((nodes, 9), np.int64)
    node, start = 0, 1  # row 0 says that there is none
    for ends, layer in plans:
        for _ in range(layer.nodes):
            kernel.prepare(links, state, node, start, ends)
            node, start = node + 1, start + ends + _places(layer, objects)
    return (
        _zeros(nodes * objects, np.int32),
        links,
        clock,
        _zeros((rows if timed else 0, 4)),
        _zeros(rows if in_bytes else 0, np.int64),
        state,
    )


def _zeros(shape, dtype=np.float64) -> np.ndarray:
    return _filled(shape, 0, dtype)


def _filled(shape, value, dtype=np.float64) -> np.ndarray:
    """np.full in large pages, where the system has them: the kernels jump about in their arrays."""
    array = np.empty(shape, dtype)
    array.fill(value)
    return array


def _places(layer: Layer, objects: int) -> int:
    """How many objects a node can hold or remember at most."""
    if layer.capacity is None or layer.unit == "bytes":
        return objects
    return min(objects, int(layer.capacity) * (2 if layer.policy == "s3fifo" else 1))


def _result(name, totals, sums, load, width, each) -> Result:
    hits, stale, collapsed, missed, passed, requests = (int(count) for count in totals[:6])
    mean = sums[kernel.AGE] / requests if requests else float("nan")
    kept = each if each and len(each[0]) else (None, None, None)
    fetches = int(totals[kernel.FETCHES])
    return Result(
        name=name,
        requests=requests,
        hits=hits,
        stale_hits=stale,
        collapsed=collapsed,
        misses=missed + passed,
        fetches=fetches,
        outdated=int(totals[kernel.OUTDATED]),
        evictions=int(totals[kernel.EVICTED]),
        too_large=int(totals[kernel.TOO_LARGE]),
        mean_age=float(mean),
        max_age=float(sums[kernel.GREATEST_AGE]),
        bytes=int(totals[kernel.BYTES]),
        bytes_fetched=int(totals[kernel.BYTES_FETCHED]),
        bin_seconds=float(width),
        requests_over_time=load[0],
        fetches_over_time=load[1],
        outcome=kept[0],
        answered_by=kept[1],
        age=kept[2],
    )
