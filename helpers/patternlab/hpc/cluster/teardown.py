"""Delete a cluster, and prove that nothing is left.

Everything is looked for by name and tag, so this works after a launch that failed half-way, in a
new kernel, and a second time. The engine that deletes is that of the account's sweep; it waits
until nodes are *terminated*, because a placement group cannot be deleted while it holds other
nodes, nor a security group that an interface still uses.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from types import SimpleNamespace
from typing import Any

from patternlab.hpc.errors import HPCError
from patternlab.resources import Resource
from patternlab.resources.deletion import Outcome, delete_all
from patternlab.resources.ec2 import Instance, PlacementGroup, SecurityGroup
from patternlab.resources.iam import InstanceProfile, Role
from patternlab.resources.place import Gone, Place

#: The tag that says which cluster a resource belongs to.
TAG = "cluster"
#: How often to ask for what is still in use, with pauses of up to 15 s: about 180 s in all.
TRIES = 16


def teardown(
    cloud: Any,
    name: str,
    tell: Callable[[str], None] = print,
    *,
    nodes: Collection[str] = (),
) -> None:
    """Delete everything that the cluster `name` consists of, and look whether it is gone.

    Args:
        cloud: an open cloud.
        name: the cluster's name.
        tell: receives a line for each step.
        nodes: ids of instances whose timers are to be cleared, even if EC2 has forgotten them.

    Raises:
        HPCError: something is left; it says what.
    """
    at, outcome = _place(cloud), Outcome()
    found = _instances(at, name)
    delete_all(found, lambda one: at, outcome)
    if outcome.left:  # nothing else can go while they are there
        raise _left(name, [f"{one.identifier}" for one in _instances(at, name)], outcome)
    if found:
        tell(f"{len(found)} nodes are terminated")
    for each in dict.fromkeys([*(str(one.identifier) for one in found), *nodes]):
        cloud.clear_timer(each)
    delete_all(_others(at, name), lambda one: at, outcome)
    if left := remains(cloud, name):
        raise _left(name, left, outcome)
    tell("groups, role and profile are deleted; a look by tag finds nothing left")


def remains(cloud: Any, name: str) -> list[str]:
    """Return what exists of the cluster `name`, asked of EC2 by tag and of IAM by name."""
    at = _place(cloud)
    tagged = [{"Name": f"tag:{TAG}", "Values": [name]}]
    volumes = at.items("ec2", "DescribeVolumes", "Volumes", Filters=tagged)
    return [
        *(f"{one.kind} {one.identifier}" for one in _instances(at, name)),
        *(f"volume {one['VolumeId']}" for one in volumes),
        *(f"{one.kind} {one.identifier or one.name}" for one in _others(at, name)),
    ]


def _place(cloud: Any) -> Place:
    """Where the cluster is, as the account's resources are asked for; time is the cloud's."""
    session = SimpleNamespace(client=lambda service, **_: cloud.client(service))
    return Place(session, cloud.client("ec2").meta.region_name, cloud.wait, TRIES)


def _instances(at: Place, name: str) -> list[Instance]:
    return Instance.tagged(at, TAG, name)


def _others(at: Place, name: str) -> list[Resource]:
    """What is not an instance. What IAM has of that name without our tag is somebody else's."""
    named = (InstanceProfile.at(at, name), Role.at(at, name))
    return [
        *PlacementGroup.tagged(at, TAG, name),
        *SecurityGroup.tagged(at, TAG, name),
        *(one for one in named if _is_ours(one, at, name)),
    ]


def _is_ours(one: Resource, at: Place, name: str) -> bool:
    try:
        return one.tags(at).get(TAG) == name
    except Gone:
        return False


def _left(name: str, left: list[str], outcome: Outcome) -> HPCError:
    why = " ".join(f"{one.resource.kind}: {one.why}" for one in outcome.left)
    return HPCError(
        f"Of the cluster {name} this is left: {', '.join(left)}. {why} Close it once more, or run: "
        "python -m patternlab sweep --delete"
    )
