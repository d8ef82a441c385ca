"""Placement groups, which moto does not have: what they are, their limits and how EC2 words them.

Sentences marked AWS's are quoted by users; the others are ours under AWS's error code.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from moto.ec2.exceptions import EC2ClientError, MissingParameterError
from moto.ec2.models.core import TaggedEC2Resource
from moto.ec2.models.instances import Instance
from moto.ec2.utils import generic_filter, random_id

CLUSTER, SPREAD, PARTITION = "cluster", "spread", "partition"
STRATEGIES = CLUSTER, SPREAD, PARTITION
#: Placement groups of an account in a Region (EC2 User Guide, placement-groups, 2023).
MAX_GROUPS = 500
#: Running instances of a spread group, and partitions of a partition group, in one zone (same).
PER_ZONE = 7
#: Partitions of a group that does not say how many.
PARTITIONS = 2

# AWS's words: the log of plugin.terraform-provider-aws 1.6.0; FDio/csit issue 179 on GitHub (2025);
# jtriley/StarCluster issue 277 (2013); bcbio/bcbio-nextgen-vm issue 45 (2014).
UNKNOWN = "The Placement Group '{}' is unknown."
DUPLICATE = "The placement group '{}' already exists."
IN_USE = "The placement group '{}' is in use and may not be deleted."
ELSEWHERE = "The placement group '{}' is in use in another availability zone: {}"


class PlacementGroup(TaggedEC2Resource):
    """One placement group, with the attributes that moto's serializer looks for."""

    state = "available"

    def __init__(self, backend: Any, name: str, strategy: str, partitions: int | None) -> None:
        self.ec2_backend = backend
        self.id = self.group_id = random_id("pg")
        self.group_name, self.strategy, self.partition_count = name, strategy, partitions
        self.spread_level = "rack" if strategy == SPREAD else None
        self.group_arn = (
            f"arn:{backend.partition}:ec2:{backend.region_name}:{backend.account_id}"
            f":placement-group/{name}"
        )

    @property
    def tags(self) -> list[dict[str, str]]:
        return self.get_tags()

    def instances(self) -> list[Instance]:
        """Its instances that are not terminated."""
        return [
            instance
            for instance in self.ec2_backend.all_instances()
            if instance.placement.group_name == self.group_name and instance.state != "terminated"
        ]

    def check(self, instance_type: Mapping[str, Any], count: int, zone: str) -> None:
        """Refuse to launch `count` instances of a type into the group where it cannot take them."""
        name = instance_type["InstanceType"]
        if self.strategy not in instance_type["PlacementGroupInfo"]["SupportedStrategies"]:
            # AWS's words, in a README of public code about t2.micro.
            raise EC2ClientError(
                "InvalidParameterCombination",
                f"{self.strategy.capitalize()} placement groups are not supported by the '{name}' "
                "instance type. Specify a supported instance type or change the placement group "
                "strategy, and try again.",
            )
        here = Counter(instance.placement.zone for instance in self.instances())
        if self.strategy == CLUSTER and here and zone not in here:
            found = next(iter(here))
            raise EC2ClientError(
                "InvalidPlacementGroup.InUse", ELSEWHERE.format(self.group_name, found)
            )
        if self.strategy == SPREAD and here[zone] + count > PER_ZONE:
            raise EC2ClientError(
                "InstanceLimitExceeded",
                f"The spread placement group '{self.group_name}' takes {PER_ZONE} running instances"
                f" per Availability Zone: {here[zone]} are in {zone}, and {count} more were asked "
                "for. Use another zone, or a partition placement group.",
            )

    def partition_for(self, asked: int | None) -> int | None:
        """The partition of the next instance: as asked, or the emptiest one."""
        if self.strategy != PARTITION:
            if asked is not None:
                raise EC2ClientError(
                    "InvalidParameterCombination",
                    f"PartitionNumber goes with a partition placement group; '{self.group_name}' "
                    f"has the strategy {self.strategy}.",
                )
            return None
        partitions = range(1, (self.partition_count or 0) + 1)
        if asked is not None and asked not in partitions:
            raise EC2ClientError(
                "InvalidParameterValue",
                f"The placement group '{self.group_name}' has the partitions 1 to "
                f"{self.partition_count}: there is no {asked}.",
            )
        places: list[Any] = [instance.placement for instance in self.instances()]
        taken = Counter(place.partition_number for place in places)
        return asked or min(partitions, key=lambda n: (taken[n], n))


class PlacementGroups:
    """The placement groups of one Region."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend
        self._groups: dict[str, PlacementGroup] = {}

    def __iter__(self) -> Any:
        return iter(self._groups.values())

    def create(
        self, name: str | None, strategy: str | None, partitions: int | None
    ) -> PlacementGroup:
        """A new group; EC2's error where there cannot be one."""
        if not name or not strategy:
            raise MissingParameterError("Strategy" if name else "GroupName")
        if strategy not in STRATEGIES:
            raise EC2ClientError(
                "InvalidParameterValue",
                f"A local cloud knows the strategies {', '.join(STRATEGIES)}, not {strategy!r}.",
            )
        if strategy != PARTITION and partitions is not None:
            raise EC2ClientError(
                "InvalidParameterCombination",
                "PartitionCount goes with the strategy 'partition' only.",
            )
        if strategy == PARTITION:
            partitions = PARTITIONS if partitions is None else partitions
            if not 1 <= partitions <= PER_ZONE:
                raise EC2ClientError(
                    "InvalidParameterValue",
                    f"PartitionCount is 1 to {PER_ZONE}, not {partitions}.",
                )
        if name in self._groups:
            raise EC2ClientError("InvalidPlacementGroup.Duplicate", DUPLICATE.format(name))
        if len(self._groups) >= MAX_GROUPS:
            raise EC2ClientError(
                "PlacementGroupLimitExceeded",
                f"You have reached the limit of {MAX_GROUPS} placement groups in this Region.",
            )
        made = self._groups[name] = PlacementGroup(self._backend, name, strategy, partitions)
        return made

    def get(self, name: str | None = None, identity: str | None = None) -> PlacementGroup:
        """The group of that name or id."""
        for group in self:
            if identity == group.id or (identity is None and name == group.group_name):
                return group
        raise EC2ClientError("InvalidPlacementGroup.Unknown", UNKNOWN.format(identity or name))

    def describe(
        self, names: Iterable[str], identities: Iterable[str], filters: dict[str, Any]
    ) -> list[PlacementGroup]:
        """The groups asked for, or all of them, as far as the filters let them through."""
        named = [self.get(name) for name in names]
        named += [self.get(identity=identity) for identity in identities]
        return generic_filter(filters, named or list(self))

    def delete(self, name: str | None) -> None:
        """Delete the group; refused while an instance of it is not terminated."""
        if not name:
            raise MissingParameterError("GroupName")
        group = self.get(name)
        if group.instances():
            raise EC2ClientError("InvalidPlacementGroup.InUse", IN_USE.format(group.group_name))
        del self._groups[group.group_name]
        self._backend.tags.pop(group.id, None)
