"""Run the benchmarks and print one table: ``make bench``, or some of them by name."""

from __future__ import annotations

import sys

import pandas as pd

from benchmarks import (
    asynchronous,
    backlog,
    bucket,
    caching,
    hpc,
    poison,
    slider,
    throughput,
    topic,
)

BENCHES = {
    "poison": poison,
    "slider": slider,
    "throughput": throughput,
    "backlog": backlog,
    "topic": topic,
    "asynchronous": asynchronous,
    "bucket": bucket,
    "caching": caching,
    "hpc": hpc,
}


def main(names: list[str]) -> int:
    """Run the benchmarks called `names`, or all; 1 when a name is unknown."""
    unknown = set(names) - set(BENCHES)
    if unknown:
        print(f"There is no benchmark {', '.join(unknown)}: choose from {', '.join(BENCHES)}.")
        return 1
    rows = []
    for name in names or BENCHES:
        print(f"{name} ...", file=sys.stderr, flush=True)
        rows += [row.cells() for row in BENCHES[name].rows()]
    print(pd.DataFrame(rows).to_string(index=False, justify="left"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
