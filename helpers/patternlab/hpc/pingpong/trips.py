"""The measured loops: messages between two ranks, and one reading of the clock a trip."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from time import perf_counter

from . import emulated
from .emulated import Departures
from .options import Options

TAG = 1


class WrongContent(RuntimeError):
    """What arrived is not what was sent."""


class Pair:
    """This rank's half of a pair. `first` sends first, keeps the time and makes the rows.

    `byte` is MPI's datatype. With it, mpi4py need not find out at each call what a buffer holds,
    which would take 50 ns.
    """

    def __init__(self, comm, peer: int, byte) -> None:
        self.comm, self.peer, self.byte = comm, peer, byte
        self.rank = comm.Get_rank()
        self.first = self.rank < peer
        self.received = 0  # bytes, warm-up included

    def measure(self, size: int, options: Options) -> dict | None:
        """Bounce messages of `size` bytes. Rank by rank the same call; the first gets the row.

        A row: ``size_bytes``, ``ranks``, ``trips``, ``us`` (microseconds of each trip: half a
        round trip, or one exchange of the bidirectional pattern), ``late`` (of an emulated wire).

        Raises:
            WrongContent: what arrived is not what was sent.
        """
        # Filled, so that each has pages of its own: what was never written is the one zero page.
        out = bytearray([self.rank % 251 + 1]) * size
        into = bytearray([255]) * size
        warm_up, trips = options.warm_up_of(size), options.trips_of(size)
        stamps = [0.0] * (trips + 1)  # an array would make a float of each and take it apart again
        with _no_collection():
            messages = [out, size, self.byte], [into, size, self.byte]
            late = self._run(options, size, *messages, [0.0] * (warm_up + 1), stamps)
        if into != bytearray([self.peer % 251 + 1]) * size:
            raise WrongContent(f"Rank {self.rank} got other bytes than rank {self.peer} sent.")
        self.received += size * (warm_up + trips)
        if not self.first:
            return None
        halves = 1 if options.pattern == "bidirectional" else 2
        us = [(stamps[n] - stamps[n - 1]) * 1e6 / halves for n in range(1, trips + 1)]
        row = {"size_bytes": size, "ranks": [self.rank, self.peer], "trips": trips, "us": us}
        return row if options.wire is None else {**row, "late": late / (2 * trips)}

    def _run(
        self, options: Options, size: int, out, into, warm_up: list[float], stamps: list[float]
    ) -> int:
        """Run the loop of the pattern, warm-up first; return how many messages came late."""
        if options.wire is not None:
            return self._emulate(options.wire.microseconds(size) / 1e6, out, into, warm_up, stamps)
        loop = _both if options.pattern == "bidirectional" else _ping if self.first else _pong
        loop(self.comm, self.peer, out, into, warm_up)
        loop(self.comm, self.peer, out, into, stamps)
        return 0

    def _emulate(self, delay: float, out, into, warm_up: list[float], stamps: list[float]) -> int:
        departures = Departures(self.comm, self.peer, self.first)
        try:
            for room in (warm_up, stamps):
                late = emulated.hold(
                    self.comm, self.peer, self.first, out, into, room, delay, departures.times
                )
        finally:
            departures.close()
        return late + self.comm.sendrecv(late, self.peer, TAG, None, self.peer, TAG)


def _ping(comm, peer: int, out, into, stamps: list[float]) -> None:
    """Send, wait for the answer, read the clock."""
    send, recv, clock = comm.Send, comm.Recv, perf_counter
    stamps[0] = clock()
    for trip in range(1, len(stamps)):
        send(out, peer, TAG)
        recv(into, peer, TAG)
        stamps[trip] = clock()


def _pong(comm, peer: int, out, into, stamps: list[float]) -> None:
    """Answer."""
    send, recv = comm.Send, comm.Recv
    for _ in range(1, len(stamps)):
        recv(into, peer, TAG)
        send(out, peer, TAG)


def _both(comm, peer: int, out, into, stamps: list[float]) -> None:
    """Send and receive at the same time, then read the clock."""
    exchange, clock = comm.Sendrecv, perf_counter
    stamps[0] = clock()
    for trip in range(1, len(stamps)):
        exchange(out, peer, TAG, into, peer, TAG)
        stamps[trip] = clock()


@contextmanager
def _no_collection():
    """A collection of garbage takes longer than a message: none in here."""
    was_on = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
