"""DataSync: moto's locations and tasks, with task modes, options that count, and real copies.

moto keeps locations and tasks, and an execution of its goes on by one state each time somebody
looks, copies nothing and forgets the task's mode. Here an execution is a process on the clock that
copies objects from bucket to bucket: :mod:`patternlab.local.datasync.run`. Agents and file servers
are not here: a local cloud has no site of yours.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from botocore.exceptions import ClientError
from moto.datasync import models
from moto.datasync.exceptions import InvalidRequestException
from moto.datasync.responses import DataSyncResponse

from patternlab.hpc.errors import HPCError
from patternlab.hpc.transfer.options import checked_filters, checked_mode, checked_options
from patternlab.local.datasync.run import DONE, Place, Run
from patternlab.local.errors import translated
from patternlab.local.services import LocalService, Services, in_place_of

NO_SITE = (
    "A local cloud has no site of yours, so it has no agent and no file server. Take a bucket in "
    "its place: from bucket to bucket DataSync needs no agent."
)


@contextmanager
def _refused() -> Iterator[None]:
    """Let what the model refuses be DataSync's InvalidRequestException."""
    with translated(lambda error: InvalidRequestException(str(error)), HPCError):
        yield


class LocalDataSyncBackend(LocalService, models.DataSyncBackend):
    """moto's DataSync backend of one Region, whose task executions copy."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.runs: dict[str, Run] = {}  # by the execution's ARN

    def check_bucket(self, name: str) -> None:
        """Refuse a location that cannot be looked at."""
        try:
            self.services.session.client("s3").head_bucket(Bucket=name)
        except ClientError:
            raise InvalidRequestException(
                f"DataSync cannot look into the bucket {name}: create it first, in this account."
            ) from None

    def task(self, arn: str) -> models.Task:
        """A task; an error that says so if there is none."""
        if arn not in self.tasks:
            raise InvalidRequestException(f"There is no task {arn}.")
        return self.tasks[arn]

    def run_of(self, arn: str) -> Run:
        """An execution; an error that says so if there is none."""
        if arn not in self.runs:
            raise InvalidRequestException(f"There is no task execution {arn}.")
        return self.runs[arn]

    def status_of(self, task: models.Task) -> str:
        """RUNNING while an execution has not ended."""
        run = self.runs.get(task.current_task_execution_arn or "")
        return "RUNNING" if run is not None and run.status not in DONE else "AVAILABLE"

    @_refused()
    def start(self, arn: str, overrides: Any, includes: Any, excludes: Any) -> str:
        """Start an execution, and give its ARN."""
        task = self.task(arn)
        if self.status_of(task) == "RUNNING":
            raise InvalidRequestException(
                f"The task {task.name or arn} runs already: a task has one execution at a time."
            )
        known = task.metadata
        run = Run(
            self.services,
            self._place(task.source_location_arn),
            self._place(task.destination_location_arn),
            known["TaskMode"],
            checked_options(known["TaskMode"], known["Options"], overrides),
            checked_filters(includes) or known["Includes"],
            checked_filters(excludes) or known["Excludes"],
        )
        self.arn_counter += 1
        execution = models.TaskExecution(arn, arn_counter=self.arn_counter)
        self.runs[execution.arn] = run
        task.current_task_execution_arn = execution.arn
        self.services.clock.env.process(run.process())
        return execution.arn

    def _place(self, arn: str) -> Place:
        location = self.locations[arn]
        if location.typ != "S3":
            raise InvalidRequestException(NO_SITE)
        bucket, _, folder = location.uri.removeprefix("s3://").partition("/")
        folder = folder.strip("/")
        return Place(bucket, f"{folder}/" if folder else "")


class LocalDataSyncResponse(DataSyncResponse):
    """moto's DataSync responses, and what they leave out."""

    datasync_backend: LocalDataSyncBackend

    def _no_site(self) -> str:
        raise InvalidRequestException(NO_SITE)

    create_agent = create_location_nfs = create_location_hdfs = _no_site
    create_location_object_storage = create_location_azure_blob = _no_site

    def create_location_s3(self) -> str:
        self.datasync_backend.check_bucket(self._get_param("S3BucketArn").split(":")[-1])
        return super().create_location_s3()

    @_refused()
    def create_task(self) -> str:
        mode = checked_mode(self._get_param("TaskMode"))
        asked = self._get_param("Options") or {}
        checked_options(mode, asked)
        settings = self._filters() | {"TaskMode": mode, "Options": asked}
        answer = super().create_task()
        task = self.datasync_backend.task(json.loads(answer)["TaskArn"])
        task.metadata |= settings
        return answer

    @_refused()
    def update_task(self) -> str:
        """Change what is named, and nothing else."""
        task = self.datasync_backend.task(self._get_param("TaskArn"))
        options = task.metadata["Options"] | (self._get_param("Options") or {})
        checked_options(task.metadata["TaskMode"], options)
        filters = self._filters()
        named = {key: filters[key] for key in filters if self._get_param(key) is not None}
        task.metadata |= {"Options": options, **named}
        task.name = self._get_param("Name") or task.name
        return "{}"

    def _filters(self) -> dict[str, list[dict[str, str]]]:
        return {key: checked_filters(self._get_param(key)) for key in ("Includes", "Excludes")}

    def describe_task(self) -> str:
        task = self.datasync_backend.task(self._get_param("TaskArn"))
        known = task.metadata
        return json.dumps(
            {
                **json.loads(super().describe_task()),
                "Status": self.datasync_backend.status_of(task),
                "TaskMode": known["TaskMode"],
                "Options": checked_options(known["TaskMode"], known["Options"]),
                "Includes": known["Includes"],
                "Excludes": known["Excludes"],
            }
        )

    def list_tasks(self) -> str:
        backend = self.datasync_backend
        tasks = [
            {"TaskArn": arn, "Name": task.name, "Status": backend.status_of(task),
             "TaskMode": task.metadata["TaskMode"]}
            for arn, task in backend.tasks.items()
        ]  # fmt: skip
        return json.dumps({"Tasks": tasks})

    def start_task_execution(self) -> str:
        asked = (self._get_param(key) for key in ("OverrideOptions", "Includes", "Excludes"))
        arn = self.datasync_backend.start(self._get_param("TaskArn"), *asked)
        return json.dumps({"TaskExecutionArn": arn})

    def describe_task_execution(self) -> str:
        arn = self._get_param("TaskExecutionArn")
        return json.dumps({"TaskExecutionArn": arn, **self.datasync_backend.run_of(arn).describe()})

    def list_task_executions(self) -> str:
        task = self._get_param("TaskArn")
        runs = [
            {"TaskExecutionArn": arn, "Status": run.status, "TaskMode": run.mode}
            for arn, run in self.datasync_backend.runs.items()
            if task is None or arn.startswith(f"{task}/")
        ]
        return json.dumps({"TaskExecutions": runs})

    def cancel_task_execution(self) -> str:
        run = self.datasync_backend.run_of(self._get_param("TaskExecutionArn"))
        if run.status in DONE:
            raise InvalidRequestException(f"The task execution has ended: {run.status}.")
        run.cancel()
        return "{}"


def install(services: Services) -> AbstractContextManager[Any]:
    """A scope in which moto's DataSync is ours."""
    return in_place_of(
        models.datasync_backends, LocalDataSyncBackend, services, LocalDataSyncResponse
    )
