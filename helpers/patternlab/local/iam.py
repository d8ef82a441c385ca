"""IAM with AWS's own managed policies, read when one is asked for.

moto knows them all and loads none unless told to, because 1,400 of them take their time. Here the
one that is attached or looked at is loaded, and only that one.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from moto.iam import urls
from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend, ManagedPolicy

_OF_AWS = ":iam::aws:policy/"


@cache
def _known() -> dict[str, Any]:
    """AWS's policies by name, as moto has written them down."""
    return json.loads(aws_managed_policies_data)


class LocalIAMBackend(IAMBackend):
    """moto's IAM backend."""

    @property
    def _url_module(self) -> Any:
        return urls

    def attach_role_policy(self, policy_arn: str, role_name: str) -> None:
        self._load(policy_arn)
        super().attach_role_policy(policy_arn, role_name)

    def get_policy(self, policy_arn: str) -> ManagedPolicy:
        self._load(policy_arn)
        return super().get_policy(policy_arn)

    def _load(self, arn: str) -> None:
        """Let moto have the policy `arn` if it is one of AWS's."""
        name = arn.rsplit("/", 1)[-1]
        if _OF_AWS not in arn or arn in self.managed_policies or name not in _known():
            return
        made = AWSManagedPolicy.from_data(name, self.account_id, self.region_name, _known()[name])
        if made.arn == arn:  # some live under a path, such as service-role/
            self.managed_policies[arn] = made
