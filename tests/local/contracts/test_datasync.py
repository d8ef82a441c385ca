"""The internals of moto's DataSync that ``patternlab.local.datasync.service`` leans on. A new moto
that moves one of them fails here, by name."""

import inspect

from moto.datasync import models, responses

from tests.local.contracts.inspection import parameters

Backend, Response = models.DataSyncBackend, responses.DataSyncResponse


def test_a_backend_counts_its_arns_and_keeps_locations_and_tasks_by_them():
    backend = Backend("us-east-1", "123456789012")
    here = [backend.create_location(f"s3://{name}", "S3", {}) for name in ("a", "b/c")]
    task = backend.tasks[backend.create_task(*here, "n", metadata={"Options": None})]
    assert backend.arn_counter == 3
    assert (backend.locations[here[1]].uri, backend.locations[here[1]].typ) == ("s3://b/c", "S3")
    assert (task.source_location_arn, task.destination_location_arn) == tuple(here)
    assert task.current_task_execution_arn is None and task.metadata == {"Options": None}


def test_an_execution_has_an_arn_below_its_task():
    execution = models.TaskExecution("arn:task/task-1", arn_counter=7)
    assert execution.arn == "arn:task/task-1/execution/exec-00000000000000007"


def test_moto_moves_an_execution_on_when_somebody_looks_which_ours_does_not():
    assert "iterate_status()" in inspect.getsource(Response.describe_task_execution)


def test_moto_forgets_the_mode_and_what_is_included_which_ours_keeps():
    assert "TaskMode" not in inspect.getsource(responses)
    assert "Includes" not in inspect.getsource(responses)


def test_moto_has_no_agents_no_file_servers_by_nfs_and_no_list_of_executions():
    for missing in ("create_agent", "create_location_nfs", "list_task_executions"):
        assert not hasattr(Response, missing)


def test_a_location_of_s3_has_an_address_of_bucket_and_folder():
    assert '"s3:/"' in inspect.getsource(Response.create_location_s3)
    assert parameters(Backend.create_location) == ["self", "location_uri", "typ", "metadata"]
