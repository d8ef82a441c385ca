"""AWS Batch of the local cloud, through boto3: multi-node jobs wait, are judged, and run."""

import os
import signal

import pytest

from patternlab import open_cloud
from patternlab.delivery.knobs import Knobs
from patternlab.hpc import multinode
from patternlab.hpc.errors import HPCError
from patternlab.local.batch import jobs as batch_jobs
from tests.local.refusals import refused

LOGS = "/aws/batch/job"
ONE_VCPU = {"image": "i", "vcpus": 1, "memory": 64}


def main_waits():
    """The main node returns what CODES has for this attempt, when the children have ended."""
    import os
    import time
    from pathlib import Path

    here, attempt = os.environ["AWS_BATCH_JOB_NODE_INDEX"], os.environ["AWS_BATCH_JOB_ATTEMPT"]
    print("node", here, "in", os.environ["AWS_BATCH_JQ_NAME"])
    meeting = Path(os.environ["MEETING"])
    if here != os.environ["AWS_BATCH_JOB_MAIN_NODE_INDEX"]:
        (meeting / f"{attempt} {here}").touch()
        return 5
    children = int(os.environ["AWS_BATCH_JOB_NUM_NODES"]) - 1
    while len(list(meeting.glob(f"{attempt} *"))) < children:
        time.sleep(0.01)
    time.sleep(0.3)  # until their ends have been seen
    return int(os.environ["CODES"].split()[int(attempt) - 1])


def interrupts():
    """Press Interrupt in the session that runs this node, and go on."""
    import os
    import signal
    import time

    os.kill(os.getppid(), signal.SIGINT)
    time.sleep(600)


def sleeps():
    import time

    time.sleep(600)


class Lab:
    """A cloud with a queue, and shortcuts."""

    def __init__(self, cloud, tmp_path):
        self.cloud, self.folder = cloud, tmp_path
        self.batch = cloud.client("batch")
        self.queue = multinode.job_queue(cloud, "hpc")

    def define(self, nodes=2, function=main_waits, codes="0", name="job", **settings):
        variables = {"MEETING": str(self.folder), "CODES": codes}
        container = {
            "image": "python:3.13",
            "command": multinode.command(function),
            "resourceRequirements": [
                {"type": "VCPU", "value": "36"},
                {"type": "MEMORY", "value": "4096"},
            ],
            "environment": [{"name": n, "value": v} for n, v in variables.items()],
        }
        group = {"targetNodes": "0:", "container": container}
        self.batch.register_job_definition(
            jobDefinitionName=name,
            type="multinode",
            nodeProperties={"numNodes": nodes, "mainNode": 0, "nodeRangeProperties": [group]},
            **settings,
        )

    def submit(self, queue=None, name="job", **settings):
        asked = {"jobName": name, "jobDefinition": name, "jobQueue": queue or self.queue}
        return self.batch.submit_job(**asked, **settings)["jobId"]

    def describe(self, job):
        (found,) = self.batch.describe_jobs(jobs=[job])["jobs"]
        return found

    def ended(self, job):
        over = "SUCCEEDED", "FAILED"
        self.cloud.wait_until(lambda: self.describe(job)["status"] in over, timeout=900)
        return self.describe(job)


@pytest.fixture
def lab(cloud, tmp_path):
    return Lab(cloud, tmp_path)


def test_a_job_goes_through_its_states_on_the_clouds_clock(lab):
    lab.define()
    job = lab.submit()
    seen = [lab.describe(job)["status"]]
    for seconds in (5, 42, 60):
        lab.cloud.wait(seconds)
        seen.append(lab.describe(job)["status"])
    assert seen == ["SUBMITTED", "RUNNABLE", "RUNNING", "SUCCEEDED"]


def test_a_job_and_its_nodes_are_described(lab):
    lab.define(nodes=3)
    job = lab.submit()
    parent = lab.ended(job)
    assert (parent["status"], parent["container"]["exitCode"]) == ("SUCCEEDED", 0)
    assert parent["nodeProperties"]["numNodes"] == 3
    main, *children = (lab.describe(f"{job}#{index}") for index in range(3))
    assert main["nodeDetails"] == {"nodeIndex": 0, "isMainNode": True}
    assert "nodeProperties" not in main and main["jobId"] == f"{job}#0"
    for index, child in enumerate(children, start=1):
        assert child["nodeDetails"] == {"nodeIndex": index, "isMainNode": False}
        assert (child["status"], child["container"]["exitCode"]) == ("FAILED", 5)
        assert main["startedAt"] < child["startedAt"] < child["stoppedAt"] < main["stoppedAt"]
    assert parent["startedAt"] == main["startedAt"] and parent["stoppedAt"] == main["stoppedAt"]
    assert lab.batch.describe_jobs(jobs=[f"{job}#3", f"{job}#x", "nobody#0"])["jobs"] == []


def test_the_nodes_are_listed(lab):
    lab.define(nodes=2)
    job = lab.submit()
    lab.ended(job)
    listed = lab.batch.list_jobs(multiNodeJobId=job)["jobSummaryList"]
    assert [each["nodeProperties"]["nodeIndex"] for each in listed] == [0, 1]
    failed = lab.batch.list_jobs(multiNodeJobId=job, jobStatus="FAILED")["jobSummaryList"]
    assert [each["jobId"] for each in failed] == [f"{job}#1"]
    parents = lab.batch.list_jobs(jobQueue="hpc", jobStatus="SUCCEEDED")["jobSummaryList"]
    assert [each["jobId"] for each in parents] == [job]


def test_what_a_node_prints_is_in_cloudwatch_logs(lab):
    lab.define()
    job = lab.submit()
    lab.ended(job)
    logs = lab.cloud.client("logs")
    for index in range(2):
        stream = lab.describe(f"{job}#{index}")["container"]["logStreamName"]
        events = logs.get_log_events(logGroupName=LOGS, logStreamName=stream)["events"]
        assert [event["message"] for event in events] == [f"node {index} in hpc"]


def test_only_a_failed_main_node_brings_another_attempt(lab):
    lab.define(codes="1 0 0", retryStrategy={"attempts": 3})
    found = lab.ended(lab.submit())
    assert found["status"] == "SUCCEEDED"
    assert [each["container"]["exitCode"] for each in found["attempts"]] == [1, 0]
    streams = [each["container"]["logStreamName"] for each in found["attempts"]]
    assert len(set(streams)) == 2
    assert found["attempts"][0]["stoppedAt"] <= found["attempts"][1]["startedAt"]


def test_the_retries_of_a_submission_go_before_those_of_the_definition(lab):
    lab.define(codes="1 1", retryStrategy={"attempts": 3})
    found = lab.ended(lab.submit(retryStrategy={"attempts": 2}))
    assert (found["status"], len(found["attempts"])) == ("FAILED", 2)


def test_overrides_reach_the_nodes(lab):
    lab.define(nodes=2, codes="1")
    change = {"environment": [{"name": "CODES", "value": "0"}]}
    overrides = {
        "numNodes": 3,
        "nodePropertyOverrides": [{"targetNodes": "0:", "containerOverrides": change}],
    }
    job = lab.submit(nodeOverrides=overrides)
    assert lab.ended(job)["status"] == "SUCCEEDED"
    assert lab.describe(f"{job}#2")["container"]["exitCode"] == 5


def test_a_definition_shows_its_nodes(lab):
    lab.define(nodes=4)
    (shown,) = lab.batch.describe_job_definitions(jobDefinitionName="job")["jobDefinitions"]
    assert (shown["type"], shown["nodeProperties"]["numNodes"]) == ("multinode", 4)


# -- jobs that wait ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "nodes", "reason", "told"),
    [
        ({"kind": "SPOT"}, 2, "UNDETERMINED", "uses Spot Instances"),
        ({"managed": False}, 2, "UNDETERMINED", "is UNMANAGED"),
        ({"max_vcpus": 100}, 2, "COMPUTE_ENVIRONMENT_MAX_RESOURCE", "maxvCpus is 100"),
        ({"instance_types": ["c5n.large"]}, 2, "JOB_RESOURCE_REQUIREMENT", "asks for 36 vCPUs"),
        ({"max_vcpus": 1000}, 6, "UNDETERMINED", "EC2 quota for them is 384"),
    ],
)
def test_a_job_that_cannot_run_stays_runnable_and_why_is_told(lab, settings, nodes, reason, told):
    lab.define(nodes=nodes)
    job = lab.submit(multinode.job_queue(lab.cloud, "other", **settings))
    lab.cloud.wait(hours=1)
    found = lab.describe(job)
    assert found["status"] == "RUNNABLE" and reason in found["statusReason"]
    (sentence,) = multinode.why_runnable(lab.cloud, job)
    assert sentence.startswith("other: ") and told in sentence


def test_no_capacity_is_waited_for(lab):
    lab.cloud.faults.no_capacity("c5n.18xlarge", minutes=10)
    lab.define()
    job = lab.submit()
    lab.cloud.wait(minutes=5)
    reason = "INSUFFICIENT_INSTANCE_CAPACITY - Service cannot fulfill the capacity requested for"
    assert reason in lab.describe(job)["statusReason"]
    assert reason in multinode.why_runnable(lab.cloud, job)[0]
    assert lab.ended(job)["status"] == "SUCCEEDED"


def test_a_larger_environment_lets_the_job_run(lab):
    lab.define()
    lab.submit(queue := multinode.job_queue(lab.cloud, "other", max_vcpus=100))
    job = lab.submit(queue)
    lab.cloud.wait(minutes=5)
    lab.batch.update_compute_environment(
        computeEnvironment="other", computeResources={"maxvCpus": 144}
    )
    found = lab.ended(job)
    assert found["status"] == "SUCCEEDED" and "MISCONFIGURATION" not in found["statusReason"]


def test_a_stuck_job_holds_up_its_queue_until_it_is_cancelled(lab):
    lab.define(nodes=6)
    lab.define(nodes=2, name="small")
    first, second = lab.submit(), lab.submit(name="small")
    lab.cloud.wait(hours=1)
    assert lab.describe(second)["status"] == "RUNNABLE"
    assert multinode.why_runnable(lab.cloud, second) == []
    lab.batch.cancel_job(jobId=first, reason="too large")
    lab.cloud.wait(1)
    cancelled = lab.describe(first)
    assert (cancelled["status"], cancelled["statusReason"]) == ("FAILED", "too large")
    assert lab.ended(second)["status"] == "SUCCEEDED"


def test_a_disabled_queue_waits_and_says_why(lab):
    lab.define()
    lab.batch.update_job_queue(jobQueue="hpc", state="DISABLED")
    job = lab.submit()
    lab.cloud.wait(minutes=5)
    (sentence,) = multinode.why_runnable(lab.cloud, job)
    assert "disabled" in sentence
    lab.batch.update_job_queue(jobQueue="hpc", state="ENABLED")
    assert lab.ended(job)["status"] == "SUCCEEDED"


def test_why_runnable_wants_a_job_that_is(lab):
    with pytest.raises(HPCError, match="nobody"):
        multinode.why_runnable(lab.cloud, "nobody")
    lab.define()
    job = lab.submit()
    lab.ended(job)
    with pytest.raises(HPCError, match="SUCCEEDED"):
        multinode.why_runnable(lab.cloud, job)


def test_a_job_waits_for_the_jobs_it_depends_on(lab):
    lab.define(codes="1")
    lab.define(name="next")
    first = lab.submit()
    second = lab.submit(name="next", dependsOn=[{"jobId": first}])
    lab.cloud.wait(10)
    assert lab.describe(second)["status"] == "PENDING"
    lab.ended(first)
    assert lab.ended(second)["statusReason"] == "Dependent Job failed"


@pytest.mark.parametrize(
    ("whose", "told"),
    [("TIME_LIMIT", "60 s"), ("_limit", "exceeded")],
)
def test_a_job_without_end_is_stopped_and_not_tried_again(lab, monkeypatch, whose, told):
    if whose == "TIME_LIMIT":
        monkeypatch.setattr(batch_jobs, whose, 0.5)
    else:
        monkeypatch.setattr(batch_jobs.LocalJob, whose, lambda job: 0.5)
    lab.define(nodes=1, function=sleeps, retryStrategy={"attempts": 3})
    found = lab.ended(lab.submit())
    assert found["status"] == "FAILED" and told in found["statusReason"]
    assert len(found["attempts"]) == 1


def test_a_job_can_be_terminated_before_it_runs(lab):
    lab.define()
    job = lab.submit()
    lab.batch.terminate_job(jobId=job, reason="changed my mind")
    lab.cloud.wait(minutes=5)
    found = lab.describe(job)
    assert (found["status"], found["statusReason"]) == ("FAILED", "changed my mind")
    assert found["attempts"] == [] and not os.listdir(lab.folder)


# -- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "part"),
    [
        ({"nodeProperties": {"mainNode": 2}}, "mainNode"),
        ({"retryStrategy": {"attempts": 11}}, "11"),
        (
            {"retryStrategy": {"attempts": 2, "evaluateOnExit": [{"action": "EXIT"}]}},
            "evaluateOnExit",
        ),
        ({"timeout": {"attemptDurationSeconds": 5}}, "attemptDurationSeconds"),
        ({"type": "container", "containerProperties": ONE_VCPU}, "multinode"),
    ],
)
def test_what_a_definition_cannot_have_is_batchs_error(lab, settings, part):
    group = {"targetNodes": "0:", "container": ONE_VCPU}
    nodes = {"numNodes": 2, "mainNode": 0, "nodeRangeProperties": [group]}
    asked = {"jobDefinitionName": "x", "type": "multinode"} | settings
    asked["nodeProperties"] = nodes | settings.get("nodeProperties", {})
    code, message = refused(lab.batch.register_job_definition, **asked)
    assert code == "ClientException" and part in message


def test_what_a_submission_cannot_have_is_batchs_error(lab):
    lab.define()
    shell = {"targetNodes": "0:", "containerOverrides": {"command": ["sh", "-c", "id"]}}
    for asked, part in (
        ({"nodeOverrides": {"nodePropertyOverrides": [shell]}}, "sh -c id"),
        ({"nodeOverrides": {"numNodes": 33}}, "33"),
        ({"arrayProperties": {"size": 2}}, "multinode"),
        ({"queue": "nowhere"}, "nowhere"),
        ({"name": "nobody"}, "nobody"),
    ):
        code, message = refused(lab.submit, **asked)
        assert code == "ClientException" and part in message


def test_a_queue_is_made_once(lab):
    with pytest.raises(HPCError, match="hpc"):
        multinode.job_queue(lab.cloud, "hpc")
    lab.batch.delete_job_queue(jobQueue="hpc")
    lab.batch.delete_compute_environment(computeEnvironment="hpc")
    assert multinode.job_queue(lab.cloud, "hpc") == "hpc"


# -- the cloud around it -------------------------------------------------------------------------


def test_interrupt_is_heard_while_nodes_run(lab):
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        pytest.skip("Interrupt is somebody else's here")
    lab.define(function=interrupts)
    job = lab.submit()
    with pytest.raises(KeyboardInterrupt):
        lab.cloud.wait(minutes=5)
    assert lab.describe(job)["statusReason"] == "Interrupted"


def test_two_runs_with_one_seed_tell_the_same(tmp_path):
    def story():
        (tmp_path / "again").mkdir()
        with open_cloud(seed=3, knobs=Knobs(instance_boot=10)) as cloud:
            lab = Lab(cloud, tmp_path / "again")
            lab.define(nodes=3)
            job = lab.submit()
            lab.ended(job)
            shown = [lab.describe(f"{job}#{index}") for index in range(3)]
        (tmp_path / "again").rename(tmp_path / f"before {job} {len(os.listdir(tmp_path))}")
        return [(each["jobId"], each["startedAt"], each["container"]) for each in shown]

    assert story() == story()


def test_closing_the_cloud_gives_moto_back():
    from moto.batch import models

    before = models.JobQueue, models.JobDefinition, models.batch_backends.backend
    with open_cloud() as cloud:
        cloud.client("batch")
        assert models.JobQueue is not before[0]
    assert (models.JobQueue, models.JobDefinition, models.batch_backends.backend) == before
