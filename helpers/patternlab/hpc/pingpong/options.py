"""What can be asked of the ping-pong on its command line."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass

from .emulated import Wire, WireError

UNITS = {"": 1, "B": 1, "KB": 1000, "MB": 1000**2, "KIB": 1024, "MIB": 1024**2, "GIB": 1024**3}
LARGEST = 1024**3
PATTERNS = ("latency", "bidirectional", "all-pairs")
EXPECTED = ("efa", "tcp", "shared memory")
#: Bytes that the trips of one size move, about: large messages get fewer trips.
BYTES_A_SIZE = 256 * 1024**2
FEWEST_TRIPS = 20


class UsageError(ValueError):
    """What was asked cannot be done; the sentence says why and what to write instead."""


@dataclass(frozen=True)
class Options:
    """What to measure and where to write it. Sizes are bytes; `json` and `csv` name files."""

    sizes: tuple[int, ...]
    trips: int = 1000
    pattern: str = "latency"
    expect: str | None = None
    wire: Wire | None = None
    json: str | None = None
    csv: str | None = None
    progress: bool = False

    def trips_of(self, size: int) -> int:
        """Trips that count at this size."""
        return max(min(self.trips, FEWEST_TRIPS), min(self.trips, BYTES_A_SIZE // (2 * size)))

    def warm_up_of(self, size: int) -> int:
        """Trips before those: a tenth as many, and at least 5."""
        return max(5, self.trips_of(size) // 10)


def parse(arguments: list[str]) -> Options:
    """Read the command line.

    Raises:
        UsageError: something there is unknown or out of range.
    """
    asked = _parser().parse_args(arguments)
    if not 1 <= asked.trips <= 1_000_000:
        raise UsageError(f"--trips is a whole number from 1 to 1000000, not {asked.trips}.")
    try:
        wire = Wire.parse(asked.wire) if asked.wire else None
    except WireError as error:
        raise UsageError(str(error)) from None
    if wire and asked.pattern != "latency":
        raise UsageError(
            "An emulated wire goes with the pattern latency only. Leave out --pattern."
        )
    return Options(
        sizes=sizes(asked.sizes),
        trips=asked.trips,
        pattern=asked.pattern,
        expect=_expected(asked.expect),
        wire=wire,
        json=asked.json,
        csv=asked.csv,
        progress=asked.progress,
    )


def sizes(text: str) -> tuple[int, ...]:
    """Read "1,64KiB" or "1..4MiB" (each power of two): sizes in bytes, in ascending order.

    Raises:
        UsageError: a size is no number, has an unknown unit, or is out of range.
    """
    found: set[int] = set()
    for part in text.split(","):
        first, dots, last = part.partition("..")
        if dots:
            found.update(_doubled(_size(first), _size(last)))
        else:
            found.add(_size(part))
    return tuple(sorted(found))


def _doubled(first: int, last: int) -> list[int]:
    if first > last:
        raise UsageError(f"The sizes {first}..{last} go down. Write the smaller one first.")
    found = [first]
    while found[-1] * 2 <= last:
        found.append(found[-1] * 2)
    return found


def _size(text: str) -> int:
    match = re.fullmatch(r"\s*(\d+)\s*([A-Za-z]*)\s*", text)
    if not match:
        raise UsageError(f"{text!r} is no size. Write bytes, or such as 64KiB or 4MiB.")
    number, unit = match.groups()
    if unit.upper() not in UNITS:
        raise UsageError(f"The size {text!r} has no unit that I know. Write B, KiB, MiB or GiB.")
    size = int(number) * UNITS[unit.upper()]
    if not 1 <= size <= LARGEST:
        raise UsageError(f"The size {text!r} is out of range: 1 byte to 1 GiB.")
    return size


def _expected(text: str | None) -> str | None:
    if text is None:
        return None
    name = text.lower().replace("-", " ").replace("_", " ")
    if name not in EXPECTED:
        raise UsageError(f"--expect is one of {', '.join(EXPECTED)}, not {text!r}.")
    return name


class _Parser(argparse.ArgumentParser):
    def error(self, message: str):
        raise UsageError(f"{message[0].upper()}{message[1:]}. --help lists the options.")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="pingpong", description="MPI ping-pong between two ranks.")
    parser.add_argument("--sizes", default="1..4MiB", help='"1,64KiB" or "1..4MiB" (powers of two)')
    parser.add_argument("--trips", type=int, default=1000, help="round trips of a small size")
    parser.add_argument("--pattern", choices=PATTERNS, default="latency")
    parser.add_argument("--expect", help="the transport that should answer: efa, tcp, ...")
    parser.add_argument("--wire", help='emulate one: "15.6us,100Gbps", or "1:15.6,4MiB:1050" (us)')
    parser.add_argument("--json", help="write the report there; - is standard output")
    parser.add_argument("--csv", help="write the rows there; - is standard output")
    parser.add_argument("--progress", action="store_true", help="print a line when a size is done")
    return parser
