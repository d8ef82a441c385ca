"""The cluster on moto: asked for as EFA needs it, and without a trace whenever a step fails."""

import base64
from datetime import timedelta

import botocore.client
import pytest
from botocore.exceptions import ClientError

from patternlab.hpc.cluster import launch, plan, remains
from patternlab.hpc.errors import HPCError

SILENT = {"tell": lambda line: None}
#: Every call that changes something, in the order in which a launch sends it.
CHANGES = [
    *["CreateRole", "AttachRolePolicy", "CreateInstanceProfile", "AddRoleToInstanceProfile"],
    *["CreateSecurityGroup", "AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress"],
    *["CreatePlacementGroup", "RunInstances"],
]


def but_deep(*quick):
    """Each of CHANGES as a parameter, a deep one unless it is in `quick`."""
    return [pytest.param(one, marks=[pytest.mark.deep] * (one not in quick)) for one in CHANGES]


def instances(cloud):
    """All that are not terminated: EC2 shows those for a while."""
    pages = cloud.client("ec2").describe_instances()["Reservations"]
    found = [one for some in pages for one in some["Instances"]]
    return [one for one in found if one["State"]["Name"] != "terminated"]


def group(cloud, wanted):
    asked = [{"Name": "group-name", "Values": [wanted.name]}]
    (found,) = cloud.client("ec2").describe_security_groups(Filters=asked)["SecurityGroups"]
    return found


# -- what is made --------------------------------------------------------------------------------


def test_nothing_is_made_for_less_than_it_may_cost(cloud, wanted):
    with pytest.raises(HPCError, match=r"agreed_usd=3\.26") as refused:
        launch(cloud, wanted, agreed_usd=3.25, **SILENT)
    assert str(wanted) in str(refused.value)  # what it would have been, and its price
    assert not remains(cloud, wanted.name) and not instances(cloud)


@pytest.mark.parametrize("agreed", [None, "4", float("nan"), float("inf")])
def test_an_agreement_that_is_no_amount(cloud, wanted, agreed):
    with pytest.raises(HPCError, match="dollars"):
        launch(cloud, wanted, agreed_usd=agreed, **SILENT)


def test_the_group_lets_all_traffic_to_and_from_itself_and_nothing_else_in(cloud, wanted, cluster):
    found = group(cloud, wanted)
    (into,) = found["IpPermissions"]
    assert into["IpProtocol"] == "-1" and not into["IpRanges"] and not into["Ipv6Ranges"]
    assert [pair["GroupId"] for pair in into["UserIdGroupPairs"]] == [found["GroupId"]]
    out = found["IpPermissionsEgress"]
    assert {"-1"} == {rule["IpProtocol"] for rule in out}
    pairs = [pair["GroupId"] for rule in out for pair in rule["UserIdGroupPairs"]]
    ranges = [one["CidrIp"] for rule in out for one in rule["IpRanges"]]
    assert pairs == [found["GroupId"]] and ranges == ["0.0.0.0/0"]


def test_all_nodes_come_from_one_request_each_with_an_efa_a_profile_and_the_groups(
    cloud, wanted, cluster
):
    ec2 = cloud.client("ec2")
    (request,) = ec2.describe_instances(InstanceIds=cluster.ids)["Reservations"]
    (near,) = ec2.describe_placement_groups()["PlacementGroups"]
    assert len(request["Instances"]) == 2 and near["Strategy"] == "cluster"
    for one in request["Instances"]:
        assert one["Placement"]["GroupName"] == wanted.name
        (interface,) = one["NetworkInterfaces"]
        assert interface["InterfaceType"] == "efa"
        assert [g["GroupName"] for g in interface["Groups"]] == [wanted.name]
        assert one["IamInstanceProfile"]["Arn"].endswith(f"/{wanted.name}")
        assert one["PublicIpAddress"]  # its way to AWS and to packages
        assert one["MetadataOptions"]["HttpTokens"] == "required"
        assert {"Key": "cluster", "Value": wanted.name} in one["Tags"]


def test_a_node_ends_itself_when_its_user_data_shuts_it_down(cloud, cluster):
    ec2, one = cloud.client("ec2"), cluster.ids[0]

    def attribute(name):
        return ec2.describe_instance_attribute(InstanceId=one, Attribute=name)

    ending = attribute("instanceInitiatedShutdownBehavior")["InstanceInitiatedShutdownBehavior"]
    assert ending["Value"] == "terminate"
    script = base64.b64decode(attribute("userData")["UserData"]["Value"]).decode()
    assert "shutdown -P +45\n" in script


def test_the_timer_of_the_cloud_ends_the_nodes_too(cloud, wanted, cluster):
    cloud.wait(minutes=44)
    assert [one["State"]["Name"] for one in instances(cloud)] == ["running", "running"]
    cloud.wait(minutes=2)
    assert not instances(cloud)
    with pytest.raises(HPCError, match="2 of 2 nodes"):
        cluster.addresses()


def test_a_second_cluster_of_the_same_name_is_refused_and_the_first_stays(cloud, wanted, cluster):
    before = remains(cloud, wanted.name)
    with pytest.raises(HPCError, match="efa-lab"):
        launch(cloud, wanted, agreed_usd=10, **SILENT)
    assert remains(cloud, wanted.name) == before


# -- what goes wrong -----------------------------------------------------------------------------


class Failing:
    """Lets the call of one operation end in an error, before or after it was carried out."""

    def __init__(self, monkeypatch, operation, error, *, carried_out, times=1):
        self.left, call = times, botocore.client.BaseClient._make_api_call

        def failing(client, name, params):
            if name != operation or not self.left:
                return call(client, name, params)
            self.left -= 1
            if carried_out:
                call(client, name, params)
            raise error

        monkeypatch.setattr("botocore.client.BaseClient._make_api_call", failing)


def error_of_aws(code="InternalError", message="An internal error has occurred"):
    return ClientError({"Error": {"Code": code, "Message": message}}, "Any")


def test_these_are_all_calls_of_a_launch_that_change_something(cloud, wanted, monkeypatch):
    seen, call = [], botocore.client.BaseClient._make_api_call

    def watching(client, name, params):
        seen.append(name)
        return call(client, name, params)

    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", watching)
    launch(cloud, wanted, agreed_usd=10, **SILENT)
    looks = ("Describe", "Get", "List")
    assert [name for name in seen if not name.startswith(looks)] == CHANGES


@pytest.mark.parametrize("carried_out", [False, True], ids=["refused", "carried out all the same"])
@pytest.mark.parametrize("operation", but_deep("CreateSecurityGroup", "RunInstances"))
def test_a_failure_at_any_step_leaves_nothing(cloud, wanted, monkeypatch, operation, carried_out):
    Failing(monkeypatch, operation, error_of_aws(), carried_out=carried_out)
    with pytest.raises(HPCError, match="deleted") as failed:
        launch(cloud, wanted, agreed_usd=10, **SILENT)
    assert "An internal error has occurred (InternalError)" in str(failed.value)
    nothing_is_left(cloud, wanted)


@pytest.mark.parametrize("operation", but_deep("RunInstances"))
def test_an_interrupt_at_any_step_leaves_nothing_and_stays_an_interrupt(
    cloud, wanted, monkeypatch, operation
):
    Failing(monkeypatch, operation, KeyboardInterrupt(), carried_out=True)
    with pytest.raises(KeyboardInterrupt):
        launch(cloud, wanted, agreed_usd=10, **SILENT)
    nothing_is_left(cloud, wanted)


@pytest.mark.parametrize("step", ["set_timer", "wait_until"])
def test_a_failure_between_the_calls_leaves_nothing(cloud, wanted, monkeypatch, step):
    count = iter(range(10))
    real = getattr(cloud, step)

    def failing(*args, **kwargs):
        if next(count) == 1:  # the second node's timer; the wait for RunInstances
            raise RuntimeError("no timer")
        return real(*args, **kwargs)

    monkeypatch.setattr(cloud, step, failing)
    with pytest.raises(RuntimeError, match="no timer"):
        launch(cloud, wanted, agreed_usd=10, **SILENT)
    nothing_is_left(cloud, wanted)


def nothing_is_left(cloud, wanted):
    """Asked kind by kind, and not by the launcher's own look."""
    ec2, iam = cloud.client("ec2"), cloud.client("iam")
    assert not instances(cloud) and not ec2.describe_placement_groups()["PlacementGroups"]
    names = {one["GroupName"] for one in ec2.describe_security_groups()["SecurityGroups"]}
    assert names == {"default"} and not ec2.describe_volumes()["Volumes"]
    assert not iam.list_roles()["Roles"] and not iam.list_instance_profiles()["InstanceProfiles"]
    assert not remains(cloud, wanted.name)


def test_a_clean_up_that_fails_as_well_says_what_to_do(cloud, wanted, monkeypatch):
    Failing(monkeypatch, "RunInstances", error_of_aws(), carried_out=False)
    Failing(monkeypatch, "DeleteRole", error_of_aws("AccessDenied", "no"), carried_out=False)
    with pytest.raises(HPCError, match="sweep --delete"):
        launch(cloud, wanted, agreed_usd=10, **SILENT)
    assert remains(cloud, wanted.name) == [f"role {wanted.name}"]


def test_no_capacity_says_where_to_try_next(cloud, wanted):
    cloud.faults.no_capacity("c5n.9xlarge", "us-east-1a", minutes=30)
    with pytest.raises(HPCError, match="c5n.9xlarge.*us-east-1b"):
        launch(cloud, wanted, agreed_usd=10, **SILENT)
    nothing_is_left(cloud, wanted)
    elsewhere = plan(cloud, zone="us-east-1b")
    assert len(launch(cloud, elsewhere, agreed_usd=10, **SILENT).addresses()) == 2


def test_a_quota_that_only_ec2_knows_of(cloud, wanted, monkeypatch):
    error = error_of_aws("VcpuLimitExceeded", "You have requested more vCPU capacity")
    Failing(monkeypatch, "RunInstances", error, carried_out=False)
    with pytest.raises(HPCError, match="72 vCPUs"):
        launch(cloud, wanted, agreed_usd=10, **SILENT)


def test_a_profile_that_ec2_does_not_know_yet_is_waited_for(cloud, wanted, monkeypatch):
    words = f"Value ({wanted.name}) for parameter iamInstanceProfile.name is invalid. Invalid IAM "
    error = error_of_aws("InvalidParameterValue", words + "Instance Profile name")
    Failing(monkeypatch, "RunInstances", error, carried_out=False)
    begun = cloud.now()
    launch(cloud, wanted, agreed_usd=10, **SILENT)
    assert timedelta(0) < cloud.now() - begun <= timedelta(minutes=1)


def test_a_role_of_somebody_else_by_that_name_stays(cloud, wanted):
    iam = cloud.client("iam")
    iam.create_role(RoleName=wanted.name, AssumeRolePolicyDocument="{}")
    with pytest.raises(HPCError, match="EntityAlreadyExists"):
        launch(cloud, wanted, agreed_usd=10, **SILENT)
    assert [one["RoleName"] for one in iam.list_roles()["Roles"]] == [wanted.name]
    iam.delete_role(RoleName=wanted.name)
