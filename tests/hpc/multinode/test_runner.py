"""Nodes are processes that live and end by the rules of AWS Batch, and leave nothing behind."""

import signal
import subprocess
import sys

import pytest

from patternlab.exercises import orchestration
from patternlab.hpc.errors import HPCError
from patternlab.hpc.multinode import runner
from patternlab.hpc.multinode.programs import command
from patternlab.hpc.multinode.runner import ITSELF, STOPPED, TIMED_OUT, run
from patternlab.hpc.multinode.specification import Node
from tests.hpc.processes import comes, gone, running


def tells():
    """Print the variables of Batch; the main node waits until all have."""
    import os
    import time
    from pathlib import Path

    names = sorted(name for name in os.environ if name.startswith("AWS_"))
    for name in names:
        print(f"{name}={os.environ[name]}")
    here = os.environ["AWS_BATCH_JOB_NODE_INDEX"]
    meeting = Path(os.environ["MEETING"])
    (meeting / here).touch()
    everybody = int(os.environ["AWS_BATCH_JOB_NUM_NODES"])
    while len(list(meeting.iterdir())) < everybody:
        time.sleep(0.01)


def one_dies():
    """Node 2 dies. Then the main node, 0, returns what MAIN says; the others would never end."""
    import os
    import time
    from pathlib import Path

    here, died = os.environ["AWS_BATCH_JOB_NODE_INDEX"], Path(os.environ["MEETING"], "died")
    if here == "2":
        print("dying")
        died.touch()
        os._exit(3)
    while here != "0" or not died.exists():
        time.sleep(0.01)
    time.sleep(0.3)  # until the death has been seen from outside
    return int(os.environ["MAIN"])


def by_attempt():
    """Return the exit code that CODES has for this attempt; "-" is to hang."""
    import os
    import time

    code = os.environ["CODES"].split()[int(os.environ["AWS_BATCH_JOB_ATTEMPT"]) - 1]
    while code == "-":
        time.sleep(1)
    return int(code)


def deaf():
    """Does not listen to SIGTERM."""
    import signal
    import time

    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("up")
    time.sleep(600)


def nodes(function, count=3, **variables):
    return [Node(index, 0, command(function), variables) for index in range(count)]


def test_each_node_is_told_who_it_is_and_only_children_where_the_main_node_is(tmp_path):
    job = nodes(tells, 3, MEETING=str(tmp_path))
    (attempt,) = run(job, main=1, variables={"AWS_BATCH_JOB_ID": "j"})
    assert attempt.succeeded and attempt.main.index == 1
    common = {
        "AWS_BATCH_JOB_ATTEMPT": "1",
        "AWS_BATCH_JOB_ID": "j",
        "AWS_BATCH_JOB_MAIN_NODE_INDEX": "1",
        "AWS_BATCH_JOB_NUM_NODES": "3",
    }
    for node in attempt.nodes:
        told = dict(line.split("=") for line in node.lines)
        own = {**common, "AWS_BATCH_JOB_NODE_INDEX": str(node.index)}
        if node.index != 1:
            own["AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS"] = "127.0.0.1"
        assert told == own


def test_nothing_of_this_session_reaches_a_node(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    (attempt,) = run(nodes(tells, 1, MEETING=str(tmp_path)), main=0)
    assert not any("SECRET" in line for line in attempt.main.lines)


@pytest.mark.parametrize("code", [0, 7])
def test_the_main_node_decides_and_a_dead_child_stops_nobody(tmp_path, code):
    (attempt,) = run(nodes(one_dies, 4, MEETING=str(tmp_path), MAIN=str(code)), main=0)
    assert attempt.succeeded is (code == 0)
    ended = {node.index: (node.exit_code, node.how) for node in attempt.nodes}
    assert ended == {0: (code, ITSELF), 1: (143, STOPPED), 2: (3, ITSELF), 3: (143, STOPPED)}
    assert attempt.nodes[2].lines == ["dying"]
    assert attempt.nodes[2].ended < attempt.main.ended <= attempt.nodes[1].ended
    moments = attempt.moments  # all who are stopped share one
    assert moments["started", 0] == 0
    assert moments["ended", 2] < moments["ended", 0] < moments["ended", 1] == moments["ended", 3]
    assert sorted(set(moments.values())) == list(range(7))


def test_the_main_node_starts_first_and_the_seed_orders_the_children():
    def order(seed):
        (attempt,) = run(nodes(by_attempt, 5, CODES="0"), main=0, seed=seed)
        return [node.index for node in sorted(attempt.nodes, key=lambda node: node.started)]

    one, again, other = order(1), order(1), order(2)
    assert one == again != other and one[0] == other[0] == 0


@pytest.mark.parametrize("situation", orchestration.MAINS)
def test_retries_as_the_exercise_has_them(situation):
    """Only the main node brings another attempt, and a job out of time is not tried again."""
    mains, expected = orchestration.MAINS[situation]
    codes = [("-" if code is None else str(code)) for code in mains]
    codes += codes[-1:] * 3
    limit = 0.2 if "-" in codes else 60.0
    made = run(nodes(by_attempt, 1, CODES=" ".join(codes)), main=0, attempts=3, time_limit=limit)
    end = "SUCCEEDED" if made[-1].succeeded else "FAILED"
    assert f"{end} after {len(made)}" == expected
    assert [attempt.main.how == TIMED_OUT for attempt in made].count(True) == ("-" in codes)


def test_who_does_not_listen_is_killed(monkeypatch):
    def until_it_speaks(running, until, latest):
        assert until.read()
        return False  # as at the time limit

    monkeypatch.setattr(runner, "drain", until_it_speaks)
    monkeypatch.setattr("patternlab.hpc.multinode.node.GRACE", 0.1)
    (attempt,) = run(nodes(deaf, 1), main=0)
    assert (attempt.main.exit_code, attempt.main.how) == (137, TIMED_OUT)
    assert attempt.main.lines == ["up"]


def test_much_output_is_read_while_it_comes_and_not_kept_without_end():
    def floods():
        print("x" * 3_000_000)

    (attempt,) = run(nodes(floods, 1), main=0)
    assert attempt.succeeded and [len(line) for line in attempt.main.lines] == [1_000_000]


def test_too_many_nodes_and_strangers_are_refused_before_anything_starts(monkeypatch):
    monkeypatch.setattr(runner, "NodeProcess", None)
    with pytest.raises(HPCError, match="32.*33"):
        run(nodes(by_attempt, 33), main=0)
    with pytest.raises(HPCError, match="'sh -c id'"):
        run([Node(0, 0, ["sh", "-c", "id"])], main=0)


def test_a_killed_owner_leaves_no_node(tmp_path):
    """SIGKILL runs nothing at the end; the reader beside each node sees it."""
    alive = tmp_path / "alive"
    alive.mkdir()
    program = tmp_path / "owner.py"
    program.write_text(
        f"import sys; sys.path[:0] = {sys.path!r}\n"
        "from patternlab.hpc.multinode.programs import command\n"
        "from patternlab.hpc.multinode.runner import run\n"
        "from patternlab.hpc.multinode.specification import Node\n"
        "def node(folder):\n"
        "    import os, time\n"
        "    from pathlib import Path\n"
        "    Path(folder, str(os.getpid())).touch()\n"
        "    time.sleep(600)\n"
        f"run([Node(n, 0, command(node, {str(alive)!r})) for n in range(2)], main=0)\n"
    )
    owner = subprocess.Popen([sys.executable, str(program)])
    assert comes(lambda: len(list(alive.iterdir())) == 2)
    assert running(str(alive))
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    assert gone(str(alive))
