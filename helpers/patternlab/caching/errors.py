"""What can go wrong with caches and with traces of requests."""

from __future__ import annotations

from pathlib import Path


class CachingError(RuntimeError):
    """A cache cannot be built or run as asked; the sentence says why and what to do."""


class TraceError(ValueError):
    """A trace of requests cannot be used: what is wrong with it, in which file and line.

    Args:
        problem: a sentence that says what is wrong and what to do.
        file, line: where, if the trace comes from a file. Lines count from 1, as editors count
            them.
    """

    def __init__(self, problem: str, file: str | Path | None = None, line: int | None = None):
        self.problem, self.file, self.line = problem, file, line
        place = "" if file is None else f"{file}: " if line is None else f"{file}, line {line}: "
        super().__init__(place + problem)
