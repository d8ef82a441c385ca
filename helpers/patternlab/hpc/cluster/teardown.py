"""Delete a cluster, and prove that nothing is left.

Everything is looked for by name and tag, so this works after a launch that failed half-way, in a
new kernel, and a second time. The order is EC2's: a placement group cannot go while it holds nodes
that are not *terminated*, nor a security group while an interface wears it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError

from patternlab.hpc.errors import HPCError

#: The tag that says which cluster a thing belongs to.
TAG = "cluster"
#: AWS's own policy for what Session Manager reaches.
MANAGED = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
#: Seconds that nodes may take to be terminated, and their interfaces to let go of the groups.
TERMINATED_WITHIN, FREE_WITHIN = 600, 180

_GONE = frozenset(
    [
        *["InvalidInstanceID.NotFound", "InvalidGroup.NotFound", "InvalidGroupId.NotFound"],
        *["InvalidPlacementGroup.Unknown", "NoSuchEntity"],
    ]
)
_IN_USE = frozenset(["DependencyViolation", "InvalidPlacementGroup.InUse", "InvalidGroup.InUse"])


def teardown(
    cloud: Any,
    name: str,
    tell: Callable[[str], None] = print,
    *,
    nodes: Collection[str] = (),
) -> None:
    """Delete all that the cluster `name` is made of, and look whether it is gone.

    `nodes` are ids of instances whose timers are to be cleared, also where EC2 has forgotten them.

    Raises an :class:`HPCError` that names what is left.
    """
    ids = _terminate(cloud, name)
    if ids:
        tell(f"{len(ids)} nodes are terminated")
    for each in {*ids, *nodes}:
        cloud.clear_timer(each)
    _delete_groups(cloud, name)
    _delete_profile(cloud, name)
    if left := remains(cloud, name):
        raise HPCError(
            f"Of the cluster {name} this is left: {', '.join(left)}. Close it once more, or run: "
            "python -m patternlab sweep --delete"
        )
    tell("groups, role and profile are deleted; a look by tag finds nothing left")


def remains(cloud: Any, name: str) -> list[str]:
    """What there is of the cluster `name`, asked of EC2 by tag and of IAM by name."""
    ec2 = cloud.client("ec2")
    tagged = {"Filters": [{"Name": f"tag:{TAG}", "Values": [name]}]}
    found = [f"instance {one}" for one in _nodes(ec2, name)]
    for kind, ask, listing, by in (
        ("volume", ec2.describe_volumes, "Volumes", "VolumeId"),
        ("placement group", ec2.describe_placement_groups, "PlacementGroups", "GroupName"),
        ("security group", ec2.describe_security_groups, "SecurityGroups", "GroupId"),
    ):
        found += [f"{kind} {one[by]}" for one in ask(**tagged)[listing]]
    found += [f"instance profile {name}"] if _profile(cloud, name) else []
    found += [f"role {name}"] if _role(cloud, name) else []
    return found


# -- instances -------------------------------------------------------------------------------


def _nodes(ec2: Any, name: str) -> list[str]:
    """Ids of the nodes that are not terminated."""
    asked = [
        {"Name": f"tag:{TAG}", "Values": [name]},
        {
            "Name": "instance-state-name",
            "Values": ["pending", "running", "shutting-down", "stopping", "stopped"],
        },
    ]
    pages = ec2.get_paginator("describe_instances").paginate(Filters=asked)
    return [
        one["InstanceId"]
        for page in pages
        for some in page["Reservations"]
        for one in some["Instances"]
    ]


def _terminate(cloud: Any, name: str) -> list[str]:
    """Terminate the nodes and wait until they are *terminated*; their ids."""
    ec2 = cloud.client("ec2")
    ids = _nodes(ec2, name)
    if not ids:
        return []
    with _content_if(_GONE):
        ec2.terminate_instances(InstanceIds=ids)
    try:
        cloud.wait_until(lambda: not _nodes(ec2, name), timeout=TERMINATED_WITHIN)
    except TimeoutError:
        raise HPCError(
            f"{', '.join(_nodes(ec2, name))} are still shutting down after {TERMINATED_WITHIN} s. "
            "They cost nothing more; close the cluster again in some minutes."
        ) from None
    return ids


# -- groups ----------------------------------------------------------------------------------


def _delete_groups(cloud: Any, name: str) -> None:
    ec2 = cloud.client("ec2")
    tagged = {"Filters": [{"Name": f"tag:{TAG}", "Values": [name]}]}
    for one in ec2.describe_placement_groups(**tagged)["PlacementGroups"]:
        _when_free(cloud, ec2.delete_placement_group, GroupName=one["GroupName"])
    for one in ec2.describe_security_groups(**tagged)["SecurityGroups"]:
        _when_free(cloud, ec2.delete_security_group, GroupId=one["GroupId"])


def _when_free(cloud: Any, delete: Callable[..., Any], **which: str) -> None:
    """Delete it as soon as nothing uses it any more."""

    def try_it() -> bool:
        try:
            with _content_if(_GONE):
                delete(**which)
        except ClientError as error:
            if error.response["Error"]["Code"] in _IN_USE:
                return False
            raise
        return True

    try:
        cloud.wait_until(try_it, timeout=FREE_WITHIN)
    except TimeoutError:
        what = next(iter(which.values()))
        raise HPCError(
            f"{what} is still in use after {FREE_WITHIN} s: something of your own may use it. End "
            "that, and close the cluster again."
        ) from None


# -- IAM -------------------------------------------------------------------------------------


def _delete_profile(cloud: Any, name: str) -> None:
    """The profile before the role it holds. What is not tagged as ours is somebody else's."""
    iam = cloud.client("iam")
    profile = _profile(cloud, name)
    if profile:
        for role in profile["Roles"]:
            with _content_if(_GONE):
                iam.remove_role_from_instance_profile(
                    InstanceProfileName=name, RoleName=role["RoleName"]
                )
        with _content_if(_GONE):
            iam.delete_instance_profile(InstanceProfileName=name)
    if _role(cloud, name):
        with _content_if(_GONE):
            iam.detach_role_policy(RoleName=name, PolicyArn=MANAGED)
        with _content_if(_GONE):
            iam.delete_role(RoleName=name)


def _profile(cloud: Any, name: str) -> dict[str, Any]:
    """The instance profile as IAM describes it; empty where there is none of ours."""
    iam = cloud.client("iam")
    with _content_if(_GONE):
        found = iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
        return found if _is_ours(found.get("Tags", []), name) else {}
    return {}


def _role(cloud: Any, name: str) -> bool:
    iam = cloud.client("iam")
    with _content_if(_GONE):
        return _is_ours(iam.list_role_tags(RoleName=name)["Tags"], name)
    return False


def _is_ours(tags: list[dict[str, str]], name: str) -> bool:
    return {"Key": TAG, "Value": name} in tags


@contextmanager
def _content_if(codes: Collection[str]) -> Iterator[None]:
    """Pass over AWS's errors with one of these codes."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] not in codes:
            raise
