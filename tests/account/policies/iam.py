"""IAM for tests: moto's enforcement for a local cloud, and an evaluation of statements by hand.

moto looks at actions only: it knows neither resources nor conditions of requests, and calls some
actions by the operation's name. :func:`enforced` says AWS's names to it and attaches the policy
without its resources and conditions; :func:`allows` looks at those. Of API Gateway, whose actions
are the verbs of HTTP, :func:`enforced` looks at the resource too: it is the path of the request.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any
from unittest.mock import patch
from urllib.parse import quote

from moto.core import DEFAULT_ACCOUNT_ID, enable_iam_authentication
from moto.core.exceptions import AccessDeniedError
from moto.iam.access_control import IAMRequestBase
from moto.iam.models import iam_backends
from moto.moto_api._internal import mock_random
from moto.s3.exceptions import S3AccessDeniedError

from patternlab.cloud import Cloud

#: moto's name of an action -> AWS's actions that the request takes. What is not here takes itself.
#: "Actions, resources, and condition keys" (with the dependent actions), StartMessageMoveTask in
#: the Amazon SQS API Reference.
TAKES = {
    "lambda:CreateFunction": ("lambda:CreateFunction", "iam:PassRole"),
    "budgets:DescribeBudgets": ("budgets:ViewBudget",),
    "cloudfront:CreateDistributionWithTags": (
        "cloudfront:CreateDistribution",
        "cloudfront:TagResource",
    ),
    "ec2:CreatePlacementGroup": ("ec2:CreatePlacementGroup", "ec2:CreateTags"),
    "ec2:CreateSecurityGroup": ("ec2:CreateSecurityGroup", "ec2:CreateTags"),
    "ec2:RunInstances": ("ec2:RunInstances", "ec2:CreateTags", "iam:PassRole"),
    "iam:AddRoleToInstanceProfile": ("iam:AddRoleToInstanceProfile", "iam:PassRole"),
    "iam:CreateInstanceProfile": ("iam:CreateInstanceProfile", "iam:TagInstanceProfile"),
    "lambda:Invoke": ("lambda:InvokeFunction",),
    "lambda:UpdateFunctionConfiguration": ("lambda:UpdateFunctionConfiguration", "iam:PassRole"),
    "s3:ListBuckets": ("s3:ListAllMyBuckets",),
    "sns:PublishBatch": ("sns:Publish",),
    "tagging:GetResources": ("tag:GetResources",),
    "sqs:DeleteMessageBatch": ("sqs:DeleteMessage",),
    "sqs:SendMessageBatch": ("sqs:SendMessage",),
    "sqs:StartMessageMoveTask": (
        "sqs:StartMessageMoveTask",
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:SendMessage",
    ),
}


@dataclass
class Guarded:
    """What moto was asked while it enforced a policy."""

    document: Mapping[str, Any]
    asked: list[str] = field(default_factory=list)
    denied: list[str] = field(default_factory=list)

    def prepare(self, cloud: Cloud) -> None:
        """Let this local cloud's requests come from a user who has the policy and nothing else."""
        cloud._backend.session.core.set_credentials(*attach(self.document))


@contextmanager
def enforced(document: Mapping[str, Any]) -> Iterator[Guarded]:
    """Within this, moto permits what `document` allows to the clouds that are prepared."""
    guarded, check = Guarded(document), IAMRequestBase.check_action_permitted

    def check_by_name(request: IAMRequestBase, resource: str) -> None:
        guarded.asked.append(request._action)
        if request._service == "apigateway":
            _check_paths(request, guarded)
            return
        for action in TAKES.get(request._action, (request._action,)):
            request._action = action
            try:
                check(request, "*")
            except (AccessDeniedError, S3AccessDeniedError):
                guarded.denied.append(action)
                raise

    with (
        enable_iam_authentication(),
        patch.object(IAMRequestBase, "check_action_permitted", check_by_name),
        # moto signs addresses with a colon in them in another way than botocore does
        patch.object(IAMRequestBase, "check_signature", lambda request: None),
    ):
        yield guarded


def _check_paths(request: IAMRequestBase, guarded: Guarded) -> None:
    """As the Service Authorization Reference has it: who makes a thing with tags puts them too."""
    path = request._path.partition("?")[0]
    reached = [(f"apigateway:{request._method}", path)]
    if request._method == "POST" and path.rsplit("/")[-1] in ("restapis", "stages"):
        reached.append(("apigateway:PUT", tags_path(path)))
    for action, where in reached:
        if not allows(without_conditions(guarded.document), action, gateway_arn(where), {}):
            guarded.denied.append(f"{action} {where}")
            request._raise_access_denied()


def gateway_arn(path: str) -> str:
    """The ARN that IAM knows what is at this path of API Gateway by."""
    return f"arn:aws:apigateway:us-east-1::{path}"


def tags_path(path: str) -> str:
    """Where the tags of a new thing at this path go, whose id there is not yet."""
    return f"/tags/{quote(gateway_arn(path), safe='')}%2F*"


def without_conditions(document: Mapping[str, Any]) -> dict[str, Any]:
    """The policy, as if it had no conditions."""
    left = [{k: v for k, v in one.items() if k != "Condition"} for one in document["Statement"]]
    return {**document, "Statement": left}


def attach(document: Mapping[str, Any]) -> tuple[str, str]:
    """Make a user in moto who has the policy and nothing else: access key and secret."""
    iam, drawn = iam_backends[DEFAULT_ACCOUNT_ID]["aws"], mock_random.getstate()
    iam.create_user("us-east-1", "learner")
    iam.put_user_policy("learner", "patternlab", json.dumps(_actions_only(document)))
    key = iam.create_access_key("learner")
    mock_random.setstate(drawn)  # what follows is what it is without a user
    return key.access_key_id, key.secret_access_key


def _actions_only(document: Mapping[str, Any]) -> dict[str, Any]:
    statements = [
        {"Effect": one["Effect"], "Action": one["Action"], "Resource": "*"}
        for one in document["Statement"]
    ]
    return {"Version": document["Version"], "Statement": statements}


def without(document: Mapping[str, Any], sid: str) -> dict[str, Any]:
    """The policy but for one statement."""
    left = [one for one in document["Statement"] if one["Sid"] != sid]
    assert len(left) == len(document["Statement"]) - 1
    return {**document, "Statement": left}


def allows(
    document: Mapping[str, Any], action: str, resource: str, context: Mapping[str, str]
) -> bool:
    """Does a statement allow the action on this ARN, with these condition keys?

    For policies that only allow, and conditions ArnLike, StringEquals and StringLikeIfExists.
    """
    return any(
        action in one["Action"]
        and any(fnmatchcase(resource, pattern) for pattern in one["Resource"])
        and _met(one.get("Condition", {}), context)
        for one in document["Statement"]
        if one["Effect"] == "Allow"
    )


def _met(conditions: Mapping[str, Mapping[str, Any]], context: Mapping[str, str]) -> bool:
    match = {"ArnLike": fnmatchcase, "StringEquals": str.__eq__, "StringLike": fnmatchcase}
    return all(
        any(match[kind.removesuffix("IfExists")](context[key], value) for value in _listed(wanted))
        if key in context
        else kind.endswith("IfExists")
        for kind, keys in conditions.items()
        for key, wanted in keys.items()
    )


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else value
