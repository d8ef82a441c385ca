"""A cluster that runs: waited for, measured by Run Command, and told when it cannot be."""

import pytest
from botocore.exceptions import ClientError

from patternlab.hpc.cluster import nodes
from patternlab.hpc.cluster.commands import Prepare
from patternlab.hpc.errors import HPCError

QUICK = {"sizes": "1,1KiB", "trips": 20}


def answers(monkeypatch, cloud, *replies):
    """Let Run Command answer with these; each is a dictionary or an error."""
    ssm, left = cloud.client("ssm"), list(replies)

    def answer(**which):
        reply = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(reply, Exception):
            raise reply
        return reply

    monkeypatch.setattr(ssm, "send_command", lambda **what: {"Command": {"CommandId": "c-1"}})
    monkeypatch.setattr(ssm, "get_command_invocation", answer)


def test_the_first_ping_pong_waits_until_the_nodes_are_ready(cloud, cluster):
    begun = cloud.now()
    report = cluster.ping_pong("tcp", expect="tcp", **QUICK)
    assert (cloud.now() - begun).total_seconds() == 45  # the knob: nodes boot
    assert report.transport == "tcp" and report.kind == "same host"
    assert list(report.table().index) == [1, 1024]


def test_left_to_itself_mpi_does_not_take_the_network_and_the_report_says_so(cluster):
    report = cluster.ping_pong(None, **QUICK)
    assert report.transport != "efa" and report.data["asked"] == "efa"
    assert "no network number" in report.verdict


def test_efa_by_name_fails_where_there_is_none_and_says_who_said_what(cluster):
    with pytest.raises(HPCError, match=f"ping-pong failed on {cluster.ids[0]}. It said: "):
        cluster.ping_pong("efa", **QUICK)


def test_what_the_ping_pong_refuses_comes_back_as_its_own_sentence(cluster):
    with pytest.raises(HPCError, match="80 TBs"):
        cluster.ping_pong("tcp", sizes="80 TBs")


def test_a_command_that_nobody_knows_yet_is_asked_for_again(cloud, monkeypatch):
    unknown = ClientError({"Error": {"Code": "InvocationDoesNotExist"}}, "GetCommandInvocation")
    done = {"Status": "Success", "StandardOutputContent": "well\n"}
    answers(monkeypatch, cloud, unknown, done)
    assert nodes.run(cloud, ["i-1"], Prepare()) == ["well\n"]


FAILED = "The installation failed:\ncurl: (6) Could not resolve host"


@pytest.mark.parametrize(
    ("status", "words", "told"),
    [
        ("Failed", FAILED, r"(?s)prepare failed on i-1.*Could not resolve host"),
        ("InProgress", "", "420 s"),
        ("Success", "x" * 24_000, "sizes"),  # more than Run Command keeps
    ],
    ids=lambda value: value[:10],
)
def test_a_command_that_fails_or_has_no_end_or_says_too_much(
    cloud, monkeypatch, status, words, told
):
    reply = {"Status": status, "StandardOutputContent": words, "StandardErrorContent": ""}
    answers(monkeypatch, cloud, reply)
    with pytest.raises(HPCError, match=told):
        nodes.run(cloud, ["i-1"], Prepare())


def test_a_node_without_its_role_never_reports(cloud, wanted, cluster):
    iam = cloud.client("iam")
    iam.remove_role_from_instance_profile(InstanceProfileName=wanted.name, RoleName=wanted.name)
    with pytest.raises(HPCError, match="instance profile"):
        cluster.wait_until_ready()


def test_a_closed_cluster_says_so(cluster):
    group = cluster.security_group()
    assert group.startswith("sg-")
    cluster.close()
    with pytest.raises(HPCError, match="closed"):
        cluster.security_group()
    with pytest.raises(HPCError, match="2 of 2 nodes"):
        cluster.addresses()
