"""EC2: instances, and what they are started from and placed in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Self

from patternlab.resources.naming import PROJECT
from patternlab.resources.place import Gone, Place
from patternlab.resources.prices import HOURS_A_MONTH, UnknownPrice, per_hour, price
from patternlab.resources.resource import Names, Resource
from patternlab.resources.statement import NEW_WITH_TAG, OURS, Statement, pass_role
from patternlab.resources.tagging import TagSpecifications, pairs

#: Gigabytes of disk that an instance gets if the call names none.
DISK = 30


def _arns(*kinds: str) -> tuple[str, ...]:
    return tuple(f"arn:aws:ec2:*:*:{kind}" for kind in kinds)


class _Ec2(Resource):
    """What EC2 lists under `listing` in its answer; a filter chooses among it."""

    service = "ec2"
    listing: ClassVar[str]
    filter: ClassVar[str]
    key: ClassVar[str]  # of the name in what is listed
    id_key: ClassVar[str | None] = None  # of the id, if EC2 has several of one name

    @classmethod
    def listed(cls, at: Place, **which: Any) -> Iterator[dict[str, Any]]:
        """Yield what EC2 says about each that `which`, parameters of the call, chooses."""
        yield from at.items("ec2", cls.find_by, cls.listing, **which)

    @classmethod
    def tagged(cls, at: Place, key: str, value: str) -> list[Self]:
        """Return those that have this tag."""
        wanted = [{"Name": f"tag:{key}", "Values": [value]}]
        return [
            cls.at(at, cls._names_of(one)[0], one[cls.id_key] if cls.id_key else None)
            for one in cls.listed(at, Filters=wanted)
        ]

    @classmethod
    def names(cls, at: Place) -> Names:
        wanted = [{"Name": cls.filter, "Values": [f"{PROJECT}-*"]}]
        yield from (cls._names_of(one) for one in cls.listed(at, Filters=wanted))

    @classmethod
    def _names_of(cls, one: Mapping[str, Any]) -> tuple[str, str | None]:
        return one[cls.key], None

    def look(self, at: Place) -> dict[str, Any]:
        name, value = self.filter, self.name
        if self.identifier is not None:
            name, value = "group-id", self.identifier
        for one in self.listed(at, Filters=[{"Name": name, "Values": [value]}]):
            return one
        raise Gone(f"There is no {self}.")

    def tags(self, at: Place) -> Mapping[str, str]:
        return pairs(self.look(at).get("Tags", []))


class Instance(_Ec2):
    """An instance, which is known by the name of its placement group and by its id."""

    kind, by_id, patience, may_be_nameless = "instance", True, 600.0, True
    create, of, tags_at = (
        "RunInstances",
        "Placement.GroupName",
        TagSpecifications("instance", "volume"),
    )
    find_by = describe = "DescribeInstances"
    remove, listing, id_key = "TerminateInstances", "Reservations", "InstanceId"
    parts = "CreateTags RebootInstances StartInstances"
    takes = {
        "RunInstances": (
            "ec2:RunInstances",
            "ec2:RunInstances with what is there",
            "ec2:CreateTags",
            pass_role("ec2"),
        ),
    }
    by_tag = ("ec2:TerminateInstances",)
    statements = (
        Statement(
            "NewNodes",
            ("ec2:RunInstances", "ec2:CreatePlacementGroup", "ec2:CreateSecurityGroup"),
            _arns("instance/*", "volume/*", f"placement-group/{OURS}", "security-group/*"),
            "Instances and their groups are made with the tag of the course.",
            NEW_WITH_TAG,
        ),
        Statement(
            "NodesAmong",
            ("ec2:RunInstances with *",),
            (
                *_arns("network-interface/*", "subnet/*", "security-group/*"),
                *_arns(f"placement-group/{OURS}"),
                "arn:aws:ec2:*::image/*",
            ),
            "What an instance is launched from and into; IAM asks about each.",
        ),
        Statement(
            "TagsOfNewNodes",
            ("ec2:CreateTags",),
            _arns("*"),
            "A tag is put on what is being made, and on nothing else.",
            {
                "StringEquals": {
                    "ec2:CreateAction": [
                        "CreatePlacementGroup",
                        "CreateSecurityGroup",
                        "RunInstances",
                    ]
                }
            },
        ),
    )

    @classmethod
    def id_in(cls, answer: Mapping[str, Any]) -> str | None:
        return " ".join(one["InstanceId"] for one in answer.get("Instances", [])) or None

    @classmethod
    def hourly(cls, params: Mapping[str, Any]) -> float:
        """On demand, with disk and public address: spot instances cost less."""
        kind = params.get("InstanceType")
        if not kind:
            raise UnknownPrice(
                "The call does not say the type of the instance, so its price is not known: give "
                "InstanceType= in the call itself."
            )
        disks = [disk.get("Ebs", {}) for disk in params.get("BlockDeviceMappings", [])]
        size = sum(disk.get("VolumeSize", DISK) for disk in disks) or DISK
        disk = price("ec2", "ebs-gp3").cost(size) / HOURS_A_MONTH
        each = per_hour("ec2", kind) + per_hour("ec2", "public-ipv4") + disk
        return params.get("MaxCount", 1) * each

    @classmethod
    def listed(cls, at: Place, **which: Any) -> Iterator[dict[str, Any]]:
        for some in super().listed(at, **which):
            yield from (one for one in some["Instances"] if one["State"]["Name"] != "terminated")

    @classmethod
    def names(cls, at: Place) -> Names:
        yield from map(cls._names_of, cls.listed(at))

    @classmethod
    def _names_of(cls, one: Mapping[str, Any]) -> tuple[str, str | None]:
        return one.get("Placement", {}).get("GroupName", ""), one["InstanceId"]

    def its(self, at: Place) -> dict[str, Any]:
        return {"InstanceIds": [self.identifier]}

    def look(self, at: Place) -> dict[str, Any]:
        for one in self.listed(at, **self.its(at)):
            return one
        raise Gone(f"There is no {self}.")


class LaunchTemplate(_Ec2):
    """A launch template with its versions."""

    kind, create, named_by = "launch template", "CreateLaunchTemplate", "LaunchTemplateName"
    tags_at, hourly_usd = TagSpecifications("launch-template"), 0.0
    find_by = describe = "DescribeLaunchTemplates"
    remove, listing, filter = "DeleteLaunchTemplate", "LaunchTemplates", "launch-template-name"
    key, parts = "LaunchTemplateName", "CreateLaunchTemplateVersion"
    by_tag = ("ec2:DeleteLaunchTemplate",)


class PlacementGroup(_Ec2):
    """A placement group. It can be deleted once its instances are terminated."""

    kind, create, named_by = "placement group", "CreatePlacementGroup", "GroupName"
    may_be_nameless, tags_at, hourly_usd = True, TagSpecifications("placement-group"), 0.0
    find_by = describe = "DescribePlacementGroups"
    remove, listing, filter, key = (
        "DeletePlacementGroup",
        "PlacementGroups",
        "group-name",
        "GroupName",
    )
    takes = {"CreatePlacementGroup": ("ec2:CreatePlacementGroup", "ec2:CreateTags")}
    by_tag = ("ec2:DeletePlacementGroup",)


class SecurityGroup(_Ec2):
    """A security group. It can be deleted once no network interface uses it."""

    kind, create, named_by = "security group", "CreateSecurityGroup", "GroupName"
    tags_at, id_at, hourly_usd = TagSpecifications("security-group"), ("GroupId",), 0.0
    find_by = describe = "DescribeSecurityGroups"
    remove, listing, filter, key = (
        "DeleteSecurityGroup",
        "SecurityGroups",
        "group-name",
        "GroupName",
    )
    id_key = "GroupId"
    parts = "AuthorizeSecurityGroupEgress AuthorizeSecurityGroupIngress"
    takes = {
        "CreateSecurityGroup": (
            "ec2:CreateSecurityGroup",
            "ec2:CreateSecurityGroup in a VPC",
            "ec2:CreateTags",
        ),
    }
    by_tag = ("ec2:DeleteSecurityGroup", "ec2:*SecurityGroup*gress")
    statements = (
        Statement(
            "GroupsInVpcs",
            ("ec2:CreateSecurityGroup in *",),
            _arns("vpc/*"),
            "A security group is made in a VPC that is there.",
        ),
    )

    def delete(self, at: Place) -> None:
        at.call("ec2", self.remove, GroupId=self.look(at)["GroupId"])

    def by_hand(self) -> str:
        group = self.aws(self.describe)
        group += f' --filters Name=group-name,Values={self.name} --query "SecurityGroups[].GroupId"'
        return f"{self.aws(self.remove)} --group-id $({group} --output text)"
