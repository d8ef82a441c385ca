"""The exercises of notebook 10: instances, placement, and which programs a better wire helps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from patternlab.hpc.hockney import Hockney
from patternlab.hpc.scaling import HaloExchange, Independent, strong_scaling
from patternlab.learn.exercises import Exercise
from patternlab.learn.judging import Wrong, fields, number, refusing
from patternlab.learn.situations import situations

if TYPE_CHECKING:
    import pandas as pd


# -- three-workloads -----------------------------------------------------------------------------

PLACEMENTS = ("cluster", "spread", "partition", "none")
NODES = 2  # of the weather model, and of the training
WEATHER_VCPUS, TRAINING_GPUS, FLEET = 64, 16, 200
PER_ZONE = 7  # instances of a spread group in a zone


@cache
def _types() -> pd.DataFrame:
    """The catalogue that a local cloud shows, without opening one."""
    from moto.ec2.models.instance_types import INSTANCE_TYPES

    from patternlab.hpc.instances import table_of

    return table_of(INSTANCE_TYPES.values())


def judge_workloads(answer: Any) -> str:
    """Hold each choice against what EC2 says of the type, and what the workload does."""
    given = fields(answer, _JUDGES)
    for workload, judge in _JUDGES.items():
        with refusing(about=workload):
            judge(*_placed(given[workload]))
    return "Each has what it waits for: latency, GPUs side by side, or simply many cores."


def _placed(pair: Any) -> tuple[pd.Series, str]:
    """The row of the catalogue for a type, and its placement, if EC2 takes the two together."""
    if not isinstance(pair, tuple | list) or len(pair) != 2 or pair[1] not in PLACEMENTS:
        listed = ", ".join(PLACEMENTS)
        raise Wrong(f'give a pair ("type", "placement"), the placement one of {listed}.')
    name, placement = pair
    if name not in _types().index:
        raise Wrong(f"the catalogue has no type {name!r}. Look into `table`.")
    row = _types().loc[[name]].iloc[0]
    if placement != "none" and placement not in row["strategies"]:
        raise Wrong(
            f"EC2 refuses {name} in a {placement} placement group: InvalidParameterCombination. "
            f"It takes: {row['strategies']}."
        )
    return row, placement


def _weather(row: pd.Series, placement: str) -> None:
    if row["architecture"] != "x86_64":
        raise Wrong(f"the program is built for x86_64, and {row.name} is {row['architecture']}.")
    if row["gpus"] or row["accelerators"]:
        raise Wrong(f"it computes on CPUs, and {row.name} bills its accelerators for idling.")
    if not row["efa"]:
        raise Wrong(
            f"{row.name} has no EFA. Each step waits for its neighbours, and here each message "
            "takes the kernel's way."
        )
    if NODES * row["vcpus"] < WEATHER_VCPUS:
        raise Wrong(
            f"{NODES} of {row.name} have {NODES * row['vcpus']} vCPUs; it needs {WEATHER_VCPUS}."
        )
    _together(placement)


def _training(row: pd.Series, placement: str) -> None:
    if NODES * row["gpus"] < TRAINING_GPUS:
        raise Wrong(
            f"{NODES} of {row.name} have {NODES * row['gpus']} GPUs, and it needs {TRAINING_GPUS}."
        )
    if not row["efa"]:
        raise Wrong(
            f"{row.name} has no EFA: after each step the GPUs wait for the kernel's network."
        )
    _together(placement)


def _together(placement: str) -> None:
    if placement == "cluster":
        return
    if placement == "none":
        raise Wrong(
            "without a group the two may land anywhere in the zone, and every message pays."
        )
    raise Wrong(f"a {placement} group keeps its instances apart, and these two talk all the time.")


def _sweep(row: pd.Series, placement: str) -> None:
    if row["gpus"] or row["accelerators"]:
        raise Wrong(f"it computes on CPUs, and {row.name} bills its accelerators for idling.")
    if row["burstable"]:
        raise Wrong(
            f"{row.name} is burstable: ten minutes at full speed use up its credits, and then it "
            "crawls."
        )
    if not row["spot"]:
        raise Wrong(
            f"{row.name} is sold on demand only. A lost run is simply run again, which is what "
            "Spot is cheap for."
        )
    if placement == "spread":
        raise Wrong(
            f"a spread group takes {PER_ZONE} instances in a zone, and {FLEET} are to run: "
            "InstanceLimitExceeded."
        )
    if placement == "cluster":
        raise Wrong(
            f"a cluster group packs {FLEET} instances into one corner of one zone. The runs do not "
            "talk; all that it brings is InsufficientInstanceCapacity."
        )
    if placement == "partition":
        raise Wrong(
            "a partition group keeps copies of data apart, and a run that is lost has no copy."
        )


_JUDGES = {"weather": _weather, "training": _training, "sweep": _sweep}


def _workloads(**changed: Sequence[str]) -> dict[str, Any]:
    """The course's own answer, with some of it changed."""
    return {
        "weather": ("c5n.9xlarge", "cluster"),
        "training": ("p5.48xlarge", "cluster"),
        "sweep": ("c7i.large", "none"),
    } | changed


three_workloads = Exercise(
    "three-workloads",
    judge=judge_workloads,
    reference=_workloads(),
    alternatives=[
        _workloads(weather=("hpc7a.96xlarge", "cluster"), sweep=("m5.large", "none")),
        _workloads(training=["p4d.24xlarge", "cluster"], sweep=("c7g.large", "none")),
    ],
    misconceptions=[
        (_workloads(weather=("m5.large", "cluster")), "has no EFA"),
        (_workloads(weather=("t3.micro", "cluster")), "InvalidParameterComb"),
        (_workloads(weather=("c5n.9xlarge", "spread")), "keeps its instances apa"),
        (_workloads(weather=("c5n.9xlarge", "none")), "anywhere in the zone"),
        (_workloads(weather=("hpc7g.16xlarge", "cluster")), "is built for x86_64"),
        (_workloads(weather=("p5.48xlarge", "cluster")), "for idling"),
        (_workloads(training=("g5.xlarge", "cluster")), "it needs 16"),
        (_workloads(sweep=("hpc6a.48xlarge", "none")), "on demand only"),
        (_workloads(sweep=("c7i.large", "cluster")), "InsufficientInstanceCap"),
        (_workloads(sweep=("c7i.large", "spread")), "InstanceLimitExceeded"),
        (_workloads(sweep=("t3.micro", "none")), "credits"),
        (_workloads(sweep=("c99.large", "none")), "has no type 'c99.large'"),
    ],
    hints=[
        "Ask of each workload: what does it wait for? Neighbours, GPUs, or nothing?",
        "suitable(table, efa=True, accelerated=False, architecture='x86_64') lists the types "
        "for the weather; suitable(table, efa=True, gpus=8) those for the training.",
        "Who talks all the time sits together (cluster). Who does not talk needs no group, and "
        "may be interrupted: spot.",
    ],
)

# -- which-wire ----------------------------------------------------------------------------------

ENA, EFA = Hockney(25, 10), Hockney(15.8, 30.8)
WORTH = 0.10  # a step that gets shorter by more than this
#: program -> (what it does, its ranks, the wire that is right)
PROGRAMS: dict[str, tuple[HaloExchange | Independent, int, str]] = {
    "forecast": (HaloExchange(side=256), 1000, "efa"),
    "forecast on 8": (HaloExchange(side=256), 8, "ena"),
    "large reservoir": (HaloExchange(side=1024), 64, "ena"),
    "small plasma": (HaloExchange(side=64), 64, "efa"),
    "parameter sweep": (Independent(), 1000, "ena"),
}


def shorter(name: str) -> float:
    """By what share the EFA-like wire shortens a step of this program."""
    program, ranks, _ = PROGRAMS[name]
    slow, fast = (strong_scaling(program, wire, [ranks])["step_us"].iloc[0] for wire in (ENA, EFA))
    return float(1 - fast / slow)


def _wire(name: str) -> str:
    return "efa" if shorter(name) > WORTH else "ena"


def _wire_refusal(name: str, given: str) -> str:
    program, ranks, _ = PROGRAMS[name]
    row = strong_scaling(program, ENA, [ranks]).iloc[0]
    talks = row["talk_us"] / row["step_us"]
    return (
        f"{name}: over ENA, messages are {talks:.1%} of a step, and EFA makes the step "
        f"{shorter(name):.1%} shorter."
    )


which_wire = situations(
    "which-wire",
    {name: right for name, (*_, right) in PROGRAMS.items()},
    truth=_wire,
    choices=("efa", "ena"),
    refusal=_wire_refusal,
    praise="Not the kind of program decides alone: it is how little each rank has to do.",
    slips=[
        ("forecast on 8", "efa", "forecast on 8: over ENA, messages are"),
        ("large reservoir", "efa", "large reservoir: over ENA"),
        ("small plasma", "ena", "small plasma: over ENA"),
        ("parameter sweep", "efa", "EFA makes the step 0.0% shorter"),
        ("forecast", "tcp", "choose one of efa, ena"),
    ],
    hints=[
        "strong_scaling(program, wire, [ranks]) has step_us. Ask it for both wires.",
        "A wire can save no more than the share of the step that is messages: talk_us.",
        "Few ranks and many cells: each computes for long. Many ranks and few cells: each "
        "mostly waits.",
    ],
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


def judge_half(answer: Any) -> str:
    """Give it the curves of seeded wires, whose n½ is known."""
    for seed in SEEDS:
        wire, curve = _curve(seed)
        returned = answer(dict(curve))
        found = number(returned, f"It returned {returned!r}, and n½ is a number of bytes.")
        if abs(found / wire.n_half - 1) > CLOSE:
            raise Wrong(_half_off(found, wire, curve, seed))
    sizes = [_curve(seed)[0].n_half / 1024 for seed in SEEDS]
    return (
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


def n_half(curve):
    """Return the bytes that take as long to pass as the start takes."""
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


half_bandwidth = Exercise(
    "half-bandwidth",
    judge=judge_half,
    reference=n_half,
    alternatives=[_by_fit, _by_double_time],
    misconceptions=[
        (lambda curve: curve[1], "That is alpha"),
        (lambda curve: n_half(curve) * 8, "in bits, and n½ in bytes"),
        (lambda curve: min(s for s in curve if curve[s] >= 2 * curve[1]), "compute it"),
        (lambda curve: "64 KiB", "a number of bytes"),
    ],
    hints=[
        "curve maps bytes to microseconds. The time of one byte is as good as alpha.",
        "Between two large sizes only the bandwidth counts: so many bytes more, so many "
        "microseconds more.",
        "n½ is where the start and the bytes take the same time: alpha times bytes a microsecond.",
    ],
)
