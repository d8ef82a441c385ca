"""The role of a function: what it may do, and no more.

Least privilege: a role is written from what the function reads and writes. Sources of the actions:
"Configuring Lambda with SQS" (execution role permissions), "Lambda destinations" and "Actions,
resources, and condition keys" of each service, AWS documentation.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from patternlab.functions.history import PREFIX as LOG_PREFIX

POLICY = "patternlab"
#: AWS's own policy for instances that Session Manager may reach.
MANAGED = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"

#: What reading from, or writing to, a resource of each service takes.
READ = {
    "sqs": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
    "s3": ["s3:GetObject", "s3:ListBucket"],
}
WRITE = {
    "sqs": ["sqs:SendMessage"],
    "sns": ["sns:Publish"],
    "s3": ["s3:PutObject"],
    "lambda": ["lambda:InvokeFunction"],
    "events": ["events:PutEvents"],
}


def role_name(function: str) -> str:
    """Return the name of a function's role."""
    return f"{function}-role"


def put_role(
    iam: Any, function: str, reads: str | Iterable[str] = (), writes: str | Iterable[str] = ()
) -> str:
    """Create the role of `function`, or change what it allows, and return its ARN.

    Args:
        iam: A boto3 client.
        function: The function's name.
        reads: ARNs of what it reads.
        writes: ARNs of what it writes to.

    Raises:
        ValueError: For an ARN of which it is not known what to allow.
    """
    allowed = json.dumps(policy(function, reads, writes))
    name = role_name(function)
    try:
        role = iam.get_role(RoleName=name)["Role"]
    except iam.exceptions.NoSuchEntityException:
        trust = json.dumps(trusted_by("lambda.amazonaws.com"))
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]
    iam.put_role_policy(RoleName=name, PolicyName=POLICY, PolicyDocument=allowed)
    return str(role["Arn"])


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    """Return a policy of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def trusted_by(*services: str, **condition: dict[str, str]) -> dict[str, Any]:
    """Return the trust policy that lets `services` take a role.

    With a condition, only then: ``StringEquals={"aws:SourceAccount": ...}``.
    """
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": services[0] if len(services) == 1 else list(services)},
        "Action": "sts:AssumeRole",
    }
    return document(statement | ({"Condition": condition} if condition else {}))


def policy(
    function: str, reads: str | Iterable[str] = (), writes: str | Iterable[str] = ()
) -> dict[str, Any]:
    """Return the policy of a function's role: its log, what it reads, what it writes."""
    log = f"arn:aws:logs:*:*:log-group:{LOG_PREFIX}{function}:*"
    statements = [allow(["logs:CreateLogStream", "logs:PutLogEvents"], log)]
    statements += [_allowed(READ, arn, "reads") for arn in _each(reads)]
    statements += [_allowed(WRITE, arn, "writes") for arn in _each(writes)]
    return document(*statements)


def allow(actions: list[str], *resources: str) -> dict[str, Any]:
    """Return one statement that allows `actions` on `resources`."""
    return {"Effect": "Allow", "Action": actions, "Resource": list(resources)}


def _each(arns: str | Iterable[str]) -> list[str]:
    return [arns] if isinstance(arns, str) else list(arns)


def _allowed(actions: dict[str, list[str]], arn: str, what: str) -> dict[str, Any]:
    parts = str(arn).split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or parts[2] not in actions:
        known = ", ".join(sorted(actions))
        raise ValueError(
            f"{what}={arn!r} is not the ARN of something a function {what}. Give ARNs of {known}, "
            "for example the QueueArn that get_queue_attributes returns."
        )
    inside = [f"{arn}/*"] if parts[2] == "s3" and "/" not in arn else []
    return allow(actions[parts[2]], arn, *inside)
