"""What the notebooks ask AWS for: ``data/notebook_calls.csv``, and what the course asks besides.

One row a notebook, service and operation. `by` says on whose behalf:

* ``notebook``: a request of the learner's cells, or of ``cloud`` for them, with the learner's
  credentials; `operation` is the API's name and `calls` a count;
* ``function``: a request of a handler, with its role's credentials;
* ``cloud``: no request of boto3's. `operation` is a quantity and `calls` its amount:

  ==========  ===============  ====================================================================
  service     operation        amount
  ==========  ===============  ====================================================================
  cloud       seconds          how much time passed on the cloud's clock; 0 is the one row of a
                               notebook that opens no cloud where there is an account
  apigateway  request-rest     requests to the addresses of APIs, hits of a cache included
  apigateway  cache-0.5GB ...  caches of stages, of each size: at most at the same time
  ec2         TYPE-seconds     how long instances of that type may run, summed: until their timers
                               end them, also where the notebook does so before
  lambda      invocations      with a REPORT line in CloudWatch Logs
  lambda      gb-seconds       billed duration times memory, from the same lines
  logs        bytes            of all log events, with the 26 that CloudWatch Logs adds to each
  sns         deliveries       attempts to deliver, without those that a filter policy kept back
  sqs         poll-mappings    event source mappings that polled, at most at the same time
  sqs         mapping-seconds  the same, summed over the clock's time
  ==========  ===============  ====================================================================

Requests to an API with a signature are rows of ``notebook`` too: service ``execute-api``, operation
``Invoke``, and ``InvalidateCache`` where they ask for a new answer.

The file is written by ``python -m patternlab policies``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from io import StringIO
from pathlib import Path

from patternlab.paths import DATA

FILE = DATA / "notebook_calls.csv"
NOTEBOOK, FUNCTION, CLOUD = "notebook", "function", "cloud"  # Row.by
LOG_EVENT_OVERHEAD = 26  # bytes an event; Amazon CloudWatch Logs User Guide, "PutLogEvents"

#: Purpose -> service -> operations: what the course itself asks of an account, with the learner's
#: credentials. Service and operations as boto3's service model spells them.
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
    "look for what is left, of every kind": {
        "lambda": "ListFunctions ListEventSourceMappings",
        "events": "ListRules",
        "sns": "ListTopics ListSubscriptions",
        "s3": "ListBuckets",
        "sqs": "ListQueues",
        "logs": "DescribeLogGroups",
        "iam": "ListInstanceProfiles ListRoles",
        "scheduler": "ListSchedules",
        "budgets": "DescribeBudgets",
        "apigateway": "GetRestApis",
        "cloudfront": "ListDistributions GetDistributionConfig ListCachePolicies",
        "ec2": """DescribeInstances DescribeLaunchTemplates DescribePlacementGroups
            DescribeSecurityGroups""",
        "resourcegroupstaggingapi": "GetResources",
    },
    "delete what the notebooks make": {
        "lambda": """GetFunctionConfiguration ListTags DeleteFunction GetEventSourceMapping
            DeleteEventSourceMapping""",
        "events": "DescribeRule ListTagsForResource ListTargetsByRule RemoveTargets DeleteRule",
        "sns": """GetTopicAttributes ListTagsForResource DeleteTopic GetSubscriptionAttributes
            Unsubscribe""",
        "s3": """HeadBucket GetBucketTagging PutBucketNotificationConfiguration
            ListMultipartUploads AbortMultipartUpload ListObjectVersions DeleteObjects
            DeleteBucket""",
        "sqs": "GetQueueUrl ListQueueTags DeleteQueue",
        "logs": "ListTagsForResource DeleteLogGroup",
        "iam": """GetRole ListRoleTags ListAttachedRolePolicies DetachRolePolicy ListRolePolicies
            DeleteRolePolicy DeleteRole""",
        "apigateway": "GetRestApi GetStages GetStage DeleteRestApi DeleteStage",
        "cloudfront": """GetDistribution ListTagsForResource UpdateDistribution DeleteDistribution
            GetCachePolicy DeleteCachePolicy""",
    },
}

#: The same for who runs the course, beside all that a learner may do.
INSTRUCTOR: dict[str, dict[str, str]] = {
    "delete every other kind": {
        "iam": "GetInstanceProfile RemoveRoleFromInstanceProfile DeleteInstanceProfile",
        "scheduler": "GetSchedule DeleteSchedule",
        "budgets": "DescribeBudget ListTagsForResource DeleteBudget",
        "ec2": """TerminateInstances DeleteLaunchTemplate DeletePlacementGroup
            DeleteSecurityGroup""",
    },
    "name the regions to sweep": {"ec2": "DescribeRegions"},
    "watch the bill": {
        "budgets": """DescribeBudget DescribeNotificationsForBudget CreateBudget UpdateBudget
            CreateNotification DeleteNotification DeleteBudget""",
        "ce": "ListCostAllocationTags",
    },
    "set self-destruct timers": {
        "scheduler": "CreateSchedule UpdateSchedule DeleteSchedule",
    },
    "read prices and quotas": {
        "pricing": "GetProducts",
        "service-quotas": "GetServiceQuota ListServiceQuotas",
    },
}


#: What labs ask of an account and not of a local cloud: timers, and the sweep of what they make.
LAB: dict[str, dict[str, str]] = {
    "set self-destruct timers": {
        "iam": "GetRole CreateRole PutRolePolicy DeleteRolePolicy DeleteRole",
        "scheduler": "CreateSchedule UpdateSchedule GetSchedule DeleteSchedule",
    },
    "delete what the labs make": {
        "iam": "GetInstanceProfile RemoveRoleFromInstanceProfile DeleteInstanceProfile",
        "ec2": "TerminateInstances DeletePlacementGroup DeleteSecurityGroup",
    },
}


@dataclass(frozen=True)
class Row:
    """One row of the file; `calls` is whole unless it is an amount of seconds or GB-seconds."""

    notebook: str
    service: str
    operation: str
    calls: float
    by: str


def read(path: Path = FILE) -> list[Row]:
    """The rows of the file."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Row(row["notebook"], row["service"], row["operation"], float(row["calls"]), row["by"])
            for row in csv.DictReader(file)
        ]


def as_csv(rows: Iterable[Row]) -> str:
    """The text of the file."""
    text = StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(field.name for field in fields(Row))
    for row in rows:
        notebook, service, operation, calls, by = astuple(row)
        table.writerow([notebook, service, operation, f"{calls:.6f}".rstrip("0").rstrip("."), by])
    return text.getvalue()
