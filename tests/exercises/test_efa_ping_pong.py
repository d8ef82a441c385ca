"""The exercises of the EFA lab: what their judges know, held against other ways to know it."""

from itertools import product

import pytest

from patternlab import open_cloud
from patternlab.exercises import efa_ping_pong as bank
from patternlab.hpc.cluster import cases, diagnosis
from patternlab.learn import check
from patternlab.learn.exercises import State

FOUND = bank.silent_tcp.reference


def state(name, answer):
    return check(name, answer).state


# -- silent-tcp ----------------------------------------------------------------------------------


def test_no_cluster_has_two_causes_and_no_two_have_the_same():
    found = [bank._cause(name) for name in FOUND]
    assert len(set(found)) == len(found) == 6


def test_of_all_other_causes_none_is_right():
    for name, given in product(FOUND, bank.CHOICES):
        expected = State.RIGHT if FOUND[name] == given else State.WRONG
        assert state("silent-tcp", FOUND | {name: given}) is expected


# -- self-rules ----------------------------------------------------------------------------------


def test_a_cloud_takes_the_reference_and_the_diagnosis_finds_nothing():
    with open_cloud(backend="local") as cloud:
        ec2 = cloud.client("ec2")
        vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        group = ec2.create_security_group(GroupName="x", Description="x", VpcId=vpc)["GroupId"]
        (fresh,) = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
        assert fresh["IpPermissions"] == bank.NEW_GROUP["inbound"]
        assert [r["IpRanges"] for r in fresh["IpPermissionsEgress"]] == [[{"CidrIp": "0.0.0.0/0"}]]
        rules = [{**bank._SELF, "UserIdGroupPairs": [{"GroupId": group}]}]
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=rules)
        ec2.authorize_security_group_egress(GroupId=group, IpPermissions=rules)
        (found,) = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
        assert diagnosis.lets_itself(found, "IpPermissions")
        assert diagnosis.lets_itself(found, "IpPermissionsEgress")
        with pytest.raises(ec2.exceptions.ClientError, match="InvalidPermission.Duplicate"):
            ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[bank._ALL_OUT])


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ([], "'inbound' and 'outbound'"),
        ({"inbound": [], "outbound": "all"}, "Invalid type"),
        ({"inbound": [{"IpProtocl": "-1"}], "outbound": []}, "Unknown parameter"),
        ({"inbound": [{"UserIdGroupPairs": []}], "outbound": []}, "has no IpProtocol"),
        ({"inbound": [], "outbound": [bank._SELF]}, "inbound: nothing lets"),
    ],
)
def test_what_ec2_would_not_take_is_told_so(answer, message):
    assert message in check("self-rules", answer).message


def test_the_internet_must_not_come_in_by_ipv6_either():
    door = {"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}
    answer = {"inbound": [bank._SELF, door], "outbound": [bank._SELF]}
    assert "the door is open" in check("self-rules", answer).message


# -- may-it-be-called-efa ------------------------------------------------------------------------


@pytest.mark.parametrize("seed", bank.SEEDS)
def test_the_truth_is_what_the_ping_pong_s_own_verdict_says(seed):
    for told, truth, report in bank._reports(seed):
        kind, _ = cases.reports.judge(report)
        assert truth == (kind == "network" and report["transport"] == "efa"), told


def test_the_reports_do_not_hold_the_answer():
    for _, _, report in bank._reports(1):
        assert not {"kind", "verdict"} & set(report)


def test_a_function_that_says_something_else_is_told_so():
    assert "True or False" in check("may-it-be-called-efa", lambda report: "yes").message
