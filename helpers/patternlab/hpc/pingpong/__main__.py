"""Run the ping-pong under mpiexec, mpirun or srun; ``--help`` lists what can be asked."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from itertools import combinations
from pathlib import Path

from . import report as reports
from . import surroundings
from .options import Options, UsageError, parse
from .trips import Pair

#: What launchers call the rank of a process, before MPI has started.
RANK_VARIABLES = ("PMI_RANK", "OMPI_COMM_WORLD_RANK", "PMIX_RANK", "SLURM_PROCID")
#: Trips where ranks share a core: each waits until the other one's turn is over, milliseconds.
TRIPS_OF_A_CROWD = 20
IDLE = 0.0005  # seconds between two looks of a rank that waits: it leaves the core to the others


def main(arguments: list[str]) -> int:
    """Run one ping-pong; 0 when it has reported, 2 when what was asked cannot be done."""
    rank = next((os.environ[name] for name in RANK_VARIABLES if name in os.environ), "0")
    try:
        options = parse(arguments)
        tool = surroundings.fi_info() if rank == "0" else None
        mpi = _mpi()
        return _checked(mpi, options, tool)
    except UsageError as error:
        # One sentence, not one per rank: the rank that fails first ends those that have said none.
        if rank != "0":
            return 0
        print(f"pingpong: {error}", file=sys.stderr, flush=True)
        return 2


def _mpi():
    """Start MPI. No second thread will use it, so it need not guard against one."""
    try:
        import mpi4py

        mpi4py.rc.threads = False
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:  # RuntimeError: mpi4py found no MPI library
        raise UsageError(
            f"mpi4py cannot be used here ({error}). Install mpi4py and an MPI library for this "
            f"Python, {sys.executable}."
        ) from None
    return MPI


def _checked(mpi, options: Options, tool: str | None) -> int:
    """Run it on all ranks; an error on one ends them all, for the others wait for it."""
    comm = mpi.COMM_WORLD
    crowded = _check_ranks(comm, options)
    if crowded:
        options = replace(options, trips=min(options.trips, TRIPS_OF_A_CROWD))
    try:
        report = _run(mpi, comm, options, tool)
    except BaseException as error:
        print(f"pingpong: rank {comm.Get_rank()}: {error}", file=sys.stderr, flush=True)
        comm.Abort(3)
        return 3
    if report is not None:
        report["crowded"] = crowded
        report["kind"], report["verdict"] = reports.judge(report)
        _write(report, options)
    return 0


def _check_ranks(comm, options: Options) -> bool:
    """Refuse what cannot be measured; return whether ranks have to take turns on a core."""
    ranks = comm.Get_size()
    if ranks < 2:
        raise UsageError("A ping-pong has two ranks, and this is one. Start it with mpiexec -n 2.")
    if ranks > 2 and options.pattern != "all-pairs":
        raise UsageError(
            f"A ping-pong has two ranks, and these are {ranks}. Start it with mpiexec -n 2, or ask "
            "for --pattern all-pairs."
        )
    here = surroundings.process(comm.Get_rank())["machine"], surroundings.cores()
    everyone = comm.allgather(here)
    machines = {machine for machine, _ in everyone}
    if options.wire and len(machines) > 1:
        raise UsageError("An emulated wire needs both ranks on one machine. Leave out --wire.")
    return any(_is_crowded([cores for where, cores in everyone if where == m]) for m in machines)


def _is_crowded(cores: list) -> bool:
    """Have the ranks of a machine one core between them? More than two never play at a time."""
    return None not in cores and len(frozenset().union(*cores)) < min(2, len(cores))


def _run(mpi, comm, options: Options, tool: str | None) -> dict | None:
    """Measure all sizes between all pairs; rank 0 gets the report."""
    before = surroundings.received()
    payload = 0
    rows: list[dict] = []
    for pair in combinations(range(comm.Get_size()), 2):
        if comm.Get_rank() in pair:
            peer = sum(pair) - comm.Get_rank()
            payload += _measure(Pair(comm, peer, mpi.BYTE), options, rows)
        _wait_for_all(comm)
    after = surroundings.received()
    here = surroundings.process(comm.Get_rank())
    found = {
        "payload": payload,
        "uncounted": surroundings.speaks_udp(),
        **{by: _grown(n, after[by]) for by, n in before.items()},
    }
    everything = comm.gather((here, rows, found), root=0)
    return None if everything is None else _report(mpi, options, tool, everything)


def _grown(before: int | None, after: int | None) -> int | None:
    """How much a counter grew; None if nothing counts."""
    return None if before is None or after is None else max(0, after - before)


def _measure(pair: Pair, options: Options, rows: list[dict]) -> int:
    """Measure all sizes with one other rank; return how many bytes of messages came here."""
    for number, size in enumerate(options.sizes, start=1):
        row = pair.measure(size, options)
        if row is None:
            continue
        rows.append(reports.summary(row, options.pattern, options.wire))
        if options.progress:
            time_us = rows[-1]["median_us"]
            print(f"# {number}/{len(options.sizes)}: {size} B, {time_us:.2f} us", flush=True)
    return pair.received


def _wait_for_all(comm) -> None:
    """Wait without holding a core: there may be fewer cores than ranks."""
    request = comm.Ibarrier()
    while not request.Test():
        time.sleep(IDLE)


def _report(mpi, options: Options, tool: str | None, everything: list[tuple]) -> dict:
    import mpi4py

    ranks = [here for here, _, _ in everything]
    carried = {}
    for name in ("payload", "tcp", "efa"):
        counts = [found[name] for _, _, found in everything]
        carried[name] = None if None in counts else sum(counts)
    carried["uncounted"] = any(found["uncounted"] for _, _, found in everything)
    library = mpi.Get_library_version().strip("\0\n ")
    environment = ranks[0]["environment"]
    return {
        "format": reports.FORMAT,
        "transport": reports.transport(carried, len({each["machine"] for each in ranks}) == 1),
        "asked": reports.asked_for(options.expect, environment),
        "carried": carried,
        "provider": surroundings.provider(library, environment),
        "library": " ".join(library.splitlines()[0].split(",")[0].split()),
        "python": sys.version.split()[0],
        "mpi4py": mpi4py.__version__,
        "clock": surroundings.clock(),
        "pattern": options.pattern,
        "wire": str(options.wire) if options.wire else None,
        "ranks": ranks,
        "efa_devices": surroundings.efa_devices(),
        "fi_info": tool,
        "rows": [row for _, rows, _ in everything for row in rows],
    }


def _write(report: dict, options: Options) -> None:
    if options.json is None and options.csv is None:
        print(reports.to_text(report))
    for path, text in ((options.json, reports.to_json), (options.csv, reports.to_csv)):
        if path == "-":
            print(text(report).rstrip("\n"), flush=True)
        elif path is not None:
            _save(Path(path), text(report).rstrip("\n") + "\n")


def _save(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"The report cannot be written to {path}: {error.strerror}.") from None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
