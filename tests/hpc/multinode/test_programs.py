"""What is run: functions of this session and our ping-pong; nothing that somebody else wrote."""

import subprocess
import sys

import pytest

from patternlab.hpc.errors import HPCError
from patternlab.hpc.multinode.programs import argv, command, pingpong

GREETING = "hello"


def greet(name="world"):
    return words(name)


def words(name):
    return f"{GREETING} {name}"


def returns(code):
    return int(code)


def nothing():
    pass


def test_a_function_is_sent_as_source_with_what_it_uses_and_its_text_is_a_failure():
    done = subprocess.run(argv(command(greet, "you")), capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "hello you\n")


@pytest.mark.parametrize(("function", "arguments", "code"), [(returns, ["3"], 3), (nothing, [], 0)])
def test_what_it_returns_is_the_exit_code(function, arguments, code):
    made = command(function, *arguments)
    assert made[:2] == ["python3", "-c"] and made[3:] == arguments
    assert argv(made)[0] == sys.executable
    assert subprocess.run(argv(made)).returncode == code


def test_a_lambda_a_value_and_a_wrong_call_are_refused():
    with pytest.raises(HPCError, match="3"):
        command(3)
    with pytest.raises(HPCError, match="lambda"):
        command(lambda: 0)
    with pytest.raises(HPCError, match="nothing"):
        command(nothing, "x")
    with pytest.raises(HPCError, match="returns"):
        command(returns, 3)


def test_a_value_that_cannot_be_sent_is_named():
    handle = open(__file__)  # noqa: SIM115

    def reads():
        return handle.read()

    with pytest.raises(HPCError, match="handle, a TextIOWrapper"):
        command(reads)
    handle.close()


@pytest.mark.parametrize(
    "stranger",
    [
        ["/bin/sh", "-c", "id"],
        ["python3", "-c", "print('mine')"],
        ["python3", "-m", "http.server"],
        ["python3", "-m", "patternlab.hpc.multinode.mpirun", "http.server"],
        ["python", *command(nothing)[1:]],
        [],
    ],
)
def test_no_command_of_a_stranger_is_run(stranger):
    with pytest.raises(HPCError, match="containers"):
        argv(stranger)


def test_the_ping_pong_is_a_command_too():
    made = pingpong("--sizes", "1")
    assert argv(made)[1:] == [
        "-m",
        "patternlab.hpc.multinode.mpirun",
        "patternlab.hpc.pingpong",
        "--sizes",
        "1",
    ]
