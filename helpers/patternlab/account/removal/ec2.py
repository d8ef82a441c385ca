"""EC2: instances and what they are started from and run in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from patternlab.account.asking import Gone, Place
from patternlab.account.naming import PROJECT
from patternlab.account.removal.thing import Removal, aws, pairs


class _Ec2(Removal):
    """What EC2 lists under `listing` in the answer to `operation`, each with its name in `by`."""

    operation: str
    listing: str
    by: str
    filter: str

    def _all(self, at: Place) -> Iterator[dict[str, Any]]:
        wanted = [{"Name": self.filter, "Values": [f"{PROJECT}-*"]}]
        for page in at.pages("ec2", self.operation, Filters=wanted):
            yield from page[self.listing]

    def names(self, at):
        yield from ((one[self.by], None) for one in self._all(at))

    def look(self, at, thing):
        for one in self._all(at):
            if one[self.by] == thing.name:
                return one
        raise Gone(f"There is no {thing}.")

    def tags(self, at, thing):
        return pairs(self.look(at, thing).get("Tags", []))


class LaunchTemplate(_Ec2):
    kind, operation, listing = "launch template", "describe_launch_templates", "LaunchTemplates"
    by, filter = "LaunchTemplateName", "launch-template-name"

    def delete(self, at, thing):
        at.call("ec2", "delete_launch_template", LaunchTemplateName=thing.name)

    def by_hand(self, thing):
        return aws(thing, "ec2 delete-launch-template", launch_template_name=thing.name)


class PlacementGroup(_Ec2):
    kind, operation, listing = "placement group", "describe_placement_groups", "PlacementGroups"
    by, filter = "GroupName", "group-name"

    def delete(self, at, thing):
        at.call("ec2", "delete_placement_group", GroupName=thing.name)

    def by_hand(self, thing):
        return aws(thing, "ec2 delete-placement-group", group_name=thing.name)


class SecurityGroup(_Ec2):
    kind, operation, listing = "security group", "describe_security_groups", "SecurityGroups"
    by, filter = "GroupName", "group-name"

    def delete(self, at, thing):
        group = self.look(at, thing)["GroupId"]
        at.call("ec2", "delete_security_group", GroupId=group)

    def by_hand(self, thing):
        find = aws(thing, "ec2 describe-security-groups")
        find += f' --filters Name=group-name,Values={thing.name} --query "SecurityGroups[].GroupId"'
        return f"{aws(thing, 'ec2 delete-security-group')} --group-id $({find} --output text)"


class Instance(Removal):
    """Named by its placement group."""

    kind, by_id, patience = "instance", True, 600.0

    def names(self, at):
        for one in self._running(at):
            yield one.get("Placement", {}).get("GroupName", ""), one["InstanceId"]

    def look(self, at, thing):
        for one in self._running(at, InstanceIds=[thing.identifier]):
            return one
        raise Gone(f"There is no {thing}.")

    def _running(self, at, **which):
        for page in at.pages("ec2", "describe_instances", **which):
            for one in (one for some in page["Reservations"] for one in some["Instances"]):
                if one["State"]["Name"] != "terminated":
                    yield one

    def tags(self, at, thing):
        return pairs(self.look(at, thing).get("Tags", []))

    def delete(self, at, thing):
        at.call("ec2", "terminate_instances", InstanceIds=[thing.identifier])

    def by_hand(self, thing):
        return aws(thing, "ec2 terminate-instances", instance_ids=thing.identifier or "ID")
