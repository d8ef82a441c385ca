"""Two namespaces carry a ping-pong through two network stacks, and are gone afterwards."""

import os
import subprocess
import sys

import pytest

from patternlab.hpc import mpi
from patternlab.hpc.errors import HPCError
from patternlab.hpc.measure import namespaces, pingpong
from patternlab.hpc.measure.namespaces import TwoHosts, two_hosts


def listed():
    return subprocess.run(["ip", "netns", "list"], capture_output=True, text=True).stdout


@pytest.fixture
def pair():
    try:
        with two_hosts() as made:
            yield made
    except HPCError as error:
        pytest.skip(str(error))


def test_a_ping_pong_passes_both_stacks_and_is_no_network_number(pair):
    pytest.importorskip("mpi4py")
    if not mpi._version("mpich"):
        pytest.skip("needs the mpich wheel")
    report = pingpong("tcp", between=pair, sizes="1", trips=20)
    assert (report.transport, report.kind) == ("tcp", "same host")


def test_each_end_has_an_address_of_its_own(pair):
    shown = [namespaces._ip("-n", f"{pair.name}-{n}", "addr", "show", "wire0") for n in (0, 1)]
    assert "192.0.2.1/30" in shown[0] and "192.0.2.2/30" in shown[1]


def test_nothing_is_left_after_an_error(pair):
    name = pair.name
    assert name in listed()
    with pytest.raises(RuntimeError, match="no"), two_hosts():
        raise RuntimeError("no")
    assert name not in listed()


def test_the_pair_of_a_killed_process_is_removed_by_the_next(pair):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left = f"patternlab-{dead.pid}-0"
    namespaces._ip("netns", "add", left)
    namespaces._remove_forgotten()
    assert left not in listed()
    assert pair.name in listed()


def test_each_rank_runs_in_the_namespace_of_its_number():
    command = TwoHosts("pair").command(["echo", "hello"])
    shown = [*command[:2], command[2].replace("exec ip", "echo ip"), *command[3:]]
    ran = subprocess.run(shown, env={**os.environ, "PMI_RANK": "1"}, capture_output=True, text=True)
    assert ran.stdout == "ip netns exec pair-1 echo hello\n"


@pytest.mark.parametrize(
    ("platform", "ip", "user", "delay", "told"),
    [
        ("darwin", "ip", 0, 0, "Linux"),
        ("linux", None, 0, 0, "iproute2"),
        ("linux", "ip", 1000, 0, "root"),
        *(("linux", "ip", 0, delay, "delay_us") for delay in (-1, 1.5, True, 10**7)),
    ],
)
def test_what_cannot_be_is_refused_with_the_way_out(monkeypatch, platform, ip, user, delay, told):
    monkeypatch.setattr(namespaces.sys, "platform", platform)
    monkeypatch.setattr(namespaces.shutil, "which", lambda name: ip)
    monkeypatch.setattr(namespaces.os, "geteuid", lambda: user)
    with pytest.raises(HPCError, match=told), two_hosts(delay):
        pass


def test_only_tcp_goes_between_namespaces():
    with pytest.raises(HPCError, match="TCP"):
        pingpong("shared memory", between=TwoHosts("pair"))
