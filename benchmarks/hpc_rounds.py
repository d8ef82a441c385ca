"""Our ping-pong and mpi4py's own, in turns between the same two processes; rank 0 prints JSON.

Run it under mpiexec with two ranks: ``python -m benchmarks.hpc_rounds ROUNDS SIZE:TRIPS ...``
"""

from __future__ import annotations

import json
import sys
from statistics import fmean

from mpi4py import MPI, bench

from patternlab.hpc.pingpong.options import Options
from patternlab.hpc.pingpong.trips import Pair


def main(rounds: int, sizes: list[tuple[int, int]]) -> None:
    """Print ``{size: {"ours": [us a round], "theirs": [...]}}``: means of half round trips."""
    comm = MPI.COMM_WORLD
    pair = Pair(comm, 1 - comm.Get_rank())
    found = {}
    for size, trips in sizes:
        means = {"ours": [], "theirs": []}
        for _ in range(rounds):
            row = pair.measure(size, Options(sizes=(size,), trips=trips))
            means["ours"].append(fmean(row["us"]) if row else None)
            means["theirs"].append(_theirs(comm, size, trips))
        found[size] = means
    if comm.Get_rank() == 0:
        print(json.dumps(found))


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
    asked = [tuple(map(int, each.split(":"))) for each in sys.argv[2:]]
    main(int(sys.argv[1]), asked)
