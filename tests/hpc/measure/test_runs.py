"""The ping-pong runs here by the transport that was asked for, and says when it cannot."""

import os

import pandas as pd
import pytest

from patternlab.hpc import mpi
from patternlab.hpc.errors import HPCError
from patternlab.hpc.measure import compare, on_cores, pingpong, runs
from patternlab.hpc.measure.wire import Wire
from patternlab.hpc.mpi import Finished

pytest.importorskip("mpi4py")
if not mpi._version("mpich"):
    pytest.skip("needs the mpich wheel", allow_module_level=True)

FEW = {"sizes": [1, 1024], "trips": 20}


@pytest.mark.parametrize("name", ["tcp", "libfabric tcp", "shared memory"])
def test_what_is_asked_for_carries_the_bytes(name):
    report = pingpong(name, **FEW)
    assert report.transport == name.removeprefix("libfabric ")
    assert report.table().index.tolist() == [1, 1024]
    assert report.kind == "same host" and "no network number" in report.verdict


def test_an_emulated_wire_is_called_emulated():
    report = pingpong(wire=Wire(3000, 10), sizes="1", trips=5)
    assert report.kind == "emulated"
    assert report.table()["asked_us"].iloc[0] == pytest.approx(3000.0008)
    assert report.median_us(1) >= 2999


def test_the_lowest_of_several_medians_counts(monkeypatch):
    given = iter([5.0, 1.0, 4.0, 2.0])

    class Told:
        def __init__(self):
            self.us = next(given)

        def table(self):
            frame = pd.DataFrame({"median_us": [self.us, 9.0]}, index=[1, 2])
            return frame.rename_axis("size_bytes")

    monkeypatch.setattr(runs, "pingpong", lambda name, **_: Told())
    table = compare(["a", "b"], runs=2)
    assert table.loc[1].to_dict() == {"a": 4.0, "b": 1.0}
    assert table.index.tolist() == [1, 2] and table.index.name == "size_bytes"


def test_efa_that_is_not_here_is_told_and_tcp_does_not_answer():
    if os.path.exists("/sys/class/infiniband"):
        pytest.skip("this machine may have an EFA")
    with pytest.raises(HPCError, match="EFA"):
        pingpong("efa", **FEW)


def test_without_a_network_the_other_tcp_is_taken(monkeypatch):
    asked = []

    def only_loopback(argv, *, environment, **options):
        asked.append(environment["MPIR_CVAR_CH4_NETMOD"])
        if asked[-1] == "ucx":
            raise HPCError("MPI could not start: Destination is unreachable)")
        return run_mpi(argv, environment=environment, **options)

    run_mpi = mpi.run_mpi
    monkeypatch.setattr(runs, "run_mpi", only_loopback)
    assert pingpong("tcp", **FEW).transport == "tcp"
    assert asked == ["ucx", "ofi"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"transport": "ucx"}, "'ucx'.*tcp, .*efa"),
        ({"sizes": "80 TBs"}, r"^The size '80 TBs' has no unit"),
        ({"ranks": 1}, "A ping-pong needs two ranks|A ping-pong has two ranks"),
    ],
)
def test_what_the_ping_pong_refuses_is_told_in_its_own_words(options, told):
    with pytest.raises(HPCError, match=told):
        pingpong(**options)


def test_no_runs_are_refused():
    with pytest.raises(HPCError, match="0"):
        compare(runs=0)


def test_a_program_that_reports_nothing_is_a_sentence(monkeypatch):
    monkeypatch.setattr(runs, "run_mpi", lambda *_, **__: Finished("", "", 0.1))
    with pytest.raises(HPCError, match="ping-pong"):
        pingpong()


def test_too_few_cores_are_told_with_the_way_out(monkeypatch):
    assert on_cores(1) == f"on {runs._cores()} core" + "s" * (runs._cores() > 1)
    monkeypatch.setattr(runs, "_cores", lambda: 1)
    assert "1 core, where 2 ranks" in on_cores()
    monkeypatch.setattr(runs, "_cores", lambda: 2)
    assert on_cores() == "on 2 cores"
