"""Measure on this machine: the ping-pong under mpiexec, by a transport or over an emulated wire."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd
from tqdm import tqdm

from patternlab.hpc.errors import HPCError
from patternlab.hpc.measure.results import Report, read
from patternlab.hpc.measure.transports import Transport
from patternlab.hpc.measure.transports import transport as named
from patternlab.hpc.mpi import python_program, run_mpi
from patternlab.hpc.pingpong import surroundings

if TYPE_CHECKING:
    from patternlab.hpc.measure.namespaces import TwoHosts
    from patternlab.hpc.measure.wire import Wire

SIZES = "1..4MiB"
TRIPS = 1000
PROGRAM = "patternlab.hpc.pingpong"
BAR_AFTER = 8.0  # seconds


def pingpong(
    transport: str = "shared memory",
    *,
    sizes: str | Sequence[int] = SIZES,
    trips: int = TRIPS,
    wire: Wire | None = None,
    pattern: str = "latency",
    ranks: int = 2,
    between: TwoHosts | None = None,
    time_limit: float = 120.0,
    progress: bool = True,
) -> Report:
    """Send messages to and fro between ranks on this machine, and report how long they took.

    Raises an :class:`HPCError` if MPI is missing, fails or hangs, or the transport is not here.

    Args:
        transport: A name of :data:`patternlab.hpc.measure.transports.TRANSPORTS`.
        sizes: Bytes, as a list or as the ping-pong's ``--sizes``: ``"1..4MiB"`` is each power of
            two.
        trips: Round trips of a small message; large ones get fewer.
        wire: An emulated wire: each message is held until that wire would have delivered it.
        between: Two network namespaces for the two ranks, from
            :func:`patternlab.hpc.measure.namespaces.two_hosts`; with the transport "tcp".
        progress: Show a bar that counts the sizes, and disappears.
    """
    asked = named(transport)
    arguments = ["--sizes", sizes if isinstance(sizes, str) else ",".join(map(str, sizes))]
    arguments += ["--trips", str(trips), "--pattern", pattern, "--progress", "--json", "-"]
    if wire is not None:
        arguments += ["--wire", wire.argument]
    if asked.name == "efa":
        arguments += ["--expect", "efa"]
    if between is not None and (asked.name != "tcp" or ranks != 2):
        raise HPCError("Between two namespaces two ranks talk by TCP: pingpong('tcp', between=...)")
    command, more = python_program("-m", PROGRAM, *arguments), {}
    if between is not None:
        command, more = between.command(command), between.environment
    run = partial(_run, command, more, ranks=ranks, time_limit=time_limit, progress=progress)
    try:
        return run(asked)
    except HPCError as error:
        if refused := re.search(r"pingpong: (.+)", str(error)):
            raise HPCError(refused[1]) from None  # what the ping-pong itself said
        if not _not_here(error):
            raise
        if not asked.instead:
            raise HPCError(_not_here_told(asked, error)) from None
    return run(named(asked.instead))


def compare(
    transports: Sequence[str] = ("tcp", "shared memory"),
    *,
    runs: int = 3,
    sizes: str | Sequence[int] = SIZES,
    trips: int = TRIPS,
    time_limit: float = 120.0,
) -> pd.DataFrame:
    """Compare transports by half round trips in microseconds: the lowest median of several runs.

    The transports take turns, so that a busy moment hits them alike (see :func:`lowest`).

    Returns:
        One row per size (the index, ``size_bytes``), one column per transport, in microseconds.
    """
    if runs < 1:
        raise HPCError(f"runs is a whole number of at least 1, not {runs!r}.")
    found: dict[str, list[Report]] = {name: [] for name in transports}
    for _ in range(runs):
        for name, reports in found.items():
            reports.append(pingpong(name, sizes=sizes, trips=trips, time_limit=time_limit))
    return pd.DataFrame({name: lowest(reports) for name, reports in found.items()})


def lowest(reports: Iterable[Report]) -> pd.Series:
    """Return the lowest median of several runs, in microseconds, by size (``size_bytes``).

    A busy machine only ever adds time, so this is the closest to what a quiet one would show.
    """
    return pd.concat([report.table()["median_us"] for report in reports]).groupby(level=0).min()


def _run(
    command: list[str],
    more: Mapping[str, str],
    asked: Transport,
    *,
    ranks: int,
    time_limit: float,
    progress: bool,
) -> Report:
    """Run `command` by the transport, with `more` variables, and read its report."""
    # Quick runs show no bar: it comes after some seconds, and goes at the end.
    with tqdm(
        desc=asked.name,
        unit=" sizes",
        file=sys.stdout,
        leave=False,
        delay=BAR_AFTER,
        disable=not progress,
    ) as bar:

        def count(line: str) -> None:
            if done := re.match(r"# (\d+)/(\d+):", line):
                bar.total = int(done[2])
                bar.update(int(done[1]) - bar.n)

        finished = run_mpi(
            command,
            ranks=ranks,
            environment={**asked.environment, **more},
            time_limit=time_limit,
            on_line=count,
        )
    return read(finished.stdout + "\n")  # a text, even if it is empty


def _not_here(error: HPCError) -> bool:
    """Did MPI refuse to start because the transport cannot be had on this machine?"""
    return bool(re.search("getinfo failed|No such device|is unreachable", str(error)))


def _not_here_told(asked: Transport, error: HPCError) -> str:
    if asked.name == "efa":
        return (
            "EFA was asked for by name, and there is none here: an EFA is a device of some EC2 "
            "instances, under Linux. TCP did not answer in its place; that is why one asks by name."
        )
    return f"The transport {asked.name!r} cannot be had on this machine. {error}"


def on_cores(ranks: int = 2) -> str:
    """Say on how many cores this process measures, and what too few of them do to the times."""
    count = _cores()
    told = f"on {count} core{'s' if count > 1 else ''}"
    if count >= ranks:
        return told
    return (
        f"{told}, where {ranks} ranks take turns: the times are the scheduler's. Use a machine "
        f"with {ranks} cores or more"
    )


def _cores() -> int:
    """The number of cores that this process may use."""
    mine = surroundings.cores()
    return len(mine) if mine else os.cpu_count() or 1
