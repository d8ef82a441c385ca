"""Make the cluster: role and profile, security group, placement group, all nodes in one request.

Each step can fail, and the kernel can be interrupted between any two. Whatever happens, all that
was made is deleted again before the error is raised (:mod:`patternlab.hpc.cluster.teardown`).

Sources: EC2 User Guide, "Get started with EFA and MPI", "Cluster placement groups" (launch all
nodes in one request), "Use IMDSv2"; Systems Manager User Guide, "Configure instance permissions".
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from botocore.exceptions import ClientError

from patternlab.functions.roles import MANAGED, trusted_by
from patternlab.hpc.cluster.cluster import Cluster
from patternlab.hpc.cluster.plan import INSTANCES, Plan
from patternlab.hpc.cluster.teardown import TAG, remains, teardown
from patternlab.hpc.cluster.user_data import user_data
from patternlab.hpc.errors import HPCError
from patternlab.resources.ec2 import DISK

#: Seconds that IAM may take to make a new profile known to EC2, and EC2 to start the nodes.
KNOWN_WITHIN, STARTED_WITHIN = 60, 300
_TRUST = trusted_by("ec2.amazonaws.com")


def launch(
    cloud: Any, plan: Plan, *, agreed_usd: float, tell: Callable[[str], None] = print
) -> Cluster:
    """Make the cluster of `plan`. The nodes run when this returns; their installation goes on.

    Raises an :class:`HPCError` if it cannot be made; nothing is left then, or it says what is.

    Args:
        agreed_usd: The most that you agree to pay, in US dollars. Below ``plan.most_usd`` nothing
            is made. An account's own ceiling (PATTERNLAB_CEILING) holds as well.
        tell: Called with a line for each step.
    """
    _check_agreed(plan, agreed_usd)
    if there := remains(cloud, plan.name):
        raise HPCError(
            f"There is a cluster {plan.name} already ({', '.join(there)}). Close it first, or give "
            "this one another name: plan(cloud, name=...)."
        )
    try:
        ids = _make(cloud, plan, tell)
    except BaseException as error:  # an interrupt too
        tell(f"It did not work: deleting what was made of {plan.name}.")
        told = _told(error, plan, _undone(cloud, plan, tell))
        if told is error:
            raise
        raise told from error
    return Cluster(cloud, plan, ids, tell)


def _check_agreed(plan: Plan, agreed_usd: float) -> None:
    if not isinstance(agreed_usd, int | float) or not math.isfinite(agreed_usd):
        raise HPCError(f"agreed_usd is a number of US dollars, not {agreed_usd!r}.")
    if agreed_usd < plan.most_usd:
        cents = math.ceil(plan.most_usd * 100) / 100
        raise HPCError(
            f"{plan}\nYou agreed to {agreed_usd:g} USD, so nothing was made. If it is worth it to "
            f"you: launch(cloud, plan, agreed_usd={cents:.2f})."
        )


def _make(cloud: Any, plan: Plan, tell: Callable[[str], None]) -> list[str]:
    """Every step in order; the ids of the nodes."""
    _make_profile(cloud, plan)
    tell(f"role and instance profile {plan.name}: Session Manager may reach the nodes")
    group = _make_security_group(cloud, plan)
    tell("security group: everything to and from itself, out to the internet, nothing in")
    _make_placement_group(cloud, plan)
    tell("cluster placement group")
    ids = _run_instances(cloud, plan, group)
    for each in ids:
        cloud.set_timer(each, cloud.now() + timedelta(minutes=plan.minutes))
    tell(f"{len(ids)} × {plan.instance_type} in {plan.zone}, with an EFA and a timer each")
    _wait_until_running(cloud, ids)
    return ids


def _tags(plan: Plan) -> list[dict[str, str]]:
    return [{"Key": TAG, "Value": plan.name}, {"Key": "Name", "Value": plan.name}]


def _specified(plan: Plan, *kinds: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": _tags(plan)} for kind in kinds]


def _make_profile(cloud: Any, plan: Plan) -> None:
    """What lets the Session Manager agent of a node talk to AWS: the node's own role."""
    iam = cloud.client("iam")
    iam.create_role(
        RoleName=plan.name, AssumeRolePolicyDocument=json.dumps(_TRUST), Tags=_tags(plan)
    )
    iam.attach_role_policy(RoleName=plan.name, PolicyArn=MANAGED)
    iam.create_instance_profile(InstanceProfileName=plan.name, Tags=_tags(plan))
    iam.add_role_to_instance_profile(InstanceProfileName=plan.name, RoleName=plan.name)


def _make_security_group(cloud: Any, plan: Plan) -> str:
    """Everything between the nodes, in both directions; its id.

    EFA's traffic bypasses the operating system and is matched against a rule that names the group
    itself: the rule to 0.0.0.0/0, which a new group has and which keeps the way to the internet
    open, does not count for it.
    """
    ec2 = cloud.client("ec2")
    group = ec2.create_security_group(
        GroupName=plan.name,
        Description="EFA lab: all traffic between the nodes, nothing from outside",
        VpcId=plan.vpc,
        TagSpecifications=_specified(plan, "security-group"),
    )["GroupId"]
    ec2.get_waiter("security_group_exists").wait(GroupIds=[group])
    itself = [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]}]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=itself)
    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=itself)
    return group


def _make_placement_group(cloud: Any, plan: Plan) -> None:
    ec2 = cloud.client("ec2")
    ec2.create_placement_group(
        GroupName=plan.name,
        Strategy="cluster",
        TagSpecifications=_specified(plan, "placement-group"),
    )

    def is_available() -> bool:
        with suppress(ec2.exceptions.ClientError):  # EC2 may not know it everywhere yet
            found = ec2.describe_placement_groups(GroupNames=[plan.name])["PlacementGroups"]
            return found[0]["State"] == "available"
        return False

    cloud.wait_until(is_available, timeout=KNOWN_WITHIN)


def _run_instances(cloud: Any, plan: Plan, group: str) -> list[str]:
    """All nodes in one request: EC2 places all of them, or none."""
    ec2 = cloud.client("ec2")
    interface = {
        "DeviceIndex": 0,
        "InterfaceType": "efa",
        "SubnetId": plan.subnet,
        "Groups": [group],
        "AssociatePublicIpAddress": True,  # works with one interface only
        "DeleteOnTermination": True,
    }
    disk = {"VolumeSize": DISK, "VolumeType": "gp3", "DeleteOnTermination": True}
    request = {
        "ImageId": plan.image,
        "InstanceType": plan.instance_type,
        "MinCount": plan.nodes,
        "MaxCount": plan.nodes,
        "Placement": {"GroupName": plan.name, "AvailabilityZone": plan.zone},
        "NetworkInterfaces": [interface],
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": disk}],
        "IamInstanceProfile": {"Name": plan.name},
        "InstanceInitiatedShutdownBehavior": "terminate",
        "MetadataOptions": {"HttpTokens": "required", "HttpEndpoint": "enabled"},
        "UserData": user_data(plan.minutes),
        "TagSpecifications": _specified(plan, "instance", "volume"),
    }
    made: list[str] = []

    def try_it() -> bool:
        try:
            answer = ec2.run_instances(**request)
        except ClientError as error:
            if _profile_is_not_known_yet(error):
                return False
            raise
        made.extend(one["InstanceId"] for one in answer["Instances"])
        return True

    cloud.wait_until(try_it, timeout=KNOWN_WITHIN)
    return made


def _profile_is_not_known_yet(error: ClientError) -> bool:
    what = error.response["Error"]
    return (
        what["Code"] == "InvalidParameterValue"
        and "iam instance profile" in what.get("Message", "").lower()
    )


def _wait_until_running(cloud: Any, ids: list[str]) -> None:
    pages = cloud.client("ec2").get_paginator("describe_instances")

    def are_running() -> bool:
        try:
            nodes = list(pages.paginate(InstanceIds=ids).search(INSTANCES))
        except ClientError as error:
            if error.response["Error"]["Code"] == "InvalidInstanceID.NotFound":
                return False  # EC2 does not know them everywhere yet
            raise
        states = [node["State"]["Name"] for node in nodes]
        if bad := set(states) - {"pending", "running"}:
            raise HPCError(f"A node went from pending to {bad.pop()}: EC2 could not start it.")
        return states == ["running"] * len(ids)

    cloud.wait_until(are_running, timeout=STARTED_WITHIN)


# -- when it does not work -------------------------------------------------------------------


def _undone(cloud: Any, plan: Plan, tell: Callable[[str], None]) -> str:
    """Delete what was made; a sentence that says how that went."""
    try:
        teardown(cloud, plan.name, tell)
    except Exception as error:  # any: the first error is what the learner needs to hear about
        return f"Deleting what was made failed too ({error}). {SWEEP}"
    return "What had been made is deleted again."


SWEEP = "Close the cloud, or run: python -m patternlab sweep --delete"


def _told(error: BaseException, plan: Plan, undone: str) -> BaseException:
    """The error as a sentence; an interrupt stays what it is."""
    if isinstance(error, ClientError):
        what = error.response["Error"]
        advice = _ADVICE.get(what["Code"], lambda plan: "")(plan)
        said = f"{error.operation_name}: {what.get('Message', '')} ({what['Code']})."
        return HPCError(" ".join(filter(None, (said, advice, undone))))
    if isinstance(error, TimeoutError):
        return HPCError(f"AWS took too long to make {plan.name} ({error}) {undone}")
    if isinstance(error, HPCError):
        return HPCError(f"{error} {undone}")
    error.add_note(undone)
    return error


def _no_capacity(plan: Plan) -> str:
    said = f"There is no room for {plan.nodes} × {plan.instance_type} next to each other"
    elsewhere = ", ".join(plan.other_zones)
    where = f" in another zone (plan(cloud, zone=...) with {elsewhere})," if elsewhere else ""
    return f"{said} in {plan.zone} now. Try again{where} later, or with another type."


def _no_quota(plan: Plan) -> str:
    return (
        f"The quota “{plan.quota_name}” is too small: ask for {plan.nodes * plan.vcpus} vCPUs more "
        "in Service Quotas (hours to days)."
    )


_ADVICE: dict[str, Callable[[Plan], str]] = {
    "InsufficientInstanceCapacity": _no_capacity,
    "InsufficientCapacity": _no_capacity,
    "VcpuLimitExceeded": _no_quota,
    "InstanceLimitExceeded": _no_quota,
}
