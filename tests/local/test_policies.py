"""Whom a resource's policy lets in."""

import pytest

from patternlab.local.policies import allows

QUEUE = "arn:aws:sqs:us-east-1:123456789012:orders"
TOPIC = "arn:aws:sns:us-east-1:123456789012:orders"


def statement(**changes):
    made = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": QUEUE,
        "Condition": {"ArnEquals": {"aws:SourceArn": TOPIC}},
        **changes,
    }
    return {key: value for key, value in made.items() if value is not None}


def lets_in(policy):
    asked = {"service": "sns.amazonaws.com", "action": "sqs:SendMessage"}
    return allows(policy, resource=QUEUE, source_arn=TOPIC, **asked)


def let_in(*statements):
    return lets_in({"Statement": list(statements)})


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"Action": "SQS:SendMessage"},
        {"Action": ["sqs:ReceiveMessage", "sqs:*"]},
        {"Action": "*"},
        {"Principal": "*"},
        {"Principal": {"AWS": "*"}},
        {"Principal": {"Service": ["s3.amazonaws.com", "sns.amazonaws.com"]}},
        {"Resource": "*"},
        {"Resource": None},
        {"Resource": "arn:aws:sqs:*:123456789012:ord*"},
        {"Condition": None},
        {"Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:sns:*:*:orders"}}},
        {"Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}}},
        {"Condition": {"StringLike": {"aws:SourceArn": [TOPIC + "x", "arn:aws:sns:*"]}}},
    ],
)
def test_a_policy_that_lets_the_service_in(changes):
    assert let_in(statement(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"Effect": "Deny"},
        {"Action": "sqs:ReceiveMessage"},
        {"Principal": {"Service": "s3.amazonaws.com"}},
        {"Principal": {"AWS": "arn:aws:iam::123456789012:root"}},
        {"Resource": QUEUE + "-dlq"},
        {"Condition": {"ArnEquals": {"aws:SourceArn": TOPIC + "-other"}}},
        {"Condition": {"StringEquals": {"aws:SourceArn": "arn:aws:sns:*"}}},
        {"Condition": {"StringEquals": {"aws:SourceAccount": "210987654321"}}},
        {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}},
        {"Condition": {"DateLessThan": {"aws:CurrentTime": "2030-01-01"}}},
    ],
)
def test_a_policy_that_does_not(changes):
    assert not let_in(statement(**changes))


def test_what_denies_goes_first():
    assert not let_in(statement(), statement(Effect="Deny", Action="*"))


@pytest.mark.parametrize("policy", [None, {}, {"Statement": []}])
def test_without_a_statement_nobody_comes_in(policy):
    assert not lets_in(policy)


def test_one_statement_need_not_be_in_a_list():
    assert lets_in({"Statement": statement()})
