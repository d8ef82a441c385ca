"""Which IAM actions a call takes, and which statement allows each of them."""

from __future__ import annotations

from functools import cache

from botocore.loaders import Loader
from botocore.model import ServiceModel

from patternlab.resources import RESOURCES
from patternlab.resources.naming import PROJECT
from patternlab.resources.statement import WITH_TAG, Statement

#: Services whose actions have another prefix than boto3's name.
_PREFIXES = {"resourcegroupstaggingapi": "tag", "service-quotas": "servicequotas"}

#: Calls whose actions have another name than the operation, or more than one.
_TAKES: dict[tuple[str, str], tuple[str, ...]] = {
    ("ssm", "SendCommand"): ("ssm:SendCommand", "ssm:SendCommand of a document"),
    ("sts", "GetCallerIdentity"): (),  # nobody can be denied it
} | {
    (one.service, operation): actions
    for one in RESOURCES
    for operation, actions in one.takes.items()
}


def actions_of(service: str, operation: str) -> tuple[str, ...]:
    """Return the IAM actions that a call takes as the course makes it: with tags, with a role.

    Both names as boto3's service model spells them: ``actions_of("sqs", "SendMessageBatch")``. An
    action may have words behind its name (see :class:`.Statement`).
    """
    if (service, operation) in _TAKES:
        return _TAKES[service, operation]
    if service == "apigateway":  # its actions are the verbs of HTTP
        sent = _gateway().operation_model(operation).http
        return (f"apigateway:{sent['method']} {sent['requestUri']}",)
    return (f"{_PREFIXES.get(service, service)}:{operation}",)


@cache
def _gateway() -> ServiceModel:
    return ServiceModel(Loader().load_service_model("apigateway", "service-2"))


_LISTS = tuple(
    action
    for one in RESOURCES
    for action in actions_of(one.service, one.find_by)
    if not action.startswith("apigateway:")
)

#: All statements. An action goes to the first that takes it.
STATEMENTS: tuple[Statement, ...] = (
    Statement(
        "LookForLeftovers",
        (
            *_LISTS,
            "cloudfront:GetDistributionConfig",
            "ec2:Describe*",
            "ssm:DescribeInstanceInformation",
            "ssm:GetCommandInvocation",
            "tag:GetResources",
        ),
        ("*",),
        "Lists of all there is; IAM knows no resource for most of them. They only read.",
    ),
    *(statement for one in RESOURCES for statement in one.statements),
    Statement(
        "ByTag",
        tuple(pattern for one in RESOURCES for pattern in one.by_tag),
        ("*",),
        "AWS chooses their ids, so the tag of the course is checked instead.",
        WITH_TAG,
    ),
    Statement(
        "CommandsToNodes",
        ("ssm:SendCommand",),
        ("arn:aws:ec2:*:*:instance/*",),
        "Run Command reaches instances with the tag of the course.",
        {"StringEquals": {"ssm:resourceTag/project": PROJECT}},
    ),
    Statement(
        "ShellDocument",
        ("ssm:SendCommand of *",),
        ("arn:aws:ssm:*::document/AWS-RunShellScript",),
        "And only with this document.",
    ),
    Statement(
        "ImageIds",
        ("ssm:GetParameter",),
        ("arn:aws:ssm:*::parameter/aws/service/ami-amazon-linux-latest/*",),
        "Which image of Amazon Linux is the newest, a public parameter.",
    ),
    Statement(
        "PricesAndQuotas",
        ("ce:ListCostAllocationTags", "pricing:GetProducts", "servicequotas:*"),
        ("*",),
        "Prices, quotas and the bill's tags belong to nobody's resource. They are only read.",
    ),
)


def statement_of(action: str) -> Statement:
    """Return the statement that `action` goes to. Raises KeyError if none takes it."""
    for one in STATEMENTS:
        if one.takes(action):
            return one
    raise KeyError(f"No statement takes {action}: add one to the class of the resource it reaches.")
