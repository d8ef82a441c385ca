"""AWS Batch's multi-node parallel jobs: what a node runs, and nodes that run here, each a process.

multinode.command(function)          # a container command, from a Python function
multinode.pingpong("--json", "-")    # the ping-pong between the nodes, under MPI
multinode.job_queue(cloud, "hpc")    # a compute environment and its queue, in one call
multinode.why_runnable(cloud, job)   # what a job waits for, in sentences
"""

from __future__ import annotations

from patternlab.hpc.multinode.programs import command, pingpong
from patternlab.hpc.multinode.queues import job_queue
from patternlab.hpc.multinode.runnable import why_runnable

__all__ = ["command", "job_queue", "pingpong", "why_runnable"]
