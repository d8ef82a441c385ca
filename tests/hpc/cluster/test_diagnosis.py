"""Each cause is found by what gives it away, and by nothing else."""

import pytest

from patternlab.hpc.cluster import cases, diagnosis
from patternlab.hpc.cluster.diagnosis import Evidence, diagnose, lets_itself

FINE = cases.cases()["fjord"]


def causes(evidence):
    return [finding.cause for finding in diagnose(evidence)]


def with_report(*arguments, **settings):
    return Evidence(FINE.security_group, FINE.interfaces, cases.report(*arguments, **settings))


@pytest.mark.parametrize("cause", diagnosis.CAUSES)
def test_there_is_a_cluster_for_each_cause_but_the_inbound_rule(cause):
    found = [name for name, evidence in cases.cases().items() if causes(evidence) == [cause]]
    assert len(found) == (cause != diagnosis.INBOUND)


def test_a_cluster_that_runs_on_efa_has_no_fault():
    assert FINE.report.kind == "network" and FINE.report.transport == "efa"
    assert causes(FINE) == []


# -- rules ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rules",
    [
        [],
        [cases.ANYWHERE],
        [{**cases.ITSELF, "IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535}],
        [{**cases.ITSELF, "UserIdGroupPairs": [{"GroupId": "sg-another"}]}],
        [{**cases.ITSELF, "UserIdGroupPairs": []}],
    ],
)
def test_only_all_traffic_with_the_group_itself_counts(rules):
    group = cases.security_group(inbound=rules, outbound=rules)
    assert not lets_itself(group, "IpPermissions")
    assert causes(Evidence(group, FINE.interfaces, FINE.report)) == [
        diagnosis.INBOUND,
        diagnosis.OUTBOUND,
    ]


def test_the_rule_may_hold_addresses_besides_as_ec2_merges_them():
    both = {**cases.ITSELF, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    assert lets_itself(cases.security_group(outbound=[both]), "IpPermissionsEgress")


# -- interfaces ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["efa", "efa-only"])
def test_both_kinds_of_efa_interface_count(kind):
    others = cases.interfaces("interface") + cases.interfaces(kind)
    assert causes(Evidence(FINE.security_group, others, FINE.report)) == []


# -- provider ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "library", "seen"),
    [
        ({"FI_PROVIDER": "tcp"}, cases.OPEN_MPI, "FI_PROVIDER=tcp"),
        ({"OMPI_MCA_pml": "ob1"}, cases.OPEN_MPI, "OMPI_MCA_pml=ob1"),
        ({"OMPI_MCA_btl": "tcp,self"}, cases.OPEN_MPI, "OMPI_MCA_btl=tcp,self"),
        ({"FI_PROVIDER": "efa"}, cases.MPICH, "which reads no FI_PROVIDER"),
        ({}, cases.MPICH, "UCX, which knows no EFA"),
    ],
)
def test_the_setting_that_keeps_efa_out_is_named(settings, library, seen):
    (found,) = diagnose(with_report({1: 26.0}, "tcp", settings, library, "efa"))
    assert found.cause == diagnosis.PROVIDER and seen in found.seen


def test_mpich_on_libfabric_with_efa_by_name_is_not_to_blame():
    settings = {"FI_PROVIDER": "efa", "MPIR_CVAR_CH4_NETMOD": "ofi"}
    assert causes(with_report({1: 26.0}, "tcp", settings, cases.MPICH, "efa")) == []


# -- hosts and memory ----------------------------------------------------------------------------

SAME = (cases.NODES[0], cases.NODES[0])


def test_one_host_is_a_fault_unless_shared_memory_was_asked_for():
    one = with_report({1: 0.5}, "shared memory", {}, cases.OPEN_MPI, "efa", nodes=SAME)
    meant = with_report({1: 0.5}, "shared memory", {}, cases.OPEN_MPI, "shared memory", nodes=SAME)
    assert (causes(one), causes(meant)) == ([diagnosis.ONE_HOST], [])


@pytest.mark.parametrize(("scope", "found"), [("0", []), (None, []), ("1", ["ptrace"])])
def test_ptrace_protection_is_looked_at_where_shared_memory_was_asked_for(scope, found):
    evidence = with_report(
        {1: 0.5},
        *("shared memory", {}, cases.OPEN_MPI, "shared memory"),
        nodes=SAME,
        ptrace_scope=scope,
    )
    assert causes(evidence) == found


# -- how it reads --------------------------------------------------------------------------------


def test_the_evidence_is_a_table_of_what_was_found():
    table = dict(cases.cases()["birch"].table().itertuples(index=False))
    assert table["settings"] == "FI_PROVIDER=efa"
    assert table["medians"] == "27.40 us at 1 B, 3610.00 us at 4194304 B"
    assert table["outbound"].endswith("all traffic, 0.0.0.0/0")


def test_without_a_report_the_table_has_what_was_said_instead():
    table = dict(cases.cases()["amber"].table().itertuples(index=False))
    assert "timed out" in table["ping-pong"]


def test_it_is_gathered_from_ec2_as_a_cloud_answers(cloud):
    ec2 = cloud.client("ec2")
    subnet = ec2.describe_subnets()["Subnets"][0]
    group = ec2.create_security_group(GroupName="efa", Description="efa", VpcId=subnet["VpcId"])[
        "GroupId"
    ]
    itself = [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]}]
    ec2.create_network_interface(SubnetId=subnet["SubnetId"], Groups=[group], InterfaceType="efa")
    assert causes(diagnosis.gather(ec2, group)) == [diagnosis.INBOUND, diagnosis.OUTBOUND]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=itself)
    assert causes(diagnosis.gather(ec2, group)) == [diagnosis.OUTBOUND]
    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=itself)
    assert causes(diagnosis.gather(ec2, group)) == []
