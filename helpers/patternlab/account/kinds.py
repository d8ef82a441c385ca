"""What the course makes on an account: how each kind is created, named and tagged.

One table for the guard (which create is this, and how is it tagged?), the ledger (what is it
called?) and the sweep (in which order is it deleted?). A new kind is one row here and one class
in removal/. What is not in the table cannot be swept, so the guard refuses to create it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Params = dict[str, Any]
Tagger = Callable[[Params, Mapping[str, str]], None]
Reader = Callable[[Mapping[str, Any]], str | None]


def _nothing(response: Mapping[str, Any]) -> str | None:
    return None  # the name says it all


@dataclass(frozen=True)
class Kind:
    """One kind of thing.

    Attributes:
        name: what people call it; ledger entries and reports use it.
        service: the name boto3 knows the service by.
        create: the operation that makes one, as the API spells it.
        named_by: the request parameter that holds the name ("Budget.BudgetName": one inside
            another); None where the service makes up an id.
        of: for things without a name: the parameter that says what it belongs to.
        tag: puts tags into the create's parameters, in place, in the shape this API wants them;
            None where the API takes none when it creates.
        made: the id in the answer to the create, without account id; None where the name is enough.
        may_be_nameless: the API does not insist on that parameter.
    """

    name: str
    service: str
    create: str
    named_by: str | None
    of: str | None = None
    tag: Tagger | None = None
    made: Reader = _nothing
    may_be_nameless: bool = False

    def name_in(self, params: Mapping[str, Any]) -> str | None:
        """The name a create with these parameters asks for, or the name of what it belongs to.

        It is the bare name: an ARN is cut down to it, so that no account id gets into a ledger.
        Where the parameter is missing: None if boto3 will refuse the call for it, and "", which is
        nobody's name, if boto3 would send it (an instance in no placement group).
        """
        value: Any = params
        for key in (self.named_by or self.of or "").split("."):
            value = value.get(key) if isinstance(value, Mapping) else None
        if isinstance(value, str):
            return bare(value)
        return "" if self.may_be_nameless else None


def bare(name: str) -> str:
    """The name inside an ARN of a function, topic, queue or bucket; any other text as it is.

    A qualifier of a function (``:live``) is dropped.
    """
    if not name.startswith("arn:"):
        return name
    service, rest = name.split(":", 5)[2], name.split(":", 5)[5]
    if service == "lambda":
        return rest.removeprefix("function:").split(":")[0]
    return rest.rsplit("/", 1)[-1] if service in ("events", "iam") else rest


def _mapping(key: str) -> Tagger:
    """Tags as ``{"project": "patternlab"}`` under `key`. The learner's own tags stay."""

    def tag(params: Params, tags: Mapping[str, str]) -> None:
        params[key] = {**(params.get(key) or {}), **tags}

    return tag


def _merged(
    given: list[Mapping[str, str]] | None, tags: Mapping[str, str]
) -> list[Mapping[str, str]]:
    kept = [pair for pair in given or [] if pair.get("Key") not in tags]
    return kept + [{"Key": key, "Value": value} for key, value in tags.items()]


def _pairs(path: str) -> Tagger:
    """Tags as ``[{"Key": "project", "Value": "patternlab"}]`` at `path` ("A.B": B inside A)."""
    *outer, last = path.split(".")

    def tag(params: Params, tags: Mapping[str, str]) -> None:
        for key in outer:
            params[key] = dict(params.get(key) or {})  # a copy: the learner's dictionary is hers
            params = params[key]
        params[last] = _merged(params.get(last), tags)

    return tag


def _specified(*resources: str) -> Tagger:
    """EC2's shape: one list of tags for each type of resource the call makes."""

    def tag(params: Params, tags: Mapping[str, str]) -> None:
        given = params.get("TagSpecifications") or []
        theirs = {one.get("ResourceType"): one for one in given}
        ours = [
            {"ResourceType": kind, "Tags": _merged(theirs.get(kind, {}).get("Tags"), tags)}
            for kind in resources
        ]
        rest = [one for one in given if one.get("ResourceType") not in resources]
        params["TagSpecifications"] = rest + ours

    return tag


def _at(*path: str) -> Reader:
    """Reads one string out of the answer."""

    def read(response: Mapping[str, Any]) -> str | None:
        value: Any = response
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        return value if isinstance(value, str) else None

    return read


def _subscription(response: Mapping[str, Any]) -> str | None:
    """``<topic>:<id>``: the ARN without region and account; None while it awaits confirmation."""
    arn = response.get("SubscriptionArn") or ""
    return arn.split(":", 5)[5] if arn.startswith("arn:") else None


def _instances(response: Mapping[str, Any]) -> str | None:
    return " ".join(one["InstanceId"] for one in response.get("Instances", [])) or None


#: In the order in which they are deleted: what delivers before what it delivers to, what runs
#: before what it runs in, a timer (a schedule) after all that it would end if we could not, and
#: roles last because functions, schedules and instance profiles still wear them.
KINDS: tuple[Kind, ...] = (
    Kind(
        "mapping",
        "lambda",
        "CreateEventSourceMapping",
        None,
        of="FunctionName",
        tag=_mapping("Tags"),
        made=_at("UUID"),
    ),
    Kind("rule", "events", "PutRule", "Name", tag=_pairs("Tags")),
    Kind("subscription", "sns", "Subscribe", None, of="TopicArn", made=_subscription),
    Kind("topic", "sns", "CreateTopic", "Name", tag=_pairs("Tags")),
    Kind("stage", "apigateway", "CreateStage", "stageName", tag=_mapping("tags")),
    Kind("rest api", "apigateway", "CreateRestApi", "name", tag=_mapping("tags"), made=_at("id")),
    Kind(
        "distribution",
        "cloudfront",
        "CreateDistributionWithTags",
        "DistributionConfigWithTags.DistributionConfig.CallerReference",
        tag=_pairs("DistributionConfigWithTags.Tags.Items"),
        made=_at("Distribution", "Id"),
    ),
    Kind(
        "cache policy",
        "cloudfront",
        "CreateCachePolicy",
        "CachePolicyConfig.Name",
        made=_at("CachePolicy", "Id"),
    ),
    Kind("function", "lambda", "CreateFunction", "FunctionName", tag=_mapping("Tags")),
    Kind("bucket", "s3", "CreateBucket", "Bucket", tag=_pairs("CreateBucketConfiguration.Tags")),
    Kind("queue", "sqs", "CreateQueue", "QueueName", tag=_mapping("tags")),
    Kind(
        "instance",
        "ec2",
        "RunInstances",
        None,
        of="Placement.GroupName",
        tag=_specified("instance", "volume"),
        made=_instances,
        may_be_nameless=True,
    ),
    Kind(
        "launch template",
        "ec2",
        "CreateLaunchTemplate",
        "LaunchTemplateName",
        tag=_specified("launch-template"),
    ),
    Kind(
        "placement group",
        "ec2",
        "CreatePlacementGroup",
        "GroupName",
        tag=_specified("placement-group"),
        may_be_nameless=True,
    ),
    Kind(
        "security group",
        "ec2",
        "CreateSecurityGroup",
        "GroupName",
        tag=_specified("security-group"),
        made=_at("GroupId"),
    ),
    Kind("log group", "logs", "CreateLogGroup", "logGroupName", tag=_mapping("tags")),
    Kind("budget", "budgets", "CreateBudget", "Budget.BudgetName", tag=_pairs("ResourceTags")),
    Kind("schedule", "scheduler", "CreateSchedule", "Name"),
    Kind(
        "instance profile",
        "iam",
        "CreateInstanceProfile",
        "InstanceProfileName",
        tag=_pairs("Tags"),
    ),
    Kind("role", "iam", "CreateRole", "RoleName", tag=_pairs("Tags")),
)

_BY_NAME = {kind.name: kind for kind in KINDS}
_BY_CREATE = {(kind.service, kind.create): kind for kind in KINDS}
_SERVICES = {kind.service for kind in KINDS}

#: First words of operations that bring nothing new into being: they read, delete or change.
_READS = "BatchGet Check Decode Describe Filter Get Head List Lookup Query Scan Search Select "
_READS += "Simulate Test Validate Verify"
_CHANGES = "Abort Cancel Change Deactivate Delete Detach Disable Disassociate Invoke Modify "
_CHANGES += "Purge Rebalance Receive Remove Revoke Send Stop Tag Terminate Unsubscribe Untag Update"
_READING = re.compile(f"({'|'.join(_READS.split())})(?![a-z])")
_HARMLESS = re.compile(f"({'|'.join((_READS + ' ' + _CHANGES).split())})(?![a-z])")

#: What these make is part of a kind and deleted with it, or is data, or leaves nothing behind.
#: Left out on purpose, though the service is the course's: what costs by the hour, lives on after
#: its owner, belongs to the whole account, or opens something to the world.
_PARTS: dict[str, frozenset[str]] = {
    service: frozenset(operations.split())
    for service, operations in {
        "lambda": """AddPermission CreateAlias PublishVersion PutFunctionConcurrency
            PutFunctionEventInvokeConfig PutFunctionRecursionConfig""",
        "sqs": "AddPermission SetQueueAttributes StartMessageMoveTask",
        "sns": """AddPermission ConfirmSubscription Publish PublishBatch SetSubscriptionAttributes
            SetTopicAttributes""",
        "events": "EnableRule PutEvents PutTargets",
        "s3": """CompleteMultipartUpload CopyObject CreateMultipartUpload CreateSession
            PutBucketAbac PutBucketAcl PutBucketCors PutBucketEncryption PutBucketLifecycle
            PutBucketLifecycleConfiguration PutBucketNotification
            PutBucketNotificationConfiguration PutBucketOwnershipControls PutBucketPolicy
            PutBucketTagging PutBucketVersioning PutObject PutObjectTagging PutPublicAccessBlock
            RenameObject UploadPart UploadPartCopy""",
        "logs": "CreateLogStream PutLogEvents PutRetentionPolicy StartQuery",
        "iam": "AddRoleToInstanceProfile AttachRolePolicy PutRolePolicy",
        "apigateway": """CreateAuthorizer CreateDeployment CreateModel CreateRequestValidator
            CreateResource FlushStageAuthorizersCache FlushStageCache PutGatewayResponse
            PutIntegration PutIntegrationResponse PutMethod PutMethodResponse PutRestApi""",
        "cloudfront": "CreateInvalidation",
        "ec2": """AuthorizeSecurityGroupEgress AuthorizeSecurityGroupIngress
            CreateLaunchTemplateVersion CreateTags RebootInstances StartInstances""",
        "ssm": "SendCommand",
        "budgets": "CreateNotification CreateSubscriber",
        "sts": "AssumeRole AssumeRoleWithSAML AssumeRoleWithWebIdentity",
    }.items()
}


def creation(service: str, operation: str) -> Kind | None:
    """The kind that this operation makes; None where it makes none of the course's.

    ``creation("sqs", "CreateQueue")``: both names as boto3's client spells them in
    ``client.meta.service_model`` (service "lambda", operation "CreateFunction").
    """
    return _BY_CREATE.get((service, operation))


def kind_named(name: str) -> Kind | None:
    """The kind of this name; None where there is none."""
    return _BY_NAME.get(name)


def is_unknown_creation(service: str, operation: str) -> bool:
    """Whether this operation may make something that no sweep would find.

    Where in doubt it says yes: in a service of the course for every operation that is not in the
    table, not a part of something in it, and not a reading, deleting or changing one; in any other
    service for all that do not read.
    """
    if (service, operation) in _BY_CREATE or operation in _PARTS.get(service, ()):
        return False
    return not (_HARMLESS if service in _SERVICES else _READING).match(operation)
