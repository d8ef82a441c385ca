"""The exercises of notebook 10: instances, placement, and which programs a better wire helps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from patternlab.hpc.hockney import Hockney
from patternlab.hpc.scaling import HaloExchange, Independent, strong_scaling
from patternlab.learn.exercises import Exercise, Misconception, Verdict, register, right, wrong
from patternlab.learn.situations import first_fault

if TYPE_CHECKING:
    import pandas as pd

NOTEBOOK = "10-compute-and-networking.ipynb"

# -- three-workloads -----------------------------------------------------------------------------

PLACEMENTS = ("cluster", "spread", "partition", "none")
WORKLOADS = ("weather", "training", "sweep")
NODES = 2  # of the weather model, and of the training
WEATHER_VCPUS, TRAINING_GPUS, FLEET = 64, 16, 200
PER_ZONE = 7  # instances of a spread group in a zone


@cache
def _types() -> pd.DataFrame:
    """The catalogue that a local cloud shows, without opening one."""
    from moto.ec2.models.instance_types import INSTANCE_TYPES

    from patternlab.hpc.instances import table_of

    return table_of(INSTANCE_TYPES.values())


def judge_workloads(answer: Any) -> Verdict:
    """Hold each choice against what EC2 says of the type, and what the workload does."""
    if not isinstance(answer, Mapping) or set(answer) != set(WORKLOADS):
        return wrong(f"Give a dict with a pair for each of {', '.join(WORKLOADS)}.")
    for workload in WORKLOADS:
        pair = answer[workload]
        if not isinstance(pair, tuple | list) or len(pair) != 2 or pair[1] not in PLACEMENTS:
            return wrong(
                f'{workload}: give a pair ("type", "placement"), the placement one of '
                f"{', '.join(PLACEMENTS)}."
            )
        name, placement = pair
        if name not in _types().index:
            return wrong(f"{workload}: the catalogue has no type {name!r}. Look into `table`.")
        row = _types().loc[name]
        if placement != "none" and placement not in row["strategies"]:
            return wrong(
                f"{workload}: EC2 refuses {name} in a {placement} placement group: "
                f"InvalidParameterCombination. It takes: {row['strategies']}."
            )
        if fault := _JUDGES[workload](row, placement):
            return wrong(f"{workload}: {fault}")
    return right("Each has what it waits for: latency, GPUs side by side, or simply many cores.")


def _weather(row: pd.Series, placement: str) -> str | None:
    if row["architecture"] != "x86_64":
        return f"the program is built for x86_64, and {row.name} is {row['architecture']}."
    if row["gpus"] or row["accelerators"]:
        return f"it computes on CPUs, and {row.name} bills its accelerators for idling."
    if not row["efa"]:
        return (
            f"{row.name} has no EFA. Each step waits for its neighbours, and here each message "
            "takes the kernel's way."
        )
    if NODES * row["vcpus"] < WEATHER_VCPUS:
        return f"{NODES} of {row.name} have {NODES * row['vcpus']} vCPUs; it needs {WEATHER_VCPUS}."
    return _not_together(placement)


def _training(row: pd.Series, placement: str) -> str | None:
    if NODES * row["gpus"] < TRAINING_GPUS:
        return (
            f"{NODES} of {row.name} have {NODES * row['gpus']} GPUs, and it needs {TRAINING_GPUS}."
        )
    if not row["efa"]:
        return f"{row.name} has no EFA: after each step the GPUs wait for the kernel's network."
    return _not_together(placement)


def _not_together(placement: str) -> str | None:
    if placement == "cluster":
        return None
    if placement == "none":
        return "without a group the two may land anywhere in the zone, and every message pays."
    return f"a {placement} group keeps its instances apart, and these two talk all the time."


def _sweep(row: pd.Series, placement: str) -> str | None:
    if row["gpus"] or row["accelerators"]:
        return f"it computes on CPUs, and {row.name} bills its accelerators for idling."
    if row["burstable"]:
        return (
            f"{row.name} is burstable: ten minutes at full speed use up its credits, and then it "
            "crawls."
        )
    if not row["spot"]:
        return (
            f"{row.name} is sold on demand only. A lost run is simply run again, which is what "
            "Spot is cheap for."
        )
    if placement == "spread":
        return (
            f"a spread group takes {PER_ZONE} instances in a zone, and {FLEET} are to run: "
            "InstanceLimitExceeded."
        )
    if placement == "cluster":
        return (
            f"a cluster group packs {FLEET} instances into one corner of one zone. The runs do not "
            "talk; all that it brings is InsufficientInstanceCapacity."
        )
    if placement == "partition":
        return "a partition group keeps copies of data apart, and a run that is lost has no copy."
    return None


_JUDGES = {"weather": _weather, "training": _training, "sweep": _sweep}


def _workloads(**changed: tuple[str, str]) -> dict[str, Any]:
    """The course's own answer, with some of it changed."""
    return {
        "weather": ("c5n.9xlarge", "cluster"),
        "training": ("p5.48xlarge", "cluster"),
        "sweep": ("c7i.large", "none"),
    } | changed


register(
    Exercise(
        name="three-workloads",
        notebook=NOTEBOOK,
        question="Choose an instance type and a placement for each of three workloads.",
        stub=dict.fromkeys(WORKLOADS, ...),
        hints=[
            "Ask of each workload: what does it wait for? Neighbours, GPUs, or nothing?",
            "suitable(table, efa=True, accelerated=False, architecture='x86_64') lists the types "
            "for the weather; suitable(table, efa=True, gpus=8) those for the training.",
            "Who talks all the time sits together (cluster). Who does not talk needs no group, and "
            "may be interrupted: spot.",
        ],
        judge=judge_workloads,
        reference=_workloads(),
        alternatives=[
            _workloads(weather=("hpc7a.96xlarge", "cluster"), sweep=("m5.large", "none")),
            _workloads(training=["p4d.24xlarge", "cluster"], sweep=("c7g.large", "none")),
        ],
        misconceptions=[
            Misconception(_workloads(weather=("m5.large", "cluster")), "has no EFA"),
            Misconception(_workloads(weather=("t3.micro", "cluster")), "InvalidParameterComb"),
            Misconception(_workloads(weather=("c5n.9xlarge", "spread")), "keeps its instances apa"),
            Misconception(_workloads(weather=("c5n.9xlarge", "none")), "anywhere in the zone"),
            Misconception(_workloads(weather=("hpc7g.16xlarge", "cluster")), "is built for x86_64"),
            Misconception(_workloads(weather=("p5.48xlarge", "cluster")), "for idling"),
            Misconception(_workloads(training=("g5.xlarge", "cluster")), "it needs 16"),
            Misconception(_workloads(sweep=("hpc6a.48xlarge", "none")), "on demand only"),
            Misconception(_workloads(sweep=("c7i.large", "cluster")), "InsufficientInstanceCap"),
            Misconception(_workloads(sweep=("c7i.large", "spread")), "InstanceLimitExceeded"),
            Misconception(_workloads(sweep=("t3.micro", "none")), "credits"),
            Misconception(_workloads(sweep=("c99.large", "none")), "has no type 'c99.large'"),
        ],
    )
)

# -- which-wire ----------------------------------------------------------------------------------

ENA, EFA = Hockney(25, 10), Hockney(15.8, 30.8)
WORTH = 0.10  # a step that gets shorter by more than this
#: program -> (what it does, its ranks)
PROGRAMS = {
    "forecast": (HaloExchange(side=256), 1000),
    "forecast on 8": (HaloExchange(side=256), 8),
    "large reservoir": (HaloExchange(side=1024), 64),
    "small plasma": (HaloExchange(side=64), 64),
    "parameter sweep": (Independent(), 1000),
}


def shorter(name: str) -> float:
    """By what share the EFA-like wire shortens a step of this program."""
    program, ranks = PROGRAMS[name]
    slow, fast = (strong_scaling(program, wire, [ranks])["step_us"].iloc[0] for wire in (ENA, EFA))
    return float(1 - fast / slow)


def _wire(name: str) -> str:
    return "efa" if shorter(name) > WORTH else "ena"


def _wire_refusal(name: str, given: str) -> str:
    program, ranks = PROGRAMS[name]
    row = strong_scaling(program, ENA, [ranks]).iloc[0]
    talks = row["talk_us"] / row["step_us"]
    return (
        f"{name}: over ENA, messages are {talks:.1%} of a step, and EFA makes the step "
        f"{shorter(name):.1%} shorter."
    )


def judge_wires(answer: Any) -> Verdict:
    """Compare each answer with a run of the scaling model over both wires."""
    runs = {name: lambda name=name: _wire(name) for name in PROGRAMS}
    if fault := first_fault(answer, runs, ("efa", "ena"), _wire_refusal):
        return wrong(fault)
    return right("Not the kind of program decides alone: it is how little each rank has to do.")


def _wires(name: str = "forecast", given: str = "efa") -> dict[str, str]:
    """The right answers, with one of them changed."""
    return {each: _wire(each) for each in PROGRAMS} | {name: given}


register(
    Exercise(
        name="which-wire",
        notebook=NOTEBOOK,
        question='Say "efa" where it makes a step more than 10 % shorter, and "ena" elsewhere.',
        stub=dict.fromkeys(PROGRAMS, ...),
        hints=[
            "strong_scaling(program, wire, [ranks]) has step_us. Ask it for both wires.",
            "A wire can save no more than the share of the step that is messages: talk_us.",
            "Few ranks and many cells: each computes for long. Many ranks and few cells: each "
            "mostly waits.",
        ],
        judge=judge_wires,
        reference=_wires(),
        alternatives=[dict(reversed(_wires().items()))],
        misconceptions=[
            Misconception(_wires("forecast on 8", "efa"), "forecast on 8: over ENA, messages are"),
            Misconception(_wires("large reservoir", "efa"), "large reservoir: over ENA"),
            Misconception(_wires("small plasma", "ena"), "small plasma: over ENA"),
            Misconception(_wires("parameter sweep", "efa"), "EFA makes the step 0.0% shorter"),
            Misconception(_wires("forecast", "tcp"), "choose one of efa, ena"),
        ],
    )
)

# -- half-bandwidth ------------------------------------------------------------------------------

SEEDS = (1, 2, 3, 4)
CLOSE = 0.15
SIZES = [2**power for power in range(23)]  # 1 B to 4 MiB


def _curve(seed: int) -> tuple[Hockney, dict[int, float]]:
    """A wire with seeded numbers, and what a ping-pong over it would show, 1 % of noise on it."""
    random = np.random.default_rng(seed)
    wire = Hockney(float(random.uniform(2, 40)), float(random.uniform(5, 100)))
    noise = 1 + 0.01 * random.uniform(-1, 1, len(SIZES))
    times = (wire.time_us(SIZES) * noise).tolist()
    return wire, dict(zip(SIZES, times, strict=True))


def judge_half(answer: Any) -> Verdict:
    """Give it the curves of seeded wires, whose n½ is known."""
    if not callable(answer):
        return wrong("Give the function itself: check('half-bandwidth', n_half).")
    for seed in SEEDS:
        wire, curve = _curve(seed)
        found = answer(dict(curve))
        if isinstance(found, bool) or not isinstance(found, int | float | np.number):
            return wrong(f"It returned {found!r}, and n½ is a number of bytes.")
        off = float(found) / wire.n_half - 1
        if not math.isfinite(off) or abs(off) > CLOSE:
            return wrong(_half_off(float(found), wire, curve, seed))
    sizes = [_curve(seed)[0].n_half / 1024 for seed in SEEDS]
    return right(
        f"Within {CLOSE:.0%} on {len(SEEDS)} wires, with n½ from {min(sizes):.0f} to "
        f"{max(sizes):.0f} KiB."
    )


def _half_off(found: float, wire: Hockney, curve: dict[int, float], seed: int) -> str:
    told = f"A wire of {wire.alpha_us:.1f} us and {wire.gbps:.1f} Gbps (seed {seed}) has its n½ at "
    told += f"{wire.n_half:,.0f} bytes, and you say {found:,.0f}."
    if math.isclose(found, wire.alpha_us, rel_tol=0.05):
        return f"{told} That is alpha: n½ is alpha times the bytes that pass in a microsecond."
    if math.isclose(found, wire.alpha_us * wire.gbps * 1000, rel_tol=CLOSE):
        return f"{told} Bandwidths are in bits, and n½ in bytes."
    if found in curve:
        return f"{told} n½ lies between two of the sizes that were measured: compute it."
    return told


def _half_stub(curve): ...


def n_half(curve):
    small, large = min(curve), max(curve)
    alpha = curve[small]  # one byte: all of it is the start
    bytes_a_us = (large - small) / (curve[large] - curve[small])
    return alpha * bytes_a_us


def _by_fit(curve):
    from patternlab.hpc.hockney import fit

    return fit(curve).n_half


def _by_double_time(curve):
    sizes = sorted(curve)
    return float(np.interp(2 * curve[1], [curve[size] for size in sizes], sizes))


register(
    Exercise(
        name="half-bandwidth",
        notebook=NOTEBOOK,
        question="Write n_half(curve): the size in bytes that reaches half of the bandwidth.",
        stub=_half_stub,
        hints=[
            "curve maps bytes to microseconds. The time of one byte is as good as alpha.",
            "Between two large sizes only the bandwidth counts: so many bytes more, so many "
            "microseconds more.",
            "n½ is where the start and the bytes take the same time: alpha times bytes a "
            "microsecond.",
        ],
        judge=judge_half,
        reference=n_half,
        alternatives=[_by_fit, _by_double_time],
        misconceptions=[
            Misconception(lambda curve: curve[1], "That is alpha"),
            Misconception(lambda curve: n_half(curve) * 8, "in bits, and n½ in bytes"),
            Misconception(
                lambda curve: min(s for s in curve if curve[s] >= 2 * curve[1]), "compute it"
            ),
            Misconception(lambda curve: "64 KiB", "a number of bytes"),
        ],
    )
)
