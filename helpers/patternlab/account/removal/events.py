"""EventBridge: rules, and the schedules of its Scheduler."""

from __future__ import annotations

from patternlab.account.kinds import bare
from patternlab.account.naming import PROJECT
from patternlab.account.removal.thing import Removal, aws, pairs


class Rule(Removal):
    kind = "rule"

    def names(self, at):
        for page in at.pages("events", "list_rules", NamePrefix=f"{PROJECT}-"):
            yield from ((one["Name"], None) for one in page["Rules"])

    def look(self, at, thing):
        return at.call("events", "describe_rule", Name=thing.name)

    def tags(self, at, thing):
        arn = at.arn("events", f"rule/{thing.name}")
        return pairs(at.call("events", "list_tags_for_resource", ResourceARN=arn)["Tags"])

    def delete(self, at, thing):
        for page in at.pages("events", "list_targets_by_rule", Rule=thing.name):
            if ids := [target["Id"] for target in page["Targets"]]:
                at.call("events", "remove_targets", Rule=thing.name, Ids=ids)
        at.call("events", "delete_rule", Name=thing.name)

    def by_hand(self, thing):
        targets = aws(thing, "events list-targets-by-rule", rule=thing.name)
        remove = aws(thing, "events remove-targets", rule=thing.name)
        return f'{remove} --ids $({targets} --query "Targets[].Id" --output text); ' + aws(
            thing, "events delete-rule", name=thing.name
        )


class Schedule(Removal):
    kind, can_be_tagged = "schedule", False

    def names(self, at):
        for page in at.pages("scheduler", "list_schedules", NamePrefix=f"{PROJECT}-"):
            yield from ((one["Name"], None) for one in page["Schedules"])

    def look(self, at, thing):
        return at.call("scheduler", "get_schedule", Name=thing.name)

    def tags(self, at, thing):
        """Those of the role that it acts through: a schedule cannot have any."""
        role = bare(self.look(at, thing)["Target"]["RoleArn"])
        return pairs(at.call("iam", "list_role_tags", RoleName=role)["Tags"])

    def delete(self, at, thing):
        at.call("scheduler", "delete_schedule", Name=thing.name)

    def by_hand(self, thing):
        return aws(thing, "scheduler delete-schedule", name=thing.name)
