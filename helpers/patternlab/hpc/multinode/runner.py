"""Runs the nodes of a job, each as a process on this machine, by the rules of AWS Batch.

The main node is started first, then the children in random order. The job ends when the main node
ends, and its exit code decides; children that still run are stopped. A child that dies stops no
other node. A failed main node starts the next attempt, with all nodes anew; a job that was stopped
at its time limit is not tried again.

What is real: the processes, their variables, their exit codes, who ends when. What is not: there
are no containers, no images and no instances, and all nodes have one address.

Source: AWS Batch User Guide, "Multi-node parallel jobs" with its pages on variables, node groups
and the job's life; "Job timeouts".
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from patternlab.hpc.errors import HPCError
from patternlab.hpc.multinode.mpirun import DOOR, KEY
from patternlab.hpc.multinode.node import NodeProcess, drain, now, stop_all
from patternlab.hpc.multinode.programs import argv
from patternlab.hpc.multinode.specification import Node
from patternlab.ports import free_port

MOST_NODES_HERE = 32  # processes that a laptop is asked to start
TIME_LIMIT = 60.0  # seconds
ADDRESS = "127.0.0.1"  # of every node, here

ITSELF = "by itself"
STOPPED = "stopped with the main node"
TIMED_OUT = "stopped at the time limit"


@dataclass(frozen=True)
class NodeRun:
    """What became of one node in one attempt.

    Attributes:
        index: of the node.
        is_main: is it the main node?
        started, ended: seconds since the attempt began, measured here.
        exit_code: as a container reports it: 128 + n for a process ended by signal n.
        how: ITSELF, STOPPED or TIMED_OUT.
        lines: what it printed, both streams together.
    """

    index: int
    is_main: bool
    started: float
    ended: float
    exit_code: int
    how: str
    lines: Sequence[str]


@dataclass(frozen=True)
class JobAttempt:
    """One attempt of a job: its nodes, by index."""

    nodes: Sequence[NodeRun]

    @property
    def main(self) -> NodeRun:
        """The node that decides."""
        return next(node for node in self.nodes if node.is_main)

    @property
    def succeeded(self) -> bool:
        """Did the main node end by itself, with exit code 0?"""
        return self.main.how == ITSELF and self.main.exit_code == 0

    @property
    def moments(self) -> dict[tuple[str, int], int]:
        """("started" or "ended", index) -> its place in the order of what happened, from 0.

        Each start and end has a place of its own, but all who are stopped share the last one.
        """
        happened = [(node.started, "started", node.index) for node in self.nodes]
        happened += [(node.ended, "ended", node.index) for node in self.nodes if node.how == ITSELF]
        places = {(what, index): place for place, (_, what, index) in enumerate(sorted(happened))}
        stopped = {("ended", node.index): len(places) for node in self.nodes if node.how != ITSELF}
        return places | stopped


def run(
    nodes: Sequence[Node],
    main: int,
    *,
    attempts: int = 1,
    time_limit: float = TIME_LIMIT,
    variables: Mapping[str, str] | None = None,
    seed: object = 0,
) -> list[JobAttempt]:
    """Run a job and return its attempts, the last of which decides.

    Args:
        nodes: as of ``specification.nodes_of``.
        main: the index of the main node.
        attempts: how often it is tried at most.
        time_limit: real seconds of one attempt.
        variables: further ones for every node (``AWS_BATCH_JOB_ID`` and so on).
        seed: decides in which order the children start.

    Raises:
        HPCError: a command is not run here, there are too many nodes, or no process can start.
    """
    check_runnable(nodes)
    made: list[JobAttempt] = []
    rng = random.Random(str(seed))
    while len(made) < attempts:
        of_attempt = {**(variables or {}), "AWS_BATCH_JOB_ATTEMPT": str(len(made) + 1)}
        made.append(_attempt(nodes, main, time_limit, of_attempt, rng))
        if made[-1].succeeded or made[-1].main.how == TIMED_OUT:
            break
    return made


def check_runnable(nodes: Sequence[Node]) -> None:
    """Refuse what is not run on this machine, before anything is started."""
    if len(nodes) > MOST_NODES_HERE:
        raise HPCError(
            f"A local cloud starts a process for each node, and {MOST_NODES_HERE} at most, not "
            f"{len(nodes)}. Try it with fewer nodes; AWS allows 1000."
        )
    for node in nodes:
        argv(node.command)


def _attempt(
    nodes: Sequence[Node],
    main: int,
    time_limit: float,
    variables: Mapping[str, str],
    rng: random.Random,
) -> JobAttempt:
    together = {**variables, DOOR: f"{ADDRESS}:{free_port()}", KEY: secrets.token_hex(16)}
    children = [node for node in nodes if node.index != main]
    rng.shuffle(children)
    begun = now()
    running: list[NodeProcess] = []
    try:
        for node in [nodes[main], *children]:
            batch = _batch_variables(node.index, main, len(nodes))
            running.append(
                NodeProcess(
                    node.index, argv(node.command), {**node.environment, **together, **batch}
                )
            )
        in_time = drain(running, until=running[0], latest=begun + time_limit)
    finally:
        stopped = stop_all(running)
    how = STOPPED if in_time else TIMED_OUT
    return JobAttempt(sorted(_results(running, stopped, how, main, begun), key=lambda n: n.index))


def _results(
    running: Iterable[NodeProcess], stopped: set[int], how: str, main: int, begun: float
) -> Iterable[NodeRun]:
    for process in running:
        assert process.ended is not None  # `stop_all` came before
        yield NodeRun(
            index=process.index,
            is_main=process.index == main,
            started=process.started - begun,
            ended=process.ended - begun,
            exit_code=process.exit_code,
            how=how if process.index in stopped else ITSELF,
            lines=process.lines(),
        )


def _batch_variables(index: int, main: int, nodes: int) -> dict[str, str]:
    """The variables by which Batch tells a node about itself."""
    told = {
        "AWS_BATCH_JOB_MAIN_NODE_INDEX": str(main),
        "AWS_BATCH_JOB_NODE_INDEX": str(index),
        "AWS_BATCH_JOB_NUM_NODES": str(nodes),
    }
    if index != main:
        told["AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS"] = ADDRESS
    return told
