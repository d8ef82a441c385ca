"""The IAM policy of the labs: enough to launch a cluster, and nothing of others is reached."""

import pytest
from botocore.exceptions import ClientError

from patternlab import paths
from patternlab.account import calls
from patternlab.account.policies.actions import statement_of
from patternlab.account.policies.documents import lab, learner
from patternlab.authoring import notebook_calls
from patternlab.functions.roles import MANAGED
from patternlab.hpc.errors import HPCError
from patternlab.resources.errors import AccountError
from tests.account.policies.iam import allows, enforced, without

ROWS = calls.read()
LEARNER, LAB = learner(ROWS), lab(ROWS)
BOOK = paths.LABS / "efa-ping-pong.ipynb"
HERE = "us-east-1:123456789012"
PROJECT, TAGGED = (
    {"aws:RequestTag/project": "patternlab"},
    {"aws:ResourceTag/project": "patternlab"},
)
OWN = "patternlab-k3f9qb-efa-lab"

#: Statements whose actions are in two, or in a learner's policy too: moto looks at neither
#: resources nor conditions, so one alone will do there.
IN_TWO = {"NewNodes", "NodesAmong", "GroupsInVpcs", "CommandsToNodes", "ShellDocument"}
IN_TWO |= {"PassRolesToServices"}
#: Timers are a local cloud's own affair; a quota that may not be read is "not known".
NOT_MISSED = {"Timers", "PricesAndQuotas"}


def both(document):
    return {**LEARNER, "Statement": [*LEARNER["Statement"], *document["Statement"]]}


def ec2(what):
    return f"arn:aws:ec2:{HERE}:{what}"


def iam(what):
    return f"arn:aws:iam::123456789012:{what}"


def test_a_learner_may_not_launch_anything():
    denied = {"ec2:RunInstances", "ec2:CreatePlacementGroup", "ssm:SendCommand"}
    assert not denied & {action for one in LEARNER["Statement"] for action in one["Action"]}


def test_the_labs_policy_has_nothing_that_a_learners_has_but_whom_a_role_is_passed_to():
    """Of API Gateway, a verb; none is here."""
    theirs = {action for one in LEARNER["Statement"] for action in one["Action"]}
    ours = {action for one in LAB["Statement"] for action in one["Action"]}
    assert ours & theirs == {"iam:PassRole"}


@pytest.mark.deep
@pytest.mark.parametrize(
    "sid", [one["Sid"] for one in LAB["Statement"] if one["Sid"] not in IN_TWO | NOT_MISSED]
)
def test_without_any_one_statement_the_lab_fails(sid):
    document = both(without(LAB, sid))
    with enforced(document) as guarded, pytest.raises((ClientError, AccountError, HPCError)):
        notebook_calls.record(BOOK, guarded.prepare)
    assert {statement_of(action).sid for action in guarded.denied} == {sid}


def test_instances_are_launched_with_the_tag_into_what_is_there():
    for what in ("instance/*", "volume/*"):
        assert allows(LAB, "ec2:RunInstances", ec2(what), PROJECT)
        assert not allows(LAB, "ec2:RunInstances", ec2(what), {})
        assert not allows(LAB, "ec2:RunInstances", ec2(what), {"aws:RequestTag/project": "payroll"})
    for what in ("subnet/subnet-1", "security-group/sg-1", "network-interface/*"):
        assert allows(LAB, "ec2:RunInstances", ec2(what), {})
    assert allows(LAB, "ec2:RunInstances", "arn:aws:ec2:us-east-1::image/ami-1", {})
    assert allows(LAB, "ec2:RunInstances", ec2(f"placement-group/{OWN}"), {})
    assert not allows(LAB, "ec2:RunInstances", ec2("placement-group/payroll"), {})


def test_groups_are_made_with_the_tag_and_named_as_ours():
    assert allows(LAB, "ec2:CreatePlacementGroup", ec2(f"placement-group/{OWN}"), PROJECT)
    assert not allows(LAB, "ec2:CreatePlacementGroup", ec2("placement-group/payroll"), PROJECT)
    assert not allows(LAB, "ec2:CreatePlacementGroup", ec2(f"placement-group/{OWN}"), {})
    assert allows(LAB, "ec2:CreateSecurityGroup", ec2("security-group/*"), PROJECT)
    assert not allows(LAB, "ec2:CreateSecurityGroup", ec2("security-group/*"), {})
    assert allows(LAB, "ec2:CreateSecurityGroup", ec2("vpc/vpc-1"), {})


def test_only_what_is_being_made_is_tagged():
    made = {"ec2:CreateAction": "RunInstances"}
    assert allows(LAB, "ec2:CreateTags", ec2("instance/i-1"), made)
    assert not allows(LAB, "ec2:CreateTags", ec2("instance/i-1"), {})


@pytest.mark.parametrize(
    ("action", "what"),
    [
        ("ec2:TerminateInstances", "instance/i-1"),
        ("ec2:DeletePlacementGroup", f"placement-group/{OWN}"),
        ("ec2:DeleteSecurityGroup", "security-group/sg-1"),
        ("ec2:AuthorizeSecurityGroupEgress", "security-group/sg-1"),
        ("ec2:AuthorizeSecurityGroupIngress", "security-group/sg-1"),
        ("ec2:RevokeSecurityGroupEgress", "security-group/sg-1"),
    ],
)
def test_what_is_changed_or_deleted_has_the_courses_tag(action, what):
    assert allows(LAB, action, ec2(what), TAGGED)
    assert not allows(LAB, action, ec2(what), {"aws:ResourceTag/project": "payroll"})
    assert not allows(LAB, action, ec2(what), {})


def test_commands_reach_the_courses_instances_with_one_document():
    tag = "ssm:resourceTag/project"
    assert allows(LAB, "ssm:SendCommand", ec2("instance/i-1"), {tag: "patternlab"})
    assert not allows(LAB, "ssm:SendCommand", ec2("instance/i-1"), {tag: "payroll"})
    shell = "arn:aws:ssm:us-east-1::document/AWS-RunShellScript"
    assert allows(LAB, "ssm:SendCommand", shell, {})
    assert not allows(LAB, "ssm:SendCommand", shell.replace("Shell", "PowerShell"), {})


def test_a_node_wears_a_role_of_the_course_with_one_policy_of_aws():
    role, attached = iam(f"role/{OWN}"), "iam:PolicyARN"
    assert allows(LAB, "iam:AttachRolePolicy", role, {attached: MANAGED})
    admin = "arn:aws:iam::aws:policy/AdministratorAccess"
    assert not allows(LAB, "iam:AttachRolePolicy", role, {attached: admin})
    assert not allows(LAB, "iam:AttachRolePolicy", iam("role/payroll"), {attached: MANAGED})
    for service, wanted in {"ec2": True, "scheduler": True, "lambda": False}.items():
        to = {"iam:PassedToService": f"{service}.amazonaws.com"}
        assert allows(LAB, "iam:PassRole", role, to) is wanted
        assert not allows(LAB, "iam:PassRole", iam("role/payroll"), to)
    for action in ("Create", "Delete", "Get", "AddRoleTo", "RemoveRoleFrom"):
        action = f"iam:{action}InstanceProfile"
        assert allows(LAB, action, iam(f"instance-profile/{OWN}"), {})
        assert not allows(LAB, action, iam("instance-profile/payroll"), {})


def test_public_parameters_of_images_and_timers_of_ours_alone():
    images = "arn:aws:ssm:us-east-1::parameter/aws/service/ami-amazon-linux-latest/al2023"
    assert allows(LAB, "ssm:GetParameter", images, {})
    assert not allows(LAB, "ssm:GetParameter", f"arn:aws:ssm:{HERE}:parameter/password", {})
    schedule = f"arn:aws:scheduler:{HERE}:schedule/default/"
    assert allows(LAB, "scheduler:CreateSchedule", schedule + OWN, {})
    assert not allows(LAB, "scheduler:CreateSchedule", schedule + "payroll", {})
