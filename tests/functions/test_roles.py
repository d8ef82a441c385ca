"""A function's role allows what it reads and writes, and nothing else."""

import json
import re

import pytest

from patternlab import open_cloud
from patternlab.functions.roles import policy

QUEUE = "arn:aws:sqs:us-east-1:123456789012:orders"


def allowed(document):
    return {(a, r) for s in document["Statement"] for a in s["Action"] for r in s["Resource"]}


def test_a_function_may_always_write_its_own_log_and_no_other():
    log = "arn:aws:logs:*:*:log-group:/aws/lambda/save:*"
    actions = ("logs:CreateLogStream", "logs:PutLogEvents")
    assert allowed(policy("save")) == {(action, log) for action in actions}


def test_reading_a_queue_is_receiving_and_deleting_and_not_sending():
    more = allowed(policy("save", reads=QUEUE)) - allowed(policy("save"))
    verbs = {action for action, _ in more}
    assert verbs == {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
    assert {resource for _, resource in more} == {QUEUE}


def test_writing_to_a_bucket_is_putting_objects_in_it():
    more = allowed(policy("save", writes=["arn:aws:s3:::thumbs"])) - allowed(policy("save"))
    assert ("s3:PutObject", "arn:aws:s3:::thumbs/*") in more


@pytest.mark.parametrize("arn", ["orders", "arn:aws:rds:us-east-1:1:db", None, 7])
def test_what_is_no_arn_of_a_known_kind_is_refused_by_name(arn):
    with pytest.raises(ValueError, match=re.escape(repr(arn))):
        policy("save", reads=[arn])


def test_each_function_gets_a_role_of_its_own_and_a_new_deployment_changes_it(capsys):
    def handler(event, context):
        return None

    with open_cloud() as cloud:
        cloud.deploy_function("save", handler)
        cloud.deploy_function("save", handler, reads=[QUEUE])
        cloud.deploy_function("other", handler)
        iam = cloud.client("iam")
        names = {role["RoleName"] for role in iam.list_roles()["Roles"]}
        assert names == {"save-role", "other-role"}
        found = iam.get_role_policy(RoleName="save-role", PolicyName="patternlab")
    document = found["PolicyDocument"]
    document = document if isinstance(document, dict) else json.loads(document)
    assert ("sqs:ReceiveMessage", QUEUE) in allowed(document)
