"""The ping-pong as a program: alone, under a real mpiexec, and as a zip on another machine."""

import ast
import base64
import os
import sys
from pathlib import Path

import pytest

import patternlab.hpc.pingpong
from patternlab.hpc.cluster.program import MODULE, packed
from patternlab.hpc.errors import HPCError
from patternlab.hpc.measure import results
from patternlab.hpc.mpi import run_mpi

FOLDER = Path(patternlab.hpc.pingpong.__file__).parent
FILES = sorted(FOLDER.glob("*.py"))
linux = pytest.mark.skipif(sys.platform != "linux", reason="Linux counts bytes a socket")
TCP = {"MPIR_CVAR_NOLOCAL": "1", "UCX_TLS": "tcp,self"}


@pytest.fixture(scope="session")
def zipped(tmp_path_factory):
    """The zip that a node of a cluster gets."""
    path = tmp_path_factory.mktemp("node") / "pingpong.zip"
    path.write_bytes(base64.b64decode(packed()))
    return path


def run(zipped, *arguments, ranks=2, environment=None):
    """What it printed. The zip comes first on the path: the rest of patternlab is not there."""
    return run_mpi(
        [sys.executable, "-m", MODULE, *arguments],
        ranks=ranks,
        environment={"PYTHONPATH": str(zipped), **(environment or {})},
    ).stdout


# -- it stands alone -----------------------------------------------------------------------------


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_it_is_python_3_9(file):
    ast.parse(file.read_text(encoding="utf-8"), feature_version=(3, 9))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_it_imports_itself_the_standard_library_and_mpi4py_only(file):
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and not node.level:
            assert node.module.split(".")[0] in {*sys.stdlib_module_names, "mpi4py"}
        elif isinstance(node, ast.Import):
            for each in node.names:
                assert each.name.split(".")[0] in {*sys.stdlib_module_names, "mpi4py"}


# -- it runs -------------------------------------------------------------------------------------


@linux
def test_through_the_kernel_it_says_tcp_and_refuses_to_call_it_a_network(zipped):
    text = run(
        zipped,
        *("--sizes", "1,64KiB", "--trips", "50", "--expect", "efa", "--progress", "--json", "-"),
        environment=TCP,
    )
    report = results.read(text)
    assert (report.kind, report.transport) == ("same host", "tcp")
    assert report.verdict.endswith("EFA was asked for, and TCP answered.")
    assert report.data["carried"]["tcp"] >= report.data["carried"]["payload"]
    assert report.environment == TCP
    assert list(report.table().index) == [1, 65536]
    assert "# 2/2: 65536 B" in text


@linux
def test_past_the_kernel_it_says_shared_memory(zipped, tmp_path):
    file = tmp_path / "report.json"
    run(
        zipped,
        *("--sizes", "1..4", "--trips", "20", "--json", str(file)),
        environment={"UCX_TLS": "sm,self"},
    )
    report = results.read(file)
    assert (report.kind, report.transport) == ("same host", "shared memory")
    assert report.latency_us > 0


def test_all_pairs_of_three_ranks_are_measured(zipped):
    text = run(
        zipped, *("--sizes", "8", "--trips", "5", "--pattern", "all-pairs", "--json", "-"), ranks=3
    )
    table = results.read(text).table()
    assert [tuple(pair) for pair in table["ranks"]] == [(0, 1), (0, 2), (1, 2)]
    assert (table["median_us"] > 0).all()


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cores are Linux's to give")
def test_on_one_core_it_stays_quick_and_says_whose_times_these_are(zipped):
    mine = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(mine)})
    try:
        report = results.read(run(zipped, "--sizes", "1", "--json", "-"))
    finally:
        os.sched_setaffinity(0, mine)
    assert "share one core" in report.verdict
    assert report.table()["trips"].iloc[0] == 20


# -- it refuses ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ranks", "arguments", "sentence"),
    [
        (1, [], "A ping-pong has two ranks, and this is one. Start it with mpiexec -n 2."),
        (3, [], "these are 3. Start it with mpiexec -n 2, or ask for --pattern all-pairs."),
        (2, ["--sizes", "1", "--trips", "1", "--csv", "no/such/x.csv"], "cannot be written to"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(zipped, ranks, arguments, sentence):
    with pytest.raises(HPCError) as told:
        run(zipped, *arguments, ranks=ranks)
    assert sentence in str(told.value) and "Traceback" not in str(told.value)


def test_without_mpi4py_it_says_what_to_install(zipped, tmp_path):
    (tmp_path / "mpi4py.py").write_text("raise ImportError('No module named mpi4py')")
    with pytest.raises(HPCError, match="mpi4py"):
        run(f"{tmp_path}:{zipped}")
