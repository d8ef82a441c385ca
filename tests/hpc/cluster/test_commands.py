"""The scripts that nodes run: short, known to the last character, and shell that parses."""

import json
import shlex
import subprocess

import pytest

from patternlab.hpc.cluster.commands import Command, MakeKey, PingPong, Prepare, TrustKey, read
from patternlab.hpc.cluster.nodes import LONGEST_SCRIPT
from patternlab.hpc.errors import HPCError

TWO = ("172.31.0.4", "172.31.0.5")
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGl0IGlzIG5vIGtleSwgaXQgaXMgYSB0ZXN0"
COMMANDS = [
    Prepare(),
    MakeKey(),
    TrustKey(KEY),
    PingPong(TWO),
    PingPong(TWO, "tcp", "tcp", "1..1MiB", 300),
    PingPong(TWO, None, None),
]


def mpirun(command: PingPong) -> list[str]:
    """The words of mpirun's command line, as the user's shell sees them."""
    *_, last = command.script.strip().splitlines()
    return shlex.split(shlex.split(last)[-1])


@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: one.called)
def test_a_script_is_read_back_as_the_command_that_wrote_it(command):
    assert read(command.script) == command


@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: one.called)
def test_one_character_more_makes_it_another_script(command):
    assert read(command.script + "rm -rf /\n") is None
    assert read(command.script.replace("set -euo", "set -eu", 1)) is None


@pytest.mark.parametrize(
    "script",
    [
        "",
        "uname -a",
        "# Pattern Lab: format-disks {}\nmkfs",
        "# Pattern Lab: prepare {not json\nls",
        '# Pattern Lab: prepare {"unknown": 1}\nls',
        "# Pattern Lab: prepare [1]\nls",
        '# Pattern Lab: trust-key {"key": "no key"}\nls',
        '# Pattern Lab: ping-pong {"addresses": [1, 2]}\nls',
    ],
)
def test_any_other_text_is_none_of_ours(script):
    assert read(script) is None


@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: one.called)
def test_a_shell_can_parse_it_and_run_command_takes_it(command: Command):
    done = subprocess.run(["bash", "-n"], input=command.script, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert len(command.script) < LONGEST_SCRIPT


def test_efa_is_asked_for_by_name_so_that_tcp_cannot_answer():
    words = mpirun(PingPong(TWO, "efa"))
    assert "FI_PROVIDER=efa" in words
    assert {"OMPI_MCA_pml=cm", "OMPI_MCA_mtl=ofi"} <= set(words)
    assert words[words.index("--expect") + 1] == "efa"


def test_one_rank_runs_on_each_of_the_two_nodes():
    words = mpirun(PingPong(TWO))
    assert words[words.index("--host") + 1] == "172.31.0.4:1,172.31.0.5:1"
    assert words[words.index("--map-by") + 1] == "ppr:1:node"


def test_without_a_transport_the_library_chooses():
    words = mpirun(PingPong(TWO, None))
    assert not [word for word in words if word.startswith(("FI_PROVIDER", "OMPI_MCA", "UCX"))]


@pytest.mark.parametrize(
    "key",
    [
        "",
        "ssh-rsa AAAA",
        f"{KEY}'; curl evil; '",
        f"{KEY}\n{KEY}",
        f'command="sh" {KEY}',
    ],
)
def test_what_is_no_public_key_never_gets_into_a_script(key):
    with pytest.raises(HPCError, match="public key"):
        TrustKey(key)


@pytest.mark.parametrize("addresses", [(), TWO[:1], (*TWO, TWO[0]), ("a", "$(reboot)")])
def test_what_is_no_pair_of_addresses_never_gets_into_a_script(addresses):
    with pytest.raises(HPCError, match="two nodes"):
        PingPong(addresses)


def test_sizes_are_one_word_of_the_shell_whatever_they_hold():
    words = mpirun(PingPong(TWO, sizes="1; reboot"))
    assert words[words.index("--sizes") + 1] == "1; reboot"


def test_the_main_nodes_private_key_stays_there():
    printed = MakeKey().script.strip().splitlines()[-1]
    assert printed.startswith("cut ") and printed.endswith(".pub")


def test_the_head_tells_the_settings():
    head = PingPong(TWO, "tcp", trips=300).script.splitlines()[0]
    assert json.loads(head.split("ping-pong ", 1)[1])["trips"] == 300


def test_a_transport_that_there_is_not():
    with pytest.raises(HPCError, match="'carrier pigeon'.*tcp, .*efa"):
        _ = PingPong(TWO, "carrier pigeon").script
