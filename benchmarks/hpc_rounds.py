"""Our ping-pong and mpi4py's own, in turns between the same two processes; rank 0 prints JSON.

Run it under mpiexec with two ranks: ``python -m benchmarks.hpc_rounds SIZE:ROUNDS:TRIPS ...``
"""

from __future__ import annotations

import json
import sys
from statistics import fmean

from mpi4py import MPI, bench

from patternlab.hpc.pingpong.options import Options
from patternlab.hpc.pingpong.trips import Pair


def main(asked: list[tuple[int, int, int]]) -> None:
    """Print ``{size: {"ours": [us a round], "theirs": [...]}}``: means of half round trips."""
    comm = MPI.COMM_WORLD
    pair = Pair(comm, 1 - comm.Get_rank(), MPI.BYTE)
    found = {}
    for size, rounds, trips in asked:
        means = {"ours": [], "theirs": []}
        for number in range(rounds):
            for whose in sorted(means, reverse=number % 2):  # neither is always the first
                took = _ours(pair, size, trips) if whose == "ours" else _theirs(comm, size, trips)
                means[whose].append(took)
        found[size] = means
    if comm.Get_rank() == 0:
        print(json.dumps(found))


def _ours(pair: Pair, size: int, trips: int) -> float | None:
    """Our mean, in microseconds; None on the rank that keeps no time."""
    row = pair.measure(size, Options(sizes=(size,), trips=trips))
    return fmean(row["us"]) if row else None


def _theirs(comm, size: int, trips: int) -> float:
    """The mean of mpi4py.bench, in microseconds."""
    settings = {"min-size": size, "max-size": size}
    for loop in ("loop", "loop-large", "loop-huge"):
        settings[loop] = trips
    for skip in ("skip", "skip-large", "skip-huge"):
        settings[skip] = max(5, trips // 10)
    arguments = [part for name, value in settings.items() for part in (f"--{name}", str(value))]
    ((_, mean, _),) = bench.pingpong(comm, arguments, verbose=False)
    return mean * 1e6


if __name__ == "__main__":
    main([tuple(map(int, each.split(":"))) for each in sys.argv[1:]])
