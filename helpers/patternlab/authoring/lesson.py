"""A lesson: a notebook or a lab, with the parts of it that the gates look at."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
from nbformat import NotebookNode

from patternlab.paths import ROOT, books

LOCAL_ONLY = "local-only"  # a cell that only a local cloud can run
MEASURED = "nbval-ignore-output"  # its output is a measurement: it is shown, and not compared
MORE = "more"  # a cell of a section that a learner may leave out
TAGS = (LOCAL_ONLY, MEASURED, MORE)


class Finding(NamedTuple):
    """What is wrong with a lesson, and what to do about it."""

    what: str
    todo: str


class Minutes(NamedTuple):
    """How long a lesson takes: from `low` to `high`, counted for the core, and for *More*."""

    low: int
    high: int
    core: int
    more: int

    def __str__(self) -> str:
        """How README writes them."""
        return f"{self.low}–{self.high}" + (f", more: {self.more}" if self.more else "")


@dataclass(frozen=True)
class Lesson:
    """A notebook or a lab.

    Attributes:
        path: where it is.
        book: what is in it.
        readme: the text of README.md, which lists all lessons.
    """

    path: Path
    book: NotebookNode
    readme: str

    @classmethod
    def read(cls, path: Path) -> Lesson:
        """Return the lesson at `path`."""
        readme = (ROOT / "README.md").read_text(encoding="utf-8")
        return cls(path, nbformat.read(path, as_version=4), readme)

    @property
    def place(self) -> str:
        """The path from the top of the checkout, as commands and README write it."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def run_again(self) -> str:
        """What to do when outputs are missing or old."""
        return f"Run `patternlab notebooks {self.place}`."

    @property
    def module(self) -> str:
        """The module of `patternlab.exercises` that holds its exercises."""
        return module_of(self.path.stem)

    @cached_property
    def code_cells(self) -> list[NotebookNode]:
        """The code cells, in order."""
        return [cell for cell in self.book.cells if cell.cell_type == "code"]

    @cached_property
    def outputs(self) -> list[NotebookNode]:
        """Every output of every cell."""
        return [output for cell in self.code_cells for output in cell.outputs]

    @cached_property
    def sources(self) -> str:
        """The text of all cells."""
        return "\n".join(cell.source for cell in self.book.cells)

    @cached_property
    def opening(self) -> str:
        """The text before the first code cell."""
        cells = self.book.cells
        first = next((n for n, cell in enumerate(cells) if cell.cell_type == "code"), len(cells))
        return "\n\n".join(cell.source for cell in cells[:first])

    @cached_property
    def headings(self) -> list[str]:
        """Every heading below the title, in order, in lower case."""
        text = "\n".join(cell.source for cell in self.book.cells if cell.cell_type == "markdown")
        return [title.strip().lower() for title in re.findall(r"^##+ (.+)$", text, re.M)]

    @cached_property
    def minutes(self) -> Minutes | None:
        """What its metadata say about the time it takes, or None if they do not."""
        found: Any = self.book.metadata.get("patternlab", {}).get("minutes", {})
        values = [found.get(name) for name in Minutes._fields]
        if set(found) != set(Minutes._fields) or not all(type(value) is int for value in values):
            return None
        return Minutes(*values)


def module_of(stem: str) -> str:
    """Return the name of the module of exercises for a lesson's file name."""
    return re.sub(r"^\d+-", "", stem).replace("-", "_")


def tags(cell: NotebookNode) -> list[str]:
    """Return the tags of a cell."""
    found: list[str] = cell.metadata.get("tags", [])
    return found


def find(name: str) -> Path:
    """Return the path of a lesson: ``"01"``, ``"01-sqs-lambda-dlq"`` and a file name all name it.

    Raises:
        LookupError: there is no such lesson; the sentence names close ones.
    """
    stem = Path(name).name.removesuffix(".ipynb")
    known = {path.stem: path for path in books()}
    short = {key.partition("-")[0]: path for key, path in known.items() if key[:1].isdigit()}
    long = {key.partition("-")[2]: path for key, path in known.items() if key[:1].isdigit()}
    lessons = long | short | known
    if stem in lessons:
        return lessons[stem]
    close = get_close_matches(stem, lessons, n=3) or sorted(known)
    raise LookupError(f"There is no lesson {name!r}. There is: {', '.join(close)}.")
