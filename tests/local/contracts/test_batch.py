"""The internals of moto's Batch that ``patternlab.local.batch.service`` leans on. A new moto that
moves one of them fails here, by name."""

import inspect
import textwrap

from moto.batch import models, responses
from moto.batch.utils import JobStatus
from moto.batch_simple import models as simple
from moto.ec2.models.instance_types import INSTANCE_TYPES

from tests.local.contracts.inspection import parameters

Backend, Job, Response = models.BatchBackend, models.Job, responses.BatchResponse


def test_responses_ask_one_property_for_their_backend():
    assert "batch_simple_backends" in inspect.getsource(Response.batch_backend.fget)


def test_without_docker_moto_marks_a_job_as_done_at_once_and_knows_no_node_overrides():
    """So ours takes the submission itself."""
    assert "_mark_job_as_finished" in inspect.getsource(simple.BatchSimpleBackend.submit_job)
    source = inspect.getsource(Response.submitjob)
    assert "nodeOverrides" not in source and "retryStrategy" not in source


def test_a_jobs_nodes_are_not_listed_by_moto():
    assert "multiNodeJobId" not in inspect.getsource(Response.listjobs)


def test_queues_and_definitions_are_made_by_name():
    assert "= JobQueue(" in inspect.getsource(Backend.create_job_queue)
    assert "JobDefinition(" in inspect.getsource(Backend.register_job_definition)
    assert "return JobDefinition(" in inspect.getsource(models.JobDefinition.update)


def test_a_definition_does_not_show_its_nodes():
    """So ours does."""
    assert "nodeProperties" not in inspect.getsource(models.JobDefinition.describe)
    assert "self.node_properties = node_properties" in inspect.getsource(models.JobDefinition)


def test_a_definition_is_registered_by_keywords():
    source = inspect.getsource(Response.registerjobdefinition)
    for keyword in ("_type=", "node_properties=", "retry_strategy=", "timeout="):
        assert keyword in source


def test_a_changed_size_is_passed_over():
    """So ours changes it."""
    source = inspect.getsource(Backend.update_compute_environment)
    assert "TODO Implement resizing" in source


def test_a_job_is_made_of_these_and_described_from_these():
    made = parameters(Job.__init__)
    for name in ("job_def", "job_queue", "backend", "log_backend", "container_overrides",
                 "eks_properties_override", "depends_on", "parameters", "all_jobs", "timeout",
                 "array_properties", "tags"):  # fmt: skip
        assert name in made
    described = inspect.getsource(Job.describe_short) + inspect.getsource(Job.describe)
    for name in ("job_created_at", "job_started_at", "job_stopped_at", "job_stopped_reason",
                 "job_stopped", "exit_code", "self.status", "self.attempts"):  # fmt: skip
        assert name in described, name
    assert 'self.job_definition.type == "multinode"' in textwrap.dedent(described)
    assert callable(Job._get_attempt_duration) and parameters(Job.terminate) == ["self", "reason"]


def test_cancelling_and_terminating_end_in_one_method_of_the_job():
    for method in (Backend.cancel_job, Backend.terminate_job):
        assert "job.terminate(reason)" in inspect.getsource(method)
    assert JobStatus.is_job_before_starting("RUNNABLE")


def test_moments_are_told_in_milliseconds():
    assert "1000" in inspect.getsource(models.datetime2int_milliseconds)


def test_an_instance_type_tells_its_vcpus_and_memory():
    about = INSTANCE_TYPES["c5n.18xlarge"]
    assert about["VCpuInfo"]["DefaultVCpus"] == 72
    assert about["MemoryInfo"]["SizeInMiB"] == 196_608


def test_environments_are_kept_in_the_order_of_the_queue():
    assert "environments" in parameters(models.JobQueue.__init__)
    assert parameters(Backend.describe_compute_environments) == ["self", "environments"]
