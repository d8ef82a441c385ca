"""A wire that is slower than this machine: the receiver holds each message until it is due.

A message is due when it was sent, plus the wire's time for its size. A wire's time is the whole
half round trip as a ping-pong would measure it, software included; so a reply counts as sent at
the moment when the message that it answers was due. A message that comes later than it is due is
*late*: this machine is slower than that wire, and the report says so.
"""

from __future__ import annotations

import mmap
import os
import re
import tempfile
from bisect import bisect_left
from dataclasses import dataclass
from time import perf_counter

UNITS = {"": 1, "B": 1, "KIB": 1024, "MIB": 1024**2, "GIB": 1024**3}
TAG = 7
HOW = 'Write "15.6us,100Gbps", or bytes and microseconds as in "1:15.6,4MiB:1050".'


class WireError(ValueError):
    """A wire is described in a way that makes no sense; the sentence says how to write one."""


@dataclass(frozen=True)
class Wire:
    """How long a message takes: `alpha_us` + bytes / `gbps`, or by a table and lines between.

    `alpha_us` is microseconds, `gbps` is 10^9 bits per second, `points` are (bytes, microseconds).
    """

    alpha_us: float = 0.0
    gbps: float = float("inf")
    points: tuple[tuple[int, float], ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.alpha_us < float("inf"):
            raise WireError(f"A latency is 0 us or more, not {self.alpha_us} us. {HOW}")
        if not self.gbps > 0:
            raise WireError(f"A bandwidth is more than 0 Gbps, not {self.gbps} Gbps. {HOW}")
        if self.points:
            self._check_points()

    def _check_points(self) -> None:
        sizes = [size for size, _ in self.points]
        times = [time for _, time in self.points]
        if len(sizes) < 2 or sizes != sorted(set(sizes)) or sizes[0] < 0:
            raise WireError(f"A table of a wire has two sizes or more, each once, in order. {HOW}")
        if times != sorted(times) or times[0] < 0:
            raise WireError(f"In a table of a wire a larger message never takes less time. {HOW}")

    @classmethod
    def parse(cls, text: str) -> Wire:
        """Read what ``argument`` writes.

        Raises:
            WireError: it is neither of the two forms.
        """
        number = r"(\d+(?:\.\d*)?(?:e-?\d+)?)"
        line = re.fullmatch(rf"\s*{number}\s*us\s*(?:,\s*{number}\s*Gbps\s*)?", text, re.I)
        if line:
            return cls(float(line.group(1)), float(line.group(2) or "inf"))
        points = []
        for part in text.split(","):
            point = re.fullmatch(rf"\s*(\d+)\s*([A-Za-z]*)\s*:\s*{number}\s*", part)
            if not point or point.group(2).upper() not in UNITS:
                raise WireError(f"{text!r} describes no wire. {HOW}")
            points.append((int(point.group(1)) * UNITS[point.group(2).upper()], point.group(3)))
        return cls(points=tuple((size, float(time)) for size, time in points))

    @property
    def argument(self) -> str:
        """The wire as ``--wire`` takes it."""
        if self.points:
            return ",".join(f"{size}:{time!r}" for size, time in self.points)
        line = f"{self.alpha_us!r}us"
        return line if self.gbps == float("inf") else f"{line},{self.gbps!r}Gbps"

    def __str__(self) -> str:
        if self.points:
            (size, time), (last, longest) = self.points[0], self.points[-1]
            return f"{time:g} us at {size} B to {longest:g} us at {last} B"
        by_size = "" if self.gbps == float("inf") else f" + n / {self.gbps:g} Gbps"
        return f"{self.alpha_us:g} us{by_size}"

    def microseconds(self, size: int) -> float:
        """Microseconds from the sending of `size` bytes until they are due."""
        if not self.points:
            return self.alpha_us + size * 8 / (self.gbps * 1000)
        sizes = [each for each, _ in self.points]
        above = min(max(bisect_left(sizes, size), 1), len(sizes) - 1)
        (low, quick), (high, slow) = self.points[above - 1], self.points[above]
        if size < low:
            return quick
        return quick + (slow - quick) * (size - low) / (high - low)


class Departures:
    """Two moments that both ranks see: when each has sent its latest message, in seconds.

    They lie in a file that both have mapped, beside the messages: one byte has no room for them.
    ``perf_counter`` is one clock for all processes of a machine.
    """

    def __init__(self, comm, peer: int, first: bool) -> None:
        made = self._made() if first else ""
        path = comm.sendrecv(made, peer, TAG, None, peer, TAG) or made
        with open(path, "r+b") as file:
            self._map = mmap.mmap(file.fileno(), 16)
        comm.sendrecv(None, peer, TAG, None, peer, TAG)  # both have it open
        if first:
            os.unlink(path)
        self.times = memoryview(self._map).cast("d")

    @staticmethod
    def _made() -> str:
        handle, path = tempfile.mkstemp(prefix="pingpong-")
        with os.fdopen(handle, "wb") as file:
            file.write(bytes(16))
        return path

    def close(self) -> None:
        """Let go of the file."""
        self.times.release()
        self._map.close()


def hold(comm, peer: int, first: bool, out, into, stamps: list[float], delay: float, times) -> int:
    """Bounce `out` and `into` as often as `stamps` has room less one; return how many came late.

    A message is due `delay` seconds after it was sent. `stamps` gets the times when each trip
    ended, in seconds; its first entry is the start.
    """
    send, recv, clock = comm.Send, comm.Recv, perf_counter
    mine, theirs = (0, 1) if first else (1, 0)
    late, due = 0, clock()
    if first:
        stamps[0] = due
        times[mine] = due
        send(out, peer, TAG)
    for trip in range(1, len(stamps)):
        recv(into, peer, TAG)
        due = times[theirs] + delay
        now = clock()
        if now > due:
            late, due = late + 1, now
        while now < due:
            now = clock()
        stamps[trip] = now
        if not first or trip + 1 < len(stamps):
            times[mine] = due
            send(out, peer, TAG)
    return late
