"""AWS Batch's multi-node parallel jobs: what a node runs, and nodes that run here, each a process.

>>> multinode.command(function)          # a container command, from a Python function
>>> multinode.pingpong("--json", "-")    # the ping-pong between the nodes, under MPI
>>> multinode.job_queue(cloud, "hpc")    # environment and queue, in one call
>>> multinode.why_runnable(cloud, job)   # what a job waits for, in sentences
"""

from __future__ import annotations

from patternlab.hpc.multinode.programs import command, pingpong

__all__ = ["command", "pingpong"]
