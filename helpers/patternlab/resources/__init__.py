"""What the course makes on an account: one class for each kind, one module for each service.

``RESOURCES`` is the registry; everything that has to know the kinds reads it.
"""

from __future__ import annotations

import re

from patternlab.resources.apigateway import RestApi, Stage
from patternlab.resources.awslambda import EventSourceMapping, Function
from patternlab.resources.budgets import Budget
from patternlab.resources.cloudfront import CachePolicy, Distribution
from patternlab.resources.ec2 import (
    Instance,
    LaunchTemplate,
    PlacementGroup,
    SecurityGroup,
)
from patternlab.resources.events import Rule, Schedule
from patternlab.resources.iam import InstanceProfile, Role
from patternlab.resources.logs import LogGroup
from patternlab.resources.resource import Resource, bare
from patternlab.resources.s3 import Bucket
from patternlab.resources.sns import Subscription, Topic
from patternlab.resources.sqs import Queue

__all__ = ["KINDS", "RESOURCES", "Resource", "bare", "creation", "is_unknown_creation"]

#: In the order in which they are deleted: what delivers before what it delivers to, what runs
#: before what it runs in, a timer (a schedule) after everything that it would end if we could not,
#: and roles last because functions, schedules and instance profiles still use them.
RESOURCES: tuple[type[Resource], ...] = (
    EventSourceMapping,
    Rule,
    Subscription,
    Topic,
    Stage,
    RestApi,
    Distribution,
    CachePolicy,
    Function,
    Bucket,
    Queue,
    Instance,
    LaunchTemplate,
    PlacementGroup,
    SecurityGroup,
    LogGroup,
    Budget,
    Schedule,
    InstanceProfile,
    Role,
)
#: Kind -> its class, in the same order.
KINDS: dict[str, type[Resource]] = {one.kind: one for one in RESOURCES}

_BY_CREATE = {(one.service, one.create): one for one in RESOURCES}
_SERVICES = {one.service for one in RESOURCES}
#: Operations that make only a part of a resource, or nothing that stays. Left out on purpose,
#: though the service is the course's: what costs by the hour, outlives its owner, belongs to the
#: whole account, or opens something to the world.
_PARTS = {(one.service, part) for one in RESOURCES for part in one.parts.split()} | {
    ("ssm", "SendCommand"),
    ("sts", "AssumeRole"),
    ("sts", "AssumeRoleWithSAML"),
    ("sts", "AssumeRoleWithWebIdentity"),
}
#: First words of operations that create nothing: they read, delete or change.
_READS = "BatchGet Check Decode Describe Filter Get Head List Lookup Query Scan Search Select "
_READS += "Simulate Test Validate Verify"
_CHANGES = "Abort Cancel Change Deactivate Delete Detach Disable Disassociate Invoke Modify "
_CHANGES += "Purge Rebalance Receive Remove Revoke Send Stop Tag Terminate Unsubscribe Untag Update"
_READING = re.compile(f"({'|'.join(_READS.split())})(?![a-z])")
_HARMLESS = re.compile(f"({'|'.join((_READS + ' ' + _CHANGES).split())})(?![a-z])")


def creation(service: str, operation: str) -> type[Resource] | None:
    """Return the class of what an operation makes; None if it makes nothing of the course's.

    ``creation("sqs", "CreateQueue")``: both names as boto3's client spells them in
    ``client.meta.service_model`` (service "lambda", operation "CreateFunction").
    """
    return _BY_CREATE.get((service, operation))


def is_unknown_creation(service: str, operation: str) -> bool:
    """Return whether an operation may make something that no sweep would find.

    In case of doubt it says yes: in a service of the course for every operation that is not a
    create or a part of a resource here, and does not read, delete or change; in any other service
    for all that do not read.
    """
    if (service, operation) in _BY_CREATE or (service, operation) in _PARTS:
        return False
    return not (_HARMLESS if service in _SERVICES else _READING).match(operation)
