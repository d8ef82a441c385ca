"""The EFA cluster on an account: agreed to, tagged, timed, and swept without a trace. moto is AWS.

moto's Run Command runs nothing, so the nodes are made and ended here, and no ping-pong is run.
"""

import json
from importlib import import_module

import boto3
import botocore.client
import pytest

from patternlab import open_cloud
from patternlab.account.cost.card import CostAboveCeiling
from patternlab.account.ledger import Ledger, ledgers_in
from patternlab.functions.roles import MANAGED
from patternlab.hpc.cluster import launch, plan, remains
from patternlab.resources import KINDS
from tests.account.moto_with import moto_with

SILENT = {"tell": lambda line: None}


@pytest.fixture
def account(learner, monkeypatch):
    monkeypatch.setenv("PATTERNLAB_HOURS", "1")
    monkeypatch.setenv("PATTERNLAB_CEILING", "9.00")
    monkeypatch.setenv("PATTERNLAB_NOTEBOOK", "efa-ping-pong")
    with moto_with("ec2", "iam"):
        yield learner


@pytest.fixture
def cloud(account):
    with open_cloud(backend="aws") as opened:
        yield opened


def everything():
    """What there is on the account, asked service by service and not by the course's own looks."""
    ec2, iam = boto3.client("ec2", "us-east-1"), boto3.client("iam")
    pages = ec2.describe_instances()["Reservations"]
    instances = [one for some in pages for one in some["Instances"]]
    groups = ec2.describe_security_groups()["SecurityGroups"]
    schedules = boto3.client("scheduler", "us-east-1").list_schedules()["Schedules"]
    return [
        *[one["InstanceId"] for one in instances if one["State"]["Name"] != "terminated"],
        *[one["GroupName"] for one in groups if one["GroupName"] != "default"],
        *[one["GroupName"] for one in ec2.describe_placement_groups()["PlacementGroups"]],
        *[one["VolumeId"] for one in ec2.describe_volumes()["Volumes"]],
        *[one["RoleName"] for one in iam.list_roles()["Roles"]],
        *[one["InstanceProfileName"] for one in iam.list_instance_profiles()["InstanceProfiles"]],
        *[one["Name"] for one in schedules],
    ]


def test_everything_has_the_sessions_name_and_tags(cloud):
    cluster = launch(cloud, plan(cloud), agreed_usd=10, **SILENT)
    ec2, iam = cloud.client("ec2"), cloud.client("iam")
    name = cluster.plan.name
    assert name.startswith("patternlab-") and name.endswith("-efa-lab")
    described = ec2.describe_instances(InstanceIds=cluster.ids)["Reservations"]
    tagged = [one["Tags"] for some in described for one in some["Instances"]]
    tagged += [one["Tags"] for one in ec2.describe_volumes()["Volumes"]]
    tagged += [one["Tags"] for one in ec2.describe_placement_groups()["PlacementGroups"]]
    asked = [{"Name": "group-name", "Values": [name]}]
    tagged += [one["Tags"] for one in ec2.describe_security_groups(Filters=asked)["SecurityGroups"]]
    tagged += [iam.list_role_tags(RoleName=name)["Tags"]]
    profile = iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
    tagged += [profile["Tags"]]
    assert len(tagged) == 8
    for tags in tagged:
        found = {tag["Key"]: tag["Value"] for tag in tags}
        assert found["project"] == "patternlab" and found["cluster"] == name
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    assert [one["PolicyArn"] for one in attached] == [MANAGED]


def test_every_node_has_a_timer_of_eventbridge_scheduler(cloud):
    cluster = launch(cloud, plan(cloud, minutes=30), agreed_usd=10, **SILENT)
    scheduler = cloud.client("scheduler")
    timers = [
        scheduler.get_schedule(Name=one["Name"]) for one in scheduler.list_schedules()["Schedules"]
    ]
    ended = [json.loads(one["Target"]["Input"])["InstanceIds"] for one in timers]
    assert sorted(ended) == sorted([one] for one in cluster.ids)
    assert all("ec2:terminateInstances" in one["Target"]["Arn"] for one in timers)
    cluster.close()
    assert not scheduler.list_schedules()["Schedules"] and not everything()


def test_a_closed_cluster_leaves_nothing_open_in_the_ledger(cloud, account):
    launch(cloud, plan(cloud), agreed_usd=10, **SILENT).close()
    assert not everything()
    cloud.close()
    (path,) = ledgers_in(account)
    assert not Ledger.read(path).open_entries()


def test_without_a_close_the_end_of_the_session_sweeps_all_of_it(cloud, account, capsys):
    cluster = launch(cloud, plan(cloud), agreed_usd=10, **SILENT)
    assert len(everything()) == 12  # two timers are two schedules and two roles
    cloud.close()
    assert not everything() and capsys.readouterr().out.rstrip().endswith("Nothing is left.")
    (path,) = ledgers_in(account)
    ledger = Ledger.read(path)
    assert not ledger.open_entries()
    made = {entry.kind for entry in ledger.entries()}
    assert made >= {"instance", "instance profile", "placement group", "security group", "role"}
    assert made <= set(KINDS) and cluster.ids[0] in path.read_text("utf-8")


@pytest.mark.parametrize(
    "operation",
    [
        *["AddRoleToInstanceProfile", "RunInstances"],
        *(
            pytest.param(name, marks=pytest.mark.deep)
            for name in (
                *["CreateRole", "AttachRolePolicy", "CreateInstanceProfile"],
                *["CreateSecurityGroup", "AuthorizeSecurityGroupEgress", "CreatePlacementGroup"],
                *["CreateSchedule", "DescribeInstances"],
            )
        ),
    ],
)
def test_a_kernel_that_dies_after_any_call_leaves_what_the_sweep_finds(
    cloud, monkeypatch, operation
):
    """Nothing of Python runs after a SIGKILL: neither the launch's own clean-up nor any other."""
    wanted = plan(cloud)
    module = import_module("patternlab.hpc.cluster.launch")
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(module, "teardown", lambda *args: None)
        dies_after(patched, operation)
        launch(cloud, wanted, agreed_usd=10, **SILENT)
    assert remains(cloud, wanted.name)
    cloud.close()
    assert not everything()


class Killed(BaseException):
    """The kernel is gone."""


def dies_after(monkeypatch, operation):
    call = botocore.client.BaseClient._make_api_call

    def dying(client, name, params):
        answer = call(client, name, params)
        if name == operation and (name != "DescribeInstances" or "InstanceIds" in params):
            raise Killed
        return answer

    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", dying)


def test_the_ceiling_of_the_session_holds_besides(account, monkeypatch):
    monkeypatch.setenv("PATTERNLAB_CEILING", "3.50")
    with open_cloud(backend="aws") as cloud:
        with pytest.raises(CostAboveCeiling, match="3.5 USD"):
            launch(cloud, plan(cloud), agreed_usd=10, **SILENT)
        assert not everything()


def test_a_timer_that_cannot_be_set_ends_the_nodes_again(cloud, monkeypatch):
    def refused(instance, at):
        raise RuntimeError("Scheduler says no")

    monkeypatch.setattr(cloud, "set_timer", refused)
    with pytest.raises(RuntimeError, match="Scheduler says no"):
        launch(cloud, plan(cloud), agreed_usd=10, **SILENT)
    assert not everything()
