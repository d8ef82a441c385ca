"""How long a DataSync task takes, phase by phase.

A Basic task prepares, transfers and verifies in turn, moves at most 10 Gbps, and takes at most
50 million files. An Enhanced task does all of it at the same time, for virtually any number.
How many files a second DataSync lists is **not an AWS number**; ``data/transfer.csv`` says so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from patternlab.hpc.errors import HPCError
from patternlab.hpc.transfer.tables import number

BASIC, ENHANCED = "BASIC", "ENHANCED"
#: What is verified at the end, as DataSync calls it.
VERIFY = ("POINT_IN_TIME_CONSISTENT", "ONLY_FILES_TRANSFERRED", "NONE")


@dataclass(frozen=True)
class Phases:
    """Hours of each phase, and of all."""

    prepare: float
    transfer: float
    verify: float
    total: float


def phases(
    size: float,
    files: float,
    rate: float,
    *,
    mode: str = ENHANCED,
    verify: str | None = None,
    tasks: int = 1,
    storage: float = math.inf,
    already: float = 0,
) -> Phases:
    """Hours that DataSync takes.

    Args:
        size: bytes to transfer.
        files: number of files to look at, those that are there already included.
        rate: bits per second that the line gives.
        mode: ``"BASIC"`` or ``"ENHANCED"``.
        verify: one of ``VERIFY``; None for the mode's default.
        tasks: that share the work, each with its own part.
        storage: bits per second at which the slower of both ends can be read back for verification.
        already: bytes at the destination that need no transfer; only a point-in-time verification
            reads them.

    Raises:
        HPCError: more files than a Basic task takes, or a verification that the mode does not have.
    """
    verify = checked_verify(mode, verify)
    needed = tasks_needed(files, mode)
    if tasks < needed:
        raise HPCError(
            f"A Basic task takes {number('DataSync Basic', 'files'):,.0f} files, and there are "
            f"{files:,.0f}: split them over {needed} tasks, or use Enhanced mode."
        )
    if mode == BASIC:
        rate = min(rate, tasks * number("DataSync Basic", "rate") * 1e9)
    rate = min(rate, storage)
    reads = {"POINT_IN_TIME_CONSISTENT": size + already, "ONLY_FILES_TRANSFERRED": size, "NONE": 0}
    prepare = files / (tasks * number("DataSync", "listing")) / 3600
    transfer = size * 8 / rate / 3600
    verified = reads[verify] * 8 / storage / 3600
    parts = prepare, transfer, verified
    return Phases(*parts, total=sum(parts) if mode == BASIC else max(parts))


def tasks_needed(files: float, mode: str = BASIC) -> int:
    """Return how many tasks this number of files needs."""
    if mode == ENHANCED:
        return 1
    return max(1, math.ceil(files / number("DataSync Basic", "files")))


def checked_verify(mode: str, verify: str | None) -> str:
    """Return the verification to use; HPCError if the mode does not have it."""
    if mode not in (BASIC, ENHANCED):
        raise HPCError(f"A task's mode is {BASIC} or {ENHANCED}, not {mode!r}.")
    if verify is None:
        return VERIFY[0] if mode == BASIC else VERIFY[1]
    if verify not in VERIFY:
        raise HPCError(f"VerifyMode is one of {', '.join(VERIFY)}, not {verify!r}.")
    if mode == ENHANCED and verify == VERIFY[0]:
        raise HPCError(
            f"An Enhanced task cannot verify {VERIFY[0]}: choose {VERIFY[1]} or {VERIFY[2]}, or "
            "Basic mode."
        )
    return verify
