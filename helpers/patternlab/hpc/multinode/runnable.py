"""Why a multi-node parallel job stays RUNNABLE: what its compute environments cannot give it.

AWS Batch accepts such a job, and it waits forever. Its ``statusReason`` names some causes. Of the
others AWS documents only that Batch does not know them, and the local cloud says the same.

Source: AWS Batch User Guide, "Compute environment considerations for MNP" and "Jobs stuck in a
RUNNABLE status"; aws/aws-parallelcluster issue 2098 on GitHub (Spot, a job that stays RUNNABLE).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from patternlab.hpc.errors import HPCError
from patternlab.hpc.multinode.specification import needs
from patternlab.hpc.quotas import quota_of, vcpu_quota

MAX_RESOURCE = (
    "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - CE(s) associated with the job queue "
    "cannot meet the CPU requirement of the job."
)
REQUIREMENT = (
    "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job resource requirement (vCPU/memory/GPU) is "
    "higher than that can be met by the CE(s) attached to the job queue."
)
CAPACITY = (
    "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - Service cannot fulfill the capacity requested for "
    "instance type [{}]"
)
UNDETERMINED = "UNDETERMINED - Batch job is blocked, root cause is undetermined."

#: What "optimal" stands for among instance types.
OPTIMAL = ("c4", "m4", "r4")


@dataclass(frozen=True)
class Type:
    """An instance type: its name, its vCPUs, its memory in MiB."""

    name: str
    vcpus: int
    memory: int


@dataclass(frozen=True)
class Need:
    """What a job needs: instances, each for one node, and what a node's container asks for."""

    nodes: int
    vcpus: int
    memory: int
    instance_type: str | None = None


@dataclass(frozen=True)
class Block:
    """Why one compute environment cannot run a job.

    Attributes:
        environment: its name.
        cause: in a word: "disabled", "unmanaged", "Spot", "not EC2", "too small", "maxvCpus",
            "quota" or "capacity".
        status_reason: what the job's ``statusReason`` says meanwhile.
        sentence: what is wrong, and what to do.
    """

    environment: str
    cause: str
    status_reason: str
    sentence: str


def need_of(properties: Mapping[str, Any]) -> Need:
    """What a job with these ``nodeProperties`` needs."""
    vcpus, memory = needs(properties)
    named = [group.get("instanceTypes") for group in properties["nodeRangeProperties"]]
    instance_type = next((types[0] for types in named if types), None)
    return Need(properties["numNodes"], vcpus, memory, instance_type)


def blocks(
    need: Need,
    environments: Iterable[Mapping[str, Any]],
    types: Sequence[Type],
    quota: Callable[[str], float],
    lacks: Callable[[str], bool] = lambda name: False,
) -> list[Block]:
    """Why the job cannot run: a block for each environment; empty if one of them can run it.

    Args:
        need: of the job.
        environments: as DescribeComputeEnvironments returns them, in the queue's order.
        types: all instance types there are.
        quota: how many vCPUs of an instance type's kind the account may run.
        lacks: whether EC2 has no capacity for an instance type now.
    """
    found = []
    for environment in environments:
        block = _block(need, environment, types, quota, lacks)
        if block is None:
            return []
        found.append(Block(environment["computeEnvironmentName"], *block))
    return found


def _block(
    need: Need,
    environment: Mapping[str, Any],
    types: Sequence[Type],
    quota: Callable[[str], float],
    lacks: Callable[[str], bool],
) -> tuple[str, str, str] | None:
    resources = environment.get("computeResources", {})
    refused = _refused(environment, resources)
    if refused:
        return refused[0], UNDETERMINED, refused[1]
    chosen = smallest(need, resources["instanceTypes"], types)
    if chosen is None:
        return "too small", REQUIREMENT, _too_small(need, resources["instanceTypes"])
    vcpus = need.nodes * chosen.vcpus
    whole = f"{need.nodes} nodes take {need.nodes} whole instances {chosen.name}: {vcpus} vCPUs"
    if vcpus > resources["maxvCpus"]:
        limit = resources["maxvCpus"]
        return "maxvCpus", MAX_RESOURCE, f"{whole}, and maxvCpus is {limit}. Raise maxvCpus."
    if vcpus > quota(chosen.name):
        sentence = (
            f"{whole}, and the account's EC2 quota for them is {quota(chosen.name):g}. Ask for a "
            "higher quota, or take smaller instances."
        )
        return "quota", UNDETERMINED, sentence
    if lacks(chosen.name):
        sentence = f"EC2 has no capacity for {chosen.name} in this zone now. Wait, or take another."
        return "capacity", CAPACITY.format(chosen.name), sentence
    return None


def _refused(
    environment: Mapping[str, Any], resources: Mapping[str, Any]
) -> tuple[str, str] | None:
    """Why this kind of environment never runs such a job: in a word, and in sentences."""
    if environment.get("state") == "DISABLED":
        return "disabled", "The compute environment is disabled. Enable it."
    if environment["type"] == "UNMANAGED":
        return "unmanaged", (
            "The compute environment is UNMANAGED, and multi-node parallel jobs run in managed "
            "ones only. Use a managed environment."
        )
    if "SPOT" in resources["type"]:
        return "Spot", (
            "The compute environment uses Spot Instances, and multi-node parallel jobs do not run "
            "on them. Use an environment of type EC2."
        )
    if resources["type"] != "EC2":
        return "not EC2", (
            f"The compute environment is of type {resources['type']}, and multi-node parallel jobs "
            "run on EC2 only. Use an environment of type EC2."
        )
    return None


def smallest(need: Need, allowed: Sequence[str], types: Sequence[Type]) -> Type | None:
    """The smallest of the allowed instance types that a node's container fits on, or None.

    `allowed` are types ("c5n.18xlarge"), families ("c5n") or "optimal".
    """
    names = _named(allowed)
    fitting = [
        each
        for each in types
        if names & {each.name, each.name.split(".")[0]}
        and need.instance_type in (None, each.name)
        and each.vcpus >= need.vcpus
        and each.memory >= need.memory
    ]
    return min(fitting, key=lambda each: (each.vcpus, each.memory, each.name), default=None)


def _named(allowed: Iterable[str]) -> set[str]:
    """The types and families that `allowed` stands for."""
    return {name for each in allowed for name in (OPTIMAL if each == "optimal" else (each,))}


def _too_small(need: Need, allowed: Sequence[str]) -> str:
    if need.instance_type is not None:
        return (
            f"The job asks for {need.instance_type}, with {need.vcpus} vCPUs and {need.memory} MiB "
            f"a node, and the environment may start {', '.join(allowed)}. Make the two agree."
        )
    return (
        f"A node asks for {need.vcpus} vCPUs and {need.memory} MiB, and no instance that the "
        f"environment may start ({', '.join(allowed)}) has that. Ask for less, or allow others."
    )


def why_runnable(cloud: Any, job: str) -> list[str]:
    """What the multi-node parallel job with this id waits for, in sentences; asks through boto3.

    An empty list means that nothing is wrong: it waits for its turn or for its instances to boot.

    Raises:
        HPCError: there is no such job, or it is not RUNNABLE.
    """
    batch = cloud.client("batch")
    described = batch.describe_jobs(jobs=[job])["jobs"]
    if not described or "nodeProperties" not in described[0]:
        raise HPCError(f"There is no multi-node parallel job {job!r}. Give the id from submit_job.")
    status = described[0]["status"]
    if status != "RUNNABLE":
        raise HPCError(f"The job is not RUNNABLE but {status}. Only a RUNNABLE job can be stuck.")
    queue = batch.describe_job_queues(jobQueues=[described[0]["jobQueue"]])["jobQueues"][0]
    if queue["state"] == "DISABLED":
        return ["The job queue is disabled. Enable it."]
    order = sorted(queue["computeEnvironmentOrder"], key=lambda each: each["order"])
    environments = [
        batch.describe_compute_environments(computeEnvironments=[each["computeEnvironment"]])[
            "computeEnvironments"
        ][0]
        for each in order
    ]
    need = need_of(described[0]["nodeProperties"])
    allowed = {
        name
        for each in environments
        for name in each.get("computeResources", {}).get("instanceTypes", ())
    }

    def quota(name: str) -> float:
        return vcpu_quota(cloud, quota_of(name)[0])

    found = blocks(need, environments, _types(cloud, allowed), quota)
    if not found and described[0].get("statusReason", "").startswith("CAPACITY"):
        return [described[0]["statusReason"]]
    return [f"{block.environment}: {block.sentence}" for block in found]


def _types(cloud: Any, allowed: Iterable[str]) -> list[Type]:
    patterns = [name if "." in name else f"{name}.*" for name in sorted(_named(allowed))]
    if not patterns:
        return []
    asked = cloud.client("ec2").get_paginator("describe_instance_types")
    return [
        Type(
            each["InstanceType"],
            each["VCpuInfo"]["DefaultVCpus"],
            each["MemoryInfo"]["SizeInMiB"],
        )
        for page in asked.paginate(Filters=[{"Name": "instance-type", "Values": patterns}])
        for each in page["InstanceTypes"]
    ]
