"""IAM with AWS's own managed policies, read when one is asked for.

moto knows all 1,400 of them and loads none by default, because that takes time. Here a policy is
loaded when it is attached or read.
"""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from functools import cache
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend, ManagedPolicy, iam_backends

from patternlab.local.services import LocalService, Services, in_place_of

_OF_AWS = ":iam::aws:policy/"


@cache
def _known() -> dict[str, Any]:
    """AWS's policies by name, as moto has written them down."""
    return json.loads(aws_managed_policies_data)


class LocalIAMBackend(LocalService, IAMBackend):
    """moto's IAM backend, which knows AWS's managed policies."""

    def attach_role_policy(self, policy_arn: str, role_name: str) -> None:
        self._load(policy_arn)
        super().attach_role_policy(policy_arn, role_name)

    def get_policy(self, policy_arn: str) -> ManagedPolicy:
        self._load(policy_arn)
        return super().get_policy(policy_arn)

    def _load(self, arn: str) -> None:
        """Give moto the policy `arn` if it is one of AWS's."""
        name = arn.rsplit("/", 1)[-1]
        if _OF_AWS not in arn or arn in self.managed_policies or name not in _known():
            return
        made = AWSManagedPolicy.from_data(name, self.account_id, self.region_name, _known()[name])
        if made.arn == arn:  # some live under a path, such as service-role/
            self.managed_policies[arn] = made


def install(services: Services) -> AbstractContextManager[Any]:
    """A scope in which moto's IAM is ours."""
    return in_place_of(iam_backends, LocalIAMBackend, services)
