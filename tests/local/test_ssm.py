"""Systems Manager of a local cloud: agents that report, and a Run Command that runs our scripts."""

import pytest

from patternlab.hpc.cluster import launch, plan
from patternlab.hpc.cluster.commands import MakeKey, PingPong, Prepare, TrustKey
from patternlab.local.ssm import NO_KEY, NOTHING
from tests.local.refusals import refused


@pytest.fixture
def cluster(cloud):
    return launch(cloud, plan(cloud), agreed_usd=10, tell=lambda line: None)


@pytest.fixture
def ssm(cloud):
    return cloud.client("ssm")


def online(ssm, **which):
    return [one["InstanceId"] for one in ssm.describe_instance_information(**which)[
        "InstanceInformationList"]]  # fmt: skip


def run(ssm, ids, script, document="AWS-RunShellScript"):
    sent = ssm.send_command(
        InstanceIds=ids, DocumentName=document, Parameters={"commands": [script]}
    )["Command"]["CommandId"]
    return [ssm.get_command_invocation(CommandId=sent, InstanceId=one) for one in ids]


def test_agents_report_when_their_instance_has_booted(cloud, cluster, ssm):
    cloud.wait(44)
    assert not online(ssm)
    cloud.wait(1)
    assert sorted(online(ssm)) == sorted(cluster.ids)
    one = [{"Key": "InstanceIds", "Values": cluster.ids[:1]}]
    assert online(ssm, Filters=one) == cluster.ids[:1]


def test_an_instance_without_a_profile_never_reports(cloud, ssm):
    cloud.client("ec2").run_instances(
        ImageId="ami-1", InstanceType="c5n.9xlarge", MinCount=1, MaxCount=1
    )
    cloud.wait(minutes=30)
    assert not online(ssm)


def test_a_terminated_instance_reports_no_more(cloud, cluster, ssm):
    cloud.wait(60)
    cloud.client("ec2").terminate_instances(InstanceIds=cluster.ids[:1])
    assert online(ssm) == cluster.ids[1:]


def test_three_of_the_four_scripts_have_nothing_to_do(cloud, cluster, ssm):
    cloud.wait(60)
    for command, said in ((Prepare(), NOTHING), (MakeKey(), NO_KEY), (TrustKey(NO_KEY), "")):
        for answer in run(ssm, cluster.ids, command.script):
            assert (answer["Status"], answer["StandardOutputContent"]) == ("Success", said)


def test_the_ping_pong_runs_for_real_between_two_processes_here(cloud, cluster, ssm):
    cloud.wait(60)
    asked = PingPong(tuple(cluster.addresses()), "tcp", "tcp", "1", 20)
    (answer,) = run(ssm, cluster.ids[:1], asked.script)
    assert answer["Status"] == "Success" and '"kind": "same host"' in answer[
        "StandardOutputContent"]  # fmt: skip


def test_what_fails_is_failed_with_the_words_on_standard_error(cloud, cluster, ssm):
    cloud.wait(60)
    asked = PingPong(tuple(cluster.addresses()), "tcp", "tcp", "1 parsec", 20)
    (answer,) = run(ssm, cluster.ids[:1], asked.script)
    assert answer["Status"] == "Failed" and answer["ResponseCode"] == 1
    assert "parsec" in answer["StandardErrorContent"] and not answer["StandardOutputContent"]


@pytest.mark.parametrize(
    ("script", "document"),
    [
        ("uname -a", "AWS-RunShellScript"),
        (Prepare().script + "reboot\n", "AWS-RunShellScript"),
        (Prepare().script, "AWS-RunPowerShellScript"),
    ],
)
def test_any_other_script_and_document_is_refused(cloud, cluster, ssm, script, document):
    cloud.wait(60)
    code, message = refused(run, ssm, cluster.ids, script, document)
    assert code == "InvalidParameters" and "patternlab.hpc.cluster" in message


def test_a_node_that_has_not_reported_takes_no_command(cluster, ssm):
    assert refused(run, ssm, cluster.ids, Prepare().script)[0] == "InvalidInstanceId"


def test_another_filter_is_refused_with_a_sentence(ssm):
    filters = [{"Key": "PingStatus", "Values": ["Online"]}]
    code, message = refused(ssm.describe_instance_information, Filters=filters)
    assert code == "InvalidFilterKey" and "InstanceIds" in message
