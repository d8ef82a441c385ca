"""IAM: roles with their policies, and the profiles by which instances wear them."""

from __future__ import annotations

from patternlab.account.naming import PROJECT
from patternlab.account.removal.thing import Removal, aws, pairs


class Role(Removal):
    kind, is_global = "role", True

    def names(self, at):
        for page in at.pages("iam", "list_roles"):
            yield from ((one["RoleName"], None) for one in page["Roles"])

    def look(self, at, thing):
        return at.call("iam", "get_role", RoleName=thing.name)

    def tags(self, at, thing):
        return pairs(at.call("iam", "list_role_tags", RoleName=thing.name)["Tags"])

    def delete(self, at, thing):
        role = {"RoleName": thing.name}
        for page in at.pages("iam", "list_attached_role_policies", **role):
            for one in page["AttachedPolicies"]:
                at.call("iam", "detach_role_policy", PolicyArn=one["PolicyArn"], **role)
        for page in at.pages("iam", "list_role_policies", **role):
            for name in page["PolicyNames"]:
                at.call("iam", "delete_role_policy", PolicyName=name, **role)
        at.call("iam", "delete_role", **role)

    def by_hand(self, thing):
        policy = aws(thing, "iam delete-role-policy", role_name=thing.name, policy_name=PROJECT)
        return f"{policy}; {aws(thing, 'iam delete-role', role_name=thing.name)}"


class InstanceProfile(Removal):
    kind, is_global = "instance profile", True

    def names(self, at):
        for page in at.pages("iam", "list_instance_profiles"):
            yield from ((one["InstanceProfileName"], None) for one in page["InstanceProfiles"])

    def look(self, at, thing):
        found = at.call("iam", "get_instance_profile", InstanceProfileName=thing.name)
        return found["InstanceProfile"]

    def tags(self, at, thing):
        return pairs(self.look(at, thing).get("Tags", []))

    def delete(self, at, thing):
        profile = {"InstanceProfileName": thing.name}
        for role in self.look(at, thing)["Roles"]:
            name = role["RoleName"]
            at.call("iam", "remove_role_from_instance_profile", RoleName=name, **profile)
        at.call("iam", "delete_instance_profile", **profile)

    def by_hand(self, thing):
        profile = {"instance_profile_name": thing.name}
        remove = aws(thing, "iam remove-role-from-instance-profile", **profile, role_name="ROLE")
        return f"{remove}; {aws(thing, 'iam delete-instance-profile', **profile)}"
