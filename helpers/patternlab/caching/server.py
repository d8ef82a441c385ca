"""A server that ends with its owner: at the end of a block, of Python, and when Python is killed.

See :mod:`patternlab.owner` for how. Here: a server's folder, its readiness and its last words.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from patternlab.caching.errors import CachingError
from patternlab.owner import end, with_its_owner

LAST_WORDS = 2000  # characters of what a server said before it ended


class OwnedServer:
    """A running server process with a folder of its own; both go when :meth:`close` is called.

    Args:
        name: what to call it in a sentence.
        command: the program and its arguments. It must stay in the foreground.
        folder: Its folder, from :func:`own_folder`. What the server prints goes to ``output`` in
            it.
        environment: the server's whole environment; without it, this process's.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        folder: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name, self.folder = name, folder
        with open(folder / "output", "ab") as output:
            try:
                self._process = subprocess.Popen(
                    with_its_owner(command, folder),
                    stdin=subprocess.PIPE,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    cwd=folder,
                    env=environment,
                    start_new_session=True,
                )
            except OSError as error:
                raise CachingError(f"{name} cannot be started ({error.strerror}).") from None

    @property
    def pid(self) -> int:
        """The process id of the server, which is also its process group."""
        return self._process.pid

    @property
    def ended(self) -> bool:
        """Whether it has ended, by itself or by :meth:`close`."""
        return self._process.poll() is not None

    def last_words(self) -> str:
        """Return the end of what it printed, on one line."""
        with suppress(OSError):
            said = (self.folder / "output").read_text("utf-8", "replace")
            return " ".join(said.split())[-LAST_WORDS:]
        return ""

    def wait_for(self, answers: Callable[[], bool], seconds: float = 20.0) -> None:
        """Return once ``answers()`` is true; a :class:`CachingError` if it ends or takes longer."""
        latest = time.monotonic() + seconds
        while not answers():
            if self.ended:
                raise CachingError(f"{self.name} ended at once. It said: {self.last_words()}")
            if time.monotonic() > latest:
                raise CachingError(
                    f"{self.name} did not answer within {seconds:g} s. It said: {self.last_words()}"
                )
            time.sleep(0.01)

    def close(self) -> None:
        """End the server and remove its folder. Closing twice is fine."""
        end(self._process, self.folder)


def own_folder(name: str) -> Path:
    """Make a temporary folder for a server, for this user only."""
    try:
        return Path(tempfile.mkdtemp(prefix=f"patternlab-{name}-"))
    except OSError as error:
        raise CachingError(
            f"No temporary folder can be made for {name} ({error}). Free some space, or set TMPDIR "
            "to a folder you may write to."
        ) from None
