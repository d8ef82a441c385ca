"""EventBridge: rules, and the schedules of its Scheduler."""

from __future__ import annotations

from collections.abc import Mapping

from patternlab.resources.naming import PROJECT
from patternlab.resources.place import Place
from patternlab.resources.resource import Names, Resource, bare
from patternlab.resources.statement import OURS, Statement, pass_role
from patternlab.resources.tagging import TagPairs, pairs


class Rule(Resource):
    """A rule with its targets."""

    kind, service, is_everyday, hourly_usd = "rule", "events", True, 0.0
    create, named_by, tags_at, arn_prefix = "PutRule", "Name", TagPairs("Tags"), "rule/"
    find_by, describe, remove = "ListRules", "DescribeRule", "DeleteRule"
    also = "ListTagsForResource ListTargetsByRule RemoveTargets"
    parts = "EnableRule PutEvents PutTargets"
    takes = {"PutRule": ("events:PutRule", "events:TagResource")}
    statements = (
        Statement(
            "Rules", ("events:*",), (f"arn:aws:events:*:*:rule/{OURS}",), "EventBridge's rules."
        ),
    )

    @classmethod
    def names(cls, at: Place) -> Names:
        for one in at.items("events", cls.find_by, "Rules", NamePrefix=f"{PROJECT}-"):
            yield one["Name"], None

    def tags(self, at: Place) -> Mapping[str, str]:
        arn = at.arn("events", f"rule/{self.name}")
        return pairs(at.call("events", "ListTagsForResource", ResourceARN=arn)["Tags"])

    def delete(self, at: Place) -> None:
        targets = at.items("events", "ListTargetsByRule", "Targets", Rule=self.name)
        if ids := [target["Id"] for target in targets]:
            at.call("events", "RemoveTargets", Rule=self.name, Ids=ids)
        super().delete(at)

    def by_hand(self) -> str:
        targets = self.aws("ListTargetsByRule", Rule=self.name)
        ids = f'$({targets} --query "Targets[].Id" --output text)'
        return f"{self.aws('RemoveTargets', Rule=self.name)} --ids {ids}; {super().by_hand()}"


class Schedule(Resource):
    """A schedule. It cannot have tags: those of the role that it acts through are taken instead."""

    kind, service, takes_tags, hourly_usd = "schedule", "scheduler", False, 0.0
    create, named_by = "CreateSchedule", "Name"
    find_by, describe, remove = "ListSchedules", "GetSchedule", "DeleteSchedule"
    takes = {
        operation: (f"scheduler:{operation}", pass_role("scheduler"))
        for operation in ("CreateSchedule", "UpdateSchedule")
    }
    statements = (
        Statement(
            "Timers",
            ("scheduler:*",),
            (f"arn:aws:scheduler:*:*:schedule/*/{OURS}",),
            "Schedules that delete what is billed by the hour.",
        ),
    )

    @classmethod
    def names(cls, at: Place) -> Names:
        for one in at.items("scheduler", cls.find_by, "Schedules", NamePrefix=f"{PROJECT}-"):
            yield one["Name"], None

    def tags(self, at: Place) -> Mapping[str, str]:
        role = bare(self.look(at)["Target"]["RoleArn"])
        return pairs(at.call("iam", "ListRoleTags", RoleName=role)["Tags"])
