"""Strong scaling: the same problem on more and more ranks, and what the wire leaves of the gain.

A *modelled* run, by formula. A step of a program is its computation, divided among the ranks, and
its messages, each by Hockney's model of the wire. Nothing overlaps: a step computes, then talks.
Each rank has a host, and so a network card, of its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from patternlab.hpc.errors import HPCError
from patternlab.hpc.hockney import Hockney

FACES = 6  # of a cube, each with a neighbour behind it


@dataclass(frozen=True)
class HaloExchange:
    """A grid in three dimensions: in every step each rank sends its six faces to its neighbours.

    So do weather, fluid and structure codes. After each step all ranks agree on one number (an
    all-reduce), for instance the next time step.

    Attributes:
        side: cells along each side of the cube.
        ns_per_cell: nanoseconds of computing a cell in a step, on one rank.
        bytes_per_cell: bytes of a cell that a neighbour must know.
    """

    side: int = 256
    ns_per_cell: float = 20.0
    bytes_per_cell: float = 8.0

    def compute_us(self, ranks: int) -> float:
        """Microseconds of computing in a step."""
        return self.side**3 * self.ns_per_cell / 1000 / ranks

    def talk_us(self, ranks: int, wire: Hockney) -> float:
        """Microseconds of messages in a step: six faces, and the all-reduce."""
        if ranks == 1:
            return 0.0
        face_bytes = self.side**2 / ranks ** (2 / 3) * self.bytes_per_cell
        rounds = math.ceil(math.log2(ranks))  # of an all-reduce by recursive doubling
        return float(FACES * wire.time_us(face_bytes) + rounds * wire.time_us(8))


@dataclass(frozen=True)
class Independent:
    """Embarrassingly parallel work: each rank does its share, and sends one result at the end.

    So do parameter sweeps, rendered frames, and most of genomics and risk. The whole run is one
    step.

    Attributes:
        compute_s: seconds of the whole work on one rank.
        result_bytes: of the result that each rank sends to the first.
    """

    compute_s: float = 3600.0
    result_bytes: float = 1000.0

    def compute_us(self, ranks: int) -> float:
        """Microseconds of computing."""
        return self.compute_s * 1e6 / ranks

    def talk_us(self, ranks: int, wire: Hockney) -> float:
        """Microseconds of messages: results come in together, as in a tree."""
        return float(math.ceil(math.log2(ranks)) * wire.time_us(self.result_bytes))


def strong_scaling(
    program: HaloExchange | Independent, wire: Hockney, ranks: Sequence[int]
) -> pd.DataFrame:
    """One row for each number of ranks, in the order given.

    Columns: ``ranks``, ``compute_us``, ``talk_us`` and ``step_us`` of a step, ``speedup`` against
    one rank, and ``efficiency``, the speed-up divided by the ranks (1 is ideal).
    """
    if not len(ranks) or any(isinstance(n, bool) or int(n) != n or n < 1 for n in ranks):
        raise HPCError("ranks is a list of whole numbers of at least 1, such as [1, 8, 64].")
    rows = []
    for count in map(int, ranks):
        compute, talk = program.compute_us(count), program.talk_us(count, wire)
        speedup = program.compute_us(1) / (compute + talk)
        rows.append((count, compute, talk, compute + talk, speedup, speedup / count))
    columns = ["ranks", "compute_us", "talk_us", "step_us", "speedup", "efficiency"]
    return pd.DataFrame(rows, columns=columns)


def most_useful_ranks(
    program: HaloExchange | Independent, wire: Hockney, efficiency: float = 0.5, most: int = 2**20
) -> int:
    """The largest power of two of ranks, up to `most`, that still has this efficiency."""
    useful = 1
    while useful < most:
        row = strong_scaling(program, wire, [useful * 2]).iloc[0]
        if row["efficiency"] < efficiency:
            break
        useful *= 2
    return useful
