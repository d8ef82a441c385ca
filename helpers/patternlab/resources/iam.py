"""IAM: roles with their policies, and the instance profiles that give them to instances."""

from __future__ import annotations

from collections.abc import Mapping

from patternlab.functions.roles import MANAGED
from patternlab.resources.naming import PROJECT
from patternlab.resources.place import Place
from patternlab.resources.resource import Names, Resource
from patternlab.resources.statement import OURS, Statement, pass_role
from patternlab.resources.tagging import TagPairs, pairs

_ROLES = f"arn:aws:iam::*:role/{OURS}"


class InstanceProfile(Resource):
    """An instance profile, and not the role in it."""

    kind, service, is_global, hourly_usd = "instance profile", "iam", True, 0.0
    create, named_by, tags_at = "CreateInstanceProfile", "InstanceProfileName", TagPairs("Tags")
    find_by, describe = "ListInstanceProfiles", "GetInstanceProfile"
    remove, also = "DeleteInstanceProfile", "RemoveRoleFromInstanceProfile"
    parts = "AddRoleToInstanceProfile"
    takes = {
        "AddRoleToInstanceProfile": ("iam:AddRoleToInstanceProfile", pass_role("ec2")),
        "CreateInstanceProfile": ("iam:CreateInstanceProfile", "iam:TagInstanceProfile"),
    }
    statements = (
        Statement(
            "InstanceProfiles",
            ("iam:*InstanceProfile",),
            (f"arn:aws:iam::*:instance-profile/{OURS}",),
            "The instance profile that gives an instance its role.",
        ),
    )

    @classmethod
    def names(cls, at: Place) -> Names:
        for one in at.items("iam", cls.find_by, "InstanceProfiles"):
            yield one["InstanceProfileName"], None

    def tags(self, at: Place) -> Mapping[str, str]:
        return pairs(self.look(at)["InstanceProfile"].get("Tags", []))

    def delete(self, at: Place) -> None:
        for role in self.look(at)["InstanceProfile"]["Roles"]:
            its = {**self.its(at), "RoleName": role["RoleName"]}
            at.call("iam", "RemoveRoleFromInstanceProfile", **its)
        super().delete(at)

    def by_hand(self) -> str:
        its = {"InstanceProfileName": self.name, "RoleName": "ROLE"}
        return f"{self.aws('RemoveRoleFromInstanceProfile', **its)}; {super().by_hand()}"


class Role(Resource):
    """A role with its policies."""

    kind, service, is_everyday, is_global, hourly_usd = "role", "iam", True, True, 0.0
    create, named_by, tags_at = "CreateRole", "RoleName", TagPairs("Tags")
    find_by, describe, remove = "ListRoles", "GetRole", "DeleteRole"
    also = """ListRoleTags ListAttachedRolePolicies DetachRolePolicy ListRolePolicies
        DeleteRolePolicy"""
    parts = "AttachRolePolicy PutRolePolicy"
    takes = {"CreateRole": ("iam:CreateRole", "iam:TagRole")}
    statements = (
        Statement(
            "RoleOfNodes",
            ("iam:AttachRolePolicy",),
            (_ROLES,),
            "Nodes get AWS's policy for Session Manager and no other.",
            {"ArnLike": {"iam:PolicyARN": MANAGED}},
        ),
        Statement(
            "PassRolesToServices",
            ("iam:PassRole *",),
            (_ROLES,),
            "Functions, topics' status logs, timers and nodes act with a role of the course, "
            "nobody else does.",
        ),
        Statement(
            "Roles", ("iam:*",), (_ROLES,), "One role for each function, topic's log, timer, node."
        ),
    )

    @classmethod
    def names(cls, at: Place) -> Names:
        for one in at.items("iam", cls.find_by, "Roles"):
            yield one["RoleName"], None

    def tags(self, at: Place) -> Mapping[str, str]:
        return pairs(at.call("iam", "ListRoleTags", **self.its(at))["Tags"])

    def delete(self, at: Place) -> None:
        its = self.its(at)
        for one in at.items("iam", "ListAttachedRolePolicies", "AttachedPolicies", **its):
            at.call("iam", "DetachRolePolicy", PolicyArn=one["PolicyArn"], **its)
        for name in at.items("iam", "ListRolePolicies", "PolicyNames", **its):
            at.call("iam", "DeleteRolePolicy", PolicyName=name, **its)
        super().delete(at)

    def by_hand(self) -> str:
        policy = self.aws("DeleteRolePolicy", RoleName=self.name, PolicyName=PROJECT)
        return f"{policy}; {super().by_hand()}"
