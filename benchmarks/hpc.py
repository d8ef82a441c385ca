"""The ping-pong beside others, two paths of a message, emulated wires, and one step of each slider.

All of it on this machine, with two ranks that want a core each: where others want the cores too, a
figure of microseconds says little. So each is the median of many short rounds, taken in turns.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pandas as pd

from benchmarks.measure import Row, median_seconds
from patternlab import plots
from patternlab.hpc.hockney import Hockney
from patternlab.hpc.measure import pingpong
from patternlab.hpc.measure.transports import transport
from patternlab.hpc.measure.wire import WITHIN, Wire
from patternlab.hpc.mpi import python_program, run_mpi
from patternlab.hpc.scaling import HaloExchange, Independent, strong_scaling
from patternlab.hpc.transfer import Site
from patternlab.plots.drawing.style import DRAGGED_DPI

#: Bytes: rounds, and trips a round. Short rounds: what else the machine does spoils few of them.
SIZES = {
    "tcp": {1: (201, 100), 65536: (101, 20), 1048576: (41, 10)},
    # What Python costs is the same here, and easier to see: others on the machine disturb it less.
    "shared memory": {1: (201, 100)},
}
FROM_LARGE = 65536
OSU_ROUNDS = 5
#: Like ENA and like EFA between two c5n.18xlarge: quoted in data/latency.csv, rounded.
WIRES = {"ENA-like": Wire(25, gbps=10), "EFA-like": Wire(16, gbps=50)}
WIRE_SIZES = (1, 1024, 65536, 1048576)
#: A machine keeps up with a wire where no more than this share of the messages comes late.
LATE = 0.1


def rows() -> Iterator[Row]:
    """Against mpi4py.bench and OSU, then by path, then emulated."""
    for path, sizes in SIZES.items():
        yield from _beside_mpi4py(path, sizes)
    yield from _beside_osu()
    yield _kernel_against_user_space()
    yield from _emulated()
    yield from _sliders()


def _beside_mpi4py(path: str, sizes: dict[int, tuple[int, int]]) -> Iterator[Row]:
    asked = [f"{size}:{rounds}:{trips}" for size, (rounds, trips) in sizes.items()]
    program = python_program("-m", "benchmarks.hpc_rounds", *asked)
    here = {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *sys.path[1:]])}
    environment = {**transport(path).environment, **here}
    found = json.loads(run_mpi(program, environment=environment, time_limit=300).stdout)
    for text, means in found.items():
        pairs = list(zip(means["ours"], means["theirs"], strict=True))
        what = f"ping-pong over {path}, {text} B:"
        if int(text) < FROM_LARGE:
            yield Row(f"{what} half round trip", median(means["ours"]), "us")
            more, give = _middle([ours - theirs for ours, theirs in pairs])
            told = f"{what} more than mpi4py.bench takes (to within {give:.2g} us)"
            yield Row(told, more, "us", ("<=", 0.2))
        else:
            times, _ = _middle([ours / theirs for ours, theirs in pairs])
            yield Row(f"{what} times mpi4py.bench's", times, "x", ("<=", 1.1))


def _middle(values: list[float]) -> tuple[float, float]:
    """The median, and half the width of its 95 % interval (by order, so of any distribution)."""
    ordered, n = sorted(values), len(values)
    reach = 0.98 * n**0.5
    low, high = ordered[max(0, int(n / 2 - reach))], ordered[min(n - 1, int(n / 2 + reach))]
    return median(ordered), (high - low) / 2


def _beside_osu() -> Iterator[Row]:
    """OSU's osu_latency is C: it says what Python itself costs."""
    program = os.environ.get("OSU_LATENCY")
    if not program:
        return
    if not shutil.which(program):
        raise SystemExit(f"OSU_LATENCY names {program}, which is no program here.")
    sizes = (1, 8192, 65536, 1048576)
    ours: dict[int, list[float]] = {size: [] for size in sizes}
    theirs: dict[int, list[float]] = {size: [] for size in sizes}
    for _ in range(OSU_ROUNDS):
        table = pingpong("tcp", sizes=sizes, trips=200, progress=False).table()["mean_us"]
        osu = _osu(program)
        for size in sizes:
            ours[size].append(table[size])
            theirs[size].append(osu[size])
    for size in sizes:
        own, other = median(ours[size]), median(theirs[size])
        what = f"ping-pong over tcp, {size} B:"
        if size < FROM_LARGE:
            bound = 0.6 if size == 1 else 1.1
            yield Row(f"{what} more than OSU takes", own - other, "us", ("<=", bound))
        else:
            yield Row(f"{what} times OSU's", own / other, "x", ("<=", 1.1))


def _osu(program: str) -> dict[int, float]:
    """The latencies of one run of osu_latency: bytes -> microseconds."""
    done = run_mpi([program], environment=transport("tcp").environment, time_limit=300)
    lines = [line.split() for line in done.stdout.splitlines() if line and line[0].isdigit()]
    return {int(line[0]): float(line[1]) for line in lines}


def _kernel_against_user_space() -> Row:
    paths = {"tcp": [], "shared memory": []}
    for _ in range(5):
        for name, medians in paths.items():
            medians.append(pingpong(name, sizes=(1,), progress=False).latency_us)
    kernel, user = (median(medians) for medians in paths.values())
    what = f"1 B through the kernel ({kernel:.2f} us), times past it ({user:.2f} us)"
    return Row(what, kernel / user, "x", (">=", 3))


def _emulated() -> Iterator[Row]:
    for name, wire in WIRES.items():
        table = _medians(wire)
        off = (table["median_us"] / table["asked_us"] - 1).abs()
        kept_up = table["late"] <= LATE
        yield Row(
            f"{name} wire ({wire}): sizes of {len(table)} that the machine keeps up with",
            kept_up.sum(),
            "sizes",
        )
        if kept_up.any():
            what = f"{name} wire, emulated: off at most at these sizes"
            yield Row(what, off[kept_up].max() * 100, "%", ("<=", WITHIN * 100))
    late = _medians(Wire(0))["late"].min() * 100
    yield Row("a wire that takes no time: messages reported as late", late, "%", (">=", 100))


def _medians(wire: Wire) -> pd.DataFrame:
    """The table of a report, each figure the median of a few runs."""
    runs = [
        pingpong("shared memory", sizes=WIRE_SIZES, wire=wire, progress=False).table()
        for _ in range(3)
    ]
    return pd.concat(runs).groupby(level=0).median()


def _sliders() -> Iterator[Row]:
    """From the model to the PNG."""
    for notebook, step in {"09": _step_09, "10": _step_10}.items():
        step()
        took = median_seconds(step, 7) * 1000
        yield Row(f"slider step of notebook {notebook}, model to PNG", took, "ms")


def _step_09() -> bytes:
    """How long 80 TB travel, each way."""
    site = Site("200 Mbps", utilisation=0.5, drives="100 TB", storage="100 Gbps")
    return plots.transfer_times(site, load="80 TB").png(DRAGGED_DPI)


def _step_10() -> bytes:
    """Three programs on five numbers of ranks."""
    ranks, ena, asked = [1, 8, 64, 512, 4096], Hockney(25, 10), Hockney(15, 31)
    runs = {
        "ENA-like": strong_scaling(HaloExchange(256), ena, ranks),
        "your wire": strong_scaling(HaloExchange(256), asked, ranks),
        "a sweep": strong_scaling(Independent(), asked, ranks),
    }
    return plots.scaling(runs).png(DRAGGED_DPI)
