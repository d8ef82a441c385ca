"""Make a compute environment and a job queue, with all that Batch needs for them, in one call."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from patternlab.functions.roles import trusted_by
from patternlab.hpc.errors import HPCError

_TRUST = trusted_by("batch.amazonaws.com", "ec2.amazonaws.com")


def job_queue(
    cloud: Any,
    name: str,
    *,
    kind: str = "EC2",
    instance_types: Sequence[str] = ("c5n.18xlarge",),
    max_vcpus: int = 288,
    managed: bool = True,
) -> str:
    """Make a compute environment and a queue for it, both called `name`; returns the name.

    Roles, an instance profile, the default VPC's subnet and security group are found or made.

    Args:
        kind: "EC2" (on demand) or "SPOT".
        instance_types: types, families, or "optimal".
        max_vcpus: of all instances together.
        managed: False: an environment whose instances you start yourself.

    Raises:
        HPCError: there is an environment of this name already.
    """
    batch = cloud.client("batch")
    if batch.describe_compute_environments(computeEnvironments=[name])["computeEnvironments"]:
        raise HPCError(
            f"There is a compute environment {name!r} already. Use its queue, {name!r}, or give "
            "another name."
        )
    role = _role(cloud, f"{name}-role")
    environment: dict[str, Any] = {"type": "MANAGED" if managed else "UNMANAGED"}
    if managed:
        environment["computeResources"] = {
            "type": kind,
            "minvCpus": 0,
            "maxvCpus": max_vcpus,
            "instanceTypes": list(instance_types),
            "instanceRole": _profile(cloud, f"{name}-role"),
            **_network(cloud),
        }
    made = batch.create_compute_environment(
        computeEnvironmentName=name, state="ENABLED", serviceRole=role, **environment
    )
    order = [{"order": 1, "computeEnvironment": made["computeEnvironmentArn"]}]
    batch.create_job_queue(
        jobQueueName=name, state="ENABLED", priority=1, computeEnvironmentOrder=order
    )
    return name


def _role(cloud: Any, name: str) -> str:
    iam, trust = cloud.client("iam"), json.dumps(_TRUST)
    try:
        return iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    except iam.exceptions.EntityAlreadyExistsException:
        return iam.get_role(RoleName=name)["Role"]["Arn"]


def _profile(cloud: Any, name: str) -> str:
    iam = cloud.client("iam")
    try:
        made = iam.create_instance_profile(InstanceProfileName=name)
    except iam.exceptions.EntityAlreadyExistsException:
        return iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]["Arn"]
    iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    return made["InstanceProfile"]["Arn"]


def _network(cloud: Any) -> dict[str, list[str]]:
    """One subnet, so that all nodes are in one zone; its VPC's default security group."""
    ec2 = cloud.client("ec2")
    default = [{"Name": "default-for-az", "Values": ["true"]}]
    subnets = ec2.describe_subnets(Filters=default)["Subnets"]
    subnet = min(subnets, key=lambda each: each["AvailabilityZone"])
    groups = ec2.describe_security_groups(
        Filters=[
            {"Name": "vpc-id", "Values": [subnet["VpcId"]]},
            {"Name": "group-name", "Values": ["default"]},
        ]
    )["SecurityGroups"]
    return {"subnets": [subnet["SubnetId"]], "securityGroupIds": [groups[0]["GroupId"]]}
