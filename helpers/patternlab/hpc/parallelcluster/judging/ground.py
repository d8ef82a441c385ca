"""The account in which a file is judged: moto, with what the file names in place.

moto has no placement groups, and answers a dry run of RunInstances without a look at zones; both
answers are given here, below pcluster and above moto.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import boto3
import pcluster.aws.common
from botocore.exceptions import BotoCoreError, ClientError
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ec2.models import ec2_backends
from moto.ec2.models.amis import Ami
from moto.moto_api._internal import mock_random
from pcluster.constants import OS_TO_IMAGE_NAME_PART_MAP, SUPPORTED_ARCHITECTURES
from pcluster.utils import get_installed_version

from patternlab.hpc.parallelcluster.judging.document import Document
from patternlab.hpc.parallelcluster.site import SecurityGroup, Site, Subnet

SEED = 11  # of moto's ids


@dataclass(frozen=True)
class Named:
    """What a file names of things that must be there already, each in the order of the file."""

    head_subnet: str | None
    subnets: tuple[str, ...]  # the head node's first
    groups: tuple[str, ...]
    keys: tuple[str, ...]
    images: tuple[str, ...]
    buckets: tuple[str, ...]


def named_in(document: Document) -> Named:
    """Find what the file names."""
    found: dict[str, dict[str, None]] = {}
    head = None
    for path, value in document.below(()):
        keys = [step for step in path if isinstance(step, str)]
        if not keys or not isinstance(value, str):
            continue
        if keys[:1] == ["HeadNode"] and keys[-1] == "SubnetId":
            head = value
        kind = next((kind for kind, key in _KINDS.items() if re.search(key, keys[-1])), None)
        if kind:
            found.setdefault(kind, {})[value] = None
    subnets = list(found.get("subnets", ()))
    subnets.sort(key=lambda name: name != head)
    rest = {kind: tuple(found.get(kind, ())) for kind in _KINDS if kind != "subnets"}
    return Named(head, tuple(subnets), **rest)


_KINDS = {
    "subnets": r"^SubnetIds?$",
    "groups": r"SecurityGroups$",
    "keys": r"^KeyName$",
    "images": r"^CustomAmi$",
    "buckets": r"^(CustomS3Bucket|BucketName)$",
}


def assumed_site(document: Document, named: Named, region: str) -> tuple[Site, list[str]]:
    """A site with every subnet that the file names, and what that takes for granted."""
    zones: dict[str, str] = {}
    queues = document.data.get("Scheduling")
    queues = queues.get("SlurmQueues") if isinstance(queues, dict) else None
    for queue in queues if isinstance(queues, list) else []:
        _place_queue(queue, zones, region)
    for name in named.subnets:
        zones.setdefault(name, _letters(region)[0])
    subnets = tuple(Subnet(name, zones[name], name == named.head_subnet) for name in named.subnets)
    said = [
        f"{subnet.id} is there: a {'public' if subnet.public else 'private'} subnet in "
        f"{region}{subnet.zone}."
        for subnet in subnets
    ]
    return Site(subnets), said


def _place_queue(queue: Any, zones: dict[str, str], region: str) -> None:
    """Put the subnets of a queue into different zones that offer its instance types."""
    types, subnets = [], []
    for path, value in Document({"queue": queue}, {}).below(("queue",)):
        if path[-1] == "InstanceType" and isinstance(value, str):
            types.append(value)
        elif "SubnetIds" in path[-2:-1] and isinstance(value, str):
            subnets.append(value)
    offering = _zones_of(types, region)
    letters = _letters(region)
    letters.sort(key=lambda letter: letter not in offering)
    free = [letter for letter in letters if letter not in {zones.get(name) for name in subnets}]
    for name in subnets:
        if name not in zones:
            zones[name] = free.pop(0) if free else letters[0]


def _zones_of(types: list[str], region: str) -> set[str]:
    """The letters of the zones that offer all of these instance types."""
    offered = set(_letters(region))
    for kind in types:
        offered &= {zone.removeprefix(region) for zone in _offering_zones(kind, region)}
    return offered


def _offering_zones(instance_type: str, region: str) -> list[str]:
    offers = _backend(region).describe_instance_type_offerings(
        location_type="availability-zone", filters={"instance-type": [instance_type]}
    )
    return [offer["Location"] for offer in offers]


def _letters(region: str) -> list[str]:
    zones = _backend(region).describe_availability_zones()
    return sorted(zone.name.removeprefix(region) for zone in zones)


def _backend(region: str) -> Any:
    return ec2_backends[DEFAULT_ACCOUNT_ID][region]


def furnish(site: Site, named: Named, region: str) -> list[str]:
    """Make the site in moto, and all else that the file names; returns what was assumed."""
    mock_random.seed(SEED)
    ec2 = boto3.client("ec2")
    vpcs: dict[str, str] = {}
    for number, subnet in enumerate(site.subnets):
        if subnet.vpc not in vpcs:
            vpcs[subnet.vpc] = _make_vpc(ec2, len(vpcs))
        _make_subnet(ec2, subnet, vpcs[subnet.vpc], number, region)
    vpc = next(iter(vpcs.values()), None) or _make_vpc(ec2, 0)
    known = {group.id for group in site.security_groups}
    assumed = [SecurityGroup(name) for name in named.groups if name not in known]
    for group in (*site.security_groups, *assumed):
        _make_group(ec2, group, vpc)
    for make, names in ((_make_key, named.keys), (_make_bucket, named.buckets)):
        for name in names:
            with suppress(BotoCoreError, ClientError):  # no such name can be: the validator says so
                make(name, region)
    _make_images(named.images, region)
    said = [f"{group.id} is there: all traffic to and from itself is allowed." for group in assumed]
    return said + [f"{name} is there." for name in (*named.keys, *named.images, *named.buckets)]


def _make_vpc(ec2: Any, number: int) -> str:
    vpc = ec2.create_vpc(CidrBlock=f"10.{number}.0.0/16")["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    return vpc


def _make_subnet(ec2: Any, subnet: Subnet, vpc: str, number: int, region: str) -> None:
    block = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["CidrBlock"]
    with patch("moto.ec2.models.subnets.random_subnet_id", return_value=subnet.id):
        ec2.create_subnet(
            VpcId=vpc,
            CidrBlock=block.replace(".0.0/16", f".{number}.0/24"),
            AvailabilityZone=region + subnet.zone,
        )
    ec2.modify_subnet_attribute(SubnetId=subnet.id, MapPublicIpOnLaunch={"Value": subnet.public})
    if subnet.public:
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        routes = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        ec2.create_route(RouteTableId=routes, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
        ec2.associate_route_table(RouteTableId=routes, SubnetId=subnet.id)


def _make_group(ec2: Any, group: SecurityGroup, vpc: str) -> None:
    with patch("moto.ec2.models.security_groups.random_security_group_id", return_value=group.id):
        ec2.create_security_group(GroupName=group.id, Description="a group", VpcId=vpc)
    itself = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group.id}]}
    anywhere = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}  # moto's own way out
    if group.rules in ("self", "self in"):
        ec2.authorize_security_group_ingress(GroupId=group.id, IpPermissions=[itself])
    else:
        ssh = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}
        ssh["IpRanges"] = [{"CidrIp": "0.0.0.0/0"}]
        ec2.authorize_security_group_ingress(GroupId=group.id, IpPermissions=[ssh])
    if group.rules == "self":
        ec2.revoke_security_group_egress(GroupId=group.id, IpPermissions=[anywhere])
        ec2.authorize_security_group_egress(GroupId=group.id, IpPermissions=[itself])


def _make_key(name: str, _: str) -> None:
    boto3.client("ec2").create_key_pair(KeyName=name, KeyType="ed25519")


def _make_bucket(name: str, region: str) -> None:
    place = {"LocationConstraint": region}
    extra = {} if region == "us-east-1" else {"CreateBucketConfiguration": place}
    boto3.client("s3").create_bucket(Bucket=name, **extra)


def _make_images(custom: tuple[str, ...], region: str) -> None:
    """AWS's official images of this version, and those that the file names.

    moto gives each of them a volume of 15 GiB; AWS's are larger.
    """
    backend, zone = _backend(region), region + _letters(region)[0]
    images = [
        (f"ami-{system}-{arch}", f"aws-parallelcluster-{get_installed_version()}-{part}-{arch}-1")
        for system, part in OS_TO_IMAGE_NAME_PART_MAP.items()
        for arch in SUPPORTED_ARCHITECTURES
    ]
    images += [(name, name) for name in custom]
    for name, label in images:
        arch = next((arch for arch in SUPPORTED_ARCHITECTURES if f"-{arch}" in label), "x86_64")
        backend.amis[name] = Ami(
            backend,
            name,
            name=label,
            owner_alias="amazon",
            architecture=arch,
            root_device_type="ebs",
            region_name=zone,
        )


def answer_for_moto() -> None:
    """Answer what moto does not, for all clients that are made from now on."""

    def placement_groups(params: dict[str, Any], **_: Any) -> Any:
        names = [value for key, value in params["body"].items() if key.startswith("GroupName.")]
        groups = [{"GroupName": name, "Strategy": "cluster"} for name in names]
        return SimpleNamespace(status_code=200), {"PlacementGroups": groups}

    def dry_run(params: dict[str, Any], **_: Any) -> Any:
        code, message = _refusal_of(params["body"], os.environ["AWS_DEFAULT_REGION"])
        return SimpleNamespace(status_code=412), {"Error": {"Code": code, "Message": message}}

    boto3.setup_default_session()
    assert boto3.DEFAULT_SESSION  # the line above made it
    events = boto3.DEFAULT_SESSION.events
    events.register("before-call.ec2.DescribePlacementGroups", placement_groups)
    events.register("before-call.ec2.RunInstances", dry_run)
    # It makes a session for each call, to log its region; nobody reads that log here.
    pcluster.aws.common._log_boto3_calls = lambda **_: None


def _refusal_of(body: dict[str, Any], region: str) -> tuple[str, str]:
    """EC2's answer to a dry run: the type must be offered in the subnet's zone."""
    kind, subnet = body["InstanceType"], body["NetworkInterface.1.SubnetId"]
    zone = _backend(region).get_subnet(subnet).availability_zone
    offered = _offering_zones(kind, region)
    if offered and zone not in offered:
        return "Unsupported", (
            f"Your requested instance type ({kind}) is not supported in your requested "
            f"Availability Zone ({zone})."
        )
    return "DryRunOperation", "Request would have succeeded, but DryRun flag is set."
