"""Nodes as processes of this machine: start, read and stop them; they end with their owner."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import patternlab
from patternlab.hpc.errors import HPCError
from patternlab.owner import end, with_its_owner

GRACE = 1.0  # seconds between "please stop" and "stop"; a container gets 30
LOOK = 0.02  # seconds between two checks of which nodes still run
MOST_BYTES = 1_000_000  # that a node may print and is kept; what comes after is dropped

now = time.monotonic


class NodeProcess:
    """The process of one node, started when this is made.

    Attributes:
        index: the node's.
        started, ended: moments of :func:`now`; `ended` is None while it runs.
    """

    def __init__(self, index: int, argv: Sequence[str], environment: Mapping[str, str]) -> None:
        self.index = index
        self.ended: float | None = None
        self._said = bytearray()
        self.folder = Path(tempfile.mkdtemp(prefix="patternlab-node-"))
        try:
            self.process = subprocess.Popen(
                with_its_owner(argv, self.folder),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env={**_as_in_a_container(self.folder), **environment},
                start_new_session=True,
            )
        except OSError as error:
            self.folder.rmdir()
            raise HPCError(f"Node {index} cannot be started here ({error.strerror}).") from None
        assert self.process.stdout  # a pipe
        self.output = self.process.stdout
        self.started = now()

    def look(self) -> bool:
        """Check whether it has ended, and note when."""
        if self.ended is None and self.process.poll() is not None:
            self.ended = now()
        return self.ended is not None

    def read(self) -> bool:
        """Take what it has printed; False at the end of its output."""
        more = os.read(self.output.fileno(), 1 << 16)
        self._said += more[: max(0, MOST_BYTES - len(self._said))]
        return bool(more)

    def ask_to_stop(self) -> None:
        """Send SIGTERM to it and all that it has started."""
        with suppress(OSError):
            os.killpg(self.process.pid, signal.SIGTERM)

    def close(self, latest: float) -> None:
        """End it, by force after `latest` if it has not stopped, and remove its folder."""
        end(self.process, self.folder, patience=max(0.0, latest - now()))
        self.look()

    @property
    def exit_code(self) -> int:
        """As a container reports it: 128 + n for a process that was ended by signal n."""
        code = self.process.returncode
        return 128 - code if code < 0 else code

    def lines(self) -> list[str]:
        """The lines that it printed."""
        return bytes(self._said).decode("utf-8", "replace").splitlines()


def drain(running: Sequence[NodeProcess], until: NodeProcess, latest: float) -> bool:
    """Read from all nodes until one of them has ended; False if `latest` came first."""
    with _reader(running) as read:
        while until.ended is None:
            if now() > latest:
                return False
            read()
            for node in running:
                node.look()
    return True


def stop_all(running: Sequence[NodeProcess]) -> set[int]:
    """End all nodes and read the rest of their output; the indices of those that still ran."""
    stopped = {node.index for node in running if not node.look()}
    for node in running:
        node.ask_to_stop()
    latest = now() + GRACE
    for node in running:
        node.close(latest)
    latest = now() + GRACE  # not for long: a process outside of its group may hold the output open
    with _reader(running) as read:
        while read() and now() < latest:
            pass
    for node in running:
        node.output.close()
    return stopped


@contextmanager
def _reader(running: Sequence[NodeProcess]) -> Iterator[Callable[[], bool]]:
    """A function that reads what the nodes print within `LOOK`; False at the end of all output."""
    with selectors.DefaultSelector() as waiting:
        for node in running:
            waiting.register(node.output, selectors.EVENT_READ, node)

        def read() -> bool:
            for key, _ in waiting.select(LOOK):
                if not key.data.read():
                    waiting.unregister(key.fileobj)
            return bool(waiting.get_map())

        yield read


def _as_in_a_container(folder: Path) -> dict[str, str]:
    """The variables of a node before the job's own: nothing of this session, no credentials."""
    beside = str(Path(sys.executable).parent)
    return {
        "PATH": os.pathsep.join([beside, "/usr/local/bin", "/usr/bin", "/bin"]),
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(Path(patternlab.__file__).parent.parent),
        "PYTHONUNBUFFERED": "1",  # so that what a node prints before it is stopped is seen
        "PYTHONDONTWRITEBYTECODE": "1",
    }
