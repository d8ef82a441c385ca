"""Processes that end with their owner: at the end of a block, of Python, and when Python is killed.

A process that is killed (SIGKILL; a kernel that is restarted hard) can run nothing at its end, so
somebody else must look. Here a small shell does: it reads from a pipe whose other end only the
owner holds, and when that ends, for whatever reason, it ends the program and removes its folder.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

# $0 is the folder, "$@" the program's command. The shell becomes the program (exec), so its process
# is the one we started; beside it stays the one that reads. Both are one process group, whose
# number cannot be given to anybody else while the reader lives. The reader holds none of the
# program's output, so the output ends when the program does.
_WITH_ITS_OWNER = """
exec 3<&0 </dev/null
(
    trap '' TERM; PATH=/usr/bin:/bin:$PATH
    cat <&3; kill -TERM 0; sleep 0.3; rm -rf -- "$0"; kill -KILL 0
) >/dev/null 2>&1 &
exec 3<&- "$@"
"""


def with_its_owner(command: Sequence[str], folder: Path) -> list[str]:
    """The command that runs `command` and ends it when the standard input it was given ends.

    Start it with ``stdin=subprocess.PIPE`` and ``start_new_session=True``, and end it with
    :func:`end`. `folder` is removed with it.
    """
    return ["/bin/sh", "-c", _WITH_ITS_OWNER, str(folder), *command]


def end(process: subprocess.Popen[bytes], folder: Path, patience: float = 5.0) -> None:
    """End a program started with :func:`with_its_owner`, and all of its process group.

    It is asked first (SIGTERM), and killed after `patience` seconds. Ending it twice is fine.
    """
    assert process.stdin  # the pipe that `with_its_owner` asks for
    if process.stdin.closed:  # ended before, and its number may be somebody else's by now
        return
    with suppress(OSError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=patience)
    with suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)  # the reader, and a program that did not listen
    process.wait()
    process.stdin.close()
    shutil.rmtree(folder, ignore_errors=True)
