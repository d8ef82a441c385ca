"""The stand-in itself: whose it is, where it listens, and that it ends with its owner."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import boto3

from tests.account.standin.server import ACCOUNT, StandIn

ROOT = Path(__file__).parents[3]


def test_the_learner_is_not_the_root_user(ministack, monkeypatch):
    for name, value in ministack.environment.items():
        monkeypatch.setenv(name, value)
    session = boto3.Session()
    who = session.client("sts").get_caller_identity()
    assert who["Account"] == ACCOUNT
    assert who["Arn"].endswith(":assumed-role/student/ada")


def test_it_ends_with_its_owner():
    code = (
        "from tests.account.standin.server import running\n"
        "import time\n"
        "with running() as server:\n"
        "    print(server.port, server.pid, flush=True)\n"
        "    time.sleep(600)\n"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    server = StandIn(*map(int, owner.stdout.readline().split()))
    assert server.client("sts").get_caller_identity()["Account"] == ACCOUNT
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    owner.stdout.close()
    end = time.monotonic() + 30
    while _alive(server.pid) and time.monotonic() < end:
        time.sleep(0.05)
    assert not _alive(server.pid)


def _alive(pid: int) -> bool:
    """Is there such a process, and is it more than an entry that nobody has collected?"""
    found = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return bool(found.stdout.strip()) and not found.stdout.strip().startswith("Z")
