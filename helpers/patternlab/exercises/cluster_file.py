"""The exercises of notebook 11 on cluster files: mend one, and write one for a given job."""

from __future__ import annotations

from typing import Any

from patternlab.hpc.parallelcluster import EXAMPLE, Cluster, Fleet, Judgement, Queue, judge
from patternlab.learn.exercises import Exercise, Misconception, Verdict, register, right, wrong

NOTEBOOK = "11-orchestration.ipynb"

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


def _refusal(text: Any) -> tuple[Judgement | None, str]:
    """The judgement of a file; and why it cannot be created, or ""."""
    if not isinstance(text, str):
        return None, "Give the text of the cluster file."
    judgement = judge(text, EXAMPLE)
    errors = judgement.of_level("error")
    if errors:
        more = f" ({len(errors) - 1} more after it.)" if len(errors) > 1 else ""
        first = errors[0]
        place = f"line {first.line}, {first.where}" if first.where else f"line {first.line}"
        return None, f"It is refused. {place}: {first.message} {first.advice}{more}"
    if not judgement.accepted or judgement.cluster is None:
        return None, "It names something that only a real account can judge. Leave that out."
    return judgement, ""


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


def judge_mended(answer: Any) -> Verdict:
    """AWS's validators must accept it, and it must still create what it was written for."""
    judgement, refusal = _refusal(answer)
    if judgement is None:
        return wrong(refusal)
    fleets = [fleet for queue, fleet in judgement.cluster.fleets if queue.name == "mpi"]
    if not fleets:
        return wrong("It is accepted, but there is no queue mpi any more.")
    fleet = max(fleets, key=lambda fleet: (fleet.efa, bool(fleet.placement_group), fleet.maximum))
    if not fleet.efa:
        return wrong("It is accepted, because EFA is gone. The job needs it.")
    if not fleet.placement_group:
        return wrong("It is accepted, but EFA nodes outside a placement group may be far apart.")
    if fleet.maximum != NODES:
        return wrong(f"It is accepted, but it has {fleet.maximum} nodes at most, not {NODES}.")
    if fleet.minimum:
        return wrong(f"It is accepted, but {fleet.minimum} nodes run day and night.")
    return right(f"AWS accepts it. {judgement.cluster.cost_line()}")


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

register(
    Exercise(
        name="mend-the-cluster",
        notebook=NOTEBOOK,
        question=(
            "Mend the file: queue mpi, up to 4 nodes with EFA in a placement group, and none of "
            "them running when there is no job."
        ),
        stub=BROKEN,
        hints=[
            "print(judge(mended, EXAMPLE)) says line, reason and way out. First come the errors of "
            "the schema; the validators speak when there are none.",
            "The smallest c5n with EFA is c5n.9xlarge. Nodes with EFA belong in a private subnet.",
            "sg-mpinodes lacks a rule: leave SecurityGroups out, and ParallelCluster makes a group "
            "that is right for EFA. And PlacementGroup: {Enabled: true} must be said.",
        ],
        judge=judge_mended,
        reference=MENDED,
        solution=f'answer = """\\\n{MENDED}"""',
        alternatives=[
            _mended("c5n.9xlarge"),
            _mended(group="{Name: my-group}"),
            MENDED.replace("SubnetIds: [subnet-inside1a]", "SubnetIds: [subnet-inside1b]"),
        ],
        misconceptions=[
            Misconception(BROKEN.replace("awsbatch", "slurm"), "Unknown field"),
            Misconception(BROKEN.replace("MaxNodes", "MaxCount"), "Must be one of: slurm"),
            Misconception(_mended("c5n.4xlarge"), "does not support EFA"),
            Misconception(MENDED.replace("inside1a", "public1a"), "auto-assign public IPs"),
            Misconception(
                MENDED.replace("[subnet-inside1a]", "[subnet-inside1a, subnet-inside1b]"),
                "Multiple subnets",
            ),
            Misconception(
                MENDED + "        SecurityGroups: [sg-mpinodes]\n", "to and from the security group"
            ),
            Misconception(
                MENDED.replace("        PlacementGroup: {Enabled: true}\n", ""), "must be explicit"
            ),
            Misconception(
                MENDED.replace("Efa: {Enabled: true}", "Efa: {Enabled: false}"), "is gone"
            ),
            Misconception(_mended(group="{Enabled: false}"), "may be far apart"),
            Misconception(_mended(least=4), "day and night"),
            Misconception(MENDED.replace("MaxCount: 4", "MaxCount: 2"), "2 nodes at most"),
        ],
    )
)

# -- cluster-for-two-codes -----------------------------------------------------------------------

RANKS, THREADS, BUDGET = 288, 64, 35.0
QUEUES = """\
    - Name: weather
      ...
    - Name: charts
      ...
"""


def judge_two_codes(answer: Any) -> Verdict:
    """Whatever the file looks like: what it creates must carry both codes within the budget."""
    judgement, refusal = _refusal(answer)
    if judgement is None:
        return wrong(refusal)
    cluster = judgement.cluster
    fault = _weather_fault(cluster) or _charts_fault(cluster) or _cost_fault(cluster)
    return wrong(fault) if fault else right(cluster.cost_line())


def _weather_fault(cluster: Cluster) -> str:
    """One fleet must be able to run all ranks, one a core, over EFA in one placement group."""
    close = [(q, f) for q, f in cluster.fleets if f.efa and f.placement_group]
    if not close:
        return "No fleet has EFA and a placement group, and the weather code's ranks talk a lot."
    queue, fleet = max(close, key=lambda pair: (_is_kept(pair), _cores(pair)))
    if queue.capacity_type == "SPOT":
        return "AWS may take a Spot node away, and with it all 288 ranks: buy those on demand."
    cores = fleet.cores * fleet.maximum
    if cores < RANKS:
        return (
            f"The weather code has room for {cores} ranks at one a core: {fleet.maximum} nodes of "
            f"{fleet.cores} cores. A core of these types counts as one or two vCPUs."
        )
    return ""


def _is_kept(pair: tuple[Queue, Fleet]) -> bool:
    return pair[0].capacity_type != "SPOT"


def _cores(pair: tuple[Queue, Fleet]) -> int:
    return pair[1].cores * pair[1].maximum


def _charts_fault(cluster: Cluster) -> str:
    spot = [(queue, fleet) for queue, fleet in cluster.fleets if queue.capacity_type == "SPOT"]
    if not spot:
        return "The charts may be interrupted: Spot does the same for much less."
    threads = sum(fleet.vcpus * fleet.maximum for _, fleet in spot)
    if threads < THREADS:
        return f"The charts have {threads} vCPUs at most, and {THREADS} are asked for."
    return ""


def _cost_fault(cluster: Cluster) -> str:
    if cluster.least_nodes:
        return f"{cluster.least_nodes} compute nodes run while there is no job: MinCount is 0."
    costs = cluster.costs()
    unknown = costs.loc[costs["USD an hour each"].isna(), "instance type"]
    if len(unknown):
        return f"data/prices.csv has no price for {unknown.iloc[0]}: take another type."
    most = costs["most"].sum()
    if most > BUDGET:
        return f"With all nodes it costs ${most:.2f} an hour, and ${BUDGET:.0f} are allowed."
    return ""


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

register(
    Exercise(
        name="cluster-for-two-codes",
        notebook=NOTEBOOK,
        question=(
            "Write the two queues: 288 ranks over EFA, and 64 vCPUs that may be interrupted, for "
            "at most $35 an hour."
        ),
        stub=FRONT + QUEUES,
        hints=[
            "judge(front + queues, EXAMPLE).cluster.table() shows what you create, and .costs() "
            "what it costs; .queues[0].fleets[0].cores are the cores of a node.",
            "c5n.18xlarge has 72 vCPUs and 36 cores: 8 nodes for one rank a core. Begin with the "
            "queue mpi from above.",
            "For the charts: CapacityType: SPOT, and 32 nodes m5.large. Several subnets need "
            "Instances: [{InstanceType: m5.large}] instead of InstanceType.",
        ],
        judge=judge_two_codes,
        reference=TWO_CODES,
        solution=f'answer = """\\\n{TWO_CODES}"""',
        alternatives=[
            _two_codes("c5n.9xlarge", nodes=16),
            TWO_CODES.replace("[subnet-inside1a, subnet-inside1b]", "[subnet-inside1b]"),
        ],
        misconceptions=[
            Misconception(FRONT + QUEUES.replace("...", "Networking: {}"), "Missing data"),
            Misconception(_two_codes(nodes=4), "room for 144 ranks"),
            Misconception(_ON_SPOT, "with it all 288 ranks"),
            Misconception(
                TWO_CODES.replace("Efa: {Enabled: true}", "Efa: {Enabled: false}"), "talk a lot"
            ),
            Misconception(TWO_CODES.replace("      CapacityType: SPOT\n", ""), "for much less"),
            Misconception(_two_codes(charts=16), "32 vCPUs at most"),
            Misconception(_two_codes(charts=64), "are allowed"),
            Misconception(_two_codes(least=8), "while there is no job"),
            Misconception(
                TWO_CODES.replace("m5.large", "m5.xlarge").replace("MaxCount: 32", "MaxCount: 16"),
                "no price for m5.xlarge",
            ),
        ],
    )
)
