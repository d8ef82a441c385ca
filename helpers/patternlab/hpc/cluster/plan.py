"""Check before anything is made: can this cluster be launched here, and what can it cost at most?

:func:`plan` only reads. It asks EC2 whether the type has an EFA and where it is offered, Service
Quotas how many vCPUs may run, and ``data/prices.csv`` what an hour costs.

Source: EC2 User Guide, "Elastic Fabric Adapter".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from patternlab.hpc.errors import HPCError
from patternlab.hpc.quotas import quota_of, vcpu_quota
from patternlab.resources.ec2 import Instance
from patternlab.resources.prices import REGION, prices

#: The smallest x86 type with an EFA (36 vCPUs, 50 Gbps), and so the cheapest to look at one.
INSTANCE_TYPE = "c5n.9xlarge"
SHORTEST, LONGEST = 20, 240  # minutes: the installation alone takes about six
#: Minutes that a node may live beyond its timer: the timer starts when the node has booted.
SLACK = 5
#: What other regions may cost of the price in us-east-1: ours, not AWS's, as on the cost card.
ELSEWHERE = 2
#: The instances in pages of DescribeInstances, which sorts them by reservation (JMESPath).
INSTANCES = "Reservations[].Instances[]"


@dataclass(frozen=True)
class Plan:
    """What would be made, where, and what it can cost at most. Nothing is made yet.

    Attributes:
        name: what everything will be called.
        region, zone, vpc, subnet: where.
        other_zones: where the type is offered as well, and there is a subnet: to try next.
        instance_type, nodes: so many of them, in one request.
        vcpus: of one node; the quota counts them.
        architecture: "x86_64" or "arm64".
        image: the id of today's Amazon Linux 2023.
        minutes: until the nodes are terminated, whatever happens.
        quota_name, quota, running: vCPUs that may run, and that do; None where AWS did not say.
        usd_an_hour: all nodes, with disks and public addresses, in US dollars.
        price_note: where the price comes from.
    """

    name: str
    region: str
    zone: str
    vpc: str
    subnet: str
    other_zones: tuple[str, ...]
    instance_type: str
    nodes: int
    vcpus: int
    architecture: str
    image: str
    minutes: int
    quota_name: str
    quota: float | None
    running: int
    usd_an_hour: float
    price_note: str

    @property
    def most_usd(self) -> float:
        """The most it can cost: until the timer ends it, and some minutes more."""
        return self.usd_an_hour * (self.minutes + SLACK) / 60

    def __str__(self) -> str:
        quota = (
            "not known" if self.quota is None else f"{self.quota:g}, {self.running} of it in use"
        )
        return "\n".join(
            [
                f"What the cluster {self.name} would be",
                f"  nodes      {self.nodes} × {self.instance_type}, an EFA each, in one request",
                f"  where      {self.zone}, one cluster placement group",
                "  access     Session Manager only: no port is open to the world",
                f"  vCPUs      {self.nodes * self.vcpus} (quota {quota})",
                f"  an hour    {self.usd_an_hour:.2f} USD",
                f"  ends       by itself after {self.minutes} minutes",
                f"  at most    {self.most_usd:.2f} USD, if nobody ends it before",
                self.price_note,
            ]
        )


def plan(
    cloud: Any,
    instance_type: str = INSTANCE_TYPE,
    *,
    nodes: int = 2,
    minutes: int = 45,
    zone: str | None = None,
    name: str = "efa-lab",
) -> Plan:
    """Check whether the cluster can be made, and what it can cost. Makes nothing.

    Raises an :class:`HPCError` if it cannot be made.

    Args:
        cloud: An open cloud, local or an account.
        nodes: How many; the ping-pong needs two.
        minutes: Until the nodes are terminated, whatever happens (20 to 240).
        zone: An Availability Zone; None takes the first in which the type is offered.
    """
    _check_numbers(nodes, minutes)
    ec2 = cloud.client("ec2")
    region = ec2.meta.region_name
    kind = _described(ec2, instance_type, region)
    subnet, others = _subnet(ec2, instance_type, region, zone)
    vcpus = kind["VCpuInfo"]["DefaultVCpus"]
    code, quota_name = quota_of(instance_type)
    quota, running = _quota(cloud, code), _running(ec2, code)
    _check_quota(instance_type, nodes * vcpus, quota, quota_name, running)
    architecture = (
        "arm64" if "arm64" in kind["ProcessorInfo"]["SupportedArchitectures"] else "x86_64"
    )
    an_hour, price_note = price(instance_type, region)
    return Plan(
        name=cloud.name(name),
        region=region,
        zone=subnet["AvailabilityZone"],
        vpc=subnet["VpcId"],
        subnet=subnet["SubnetId"],
        other_zones=others,
        instance_type=instance_type,
        nodes=nodes,
        vcpus=vcpus,
        architecture=architecture,
        image=_image(cloud, architecture),
        minutes=minutes,
        quota_name=quota_name,
        quota=quota,
        running=running,
        usd_an_hour=nodes * an_hour,
        price_note=price_note,
    )


def price(instance_type: str, region: str) -> tuple[float, str]:
    """(US dollars an hour for one node with its disk and public address, where that comes from)."""
    row = prices().get(("ec2", instance_type))
    if row is None:
        raise HPCError(
            f"data/prices.csv has no price of {instance_type}, and nothing is launched without "
            f"one. Choose {INSTANCE_TYPE}, or add a row with its source and the day it was read."
        )
    usd = Instance.hourly({"InstanceType": instance_type})
    note = f"Price (quoted): data/prices.csv, us-east-1, {row.read_on}, no tax."
    if region == REGION:
        return usd, note
    return ELSEWHERE * usd, f"{note} {region} is taken to cost {ELSEWHERE} times as much."


# -- questions -------------------------------------------------------------------------------


def _check_numbers(nodes: int, minutes: int) -> None:
    if isinstance(nodes, bool) or not isinstance(nodes, int) or not 2 <= nodes <= 8:
        raise HPCError(f"nodes is a whole number from 2 to 8, not {nodes!r}: a ping needs a pong.")
    if isinstance(minutes, bool) or not isinstance(minutes, int):
        raise HPCError(f"minutes is a whole number, not {minutes!r}.")
    if not SHORTEST <= minutes <= LONGEST:
        raise HPCError(
            f"minutes is from {SHORTEST} (the installation takes about six) to {LONGEST}, "
            f"not {minutes}."
        )


def _described(ec2: Any, instance_type: str, region: str) -> Mapping[str, Any]:
    """What EC2 says about the type, which has an EFA."""
    try:
        kinds = ec2.describe_instance_types(InstanceTypes=[instance_type])["InstanceTypes"]
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("InvalidInstanceType", "InvalidParameterValue"):
            raise
        kinds = []
    if not kinds:
        raise HPCError(
            f"EC2 knows no type {instance_type!r} in {region}. Look it up in the catalogue "
            f"(notebook 10), or choose {INSTANCE_TYPE}."
        )
    if not kinds[0]["NetworkInfo"].get("EfaSupported"):
        raise HPCError(
            f"{instance_type} has no EFA. The smallest x86 type that has one is {INSTANCE_TYPE}; "
            "the catalogue of notebook 10 lists all."
        )
    return kinds[0]


def _subnet(
    ec2: Any, instance_type: str, region: str, zone: str | None
) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    """The subnet to launch into, and the other zones that would do."""
    wanted = [{"Name": "instance-type", "Values": [instance_type]}]
    offers = ec2.describe_instance_type_offerings(LocationType="availability-zone", Filters=wanted)
    offered = sorted(one["Location"] for one in offers["InstanceTypeOfferings"])
    if not offered:
        raise HPCError(
            f"{instance_type} is not offered in {region}. Open the cloud in another region "
            "(open_cloud(region=...)), or choose another type."
        )
    default = [{"Name": "default-for-az", "Values": ["true"]}]
    subnets = {
        one["AvailabilityZone"]: one for one in ec2.describe_subnets(Filters=default)["Subnets"]
    }
    usable = [one for one in offered if one in subnets]
    if not usable:
        raise HPCError(
            f"{region} has no default subnet in a zone that offers {instance_type}. Make the "
            "default VPC again (aws ec2 create-default-vpc), or use another region."
        )
    if zone is not None and zone not in usable:
        why = "has no default subnet" if zone in offered else f"does not offer {instance_type}"
        raise HPCError(f"{zone} {why}. Choose one of {', '.join(usable)}.")
    chosen = zone or usable[0]
    return subnets[chosen], tuple(one for one in usable if one != chosen)


def _quota(cloud: Any, code: str) -> float | None:
    """Return how many vCPUs may run at the same time; None if Service Quotas does not say."""
    try:
        return vcpu_quota(cloud, code)
    except ClientError:  # not allowed, or not known: RunInstances will tell
        return None


def _running(ec2: Any, code: str) -> int:
    """Count the vCPUs that run now and count for the quota `code`."""
    live = [{"Name": "instance-state-name", "Values": ["pending", "running"]}]
    pages = ec2.get_paginator("describe_instances").paginate(Filters=live)
    found = (instance["InstanceType"] for instance in pages.search(INSTANCES))
    count = Counter(kind for kind in found if quota_of(kind)[0] == code)
    if not count:
        return 0
    kinds = ec2.describe_instance_types(InstanceTypes=sorted(count))["InstanceTypes"]
    return sum(count[one["InstanceType"]] * one["VCpuInfo"]["DefaultVCpus"] for one in kinds)


def _check_quota(
    instance_type: str, needed: int, quota: float | None, name: str, running: int
) -> None:
    if quota is not None and running + needed > quota:
        raise HPCError(
            f"The quota “{name}” allows {quota:g} vCPUs, {running} of them run already, and this "
            f"cluster of {instance_type} needs {needed}. Ask for more in Service Quotas (hours to "
            "days), end what runs, or share one cluster with your class."
        )


def _image(cloud: Any, architecture: str) -> str:
    """Today's Amazon Linux 2023, as AWS publishes it in Parameter Store."""
    path = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-"
    return cloud.client("ssm").get_parameter(Name=path + architecture)["Parameter"]["Value"]
