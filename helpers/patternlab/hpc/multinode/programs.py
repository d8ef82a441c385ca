"""What a node runs: a Python function, or our own ping-pong under MPI. Nothing else.

On AWS Batch a container's command is any program of its image. Here no container is started, and
no command of somebody else's is run: only what :func:`command` has made of a function in this
session, and :func:`pingpong`. Both are plain commands that mean the same in a container:
``python3 -c SOURCE`` needs an image with Python 3, the ping-pong one with this package and MPICH.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Sequence
from typing import Any

from patternlab.functions.packaging import CannotPackage, source_of
from patternlab.hpc.errors import HPCError

PYTHON = "python3"
MPIRUN = "patternlab.hpc.multinode.mpirun"
PINGPONG = "patternlab.hpc.pingpong"

_made: set[str] = set()  # the sources that `command` gave out in this process


def command(function: Callable[..., Any], *arguments: str) -> list[str]:
    """The container command that calls `function` with `arguments`, which are text.

    What the function returns is the node's exit code: None or 0 for success, another whole number
    for failure; text is printed, and is a failure too. It is sent as source, with the functions
    beside it that it uses.

    Raises:
        HPCError: it is not a function, takes other arguments, or cannot be sent.
    """
    if not inspect.isfunction(function):
        raise HPCError(
            f"A node runs a function, not {function!r}. Define one with def and give its name, "
            "without brackets."
        )
    name = function.__name__
    if not all(isinstance(argument, str) for argument in arguments):
        raise HPCError(f"The arguments of {name} are text: they become part of a command.")
    try:
        inspect.signature(function).bind(*arguments)
    except TypeError as error:
        raise HPCError(
            f"{name} cannot be called so: {error}. Give its arguments as text."
        ) from None
    try:
        source = source_of(function)
    except CannotPackage as error:  # whose sentence speaks of functions on Lambda
        reason = str(error).replace("sent to Lambda", "sent to a node")
        raise HPCError(f"{name} cannot be sent to a node. {reason}") from None
    program = f"{source}\n\nimport sys\n\nsys.exit({name}(*sys.argv[1:]))\n"
    _made.add(program)
    return [PYTHON, "-c", program, *arguments]


def pingpong(*options: str) -> list[str]:
    """The container command for the ping-pong between nodes; `options` are the ping-pong's own.

    It is the same command on every node: the main node starts ``mpiexec``, the others join it.
    """
    return [PYTHON, "-m", MPIRUN, PINGPONG, *options]


def argv(command: Sequence[str]) -> list[str]:
    """`command` as it is run on this machine, with this Python.

    Raises:
        HPCError: it is neither of the two that are run here.
    """
    match list(command):
        case [program, "-c", source, *_] if program == PYTHON and source in _made:
            pass
        case [program, "-m", module, what, *_] if (program, module, what) == (
            PYTHON,
            MPIRUN,
            PINGPONG,
        ):
            pass
        case _:
            raise HPCError(
                f"A local cloud starts no containers and does not run {_shown(command)}. Write "
                "what the node should do as a Python function, and make its command with "
                "multinode.command(function)."
            )
    return [sys.executable, *command[1:]]


def _shown(command: Sequence[str]) -> str:
    text = " ".join(" ".join(command).split())
    if not text:
        return "an image's own command"
    return f"the command '{text[:60]}{'…' if len(text) > 60 else ''}'"
