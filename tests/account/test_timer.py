"""Timers: what they are made of, that they end what they name, and what is left when AWS refuses.

moto stands in for AWS. It never lets a schedule go off, so `go_off` does what Scheduler does then;
and errors that moto does not give are put in front of it by `Aws.refuse`.
"""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import boto3
import pytest
from moto import mock_aws

from patternlab.account.consistency import LIMIT, PAUSE, ask_again
from patternlab.account.cost.budget import Budget, Scope
from patternlab.account.ledger import Ledger
from patternlab.account.sweep.sweep import sweep
from patternlab.account.timer import clear_timer, set_timer, timer_name
from patternlab.resources.errors import AccountError
from patternlab.resources.naming import Session
from tests.account.clients import answer_with, fail

ACCOUNT = "123456789012"  # moto's
REGION = "eu-central-1"
NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
AT = NOW + timedelta(hours=2)
SESSION = Session("k3f9qb", REGION, "efa", NOW + timedelta(hours=4))
UNKNOWN_ROLE = (
    "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
)


class Aws:
    """Gives clients as `cloud.client` does; some of their operations can be made to fail."""

    def __init__(self, session):
        self.session = session
        self._clients = {}
        self.sleeps = []

    def __call__(self, service):
        if service not in self._clients:
            self._clients[service] = self.session.client(service)
        return self._clients[service]

    def role_not_known_yet(self, times):
        """Answer the next `times` requests for a schedule as Scheduler does while IAM spreads."""
        events, name = self("scheduler").meta.events, "before-send.scheduler.CreateSchedule"
        answer_with(events, name, "ValidationException", UNKNOWN_ROLE, times)

    def options(self):
        return {"client": self, "now": lambda: NOW}

    def client(self, service, **_):
        """So that the sweep takes this for a session."""
        return self(service)

    def instance(self):
        made = self("ec2").run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1)
        return made["Instances"][0]["InstanceId"]

    def state(self, identity):
        found = self("ec2").describe_instances(InstanceIds=[identity])["Reservations"]
        return found[0]["Instances"][0]["State"]["Name"]

    def schedules(self):
        return [each["Name"] for each in self("scheduler").list_schedules()["Schedules"]]

    def roles(self):
        return [each["RoleName"] for each in self("iam").list_roles()["Roles"]]

    def schedule(self, name):
        return self("scheduler").get_schedule(Name=name)

    def go_off(self, name):
        """Call what the schedule targets, with its input, and delete it: as Scheduler does."""
        schedule = self.schedule(name)
        assert schedule["Target"]["Arn"] == "arn:aws:scheduler:::aws-sdk:ec2:terminateInstances"
        self("ec2").terminate_instances(**json.loads(schedule["Target"]["Input"]))
        assert schedule["ActionAfterCompletion"] == "DELETE"
        self("scheduler").delete_schedule(Name=name)


@pytest.fixture(scope="module")
def session():
    """One for all tests: it reads AWS's descriptions of its services once.

    It has the patience of the sessions of open_cloud().
    """
    made = boto3.Session("testing", "testing", region_name=REGION)
    ask_again(made.events, tell=lambda sentence: None)
    return made


@pytest.fixture
def aws(session, credentials, monkeypatch):
    made = Aws(session)
    monkeypatch.setattr("botocore.endpoint.time.sleep", made.sleeps.append)
    with mock_aws():
        yield made


WHAT = "i-0123456789abcdef0"
NAME = "patternlab-k3f9qb-timer-i-0123456789abcdef0"


def test_the_schedule_goes_off_once_at_that_moment_in_utc_and_is_deleted(aws):
    at = AT.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert set_timer(SESSION, WHAT, at, **aws.options()) == NAME
    made = aws.schedule(NAME)
    assert made["ScheduleExpression"] == "at(2030-01-01T14:00:00)"
    assert made["ScheduleExpressionTimezone"] == "UTC"
    assert made["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert made["ActionAfterCompletion"] == "DELETE"


def test_the_role_may_do_one_action_to_one_thing_and_scheduler_alone_may_assume_it(aws):
    set_timer(SESSION, WHAT, AT, **aws.options())
    role = aws("iam").get_role(RoleName=NAME)["Role"]
    assert role["AssumeRolePolicyDocument"]["Statement"] == [
        {
            "Effect": "Allow",
            "Principal": {"Service": "scheduler.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {
                    "aws:SourceAccount": ACCOUNT,
                    "aws:SourceArn": f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule-group/default",
                }
            },
        }
    ]
    (policy,) = aws("iam").list_role_policies(RoleName=NAME)["PolicyNames"]
    document = aws("iam").get_role_policy(RoleName=NAME, PolicyName=policy)["PolicyDocument"]
    assert document["Statement"] == [
        {
            "Effect": "Allow",
            "Action": ["ec2:TerminateInstances"],
            "Resource": [f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/i-0123456789abcdef0"],
        }
    ]
    assert aws.schedule(NAME)["Target"]["RoleArn"] == role["Arn"]


def test_the_role_has_the_tags_of_the_session(aws):
    set_timer(SESSION, WHAT, AT, **aws.options())
    tags = aws("iam").list_role_tags(RoleName=NAME)["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == SESSION.tags


def test_a_timer_terminates_its_instance_and_no_other(aws):
    mine, other = aws.instance(), aws.instance()
    aws.go_off(set_timer(SESSION, mine, AT, **aws.options()))
    assert aws.state(mine) == "terminated" and aws.state(other) == "running"


def test_a_second_time_moves_the_timer(aws):
    set_timer(SESSION, WHAT, AT, **aws.options())
    set_timer(SESSION, WHAT, AT + timedelta(hours=1), **aws.options())
    assert aws.schedules() == [NAME] and aws.roles() == [NAME]
    assert aws.schedule(NAME)["ScheduleExpression"] == "at(2030-01-01T15:00:00)"


def test_clearing_deletes_schedule_and_role_and_can_be_repeated(aws):
    set_timer(SESSION, WHAT, AT, **aws.options())
    clear_timer(SESSION, WHAT, client=aws)
    assert aws.schedules() == [] and aws.roles() == []
    clear_timer(SESSION, WHAT, client=aws)


def test_clearing_after_the_timer_went_off_deletes_the_role(aws):
    what = aws.instance()
    aws.go_off(set_timer(SESSION, what, AT, **aws.options()))
    clear_timer(SESSION, what, client=aws)
    assert aws.roles() == []


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (NOW - timedelta(hours=1), "2030-01-01 11:00"),
        (NOW + timedelta(seconds=119), "2030-01-01 12:01"),
        (AT.replace(tzinfo=None), "2030-01-01 14:00"),
        (NOW + timedelta(days=366), "2031-01-02 12:00"),
    ],
    ids=["past", "too soon", "naive", "over a year"],
)
def test_a_time_that_makes_no_sense_is_refused_before_anything_is_made(aws, at, said):
    with pytest.raises(AccountError, match=said) as refused:
        set_timer(SESSION, WHAT, at, **aws.options())
    assert "\n" not in str(refused.value)
    assert aws.roles() == []


@pytest.mark.parametrize("at", [NOW + timedelta(minutes=2), NOW + timedelta(days=365)])
def test_two_minutes_and_a_year_are_within_the_limits(aws, at):
    set_timer(SESSION, WHAT, at, **aws.options())
    assert aws.schedules() == [NAME]


@pytest.mark.parametrize("identity", ["", "web", "i-12", "i-0123456789abcdeg0", "sg-01234567"])
def test_what_is_no_instance_id_is_refused(aws, identity):
    with pytest.raises(AccountError, match=repr(identity)):
        set_timer(SESSION, identity, AT, **aws.options())


def test_a_schedule_waits_until_iam_knows_the_new_role(aws):
    aws.role_not_known_yet(times=4)
    set_timer(SESSION, WHAT, AT, **aws.options())
    assert aws.schedules() == [NAME] and aws.sleeps == [PAUSE] * 4


def test_it_does_not_wait_for_ever_and_leaves_no_role(aws):
    aws.role_not_known_yet(times=99)
    with pytest.raises(AccountError, match="assume the role"):
        set_timer(SESSION, WHAT, AT, **aws.options())
    assert sum(aws.sleeps) == pytest.approx(LIMIT, abs=PAUSE)
    assert aws.roles() == []


@pytest.mark.parametrize(
    ("operation", "code", "words"),
    [
        ("GetCallerIdentity", "ExpiredToken", "expired"),
        ("CreateRole", "AccessDenied", "iam:CreateRole"),
        ("PutRolePolicy", "AccessDenied", "iam:PutRolePolicy"),
        ("CreateSchedule", "AccessDeniedException", "iam:PassRole"),
        ("CreateSchedule", "ValidationException", "ValidationException"),
    ],
)
def test_what_aws_refuses_is_one_sentence_and_leaves_nothing(
    aws, monkeypatch, operation, code, words
):
    fail(monkeypatch, code, operation)
    with pytest.raises(AccountError, match=words) as refused:
        set_timer(SESSION, WHAT, AT, **aws.options())
    assert str(refused.value).startswith("Cannot ") and ACCOUNT not in str(refused.value)
    assert aws.roles() == [] and aws.schedules() == [] and aws.sleeps == []


def test_a_timer_that_cannot_be_moved_stays_as_it_is(aws, monkeypatch):
    set_timer(SESSION, WHAT, AT, **aws.options())
    fail(monkeypatch, "InternalServerException", "UpdateSchedule")
    with pytest.raises(AccountError, match="InternalServerException"):
        set_timer(SESSION, WHAT, AT + timedelta(hours=1), **aws.options())
    assert aws.schedule(NAME)["ScheduleExpression"] == "at(2030-01-01T14:00:00)"
    assert aws.roles() == [NAME]


def test_an_interrupt_while_it_waits_leaves_no_role(aws, monkeypatch):
    def interrupt(seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr("botocore.endpoint.time.sleep", interrupt)
    aws.role_not_known_yet(times=1)
    with pytest.raises(KeyboardInterrupt):
        set_timer(SESSION, WHAT, AT, **aws.options())
    assert aws.roles() == []


def test_a_role_that_cannot_be_deleted_again_is_named(aws, monkeypatch):
    fail(monkeypatch, "AccessDeniedException", "CreateSchedule")
    fail(monkeypatch, "AccessDenied", "DeleteRole")
    with pytest.raises(AccountError) as refused:
        set_timer(SESSION, WHAT, AT, **aws.options())
    (note,) = refused.value.__notes__
    assert NAME in note and "sweep" in note


# -- with the sweep ---------------------------------------------------------------------------


def swept(aws, *kinds, ledgers=()):
    return sweep(
        lambda region: aws,
        regions=[REGION],
        ledgers=list(ledgers),
        delete=True,
        everything=True,
        kinds={"schedule", "role", "budget", *kinds},
        sleep=aws.sleeps.append,
    )


def test_the_sweep_of_another_machine_removes_timer_and_role(aws):
    """It has no ledger: it knows the role by its tags, and the schedule by its role."""
    set_timer(SESSION, WHAT, AT, **aws.options())
    report = swept(aws)
    assert aws.schedules() == aws.roles() == [] and not report.left


def test_the_sweep_removes_the_role_of_a_timer_that_went_off(aws):
    aws.go_off(set_timer(SESSION, aws.instance(), AT, **aws.options()))
    swept(aws)
    assert aws.roles() == []


def test_the_sweep_leaves_the_schedules_of_others_and_the_alarm_on_the_bill(aws):
    set_timer(SESSION, WHAT, AT, **aws.options())
    target = aws.schedule(NAME)["Target"]
    aws("scheduler").create_schedule(
        Name="nightly",
        ScheduleExpression="rate(1 day)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=target,
    )
    budget = Budget(aws.session)
    budget.put(Decimal(5), "me@example.org", Scope({}, "the whole account"))
    swept(aws)
    assert aws.schedules() == ["nightly"] and budget.there()


@pytest.fixture
def nodes(aws, tmp_path):
    """Two instances with timers, and the ledger that knows them."""
    ledger = Ledger.open(tmp_path, SESSION, account=ACCOUNT, endpoint=None)
    made = [aws.instance(), aws.instance()]
    ledger.made(ledger.planned("instance", SESSION.name("near"), REGION), " ".join(made))
    for each in made:
        set_timer(SESSION, each, AT, **aws.options())
    return ledger, *made


def timers_of(*identities):
    return sorted(timer_name(SESSION.prefix, each) for each in identities)


def test_the_sweep_keeps_the_timer_of_an_instance_that_it_could_not_end(aws, nodes):
    ledger, mine, other = nodes
    protection = {"InstanceId": mine, "DisableApiTermination": {"Value": True}}
    aws("ec2").modify_instance_attribute(**protection)
    report = swept(aws, "instance", ledgers=[ledger])
    assert (aws.state(mine), aws.state(other)) == ("running", "terminated")
    assert aws.schedules() == aws.roles() == timers_of(mine)
    assert f"it is a timer and stays: it ends the instance {mine}, which is still" in str(report)
    assert report.exit_code == 1

    protection["DisableApiTermination"] = {"Value": False}
    aws("ec2").modify_instance_attribute(**protection)
    assert swept(aws, "instance", ledgers=[ledger]).clean
    assert aws.schedules() == aws.roles() == [] and aws.state(mine) == "terminated"


def test_the_sweep_keeps_the_timers_of_instances_that_it_may_not_look_for(aws, nodes, monkeypatch):
    _, mine, other = nodes
    fail(monkeypatch, "UnauthorizedOperation", "DescribeInstances")
    report = swept(aws, "instance")
    assert sorted(aws.schedules()) == sorted(aws.roles()) == timers_of(mine, other)
    assert "it ends an instance that could not be looked for" in str(report)


def test_who_may_end_an_instance_but_not_look_for_it_ends_its_timer_too(aws, nodes, monkeypatch):
    fail(monkeypatch, "UnauthorizedOperation", "DescribeInstances")
    swept(aws, "instance", ledgers=[nodes[0]])
    assert aws.schedules() == aws.roles() == []
