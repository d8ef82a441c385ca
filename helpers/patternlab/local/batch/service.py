"""AWS Batch whose multi-node parallel jobs run.

moto has two Batches. One runs containers with Docker, the nodes of a job one after the other's
start and without the variables that tell them who they are; the other marks every job as succeeded
at once, whatever it asks for. Both take a job that AWS would refuse or let wait forever, forget
``nodeOverrides``, and do not know a job's nodes. Here a job waits on the cloud's clock, is judged,
and its nodes run as processes (:mod:`patternlab.hpc.multinode.runner`).

Jobs that are not multi-node parallel are refused: moto would only say that they succeeded.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from unittest.mock import patch

from moto.batch import models
from moto.batch.exceptions import ClientException
from moto.batch.responses import BatchResponse
from moto.ec2.models.instance_types import INSTANCE_TYPES

from patternlab.hpc.errors import HPCError
from patternlab.hpc.multinode.runnable import Block, Type, blocks, need_of
from patternlab.hpc.multinode.runner import check_runnable
from patternlab.hpc.multinode.specification import (
    MOST_ATTEMPTS,
    check,
    nodes_of,
    with_overrides,
)
from patternlab.local.batch.jobs import LocalJob, LocalJobQueue
from patternlab.local.errors import translated
from patternlab.local.services import LocalService, Services, in_place_of

MULTINODE = "multinode"
SHORTEST = 60  # seconds of a job's timeout
ONLY_MULTINODE = (
    "A local cloud runs multi-node parallel jobs only. Register the job definition with "
    "type='multinode'."
)


class LocalJobDefinition(models.JobDefinition):
    """A job definition that shows its nodes."""

    def describe(self) -> dict[str, Any]:
        shown = super().describe()
        if self.node_properties:
            shown["nodeProperties"] = self.node_properties
        return shown


class LocalBatchBackend(LocalService, models.BatchBackend):
    """moto's Batch backend of one Region, whose multi-node parallel jobs run."""

    _jobs: dict[str, LocalJob]  # type: ignore[assignment]  # nobody else adds to it

    def register_job_definition(self, *args: Any, **kwargs: Any) -> models.JobDefinition:
        if kwargs["_type"] != MULTINODE:
            raise ClientException(ONLY_MULTINODE)
        with as_batch_says():
            check(kwargs["node_properties"])
            _attempts(kwargs["retry_strategy"])
            _check_timeout(kwargs["timeout"])
        return super().register_job_definition(*args, **kwargs)

    def update_compute_environment(
        self,
        compute_environment_name: str,
        state: str | None,
        compute_resources: Any,
        service_role: str | None,
    ) -> tuple[str, str]:
        """Change it, its size as well, which moto passes over."""
        changed = super().update_compute_environment(
            compute_environment_name, state, compute_resources, service_role
        )
        if compute_resources:
            environment: Any = self.get_compute_environment(compute_environment_name)
            environment.compute_resources |= compute_resources
        return changed

    # -- jobs --------------------------------------------------------------------------------

    def submit_multinode(
        self, name: str, definition: str, queue: str, overrides: dict[str, Any], **asked: Any
    ) -> LocalJob:
        """Take a job. Whether it can run is found out later, as on AWS."""
        found = self.get_job_definition(definition)
        if found is None or found.status != "ACTIVE":
            raise ClientException(f"Job definition {definition} does not exist")
        line = self.get_job_queue(queue)
        if line is None:
            raise ClientException(f"Job queue {queue} does not exist")
        if models.JOB_NAME_REGEX.match(name) is None:
            raise ClientException("Job name should match valid pattern")
        retries = asked.pop("retry_strategy") or found.retry_strategy
        with as_batch_says():
            properties = with_overrides(found.node_properties or {}, overrides)
            attempts = _attempts(retries)
            _check_timeout(asked["timeout"])
            parameters = {**found.parameters, **(asked["parameters"] or {})}
            check_runnable(nodes_of(properties, parameters))
        job = LocalJob(
            name,
            found,
            line,
            self,
            log_backend=self.logs_backend,
            container_overrides=None,
            eks_properties_override=None,
            all_jobs=self._jobs,
            array_properties={},
            services=self.services,
            properties=properties,
            attempts=attempts,
            **asked,
        )
        self._jobs[job.job_id] = job
        return job

    def block_of(self, job: LocalJob) -> Block | None:
        """Why the job cannot run now; None if it can."""
        if job.job_queue.state == "DISABLED":
            return Block(
                job.job_queue.name, "disabled", "", "The job queue is disabled. Enable it."
            )
        environments = [
            self.describe_compute_environments([each.arn])[0] for each in job.job_queue.environments
        ]
        zone = self._zone(environments[0])
        found = blocks(
            need_of(job.properties),
            environments,
            _types(),
            quota=lambda name: self.services.knobs.vcpu_quota,
            lacks=lambda name: self.services.faults.lacks(name, zone),
        )
        return found[0] if found else None  # of the first environment in the queue's order

    def _zone(self, environment: dict[str, Any]) -> str:
        subnets = environment.get("computeResources", {}).get("subnets", ())
        found = [self.ec2_backend.get_subnet(subnet).availability_zone for subnet in subnets]
        return found[0] if found else f"{self.region_name}a"

    def describe_jobs(self, jobs: list[str] | None) -> list[dict[str, Any]]:
        """Jobs by id, and nodes of a job as ``jobId#index``."""
        shown = super().describe_jobs([job for job in jobs or () if "#" not in job] or ["none"])
        for name in jobs or ():
            identifier, is_node, index = name.partition("#")
            job = self._jobs.get(identifier)
            if is_node and job is not None and index.isdigit() and int(index) < job.nodes:
                shown.append(job.describe_node(int(index)))
        return shown


@cache
def _types() -> list[Type]:
    return [
        Type(name, about["VCpuInfo"]["DefaultVCpus"], about["MemoryInfo"]["SizeInMiB"])
        for name, about in INSTANCE_TYPES.items()
    ]


def _attempts(strategy: dict[str, Any] | None) -> int:
    if strategy and strategy.get("evaluateOnExit"):
        raise HPCError("A local cloud counts attempts only. Leave out evaluateOnExit.")
    attempts = (strategy or {}).get("attempts", 1)
    if not 1 <= attempts <= MOST_ATTEMPTS:
        raise HPCError(f"A job is tried 1 to {MOST_ATTEMPTS} times, not {attempts}.")
    return attempts


def _check_timeout(timeout: dict[str, Any] | None) -> None:
    seconds = (timeout or {}).get("attemptDurationSeconds", SHORTEST)
    if seconds < SHORTEST:
        raise HPCError(f"attemptDurationSeconds is at least {SHORTEST}, not {seconds}.")


@contextmanager
def as_batch_says() -> Iterator[None]:
    """Let what is wrong be an error of Batch."""
    with translated(lambda error: ClientException(str(error)), HPCError):
        yield


class LocalBatchResponse(BatchResponse):
    """moto's Batch responses, and what they leave out."""

    @property
    def batch_backend(self) -> LocalBatchBackend:
        """The one with state, also when moto runs without Docker."""
        backend = models.batch_backends[self.current_account][self.region]
        assert isinstance(backend, LocalBatchBackend)
        return backend

    def submitjob(self) -> str:
        if self._get_param("arrayProperties") or self._get_param("containerOverrides"):
            raise ClientException(ONLY_MULTINODE)
        job = self.batch_backend.submit_multinode(
            self._get_param("jobName"),
            self._get_param("jobDefinition"),
            self._get_param("jobQueue"),
            self._get_param("nodeOverrides") or {},
            depends_on=self._get_param("dependsOn"),
            timeout=self._get_param("timeout"),
            parameters=self._get_param("parameters"),
            tags=self._get_param("tags"),
            retry_strategy=self._get_param("retryStrategy"),
        )
        return json.dumps({"jobId": job.job_id, "jobName": job.job_name, "jobArn": job.arn})

    def listjobs(self) -> str:
        parent = self._get_param("multiNodeJobId")
        if not parent:
            return super().listjobs()
        job = self.batch_backend._jobs.get(parent)
        wanted = self._get_param("jobStatus")
        shown = [job.summarize_node(index) for index in range(job.nodes)] if job else []
        return json.dumps(
            {"jobSummaryList": [each for each in shown if wanted in (None, each["status"])]}
        )


@contextmanager
def install(services: Services) -> Iterator[None]:
    """Let moto's Batch be ours, and its job queues and definitions too."""
    with (
        patch.multiple(models, JobQueue=LocalJobQueue, JobDefinition=LocalJobDefinition),
        in_place_of(models.batch_backends, LocalBatchBackend, services, LocalBatchResponse),
    ):
        yield
