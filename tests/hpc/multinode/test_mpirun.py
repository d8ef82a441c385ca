"""MPI over the nodes of a job: each rank is started by its own node."""

import json
import threading
from multiprocessing import AuthenticationError

import pytest

from patternlab.hpc import mpi
from patternlab.hpc.measure import results
from patternlab.hpc.measure.transports import TRANSPORTS
from patternlab.hpc.multinode import mpirun
from patternlab.hpc.multinode.programs import pingpong
from patternlab.hpc.multinode.runner import ITSELF, run
from patternlab.hpc.multinode.specification import Node
from patternlab.ports import free_port

pytest.importorskip("mpi4py")
if not mpi._version("mpich"):
    pytest.skip("needs the mpich wheel", allow_module_level=True)


def nodes(count, *options):
    over_tcp = TRANSPORTS["libfabric tcp"].environment
    return [Node(index, 0, pingpong(*options), over_tcp) for index in range(count)]


def test_the_ping_pong_runs_between_two_nodes_and_says_that_they_are_one_machine():
    options = ("--sizes", "1,1024", "--trips", "10", "--json", "-")
    (attempt,) = run(nodes(2, *options), main=1)
    assert attempt.succeeded, attempt.main.lines
    report = results.read("\n".join(attempt.main.lines))
    assert report.kind == results.SAME_HOST and report.transport == "tcp"
    assert list(report.table().index) == [1, 1024]


@pytest.mark.deep
def test_three_nodes_are_three_ranks():
    options = ("--pattern", "all-pairs", "--sizes", "1", "--trips", "5", "--json", "-")
    (attempt,) = run(nodes(3, *options), main=0)
    assert attempt.succeeded, attempt.main.lines
    report = results.read("\n".join(attempt.main.lines))
    assert len(report.table()) == 3  # pairs


def test_an_error_of_the_program_is_the_main_nodes_exit_code():
    (attempt,) = run(nodes(2, "--sizes", "80 TBs"), main=0)
    assert not attempt.succeeded and attempt.main.how == ITSELF
    assert any("pingpong:" in line for line in attempt.main.lines)


def test_outside_of_a_job_it_says_so(capsys):
    assert mpirun.main(["patternlab.hpc.pingpong"], {}) == 1
    assert "AWS_BATCH_JOB_NODE_INDEX' is not set" in capsys.readouterr().err


def reports(environment):
    with mpirun._connected("127.0.0.1", environment) as to_main:
        to_main.send_bytes(json.dumps({"node": 1, "address": "127.0.0.1"}).encode())


def test_somebody_without_the_key_is_turned_away_and_the_children_are_still_heard():
    """A report counts only from who knows the job's key."""
    environment = {mpirun.DOOR: f"127.0.0.1:{free_port()}", mpirun.KEY: "right"}
    heard = []
    main = threading.Thread(
        target=lambda: heard.extend(mpirun._reports(1, environment)), daemon=True
    )
    main.start()
    with pytest.raises(AuthenticationError):
        mpirun._connected("127.0.0.1", {**environment, mpirun.KEY: "wrong"})
    child = threading.Thread(target=reports, args=(environment,), daemon=True)
    child.start()
    main.join(30)
    assert [(index, address) for index, (_, address) in heard] == [(1, "127.0.0.1")]
