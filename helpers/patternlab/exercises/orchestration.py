"""The exercises of notebook 11: multi-node jobs of AWS Batch, and cluster files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from patternlab.hpc.errors import HPCError
from patternlab.hpc.multinode.ranges import groups_of, is_open
from patternlab.hpc.multinode.runnable import Block, Need, Type, blocks
from patternlab.hpc.parallelcluster import EXAMPLE, Cluster, judge
from patternlab.learn.exercises import Exercise
from patternlab.learn.judging import Wrong, fields, refusing
from patternlab.learn.situations import situations

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


def judge_ranges(answer: Any) -> str:
    """Give the ranges to a job of 12 nodes and one of 16, and look whom each group got."""
    given = fields(answer, GROUPS)
    targets = [given[group] for group in GROUPS]
    for nodes in SIZES:
        with refusing(HPCError, about=f"With {nodes} nodes"):
            held = groups_of(targets, nodes)
        for node, group in enumerate(held):
            if GROUPS[group] != _wanted(node):
                raise Wrong(
                    f"With {nodes} nodes, node {node} is a {GROUPS[group]} node, and should be "
                    f"a {_wanted(node)} node."
                )
    if not any(is_open(target) for target in targets):
        raise Wrong("No range is open at its end, so numNodes cannot be overridden.")
    return "Nested where it must be, and open at the end: it fits 12 nodes and 16."


def _ranges(coordinator: str, solver: str, storage: str, pictures: str) -> dict[str, str]:
    return dict(zip(GROUPS, (coordinator, solver, storage, pictures), strict=True))


node_ranges = Exercise(
    "node-ranges",
    judge=judge_ranges,
    reference=_ranges("0:0", "1:8", "4:5", "9:"),
    alternatives=[_ranges("0", ":8", "4:5", "9:"), _ranges(":0", "0:8", "4:5", ":")],
    misconceptions=[
        (_ranges("0:0", "1:8", "4:5", "9:11"), "Node 12 is in none of"),
        (_ranges("0:1", "1:9", "4:6", "9:"), "share nodes, and neither"),
        (_ranges("0:0", "1:8", "4:6", "9:"), "node 6 is a storage node"),
        (_ranges("0:0", "1:3", "4:5", "6:"), "node 6 is a pictures node"),
    ],
    hints=[
        "Both ends of a range belong to it: '1:8' are eight nodes.",
        "The storage nodes lie within the solver's. Let the ranges be nested: the inner one holds.",
        "A range without an end, such as '9:', runs to the last node, however many there are.",
    ],
)

# -- which-exit-decides --------------------------------------------------------------------------

TIME_LIMIT = None  # in place of an exit code: stopped at attemptDurationSeconds

#: Situation -> how the main node ends in its attempts (the last one is repeated), and the job.
MAINS: dict[str, tuple[Sequence[int | None], str]] = {
    "a child fails": ([0], "SUCCEEDED after 1"),
    "the main node fails": ([1], "FAILED after 3"),
    "the main node fails once": ([1, 0], "SUCCEEDED after 2"),
    "the children are not done": ([0], "SUCCEEDED after 1"),
    "the main node waits for a dead child": ([TIME_LIMIT], "FAILED after 1"),
}
ENDS = [f"{end} after {number}" for end in ("SUCCEEDED", "FAILED") for number in (1, 2, 3)]
_WHY = {
    "a child fails": "Only the main node is looked at: its exit code is the job's.",
    "the main node fails": "It is tried again, with all nodes, and 3 times at most.",
    "the main node fails once": "The second attempt succeeds, and then it is over.",
    "the children are not done": "The job is over when the main node is; the others are stopped.",
    "the main node waits for a dead child": (
        "Batch does nothing about the child. A job stopped at its time limit is not tried again."
    ),
}


which_exit_decides = situations(
    "which-exit-decides",
    {name: end for name, (_, end) in MAINS.items()},
    truth=lambda name: MAINS[name][1],  # a test holds it against nodes that really run
    choices=ENDS,
    refusal=lambda name, given: f"{name}: {_WHY[name]}",
    praise="The main node decides, and nobody else.",
    slips=[
        ("a child fails", "FAILED after 3", "Only the main node"),
        ("the main node fails", "FAILED after 1", "with all nodes, and 3"),
        ("the main node fails once", "FAILED after 2", "second attempt"),
        ("the children are not done", "FAILED after 1", "is over when"),
        ("the main node waits for a dead child", "FAILED after 3", "not tried again"),
        ("a child fails", "SUCCEEDED", "choose one of"),
    ],
    hints=[
        "Ask in each case one question only: how did the main node end?",
        "A failed main node starts the next attempt; a failed child does not.",
        "One kind of failure is never tried again: running out of time.",
    ],
)

# -- stuck-runnable ------------------------------------------------------------------------------

JOB = Need(nodes=4, vcpus=36, memory=4096)
TYPES = (
    Type("c5n.4xlarge", 16, 43_008),
    Type("c5n.9xlarge", 36, 98_304),
    Type("c5n.18xlarge", 72, 196_608),
    Type("hpc6a.48xlarge", 96, 393_216),
)
#: Queue -> (managed, type, instance type, maxvCpus, quota in vCPUs), and why a job waits there
QUEUES = {
    "night": ((True, "SPOT", "c5n.18xlarge", 288, 1000), "Spot"),
    "wide": ((True, "EC2", "c5n.18xlarge", 200, 1000), "maxvCpus"),
    "small": ((True, "EC2", "c5n.9xlarge", 144, 1000), "runs"),
    "own": ((False, "EC2", "c5n.18xlarge", 288, 1000), "unmanaged"),
    "fast": ((True, "EC2", "hpc6a.48xlarge", 384, 192), "quota"),
    "cheap": ((True, "EC2", "c5n.4xlarge", 288, 1000), "too small"),
}
CAUSES = ("runs", "Spot", "unmanaged", "maxvCpus", "quota", "too small")


def _block_in(queue: str) -> Block | None:
    (managed, kind, instance_type, most, quota), _ = QUEUES[queue]
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


def _refusal(queue: str, given: str) -> str:
    block = _block_in(queue)
    if block is None:
        (_, _, name, most, _), _ = QUEUES[queue]
        size = next(each.vcpus for each in TYPES if each.name == name)
        return f"{queue}: {JOB.nodes} instances of {size} vCPUs are {JOB.nodes * size} of {most}."
    return f"{queue}: {block.sentence}"


stuck_runnable = situations(
    "stuck-runnable",
    {queue: cause for queue, (_, cause) in QUEUES.items()},
    truth=cause_in,
    choices=CAUSES,
    refusal=_refusal,
    praise="Kind of environment, size of a node, whole instances times nodes, quota.",
    slips=[
        ("night", "runs", "uses Spot Instances"),
        ("wide", "runs", "and maxvCpus is 200"),
        ("small", "maxvCpus", "are 144 of 144"),
        ("own", "runs", "is UNMANAGED"),
        ("fast", "runs", "EC2 quota for them is 192"),
        ("cheap", "runs", "asks for 36 vCPUs"),
    ],
    hints=[
        "First the kind of environment: two kinds never run a multi-node parallel job.",
        "Then one node: does its container fit on the instance type?",
        "Then all nodes: each takes a whole instance, whatever its container asks for. Compare "
        "four instances with maxvCpus, and with the quota.",
    ],
)

# -- cluster files -------------------------------------------------------------------------------

#: A cluster file up to its queues.
FRONT = """\
Region: us-east-1
Image: {Os: alinux2023}
HeadNode:
  InstanceType: c5.large
  Networking: {SubnetId: subnet-public1a}
  Ssh: {KeyName: lab}
Scheduling:
  Scheduler: slurm
  SlurmQueues:
"""


def _accepted(text: Any) -> Cluster:
    """The cluster that a file creates, if AWS's own validators let it."""
    if not isinstance(text, str):
        raise Wrong("Give the text of the cluster file.")
    judgement = judge(text, EXAMPLE)
    if errors := judgement.of_level("error"):
        more = f" ({len(errors) - 1} more after it.)" if len(errors) > 1 else ""
        first = errors[0]
        place = f"line {first.line}, {first.where}" if first.where else f"line {first.line}"
        raise Wrong(f"It is refused. {place}: {first.message} {first.advice}{more}")
    if not judgement.accepted or judgement.cluster is None:
        raise Wrong("It names something that only a real account can judge. Leave that out.")
    return judgement.cluster


# -- mend-the-cluster ----------------------------------------------------------------------------

NODES = 4
BROKEN = (
    FRONT.replace("slurm", "awsbatch", 1)
    + """\
    - Name: mpi
      ComputeResources:
        - Name: c5n
          InstanceType: c5n.4xlarge
          MaxNodes: 4
          Efa: {Enabled: true}
      Networking:
        SubnetIds: [subnet-public1a]
        SecurityGroups: [sg-mpinodes]
"""
)


def judge_mended(answer: Any) -> str:
    """AWS's validators must accept it, and it must still create what it was written for."""
    cluster = _accepted(answer)
    fleets = [fleet for queue, fleet in cluster.fleets if queue.name == "mpi"]
    if not fleets:
        raise Wrong("It is accepted, but there is no queue mpi any more.")
    fleet = max(fleets, key=lambda fleet: (fleet.efa, bool(fleet.placement_group), fleet.maximum))
    if not fleet.efa:
        raise Wrong("It is accepted, because EFA is gone. The job needs it.")
    if not fleet.placement_group:
        raise Wrong("It is accepted, but EFA nodes outside a placement group may be far apart.")
    if fleet.maximum != NODES:
        raise Wrong(f"It is accepted, but it has {fleet.maximum} nodes at most, not {NODES}.")
    if fleet.minimum:
        raise Wrong(f"It is accepted, but {fleet.minimum} nodes run day and night.")
    return f"AWS accepts it. {cluster.cost_line()}"


def _mended(kind: str = "c5n.18xlarge", group: str = "{Enabled: true}", least: int = 0) -> str:
    return (
        FRONT
        + f"""\
    - Name: mpi
      ComputeResources:
        - Name: c5n
          InstanceType: {kind}
          MinCount: {least}
          MaxCount: 4
          Efa: {{Enabled: true}}
      Networking:
        SubnetIds: [subnet-inside1a]
        PlacementGroup: {group}
"""
    )


MENDED = _mended()

mend_the_cluster = Exercise(
    "mend-the-cluster",
    judge=judge_mended,
    reference=MENDED,
    alternatives=[
        _mended("c5n.9xlarge"),
        _mended(group="{Name: my-group}"),
        MENDED.replace("SubnetIds: [subnet-inside1a]", "SubnetIds: [subnet-inside1b]"),
    ],
    misconceptions=[
        (BROKEN.replace("awsbatch", "slurm"), "Unknown field"),
        (BROKEN.replace("MaxNodes", "MaxCount"), "Must be one of: slurm"),
        (_mended("c5n.4xlarge"), "does not support EFA"),
        (MENDED.replace("inside1a", "public1a"), "auto-assign public IPs"),
        (
            MENDED.replace("[subnet-inside1a]", "[subnet-inside1a, subnet-inside1b]"),
            "Multiple subnets",
        ),
        (MENDED + "        SecurityGroups: [sg-mpinodes]\n", "to and from the security group"),
        (MENDED.replace("        PlacementGroup: {Enabled: true}\n", ""), "must be explicit"),
        (MENDED.replace("Efa: {Enabled: true}", "Efa: {Enabled: false}"), "is gone"),
        (_mended(group="{Enabled: false}"), "may be far apart"),
        (_mended(least=4), "day and night"),
        (MENDED.replace("MaxCount: 4", "MaxCount: 2"), "2 nodes at most"),
    ],
    hints=[
        "print(judge(mended, EXAMPLE)) says line, reason and way out. First come the errors of "
        "the schema; the validators speak when there are none.",
        "The smallest c5n with EFA is c5n.9xlarge. Nodes with EFA belong in a private subnet.",
        "sg-mpinodes lacks a rule: leave SecurityGroups out, and ParallelCluster makes a group "
        "that is right for EFA. And PlacementGroup: {Enabled: true} must be said.",
    ],
    solution=f'answer = """\\\n{MENDED}"""',
    stub=BROKEN,
)

# -- cluster-for-two-codes -----------------------------------------------------------------------

RANKS, THREADS, BUDGET = 288, 64, 35.0
EMPTY_QUEUES = """\
    - Name: weather
      ...
    - Name: charts
      ...
"""


def judge_two_codes(answer: Any) -> str:
    """Whatever the file looks like: what it creates must carry both codes within the budget."""
    cluster = _accepted(answer)
    _weather(cluster)
    _charts(cluster)
    _cost(cluster)
    return cluster.cost_line()


def _weather(cluster: Cluster) -> None:
    """One fleet must be able to run all ranks, one a core, over EFA in one placement group."""
    close = [(q, f) for q, f in cluster.fleets if f.efa and f.placement_group]
    if not close:
        raise Wrong(
            "No fleet has EFA and a placement group, and the weather code's ranks talk a lot."
        )
    queue, fleet = max(
        close, key=lambda pair: (pair[0].capacity_type != "SPOT", pair[1].cores * pair[1].maximum)
    )
    if queue.capacity_type == "SPOT":
        raise Wrong(
            "AWS may take a Spot node away, and with it all 288 ranks: buy those on demand."
        )
    cores = fleet.cores * fleet.maximum
    if cores < RANKS:
        raise Wrong(
            f"The weather code has room for {cores} ranks at one a core: {fleet.maximum} nodes of "
            f"{fleet.cores} cores. A core of these types counts as one or two vCPUs."
        )


def _charts(cluster: Cluster) -> None:
    spot = [(queue, fleet) for queue, fleet in cluster.fleets if queue.capacity_type == "SPOT"]
    if not spot:
        raise Wrong("The charts may be interrupted: Spot does the same for much less.")
    threads = sum(fleet.vcpus * fleet.maximum for _, fleet in spot)
    if threads < THREADS:
        raise Wrong(f"The charts have {threads} vCPUs at most, and {THREADS} are asked for.")


def _cost(cluster: Cluster) -> None:
    if cluster.least_nodes:
        raise Wrong(
            f"{cluster.least_nodes} compute nodes run while there is no job: MinCount is 0."
        )
    costs = cluster.costs()
    unknown = costs.loc[costs["USD an hour each"].isna(), "instance type"]
    if len(unknown):
        raise Wrong(f"data/prices.csv has no price for {unknown.iloc[0]}: take another type.")
    most = costs["most"].sum()
    if most > BUDGET:
        raise Wrong(f"With all nodes it costs ${most:.2f} an hour, and ${BUDGET:.0f} are allowed.")


def _two_codes(
    weather: str = "c5n.18xlarge", nodes: int = 8, charts: int = 32, least: int = 0
) -> str:
    return (
        FRONT
        + f"""\
    - Name: weather
      ComputeResources:
        - Name: nodes
          InstanceType: {weather}
          MinCount: {least}
          MaxCount: {nodes}
          Efa: {{Enabled: true}}
      Networking: {{SubnetIds: [subnet-inside1a], PlacementGroup: {{Enabled: true}}}}
    - Name: charts
      CapacityType: SPOT
      ComputeResources:
        - {{Name: small, Instances: [{{InstanceType: m5.large}}], MaxCount: {charts}}}
      Networking: {{SubnetIds: [subnet-inside1a, subnet-inside1b]}}
"""
    )


TWO_CODES = _two_codes()
_ON_SPOT = TWO_CODES.replace("- Name: weather", "- Name: weather\n      CapacityType: SPOT")

cluster_for_two_codes = Exercise(
    "cluster-for-two-codes",
    judge=judge_two_codes,
    reference=TWO_CODES,
    alternatives=[
        _two_codes("c5n.9xlarge", nodes=16),
        TWO_CODES.replace("[subnet-inside1a, subnet-inside1b]", "[subnet-inside1b]"),
    ],
    misconceptions=[
        (FRONT + EMPTY_QUEUES.replace("...", "Networking: {}"), "Missing data"),
        (_two_codes(nodes=4), "room for 144 ranks"),
        (_ON_SPOT, "with it all 288 ranks"),
        (TWO_CODES.replace("Efa: {Enabled: true}", "Efa: {Enabled: false}"), "talk a lot"),
        (TWO_CODES.replace("      CapacityType: SPOT\n", ""), "for much less"),
        (_two_codes(charts=16), "32 vCPUs at most"),
        (_two_codes(charts=64), "are allowed"),
        (_two_codes(least=8), "while there is no job"),
        (
            TWO_CODES.replace("m5.large", "m5.xlarge").replace("MaxCount: 32", "MaxCount: 16"),
            "no price for m5.xlarge",
        ),
    ],
    hints=[
        "judge(front + queues, EXAMPLE).cluster.table() shows what you create, and .costs() "
        "what it costs; .queues[0].fleets[0].cores are the cores of a node.",
        "c5n.18xlarge has 72 vCPUs and 36 cores: 8 nodes for one rank a core. Begin with the "
        "queue mpi from above.",
        "For the charts: CapacityType: SPOT, and 32 nodes m5.large. Several subnets need "
        "Instances: [{InstanceType: m5.large}] instead of InstanceType.",
    ],
    solution=f'answer = """\\\n{TWO_CODES}"""',
    stub=FRONT + EMPTY_QUEUES,
)
