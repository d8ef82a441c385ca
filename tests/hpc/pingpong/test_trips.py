"""The loops: who makes the row, what it holds, and that the content is looked at."""

import gc
import threading

import pytest

from patternlab.hpc.pingpong import trips
from patternlab.hpc.pingpong.emulated import Wire
from patternlab.hpc.pingpong.options import Options
from patternlab.hpc.pingpong.trips import Pair, WrongContent
from tests.hpc.pingpong import two_ranks

FEW = Options(sizes=(1,), trips=8)


@pytest.fixture(autouse=True)
def small_heap():
    """Each measurement collects garbage first: leave out what other tests have imported."""
    gc.freeze()
    yield
    gc.unfreeze()


def measured(options=FEW, size=64, comm=two_ranks.Comm):
    def program(comm):
        pair = Pair(comm, 1 - comm.Get_rank(), "byte")
        return pair.measure(size, options), pair.received

    return two_ranks.run(program, comm)


def test_the_first_rank_makes_the_row_and_both_count_what_they_received():
    (row, here), (nothing, there) = measured()
    assert (row["size_bytes"], row["ranks"], row["trips"]) == (64, [0, 1], 8)
    assert len(row["us"]) == 8 and all(us > 0 for us in row["us"])
    assert nothing is None
    assert here == there == 64 * (8 + FEW.warm_up_of(64))


def test_a_trip_reads_the_clock_once_and_half_of_it_counts(monkeypatch):
    readings = iter(range(1000))
    monkeypatch.setattr(trips, "perf_counter", lambda: next(readings))
    (row, _), _ = measured()
    assert row["us"] == [0.5e6] * 8


def test_an_exchange_in_both_directions_counts_whole(monkeypatch):
    monkeypatch.setattr(trips, "perf_counter", _counter())
    (row, _), _ = measured(Options(sizes=(1,), trips=4, pattern="bidirectional"))
    assert row["us"] == [1e6] * 4


def _counter():
    """A clock of its own for each rank: one second a reading."""
    each = threading.local()

    def clock():
        each.now = getattr(each, "now", 0) + 1
        return each.now

    return clock


class Garbled(two_ranks.Comm):
    def Recv(self, message, peer, tag):
        super().Recv(message, peer, tag)
        message[0][-1] ^= 1


def test_other_bytes_than_were_sent_are_an_error():
    with pytest.raises(WrongContent, match="Rank [01] .* rank [01]"):
        measured(comm=Garbled)


class Watched(two_ranks.Comm):
    collecting: list[bool] = []

    def Send(self, buffer, peer, tag):
        self.collecting.append(gc.isenabled())
        super().Send(buffer, peer, tag)


def test_no_garbage_is_collected_while_the_clock_runs():
    measured(comm=Watched)
    assert Watched.collecting and not any(Watched.collecting[:2])
    assert gc.isenabled()


def test_an_emulated_wire_is_never_quicker_than_asked_and_says_what_came_late():
    asked = Options(sizes=(1,), trips=5, wire=Wire(alpha_us=20_000))
    (row, _), _ = measured(asked)
    assert sum(row["us"]) >= 5 * 20_000 * 0.999
    assert 0 <= row["late"] <= 1


def test_a_wire_that_is_quicker_than_the_machine_is_late_each_time():
    (row, _), _ = measured(Options(sizes=(1,), trips=5, wire=Wire(alpha_us=0)))
    assert row["late"] == 1
