"""The exercises of notebook 11 about AWS Batch: ranges, what decides, and what a job waits for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from patternlab.hpc.errors import HPCError
from patternlab.hpc.multinode.ranges import groups_of, is_open
from patternlab.hpc.multinode.runnable import Block, Need, Type, blocks
from patternlab.learn.exercises import Exercise, Misconception, Verdict, register, right, wrong
from patternlab.learn.situations import first_fault

NOTEBOOK = "11-orchestration.ipynb"

# -- node-ranges ---------------------------------------------------------------------------------

GROUPS = ("coordinator", "solver", "storage", "pictures")
SIZES = (12, 16)  # nodes: as registered, and with an override


def _wanted(node: int) -> str:
    """The group that this node belongs to."""
    if node == 0:
        return "coordinator"
    if node in (4, 5):
        return "storage"
    return "solver" if node <= 8 else "pictures"


def judge_ranges(answer: Any) -> Verdict:
    """Give the ranges to a job of 12 nodes and one of 16, and look whom each group got."""
    if not isinstance(answer, dict) or set(answer) != set(GROUPS):
        return wrong(f"Give a dict with a range for each of {', '.join(GROUPS)}.")
    targets = [answer[group] for group in GROUPS]
    for nodes in SIZES:
        try:
            held = groups_of(targets, nodes)
        except HPCError as error:
            return wrong(f"With {nodes} nodes: {error}")
        for node, group in enumerate(held):
            if GROUPS[group] != _wanted(node):
                return wrong(
                    f"With {nodes} nodes, node {node} is {_a(GROUPS[group])}, and should be "
                    f"{_a(_wanted(node))}."
                )
    if not any(is_open(target) for target in targets):
        return wrong("No range is open at its end, so numNodes cannot be overridden.")
    return right("Nested where it must be, and open at the end: it fits 12 nodes and 16.")


def _a(group: str) -> str:
    return {"pictures": "a pictures node"}.get(group, f"a {group} node")


def _ranges(coordinator: str, solver: str, storage: str, pictures: str) -> dict[str, str]:
    return dict(zip(GROUPS, (coordinator, solver, storage, pictures), strict=True))


register(
    Exercise(
        name="node-ranges",
        notebook=NOTEBOOK,
        question="Write the range of nodes of each of the four groups.",
        stub=dict.fromkeys(GROUPS, ...),
        hints=[
            "Both ends of a range belong to it: '1:8' are eight nodes.",
            "The storage nodes lie within the solver's. Let the ranges be nested: the inner one "
            "holds.",
            "A range without an end, such as '9:', runs to the last node, however many there are.",
        ],
        judge=judge_ranges,
        reference=_ranges("0:0", "1:8", "4:5", "9:"),
        alternatives=[
            _ranges("0", ":8", "4:5", "9:"),
            _ranges(":0", "0:8", "4:5", ":"),
        ],
        misconceptions=[
            Misconception(_ranges("0:0", "1:8", "4:5", "9:11"), "Node 12 is in none of"),
            Misconception(_ranges("0:1", "1:9", "4:6", "9:"), "share nodes, and neither"),
            Misconception(_ranges("0:0", "1:8", "4:6", "9:"), "node 6 is a storage node"),
            Misconception(_ranges("0:0", "1:3", "4:5", "6:"), "node 6 is a pictures node"),
        ],
    )
)

# -- which-exit-decides --------------------------------------------------------------------------

MOST_ATTEMPTS = 3
TIME_LIMIT = None  # in place of an exit code: stopped at attemptDurationSeconds

#: Situation -> how the main node ends in its attempts; the last one is repeated.
MAINS: dict[str, Sequence[int | None]] = {
    "a child fails": [0],
    "the main node fails": [1],
    "the main node fails once": [1, 0],
    "the children are not done": [0],
    "the main node waits for a dead child": [TIME_LIMIT],
}
ENDS = (
    "SUCCEEDED after 1",
    "SUCCEEDED after 2",
    "SUCCEEDED after 3",
    "FAILED after 1",
    "FAILED after 2",
    "FAILED after 3",
)
_WHY = {
    "a child fails": "Only the main node is looked at: its exit code is the job's.",
    "the main node fails": "It is tried again, with all nodes, and 3 times at most.",
    "the main node fails once": "The second attempt succeeds, and then it is over.",
    "the children are not done": "The job is over when the main node is; the others are stopped.",
    "the main node waits for a dead child": (
        "Batch does nothing about the child. A job stopped at its time limit is not tried again."
    ),
}


def end_of(mains: Sequence[int | None], attempts: int = MOST_ATTEMPTS) -> str:
    """The job's end by the rules: what its main node returned in each attempt decides."""
    for number in range(1, attempts + 1):
        code = mains[min(number, len(mains)) - 1]
        if code == 0:
            return f"SUCCEEDED after {number}"
        if code is TIME_LIMIT:
            return f"FAILED after {number}"
    return f"FAILED after {attempts}"


def judge_ends(answer: Any) -> Verdict:
    """Compare with the rules, which a test holds against nodes that really run."""
    runs = {name: lambda mains=mains: end_of(mains) for name, mains in MAINS.items()}
    fault = first_fault(answer, runs, ENDS, lambda name, given: f"{name}: {_WHY[name]}")
    return wrong(fault) if fault else right("The main node decides, and nobody else.")


def _ends(name: str = "a child fails", given: str = "SUCCEEDED after 1") -> dict[str, str]:
    return {name: end_of(mains) for name, mains in MAINS.items()} | {name: given}


register(
    Exercise(
        name="which-exit-decides",
        notebook=NOTEBOOK,
        question="Say how each of the five jobs ends, and after how many attempts.",
        stub=dict.fromkeys(MAINS, ...),
        hints=[
            "Ask in each case one question only: how did the main node end?",
            "A failed main node starts the next attempt; a failed child does not.",
            "One kind of failure is never tried again: running out of time.",
        ],
        judge=judge_ends,
        reference=_ends(),
        alternatives=[dict(reversed(_ends().items()))],
        misconceptions=[
            Misconception(_ends("a child fails", "FAILED after 3"), "Only the main node"),
            Misconception(_ends("the main node fails", "FAILED after 1"), "with all nodes, and 3"),
            Misconception(_ends("the main node fails once", "FAILED after 2"), "second attempt"),
            Misconception(_ends("the children are not done", "FAILED after 1"), "is over when"),
            Misconception(
                _ends("the main node waits for a dead child", "FAILED after 3"), "not tried again"
            ),
            Misconception(_ends("a child fails", "SUCCEEDED"), "choose one of"),
        ],
    )
)

# -- stuck-runnable ------------------------------------------------------------------------------

JOB = Need(nodes=4, vcpus=36, memory=4096)
TYPES = (
    Type("c5n.4xlarge", 16, 43_008),
    Type("c5n.9xlarge", 36, 98_304),
    Type("c5n.18xlarge", 72, 196_608),
    Type("hpc6a.48xlarge", 96, 393_216),
)
#: Queue -> (managed, type, instance type, maxvCpus, quota in vCPUs)
QUEUES = {
    "night": (True, "SPOT", "c5n.18xlarge", 288, 1000),
    "wide": (True, "EC2", "c5n.18xlarge", 200, 1000),
    "small": (True, "EC2", "c5n.9xlarge", 144, 1000),
    "own": (False, "EC2", "c5n.18xlarge", 288, 1000),
    "fast": (True, "EC2", "hpc6a.48xlarge", 384, 192),
    "cheap": (True, "EC2", "c5n.4xlarge", 288, 1000),
}
CAUSES = ("runs", "Spot", "unmanaged", "maxvCpus", "quota", "too small")


def _block_in(queue: str) -> Block | None:
    managed, kind, instance_type, most, quota = QUEUES[queue]
    environment: dict[str, Any] = {
        "computeEnvironmentName": queue,
        "state": "ENABLED",
        "type": "MANAGED" if managed else "UNMANAGED",
    }
    if managed:
        resources = {"type": kind, "instanceTypes": [instance_type], "maxvCpus": most}
        environment["computeResources"] = resources
    found = blocks(JOB, [environment], TYPES, lambda name: quota)
    return found[0] if found else None


def cause_in(queue: str) -> str:
    """Why the job waits in this queue, in a word; "runs" if it does not."""
    block = _block_in(queue)
    return block.cause if block else "runs"


def judge_causes(answer: Any) -> Verdict:
    """Compare with what Batch, as the local cloud knows it, would wait for."""
    runs = {queue: lambda queue=queue: cause_in(queue) for queue in QUEUES}
    fault = first_fault(answer, runs, CAUSES, _refusal)
    if fault:
        return wrong(fault)
    return right("Kind of environment, size of a node, whole instances times nodes, quota.")


def _refusal(queue: str, given: str) -> str:
    block = _block_in(queue)
    if block is None:
        _, _, name, most, _ = QUEUES[queue]
        size = next(each.vcpus for each in TYPES if each.name == name)
        return f"{queue}: {JOB.nodes} instances of {size} vCPUs are {JOB.nodes * size} of {most}."
    return f"{queue}: {block.sentence}"


def _causes(queue: str = "small", given: str = "runs") -> dict[str, str]:
    return {name: cause_in(name) for name in QUEUES} | {queue: given}


register(
    Exercise(
        name="stuck-runnable",
        notebook=NOTEBOOK,
        question="Say for each queue whether the job runs, or what it waits for.",
        stub=dict.fromkeys(QUEUES, ...),
        hints=[
            "First the kind of environment: two kinds never run a multi-node parallel job.",
            "Then one node: does its container fit on the instance type?",
            "Then all nodes: each takes a whole instance, whatever its container asks for. Compare "
            "four instances with maxvCpus, and with the quota.",
        ],
        judge=judge_causes,
        reference=_causes(),
        alternatives=[dict(reversed(_causes().items()))],
        misconceptions=[
            Misconception(_causes("night", "runs"), "uses Spot Instances"),
            Misconception(_causes("wide", "runs"), "and maxvCpus is 200"),
            Misconception(_causes("small", "maxvCpus"), "are 144 of 144"),
            Misconception(_causes("own", "runs"), "is UNMANAGED"),
            Misconception(_causes("fast", "runs"), "EC2 quota for them is 192"),
            Misconception(_causes("cheap", "runs"), "asks for 36 vCPUs"),
        ],
    )
)
