"""What each node of a multi-node parallel job is to run: definition and overrides, put together.

Dictionaries are those of boto3: ``nodeProperties`` of RegisterJobDefinition and ``nodeOverrides``
of SubmitJob. What AWS refuses is refused here, in AWS's words where they are known (marked).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from patternlab.hpc.errors import HPCError
from patternlab.hpc.multinode.ranges import MOST_NODES, groups_of, is_open, nodes_in

RESERVED = "AWS_BATCH"  # the beginning of names of variables that only Batch may set
MOST_ATTEMPTS = 10

#: AWS's words, in aws/aws-cdk issue 29415 on GitHub (2024-03-08).
NOT_OPEN = (
    "NumNodes override can only be applied if the job definition has at least 1 target node "
    "without a range_end i.e (:) or (range_start:)."
)
#: AWS's words, in aws/aws-parallelcluster pull request 964 on GitHub (2019-03-28).
NO_SUCH_TARGET = "NodeOverride targets should match job definition. Non matching targets - {}"


@dataclass(frozen=True)
class Node:
    """One node of a job, as it will be started.

    Attributes:
        index: from 0.
        group: the position of its node range in the job definition.
        command: program and arguments.
        environment: the container's own variables, without those that Batch adds.
    """

    index: int
    group: int
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


def check(properties: Mapping[str, Any] | None) -> None:
    """Refuse ``nodeProperties`` that no job can have.

    Raises:
        HPCError: says what is wrong.
    """
    if not properties:
        raise HPCError(
            "A job definition of type multinode has nodeProperties: numNodes, mainNode and "
            "nodeRangeProperties. Here they are missing."
        )
    nodes, main = properties["numNodes"], properties["mainNode"]
    if not 1 <= nodes <= MOST_NODES:
        raise HPCError(f"A job has 1 to {MOST_NODES} nodes, not {nodes}. Change numNodes.")
    if not 0 <= main < nodes:
        raise HPCError(
            f"mainNode is the index of one of the nodes, 0 to {nodes - 1}, not {main}. Change "
            "mainNode, or numNodes."
        )
    groups = properties["nodeRangeProperties"]
    groups_of([group["targetNodes"] for group in groups], nodes)
    for group in groups:
        _check_container(group)
    _check_instance_types(groups)


def with_overrides(properties: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """``nodeProperties`` with ``nodeOverrides`` applied; `properties` stays as it is.

    Raises:
        HPCError: says which override cannot be applied.
    """
    groups = [dict(group) for group in properties["nodeRangeProperties"]]
    nodes = properties["numNodes"]
    if "numNodes" in overrides:
        if not any(is_open(group["targetNodes"]) for group in groups):
            raise HPCError(NOT_OPEN)
        nodes = overrides["numNodes"]
    for override in overrides.get("nodePropertyOverrides", ()):
        group = _group_named(override["targetNodes"], groups)
        group["container"] = _overridden(group["container"], override.get("containerOverrides"))
        if override.get("instanceTypes"):
            group["instanceTypes"] = override["instanceTypes"]
    changed = {**properties, "numNodes": nodes, "nodeRangeProperties": groups}
    check(changed)
    return changed


def nodes_of(properties: Mapping[str, Any], parameters: Mapping[str, str]) -> list[Node]:
    """Each node with its command and variables; ``Ref::name`` in a command is filled in."""
    groups = properties["nodeRangeProperties"]
    targets = [group["targetNodes"] for group in groups]
    nodes = []
    for index, group in enumerate(groups_of(targets, properties["numNodes"])):
        container = groups[group]["container"]
        command = [_filled(part, parameters) for part in container.get("command", ())]
        nodes.append(Node(index, group, command, _variables(container)))
    return nodes


def needs(properties: Mapping[str, Any]) -> tuple[int, int]:
    """The most vCPUs and MiB of memory that the container of any node asks for."""
    asked = [group["container"] for group in properties["nodeRangeProperties"]]
    return max(_asked(one, "VCPU") for one in asked), max(_asked(one, "MEMORY") for one in asked)


def _asked(container: Mapping[str, Any], what: str) -> int:
    for requirement in container.get("resourceRequirements", ()):
        if requirement["type"] == what:
            return int(float(requirement["value"]))
    return int(container.get("vcpus" if what == "VCPU" else "memory", 0))


def _check_container(group: Mapping[str, Any]) -> None:
    target, container = group["targetNodes"], group.get("container")
    if container is None:
        raise HPCError(
            f"The node range {target!r} has no container. Give it one, with image, command and "
            "resourceRequirements (ecsProperties and eksProperties are not run here)."
        )
    if not container.get("image"):
        raise HPCError(f"The container of the node range {target!r} needs an image.")
    for what, least in (("VCPU", 1), ("MEMORY", 4)):
        if _asked(container, what) < least:
            raise HPCError(
                f"The container of the node range {target!r} needs resourceRequirements with "
                f"{what} of at least {least}."
            )
    for name in _variables(container):
        if name.startswith(RESERVED):
            raise HPCError(
                f"The variable {name} of the node range {target!r} cannot be set: names that begin "
                f"with {RESERVED} belong to Batch. Choose another name."
            )


def _check_instance_types(groups: Sequence[Mapping[str, Any]]) -> None:
    types = [tuple(group["instanceTypes"]) for group in groups if group.get("instanceTypes")]
    if any(len(each) > 1 for each in types):
        raise HPCError("instanceTypes of a node range is limited to one type. Name one.")
    if len(set(types)) > 1:
        names = " and ".join(sorted({name for each in types for name in each}))
        raise HPCError(
            f"All node groups of a job must use the same instance type, and these name {names}."
        )


def _group_named(target: str, groups: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The group with just this range: an override cannot cut a new one."""
    for group in groups:
        if group["targetNodes"].strip() == target.strip():
            return group
    nodes_in(target, MOST_NODES)  # a sentence of its own for what is no range at all
    raise HPCError(NO_SUCH_TARGET.format(target))


def _overridden(container: Mapping[str, Any], change: Mapping[str, Any] | None) -> dict[str, Any]:
    """A container with `change`: variables are added by name, all else is replaced."""
    change = dict(change or {})
    variables = {**_variables(container), **_variables(change)}
    requirements = {one["type"]: one for one in container.get("resourceRequirements", ())}
    requirements |= {one["type"]: one for one in change.get("resourceRequirements", ())}
    return {
        **container,
        **change,
        "environment": [{"name": name, "value": value} for name, value in variables.items()],
        "resourceRequirements": list(requirements.values()),
    }


def _variables(container: Mapping[str, Any]) -> dict[str, str]:
    return {one["name"]: one["value"] for one in container.get("environment", ())}


def _filled(part: str, parameters: Mapping[str, str]) -> str:
    """A part of a command with the parameter it names; the longest name first."""
    for name in sorted(parameters, key=len, reverse=True):
        part = part.replace(f"Ref::{name}", parameters[name])
    return part
