"""Find where facts are cited: in texts by id, and by tests in their names."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from patternlab import facts
from patternlab.paths import ROOT

#: Where citations are looked for, and the kinds of files that are texts there.
PLACES = ("helpers", "tests", "benchmarks", "notebooks", "labs", "docs", "data/facts", ".")
KINDS = {".py", ".md", ".ipynb", ".csv"}

#: A test that shows what facts say: ``test_events_39_...``, ``test_events_32_to_34_...`` or
#: ``test_events_50_and_56_...``.
_TEST = re.compile(
    rf"^def (test_({'|'.join(facts.SHEETS)})_(\d+)((?:_(?:and|to)_\d+)*)_(\w+))\(", re.MULTILINE
)


class Citation(NamedTuple):
    """One place that cites a fact."""

    fact: str
    path: str
    line: int


class Shown(NamedTuple):
    """One test that shows what a fact says, and the rest of its name as words."""

    path: str
    name: str
    words: str


def citations(root: Path = ROOT) -> Iterator[Citation]:
    """Yield every citation of a fact in the course's texts."""
    for path in _texts(root):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            for match in facts.CITATION.finditer(line):
                yield Citation(match[0], path.relative_to(root).as_posix(), number)


def unresolved(root: Path = ROOT) -> list[str]:
    """Return one sentence for each citation, in a text or a test's name, that names no fact."""
    known = {fact for sheet in facts.SHEETS for fact in facts.read(sheet, root / "data")["id"]}
    sentences = [
        f"{path}, line {line}: there is no fact {fact}."
        for fact, path, line in citations(root)
        if fact not in known
    ]
    return sentences + [
        f"{test.path}: there is no fact {fact}, which {test.name} names."
        for fact, tests in shown_by(root).items()
        for test in tests
        if fact not in known
    ]


def shown_by(root: Path = ROOT) -> dict[str, list[Shown]]:
    """Return the tests that show each fact, by the fact's id, in the order of the files."""
    found: dict[str, list[Shown]] = defaultdict(list)
    for path in sorted((root / "tests").rglob("test_*.py")):
        for match in _TEST.finditer(path.read_text(encoding="utf-8")):
            name, sheet, first, more, rest = match.groups()
            test = Shown(path.relative_to(root).as_posix(), name, rest.replace("_", " "))
            for number in _numbers(int(first), more):
                found[f"{sheet}-{number}"].append(test)
    return dict(found)


def _numbers(first: int, more: str) -> list[int]:
    """The numbers that ``32`` and ``_to_34``, or ``50`` and ``_and_56``, stand for."""
    numbers = [first]
    for word, number in re.findall(r"_(and|to)_(\d+)", more):
        start = numbers[-1] + 1 if word == "to" else int(number)
        numbers += range(start, int(number) + 1)
    return numbers


def _texts(root: Path) -> Iterator[Path]:
    """The files of the course that people write; not what lies beside them, such as .venv."""
    for place in PLACES:
        paths = root.glob("*.md") if place == "." else (root / place).rglob("*")
        for path in sorted(paths):
            parts = path.relative_to(root).parts
            if path.suffix in KINDS and not any(part.startswith(".") for part in parts):
                yield path
