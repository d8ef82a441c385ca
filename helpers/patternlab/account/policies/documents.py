"""The policy documents: what is called, by whom, becomes what IAM allows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from patternlab.account.calls import NOTEBOOK, Row
from patternlab.account.policies.actions import STATEMENTS, actions_of, statement_of
from patternlab.paths import LABS
from patternlab.resources import RESOURCES, Resource, creation
from patternlab.resources.statement import Statement

Call = tuple[str, str]  # service and operation, as boto3's service model spells them

#: Purpose -> service -> operations: what the course itself asks of an account, with the learner's
#: credentials.
COURSE: dict[str, dict[str, str]] = {
    "say who the learner is": {"sts": "GetCallerIdentity"},
    "deploy a function": {
        "iam": "GetRole CreateRole PutRolePolicy",
        "logs": "CreateLogGroup PutRetentionPolicy",
        "lambda": "CreateFunction GetFunction UpdateFunctionCode UpdateFunctionConfiguration",
    },
    "read the history": {"logs": "DescribeLogGroups FilterLogEvents"},
    "let a topic log its deliveries": {
        "iam": "GetRole CreateRole PutRolePolicy",
        "sns": "SetTopicAttributes",
    },
    "put a distribution in front of an origin": {
        "cloudfront": """CreateCachePolicy CreateDistributionWithTags GetDistribution
            GetDistributionConfig UpdateDistribution CreateInvalidation DeleteDistribution
            GetCachePolicy DeleteCachePolicy""",
    },
    "look for what is left": {"resourcegroupstaggingapi": "GetResources"},
}
#: What labs ask of an account and not of a local cloud.
LAB: dict[str, dict[str, str]] = {
    "set self-destruct timers": {
        "iam": "GetRole CreateRole PutRolePolicy DeleteRolePolicy DeleteRole",
        "scheduler": "CreateSchedule UpdateSchedule DeleteSchedule",
    },
}
#: What is asked by whoever runs the course, in addition to everything that a learner may do.
INSTRUCTOR: dict[str, dict[str, str]] = {
    "name the regions to sweep": {"ec2": "DescribeRegions"},
    "watch the bill": {
        "budgets": """DescribeBudget DescribeNotificationsForBudget CreateBudget UpdateBudget
            CreateNotification DeleteNotification DeleteBudget""",
        "ce": "ListCostAllocationTags",
    },
    "set self-destruct timers": {"scheduler": "CreateSchedule UpdateSchedule DeleteSchedule"},
    "read prices and quotas": {
        "pricing": "GetProducts",
        "service-quotas": "GetServiceQuota ListServiceQuotas",
    },
}


def learner(rows: Iterable[Row]) -> dict[str, Any]:
    """Return the policy of a learner: what the notebooks' cells ask for, and the course around.

    Args:
        rows: those of ``data/notebook_calls.csv``.
    """
    return _document(_actions(_learners(rows)))


def lab(rows: Iterable[Row]) -> dict[str, Any]:
    """Return what the labs need besides a learner's policy: they launch instances."""
    rows = list(rows)
    called = _called(_of_labs(rows, True), LAB)
    return _document(_actions(called | _cleanup(made_by(called))) - _actions(_learners(rows)))


def instructor(rows: Iterable[Row]) -> dict[str, Any]:
    """Return the policy of an instructor: a learner's, all kinds, budget, timers and prices."""
    return _document(_actions(_learners(rows) | _called((), INSTRUCTOR) | _cleanup(RESOURCES)))


def made_by(called: Iterable[Call]) -> set[type[Resource]]:
    """Return the kinds that these calls make."""
    return {kind for call in called if (kind := creation(*call))}


def _learners(rows: Iterable[Row]) -> set[Call]:
    """What a learner calls, which includes looking for resources of every kind."""
    called = _called(_of_labs(rows, False), COURSE)
    looks = {(one.service, one.find_by) for one in RESOURCES}
    return called | looks | _cleanup(made_by(called))


def _cleanup(kinds: Iterable[type[Resource]]) -> set[Call]:
    """The calls that delete resources of these kinds."""
    return {
        (one.service, operation)
        for one in kinds
        for operation in (one.describe, one.remove, *one.also.split())
    }


def _of_labs(rows: Iterable[Row], wanted: bool) -> list[Row]:
    """The rows of the labs, or of all other notebooks."""
    labs = {path.stem for path in LABS.glob("*.ipynb")}
    return [row for row in rows if (row.notebook in labs) is wanted]


def _called(rows: Iterable[Row], table: dict[str, dict[str, str]]) -> set[Call]:
    """Everything that is called with one's own credentials."""
    return {(row.service, row.operation) for row in rows if row.by == NOTEBOOK} | {
        (service, operation)
        for services in table.values()
        for service, operations in services.items()
        for operation in operations.split()
    }


def _actions(called: Iterable[Call]) -> set[str]:
    return {action for call in called for action in actions_of(*call)}


def _document(actions: Iterable[str]) -> dict[str, Any]:
    """The policy that allows these actions."""
    mine: dict[str, list[str]] = {}
    for action in sorted(actions):
        mine.setdefault(statement_of(action).sid, []).append(action)
    made = [_statement(one, mine[one.sid]) for one in STATEMENTS if one.sid in mine]
    return {"Version": "2012-10-17", "Statement": made}


def _statement(statement: Statement, actions: list[str]) -> dict[str, Any]:
    names = sorted({action.partition(" ")[0] for action in actions})
    condition = statement.condition
    if names == ["iam:PassRole"]:
        services = [action.removeprefix("iam:PassRole to ") for action in actions]
        condition = {"StringEquals": {"iam:PassedToService": services}}
    return {
        "Sid": statement.sid,
        "Effect": "Allow",
        "Action": names,
        "Resource": list(statement.resources),
        **({"Condition": condition} if condition else {}),
    }
