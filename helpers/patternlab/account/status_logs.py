"""SNS writes its deliveries to CloudWatch Logs once a topic has feedback roles; see to that.

Source: "Amazon SNS message delivery status", AWS documentation.
"""

from __future__ import annotations

import json
from typing import Any

from patternlab.functions.roles import POLICY, allow, document, trusted_by
from patternlab.resources.naming import Session

PROTOCOLS = ("Lambda", "SQS", "HTTP")
ACTIONS = [
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "logs:PutRetentionPolicy",
]


def feedback_role(iam: Any, session: Session) -> str:
    """Return the ARN of the role that lets SNS log the session's topics; make it if needed."""
    name = session.name("sns-status-role")
    try:
        return iam.get_role(RoleName=name)["Role"]["Arn"]
    except iam.exceptions.NoSuchEntityException:
        trust = json.dumps(trusted_by("sns.amazonaws.com"))
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    groups = f"arn:aws:logs:*:*:log-group:sns/*/*/{session.prefix}*"
    allowed = json.dumps(document(allow(ACTIONS, groups)))
    iam.put_role_policy(RoleName=name, PolicyName=POLICY, PolicyDocument=allowed)
    return arn


def write_status(sns: Any, topic_arn: str, role_arn: str) -> None:
    """Let SNS write one line for each delivery of this topic."""
    for protocol in PROTOCOLS:
        for result in ("Success", "Failure"):
            sns.set_topic_attributes(
                TopicArn=topic_arn,
                AttributeName=f"{protocol}{result}FeedbackRoleArn",
                AttributeValue=role_arn,
            )
