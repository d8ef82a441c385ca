"""A multi-node parallel job of the local cloud: its states, its nodes, what DescribeJobs says."""

from __future__ import annotations

import math
import signal
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import simpy
from moto.batch.models import Job, JobQueue, datetime2int_milliseconds
from moto.batch.utils import JobStatus
from moto.moto_api._internal import mock_random

from patternlab.hpc.errors import HPCError
from patternlab.hpc.multinode.runner import TIME_LIMIT, TIMED_OUT, JobAttempt, NodeRun, run
from patternlab.hpc.multinode.specification import nodes_of
from patternlab.local.logs import write_log
from patternlab.local.services import Services

if TYPE_CHECKING:
    from patternlab.local.batch.service import LocalBatchBackend

LOG_GROUP = "/aws/batch/job"
SCHEDULING = 1.0  # seconds until Batch has looked at a new job. Not an AWS number
LOOKS_AGAIN = 60.0  # seconds until it looks at a job again that cannot run. Not an AWS number
EACH_EVENT = 1.0  # seconds of the cloud's clock between two moments of a run

ENDED = (JobStatus.SUCCEEDED, JobStatus.FAILED)
TOO_LONG = "Job attempt duration exceeded timeout"
EXITED = "Essential container in task exited"
OUR_LIMIT = f"A local cloud stops a job after {TIME_LIMIT:g} s of real time. Let its nodes do less."


class LocalJobQueue(JobQueue):
    """A job queue: the first job holds up the others while it cannot run."""

    backend: LocalBatchBackend

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.line = simpy.Resource(self.backend.services.clock.env)


class LocalJob(Job):
    """A multi-node parallel job as moto describes jobs, whose nodes run. `services` is given.

    The run itself takes real time, and none of the cloud's. What happened in it is then put on the
    cloud's clock in the same order, :data:`EACH_EVENT` apart, so that two runs show the same times.
    """

    backend: LocalBatchBackend
    job_queue: LocalJobQueue

    def __init__(
        self,
        *args: Any,
        services: Services,
        properties: dict[str, Any],
        attempts: int,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.services = services
        self.properties = properties
        self.tries = attempts
        self.job_created_at = services.clock.now()
        self.status = JobStatus.SUBMITTED
        self.runs: list[JobAttempt] = []
        self._streams: list[dict[int, str]] = []  # by attempt and node
        self._begun: list[float] = []  # of each attempt, on the cloud's clock
        self.ended = services.clock.env.event()
        self._asked_to_stop = services.clock.env.event()
        services.clock.env.process(self._life())

    # -- its life ----------------------------------------------------------------------------

    def _life(self) -> Generator[simpy.Event, Any, None]:
        env = self.services.clock.env
        yield env.timeout(SCHEDULING)
        if self._over() or not (yield from self._dependencies()):
            return
        self.status = JobStatus.RUNNABLE
        with self.job_queue.line.request() as turn:
            yield turn | self._asked_to_stop
            while not self._over() and (block := self.backend.block_of(self)):
                self.job_stopped_reason = block.status_reason
                yield env.timeout(LOOKS_AGAIN) | self._asked_to_stop
            if self._over():
                return
            self.job_stopped_reason = None
        yield env.timeout(self.services.knobs.instance_boot) | self._asked_to_stop
        if not self._over():
            yield from self._run()

    def _dependencies(self) -> Generator[simpy.Event, Any, bool]:
        """Wait for the jobs it depends on; False when one of them has failed."""
        others = [self.all_jobs.get(each.get("jobId") or "") for each in self.depends_on or ()]
        for other in filter(None, others):
            self.status = JobStatus.PENDING
            if isinstance(other, LocalJob):
                yield other.ended | self._asked_to_stop
            if self._over():
                return False
            if other.status == JobStatus.FAILED:
                self._end(JobStatus.FAILED, "Dependent Job failed")
                return False
        return True

    def _run(self) -> Generator[simpy.Event, Any, None]:
        """Run all attempts, then let the cloud's clock pass through their events."""
        now = self.services.clock.now
        self.job_started_at = now()
        self.status = JobStatus.RUNNING
        try:
            self.runs = self._attempts()
        except HPCError as error:
            self._end(JobStatus.FAILED, str(error))
            return
        except BaseException:
            self._end(JobStatus.FAILED, "Interrupted")
            raise
        for attempt in self.runs:
            self._begun.append(self.services.clock.elapsed)
            self._streams.append(self._write_logs(attempt))
            yield self.services.clock.env.timeout(max(attempt.moments.values()) * EACH_EVENT)
        last = self.runs[-1]
        self.exit_code = last.main.exit_code
        if last.main.how == TIMED_OUT:
            self._end(JobStatus.FAILED, TOO_LONG if self._limit() <= TIME_LIMIT else OUR_LIMIT)
        else:
            self._end(JobStatus.SUCCEEDED if last.succeeded else JobStatus.FAILED, EXITED)

    def _limit(self) -> float:
        """Seconds of one attempt, by the job's own timeout."""
        return self._get_attempt_duration() or math.inf

    def _attempts(self) -> list[JobAttempt]:
        variables = {
            "AWS_BATCH_JOB_ID": self.job_id,
            "AWS_BATCH_JQ_NAME": self.job_queue.name,
            "AWS_BATCH_CE_NAME": self.job_queue.environments[0].name,
        }
        with interrupted_at_once():
            return run(
                nodes_of(self.properties, self.parameters),
                self.properties["mainNode"],
                attempts=self.tries,
                time_limit=min(self._limit(), TIME_LIMIT),
                variables=variables,
                seed=self.job_id,
            )

    def _over(self) -> bool:
        """Has it been cancelled or terminated? Then it ends here."""
        if self._asked_to_stop.triggered and self.status not in ENDED:
            self._end(JobStatus.FAILED, str(self._asked_to_stop.value))
        return self.status in ENDED

    def _end(self, status: JobStatus, reason: str) -> None:
        if self.status in ENDED:
            return
        self.status, self.job_stopped_reason = status, reason
        self.job_stopped, self.job_stopped_at = True, self.services.clock.now()
        self.ended.succeed()

    def terminate(self, reason: str) -> None:
        """Cancel or terminate it."""
        if self.status not in ENDED and not self._asked_to_stop.triggered:
            self.stop = True
            self._asked_to_stop.succeed(reason)
            self._end(JobStatus.FAILED, reason)

    # -- its logs ----------------------------------------------------------------------------

    def _write_logs(self, attempt: JobAttempt) -> dict[int, str]:
        """A stream for each node, as Batch writes them; returns their names by node."""
        now, streams = self.services.clock.time(), {}
        for node in attempt.nodes:
            stream = f"{self.job_definition.name}/default/{mock_random.get_random_hex(32)}"
            streams[node.index] = stream
            lines = [(now, line) for line in node.lines if line]
            write_log(self.backend.account_id, self.backend.region_name, LOG_GROUP, stream, lines)
        return streams

    # -- what is shown of it -----------------------------------------------------------------

    def describe(self) -> dict[str, Any]:
        shown = super().describe()
        shown["nodeProperties"] = self.properties
        shown["retryStrategy"] = {"attempts": self.tries}
        shown["container"] = self._container(self.properties["mainNode"])
        shown["attempts"] = self._attempts_of(self.properties["mainNode"])
        return shown

    def describe_node(self, index: int) -> dict[str, Any]:
        """What DescribeJobs says of ``jobId#index``."""
        shown = {**self.describe(), **self._short(index)}
        del shown["nodeProperties"]
        shown["nodeDetails"] = {"nodeIndex": index, "isMainNode": self._is_main(index)}
        shown["container"] = self._container(index)
        shown["attempts"] = self._attempts_of(index)
        return shown

    def summarize_node(self, index: int) -> dict[str, Any]:
        """What ListJobs says of a node."""
        summary = {"isMainNode": self._is_main(index), "numNodes": self.nodes, "nodeIndex": index}
        return {**self.describe_short(), **self._short(index), "nodeProperties": summary}

    @property
    def nodes(self) -> int:
        """How many it has."""
        return self.properties["numNodes"]

    def _is_main(self, index: int) -> bool:
        return index == self.properties["mainNode"]

    def _short(self, index: int) -> dict[str, Any]:
        shown: dict[str, Any] = {"jobId": f"{self.job_id}#{index}", "status": self.status}
        if not self.runs:
            return shown
        node, (started, ended) = self.runs[-1].nodes[index], self._times(-1, index)
        shown["startedAt"] = started
        if self.job_stopped:
            failed = node.exit_code != 0
            shown |= {"stoppedAt": ended, "status": "FAILED" if failed else "SUCCEEDED"}
            shown["statusReason"] = _reason(node)
            shown["container"] = {"exitCode": node.exit_code}
        return shown

    def _times(self, attempt: int, index: int) -> tuple[int, int]:
        """When a node began and ended, in milliseconds, on the cloud's clock."""
        moments = self.runs[attempt].moments
        begun = self.services.clock.start + timedelta(seconds=self._begun[attempt])
        started, ended = (
            begun + timedelta(seconds=moments[what, index] * EACH_EVENT)
            for what in ("started", "ended")
        )
        return datetime2int_milliseconds(started), datetime2int_milliseconds(ended)

    def _container(self, index: int, attempt: int = -1) -> dict[str, Any]:
        """A node's container; of the last attempt, by default."""
        if not self.runs:
            return {}
        node = self.runs[attempt].nodes[index]
        return {"exitCode": node.exit_code, "logStreamName": self._streams[attempt][index]}

    def _attempts_of(self, index: int) -> list[dict[str, Any]]:
        shown = []
        for number, attempt in enumerate(self.runs[: len(self._streams)]):
            started, ended = self._times(number, index)
            shown.append(
                {
                    "container": self._container(index, number),
                    "startedAt": started,
                    "stoppedAt": ended,
                    "statusReason": _reason(attempt.nodes[index]),
                }
            )
        return shown


def _reason(node: NodeRun) -> str:
    return f"Node ended {node.how}" if node.how == "by itself" else f"Node was {node.how}"


@contextmanager
def interrupted_at_once() -> Iterator[None]:
    """Hear *Interrupt* while nodes run. Otherwise it waits for the clock's next step."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
