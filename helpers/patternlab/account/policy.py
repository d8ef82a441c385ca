"""The IAM policies for a learner, the labs and an instructor, written from what is really called.

``python -m patternlab policies`` writes them to ``data/policies/``. Each call becomes the actions
that it takes, each action goes to one statement, and a statement reaches what is called
``patternlab-*`` wherever the action knows resources. Source: "Actions, resources, and condition
keys" of each service, Service Authorization Reference, AWS documentation, read 2026-11-22.

What no statement here can take away:

* All sessions share the prefix, so learners in one account can delete each other's things.
* The ids of APIs and distributions are AWS's choice and no prefix limits them: their tag is looked
  at, which all that is inside an API inherits. Who may put it on a new one can put it on an old one
  of others, and then change that. An API of another name cannot be deleted so, as API Gateway says
  the name too when it deletes; a distribution can.
* All REST APIs can be read, and cache policies, which have no tags, deleted while nobody uses them.
* Who writes a role's policy and passes the role to a function can do through it what the role may.
  Only a permissions boundary would limit the roles that a learner makes (condition key
  ``iam:PermissionsBoundary``). There is none, because it is a second policy which must be in the
  account before the first notebook, also in a learner's own.

So give learners an account that holds nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel

from patternlab.account import calls
from patternlab.account.calls import Row
from patternlab.account.naming import PROJECT
from patternlab.functions.history import PREFIX as LOG_PREFIX
from patternlab.paths import DATA, LABS

FOLDER = DATA / "policies"
MOST_CHARACTERS = 6144  # of a managed policy, white space not counted; IAM and STS quotas
OURS = f"{PROJECT}-*"
GATEWAY = "arn:aws:apigateway:*::"  # and then the path of what it is
FUNCTIONS = f"arn:aws:lambda:*:*:function:{OURS}"
ROLES = f"arn:aws:iam::*:role/{OURS}"
NODES_POLICY = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"

#: Calls whose actions have another name than the operation.
_ACTIONS: dict[tuple[str, str], tuple[str, ...]] = {
    ("lambda", "Invoke"): ("lambda:InvokeFunction",),
    ("sns", "PublishBatch"): ("sns:Publish",),
    ("sqs", "ChangeMessageVisibilityBatch"): ("sqs:ChangeMessageVisibility",),
    ("cloudfront", "CreateDistributionWithTags"): ("cloudfront:CreateDistribution",),
    ("sqs", "DeleteMessageBatch"): ("sqs:DeleteMessage",),
    ("sqs", "SendMessageBatch"): ("sqs:SendMessage",),
    ("s3", "DeleteObject"): ("s3:DeleteObject", "s3:DeleteObjectVersion"),
    ("s3", "DeleteObjects"): ("s3:DeleteObject", "s3:DeleteObjectVersion"),
    ("s3", "GetBucketNotificationConfiguration"): ("s3:GetBucketNotification",),
    ("s3", "HeadBucket"): ("s3:ListBucket",),
    ("s3", "HeadObject"): ("s3:GetObject",),
    ("s3", "ListBuckets"): ("s3:ListAllMyBuckets",),
    ("s3", "ListMultipartUploads"): ("s3:ListBucketMultipartUploads",),
    ("s3", "ListObjects"): ("s3:ListBucket",),
    ("s3", "ListObjectsV2"): ("s3:ListBucket",),
    ("s3", "ListObjectVersions"): ("s3:ListBucketVersions",),
    ("s3", "PutBucketNotificationConfiguration"): ("s3:PutBucketNotification",),
    # moving messages takes what its parts take
    ("sqs", "StartMessageMoveTask"): (
        "sqs:StartMessageMoveTask",
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:SendMessage",
    ),
    ("sts", "GetCallerIdentity"): (),  # nobody can be denied it
}

#: Services whose actions group operations: action -> its operations.
_GROUPED = {
    "budgets:ModifyBudget": """CreateBudget CreateNotification DeleteBudget DeleteNotification
        UpdateBudget""",
    "budgets:ViewBudget": "DescribeBudget DescribeBudgets DescribeNotificationsForBudget",
}
_ACTIONS |= {
    (action.split(":")[0], operation): (action,)
    for action, operations in _GROUPED.items()
    for operation in operations.split()
}

#: Services whose actions have another prefix than boto3's name.
_PREFIXES = {"resourcegroupstaggingapi": "tag", "service-quotas": "servicequotas"}

#: What a create takes besides, because the course puts tags into its request.
_TAGGED = {
    ("apigateway", "CreateRestApi"): "apigateway:PUT /tags/{resource_arn}",
    ("apigateway", "CreateStage"): "apigateway:PUT /tags/{resource_arn}",
    ("cloudfront", "CreateDistributionWithTags"): "cloudfront:TagResource",
    ("budgets", "CreateBudget"): "budgets:TagResource",
    ("events", "PutRule"): "events:TagResource",
    ("ec2", "CreatePlacementGroup"): "ec2:CreateTags",
    ("ec2", "CreateSecurityGroup"): "ec2:CreateTags",
    ("ec2", "RunInstances"): "ec2:CreateTags",
    ("iam", "CreateInstanceProfile"): "iam:TagInstanceProfile",
    ("iam", "CreateRole"): "iam:TagRole",
    ("lambda", "CreateEventSourceMapping"): "lambda:TagResource",
    ("lambda", "CreateFunction"): "lambda:TagResource",
    ("logs", "CreateLogGroup"): "logs:TagResource",
    ("s3", "CreateBucket"): "s3:TagResource",
    ("sns", "CreateTopic"): "sns:TagResource",
    ("sqs", "CreateQueue"): "sqs:TagQueue",
}

#: Calls that reach, besides what they make, what is there already and has no tag of the request's:
#: the same action, with a word that leads it to a statement of its own.
_AMONG = {
    ("ec2", "CreateSecurityGroup"): "ec2:CreateSecurityGroup in a VPC",
    ("ec2", "RunInstances"): "ec2:RunInstances with what is there",
    ("ssm", "SendCommand"): "ssm:SendCommand of a document",
}

#: Calls that hand a role to a service, and the service.
_PASSES = {
    ("ec2", "RunInstances"): "ec2.amazonaws.com",
    ("iam", "AddRoleToInstanceProfile"): "ec2.amazonaws.com",
    ("lambda", "CreateFunction"): "lambda.amazonaws.com",
    ("lambda", "UpdateFunctionConfiguration"): "lambda.amazonaws.com",
    ("scheduler", "CreateSchedule"): "scheduler.amazonaws.com",
    ("scheduler", "UpdateSchedule"): "scheduler.amazonaws.com",
    ("sns", "SetTopicAttributes"): "sns.amazonaws.com",
}


@dataclass(frozen=True)
class Scope:
    """A statement to be: which actions it takes (patterns), on what, when, and why so.

    Of API Gateway, whose actions are the verbs of HTTP, the path says which: "apigateway:PUT /x".
    """

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    why: str
    condition: Mapping[str, Mapping[str, Any]] | None = None


#: An action goes to the first statement that takes it.
SCOPES: tuple[Scope, ...] = (
    Scope(
        "SubscriptionsById",
        ("sns:Unsubscribe", "sns:*SubscriptionAttributes"),
        ("*",),
        "Of subscriptions, IAM knows no resource.",
    ),
    Scope(
        "EventSourceMappings",
        ("lambda:*EventSourceMapping",),
        ("*",),
        "A mapping's id is AWS's choice and a new one has none; its function is looked at instead.",
        {"ArnLike": {"lambda:FunctionArn": FUNCTIONS}},
    ),
    Scope(
        "LookForLeftovers",
        (
            "budgets:ViewBudget",
            "cloudfront:GetDistributionConfig",
            "cloudfront:ListCachePolicies",
            "cloudfront:ListDistributions",
            "ec2:Describe*",
            "events:ListRules",
            "iam:ListInstanceProfiles",
            "iam:ListRoles",
            "lambda:ListEventSourceMappings",
            "lambda:ListFunctions",
            "logs:DescribeLogGroups",
            "s3:ListAllMyBuckets",
            "scheduler:ListSchedules",
            "sns:ListSubscriptions",
            "sns:ListTopics",
            "sqs:ListQueues",
            "ssm:DescribeInstanceInformation",
            "ssm:GetCommandInvocation",
            "tag:GetResources",
        ),
        ("*",),
        "Lists of all there is, most of which IAM knows no resource for. They only read.",
    ),
    Scope(
        "LookForRestApis",
        ("apigateway:GET /restapis*",),
        (f"{GATEWAY}/restapis", f"{GATEWAY}/restapis/*"),
        "The same for API Gateway, whose actions are the verbs of HTTP.",
    ),
    Scope(
        "NewRestApis",
        ("apigateway:POST /restapis", "apigateway:PUT /tags/*"),
        (f"{GATEWAY}/restapis", f"{GATEWAY}/tags/*%2Frestapis%2F*"),
        "An API is made with the tag of the course. To put it on an API or a stage is asked for as "
        "an action of its own, which does not say the name.",
        {
            "StringEquals": {"aws:RequestTag/project": PROJECT},
            "StringLikeIfExists": {"apigateway:Request/ApiName": OURS},
        },
    ),
    Scope(
        "RestApis",
        ("apigateway:* /restapis/*",),
        (f"{GATEWAY}/restapis/*",),
        "Its id is AWS's choice, so its tag is looked at, which all that is in it inherits; its "
        "name, too, where API Gateway says it (when it is changed or deleted).",
        {
            "StringEquals": {"aws:ResourceTag/project": PROJECT},
            "StringLikeIfExists": {"apigateway:Resource/ApiName": OURS},
        },
    ),
    Scope(
        "SignedRequests",
        ("execute-api:*",),
        (f"arn:aws:execute-api:*:*:*/{OURS}/*",),
        "Requests to methods that want a signature. The API's id is AWS's choice, the name of its "
        "stage is ours.",
    ),
    Scope(
        "NewDistributions",
        ("cloudfront:CreateDistribution", "cloudfront:TagResource"),
        ("*",),
        "There is nothing yet that they could be limited to, but the tag of the course.",
        {"StringEquals": {"aws:RequestTag/project": PROJECT}},
    ),
    Scope(
        "NewCachePolicies",
        ("cloudfront:CreateCachePolicy",),
        ("*",),
        "Of new ones, IAM knows no resource, and they have no tags.",
    ),
    Scope(
        "NewNodes",
        ("ec2:RunInstances", "ec2:CreatePlacementGroup", "ec2:CreateSecurityGroup"),
        tuple(
            f"arn:aws:ec2:*:*:{kind}"
            for kind in ("instance/*", "volume/*", f"placement-group/{OURS}", "security-group/*")
        ),
        "Instances and their groups are made with the tag of the course.",
        {"StringEquals": {"aws:RequestTag/project": PROJECT}},
    ),
    Scope(
        "NodesAmong",
        ("ec2:RunInstances with *",),
        tuple(
            f"arn:aws:ec2:*:*:{kind}"
            for kind in ("network-interface/*", "subnet/*", "security-group/*")
        )
        + (f"arn:aws:ec2:*:*:placement-group/{OURS}", "arn:aws:ec2:*::image/*"),
        "What an instance is launched from and into; IAM asks about each.",
    ),
    Scope(
        "GroupsInVpcs",
        ("ec2:CreateSecurityGroup in *",),
        ("arn:aws:ec2:*:*:vpc/*",),
        "A security group is made in a VPC that is there.",
    ),
    Scope(
        "TagsOfNewNodes",
        ("ec2:CreateTags",),
        ("arn:aws:ec2:*:*:*",),
        "A tag is put on what is being made, and on nothing else.",
        {
            "StringEquals": {
                "ec2:CreateAction": ["CreatePlacementGroup", "CreateSecurityGroup", "RunInstances"]
            }
        },
    ),
    Scope(
        "CommandsToNodes",
        ("ssm:SendCommand",),
        ("arn:aws:ec2:*:*:instance/*",),
        "Run Command reaches instances with the tag of the course.",
        {"StringEquals": {"ssm:resourceTag/project": PROJECT}},
    ),
    Scope(
        "ShellDocument",
        ("ssm:SendCommand of *",),
        ("arn:aws:ssm:*::document/AWS-RunShellScript",),
        "And with this document only.",
    ),
    Scope(
        "ImageIds",
        ("ssm:GetParameter",),
        ("arn:aws:ssm:*::parameter/aws/service/ami-amazon-linux-latest/*",),
        "Which image of Amazon Linux is the newest, a public parameter.",
    ),
    Scope(
        "InstanceProfiles",
        ("iam:*InstanceProfile",),
        (f"arn:aws:iam::*:instance-profile/{OURS}",),
        "What an instance wears its role by.",
    ),
    Scope(
        "RoleOfNodes",
        ("iam:AttachRolePolicy",),
        (ROLES,),
        "Nodes get AWS's policy for Session Manager and no other.",
        {"ArnLike": {"iam:PolicyARN": NODES_POLICY}},
    ),
    Scope(
        "PassRolesToServices",
        ("iam:PassRole",),
        (ROLES,),
        "Functions, topics' status logs, timers and nodes act with a role of the course, nobody "
        "else does.",
    ),
    Scope("Roles", ("iam:*",), (ROLES,), "One role for each function, topic's log, timer, node."),
    Scope("Queues", ("sqs:*",), (f"arn:aws:sqs:*:*:{OURS}",), "The notebooks' queues."),
    Scope("Topics", ("sns:*",), (f"arn:aws:sns:*:*:{OURS}",), "The notebooks' topics."),
    Scope(
        "Functions",
        ("lambda:*",),
        (FUNCTIONS, "arn:aws:lambda:*:*:event-source-mapping:*"),
        "The notebooks' functions; mappings too, as their tags are under the same action.",
    ),
    Scope(
        "Logs",
        ("logs:*",),
        (
            f"arn:aws:logs:*:*:log-group:{LOG_PREFIX}{OURS}",
            f"arn:aws:logs:*:*:log-group:sns/*/*/{OURS}",
        ),
        "What functions print, and what topics say of their deliveries.",
    ),
    Scope("Buckets", ("s3:*",), (f"arn:aws:s3:::{OURS}",), "The notebooks' buckets and objects."),
    Scope("Rules", ("events:*",), (f"arn:aws:events:*:*:rule/{OURS}",), "EventBridge's rules."),
    Scope(
        "TaggedThings",
        (
            "cloudfront:*Distribution",
            "cloudfront:CreateInvalidation",
            "cloudfront:ListTagsForResource",
            "ec2:*SecurityGroup*gress",
            "ec2:Delete*",
            "ec2:TerminateInstances",
        ),
        ("*",),
        "Their ids are AWS's choice, so the tag of the course is looked at instead.",
        {"StringEquals": {"aws:ResourceTag/project": PROJECT}},
    ),
    Scope(
        "CachePolicies",
        ("cloudfront:*CachePolicy",),
        ("arn:aws:cloudfront::*:cache-policy/*",),
        "They have an id of AWS's choice and no tags: any that no distribution uses can go.",
    ),
    Scope(
        "Budget",
        ("budgets:*",),
        (f"arn:aws:budgets::*:budget/{OURS}",),
        "The alarm on the month's bill.",
    ),
    Scope(
        "Timers",
        ("scheduler:*",),
        (f"arn:aws:scheduler:*:*:schedule/*/{OURS}",),
        "Schedules that delete what is billed by the hour.",
    ),
    Scope(
        "PricesAndQuotas",
        ("ce:ListCostAllocationTags", "pricing:GetProducts", "servicequotas:*"),
        ("*",),
        "Prices, quotas and the bill's tags belong to nobody's resource. They are only read.",
    ),
)


def actions_of(service: str, operation: str) -> tuple[str, ...]:
    """The IAM actions that a call takes, as the course makes it: with tags, and with a role.

    Both names as boto3's service model spells them: ``actions_of("sqs", "SendMessageBatch")``. An
    action of API Gateway's has the path of what it reaches: "apigateway:POST /restapis".
    """
    prefix = _PREFIXES.get(service, service)
    if service == "apigateway":
        found: tuple[str, ...] = (_verb(operation),)
    else:
        found = _ACTIONS.get((service, operation), (f"{prefix}:{operation}",))
    if (service, operation) in _TAGGED:
        found += (_TAGGED[service, operation],)
    if (service, operation) in _AMONG:
        found += (_AMONG[service, operation],)
    if (service, operation) in _PASSES:
        found += ("iam:PassRole",)
    return found


@cache
def _gateway() -> ServiceModel:
    """boto3's model of API Gateway."""
    return ServiceModel(Loader().load_service_model("apigateway", "service-2"))


def _verb(operation: str) -> str:
    """The action of an operation of API Gateway's: its verb of HTTP, and its path."""
    sent = _gateway().operation_model(operation).http
    return f"apigateway:{sent['method']} {sent['requestUri']}"


def learner(rows: Iterable[Row]) -> dict[str, Any]:
    """The policy of a learner: what the notebooks' cells ask for, and the course around them."""
    return _document(_called(_of_labs(rows, False), calls.COURSE))


def lab(rows: Iterable[Row]) -> dict[str, Any]:
    """What the labs need besides a learner's policy: they launch what is billed by the hour."""
    rows = list(rows)
    learners = _actions(_called(_of_labs(rows, False), calls.COURSE))
    return _document(_called(_of_labs(rows, True), calls.LAB), besides=learners)


def instructor(rows: Iterable[Row]) -> dict[str, Any]:
    """The policy of an instructor: a learner's, all regions, budget, timers, prices and quotas."""
    return _document(_called(_of_labs(rows, False), calls.COURSE, calls.INSTRUCTOR))


def _of_labs(rows: Iterable[Row], wanted: bool) -> list[Row]:
    """The rows of the labs, or of all other notebooks."""
    labs = {path.stem for path in LABS.glob("*.ipynb")}
    return [row for row in rows if (row.notebook in labs) is wanted]


def _called(rows: Iterable[Row], *tables: dict[str, dict[str, str]]) -> set[tuple[str, str]]:
    """(service, operation) of all that is called with one's own credentials."""
    found = {(row.service, row.operation) for row in rows if row.by == calls.NOTEBOOK}
    for table in tables:
        for services in table.values():
            for service, operations in services.items():
                found |= {(service, operation) for operation in operations.split()}
    return found


def _actions(called: set[tuple[str, str]]) -> set[str]:
    return {action for call in called for action in actions_of(*call)}


def _document(called: set[tuple[str, str]], besides: Collection[str] = ()) -> dict[str, Any]:
    """The policy that allows these calls; without the actions `besides` that another one allows."""
    # whom a role is passed to differs from policy to policy
    actions = _actions(called) - (set(besides) - {"iam:PassRole"})
    passed = sorted({service for call, service in _PASSES.items() if call in called})
    mine: dict[str, set[str]] = {}
    for action in actions:
        mine.setdefault(scope_of(action).sid, set()).add(action.partition(" ")[0])
    return {
        "Version": "2012-10-17",
        "Statement": [
            _statement(scope, sorted(mine[scope.sid]), passed)
            for scope in SCOPES
            if scope.sid in mine
        ],
    }


def scope_of(action: str) -> Scope:
    """The statement that `action` goes to; KeyError if none takes it."""
    for scope in SCOPES:
        if any(fnmatchcase(action, pattern) for pattern in scope.actions):
            return scope
    raise KeyError(
        f"No statement of patternlab.account.policy takes {action}: say in SCOPES what it reaches."
    )


def _statement(scope: Scope, actions: list[str], passed: list[str]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "Sid": scope.sid,
        "Effect": "Allow",
        "Action": actions,
        "Resource": list(scope.resources),
    }
    condition = scope.condition
    if actions == ["iam:PassRole"]:
        condition = {"StringEquals": {"iam:PassedToService": passed}}
    return made | ({"Condition": condition} if condition else {})


def characters(document: dict[str, Any]) -> int:
    """How many IAM counts: all but white space."""
    return len(json.dumps(document, separators=(",", ":")))


def files(rows: Iterable[Row]) -> dict[str, str]:
    """Name -> text of the files in ``data/policies/``."""
    rows = list(rows)
    made = {
        "learner.json": learner(rows),
        "lab.json": lab(rows),
        "instructor.json": instructor(rows),
    }
    texts = {name: json.dumps(document, indent=2) + "\n" for name, document in made.items()}
    return texts | {"README.md": _page(*made.values())}


_HEAD = """# IAM policies for the course

Written by `python -m patternlab policies` from what the notebooks and the course really call
(`data/notebook_calls.csv`, `helpers/patternlab/account/calls.py`). Do not edit them here.

An administrator makes them once, and attaches the learner's or the instructor's to whoever runs the
notebooks:

    aws iam create-policy --policy-name patternlab-learner \\
        --policy-document file://data/policies/learner.json
    aws iam create-policy --policy-name patternlab-lab \\
        --policy-document file://data/policies/lab.json
    aws iam create-policy --policy-name patternlab-instructor \\
        --policy-document file://data/policies/instructor.json

`patternlab-lab` is for the labs and is attached beside one of the other two. It lets its holder
launch instances, which are billed by the hour: attach it for the day of the lab.

**Give learners an account that holds nothing else.** All sessions share the prefix `patternlab-`,
so learners in one account can delete each other's things. Who may tag a new API or distribution may
tag one of others', and then change it as the course's own. And who writes a role's policy and
passes the role to a function can do through the function whatever that policy says: a learner's
roles have no permissions boundary.

| statement | on what | why | learner | lab | instructor |
| --- | --- | --- | --- | --- | --- |
"""


def _page(*documents: dict[str, Any]) -> str:
    """A table of the statements: IAM's documents take no comments."""
    text = _HEAD
    for scope in SCOPES:
        has = [scope.sid in [one["Sid"] for one in document["Statement"]] for document in documents]
        if not any(has):
            continue  # no notebook needs it now
        where = "<br>".join(f"`{resource}`" for resource in scope.resources)
        for kind, test in (scope.condition or {}).items():
            known = ", if it is known," if kind.endswith("IfExists") else ""
            where += "".join(f"<br>where {key}{known} is `{value}`" for key, value in test.items())
        marks = " | ".join("yes" if one else "" for one in has)
        text += f"| {scope.sid} | {where} | {scope.why} | {marks} |\n"
    return text
