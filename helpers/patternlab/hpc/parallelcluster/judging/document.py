"""A YAML file as data, with the line of each of its parts.

`Path` is how a part is reached: ("Scheduling", "SlurmQueues", 0, "Name").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import yaml

Path = tuple[str | int, ...]
DEEPEST = 40  # levels; a cluster file needs fewer than ten


class Unreadable(ValueError):
    """The text cannot be a cluster file; says why, in which line, and what to do."""

    def __init__(self, message: str, line: int, advice: str) -> None:
        super().__init__(message)
        self.message, self.line, self.advice = message, line, advice


@dataclass(frozen=True)
class Document:
    """The data of a file, and where each path begins."""

    data: dict[str, Any]
    lines: dict[Path, int]

    def line(self, path: Path) -> int:
        """The line of the path, or of what it would be part of."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def has(self, path: Path) -> bool:
        """Is the path in the file?"""
        return path in self.lines

    def below(self, path: Path) -> Iterator[tuple[Path, Any]]:
        """All parts of the part `path`, from top to bottom: their paths and values."""
        return _walk(path, value_at(self.data, path))


def value_at(data: Any, path: Path) -> Any:
    """What is at the path; None if it is not there."""
    for step in path:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _walk(path: Path, value: Any) -> Iterator[tuple[Path, Any]]:
    inner: Iterable[tuple[Any, Any]]
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, list):
        inner = enumerate(value)
    else:
        return
    for step, part in inner:
        yield (*path, step), part
        yield from _walk((*path, step), part)


def written(path: Path) -> str:
    """The path as people write it: ``Scheduling.SlurmQueues[0].Name``."""
    words = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return words.removeprefix(".")


def read(text: str) -> Document:
    """The document in `text`.

    Raises:
        Unreadable: it is empty, no YAML, or no mapping.
    """
    if not text.strip():
        raise Unreadable("The file is empty.", 1, "Write the cluster's Region, Image, HeadNode.")
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise _unreadable(error, text) from None
    except RecursionError:
        raise Unreadable("It is nested without end.", 1, "Leave out anchors and aliases.") from None
    if not isinstance(data, dict):
        kind = {list: "a list", str: "a piece of text", type(None): "nothing but comments"}
        raise Unreadable(
            f"This is {kind.get(type(data), f'a {type(data).__name__}')}, and a cluster file is a "
            "mapping.",
            1,
            "Begin with keys and a colon after each: Region, Image, HeadNode, Scheduling.",
        )
    lines: dict[Path, int] = {(): 1}
    assert node  # a mapping came of it
    _find_lines(node, (), lines)
    return Document(data, lines)


def _find_lines(node: yaml.Node, path: Path, lines: dict[Path, int]) -> None:
    if len(path) > DEEPEST:
        raise Unreadable("It is nested without end.", 1, "Leave out anchors and aliases.")
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            _add(key, value, (*path, str(key.value)), lines)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            _add(value, value, (*path, number), lines)


def _add(start: yaml.Node, value: yaml.Node, path: Path, lines: dict[Path, int]) -> None:
    line = start.start_mark.line + 1
    if path in lines:
        raise Unreadable(
            f"The key {path[-1]} is there twice, in lines {lines[path]} and {line}.",
            line,
            "Keep one of them; two entries of a list each begin with a dash.",
        )
    lines[path] = line
    _find_lines(value, path, lines)


def _unreadable(error: yaml.YAMLError, text: str) -> Unreadable:
    """What is wrong, in words that need no knowledge of YAML's grammar."""
    mark = getattr(error, "problem_mark", None)
    rows = text.splitlines()
    number = min(mark.line + 1 if mark else 1, len(rows))
    row = rows[number - 1]
    problem = str(getattr(error, "problem", None) or error).splitlines()[0].rstrip(".")
    indent = row[: len(row) - len(row.lstrip())]
    if "\t" in indent:
        message = f"Line {number} begins with a tab, and YAML allows only spaces there."
        return Unreadable(message, number, "Replace each tab by two spaces.")
    if "mapping values are not allowed" in problem or "could not find expected" in problem:
        return _colons(rows, number)
    if "expected <block end>" in problem:
        message = (
            f"This is not YAML: line {number} is indented by {len(indent)} spaces, and no line "
            "that it could belong to is."
        )
        return Unreadable(message, number, "Let keys of one level begin in the same column.")
    message = f"This is not YAML: {problem}, in line {number}."
    advice = "Look for a bracket or quotation mark that is not closed, and for odd characters."
    return Unreadable(message, number, advice)


def _colons(rows: list[str], number: int) -> Unreadable:
    """There is no colon where one must be; the parser notices that up to a few lines later."""
    advice = "Write one key in a line, and a colon and a space after it: Name: value."
    for line in range(number, max(number - 3, 0), -1):
        row = rows[line - 1].split("#")[0].strip()
        if row and ":" not in row:
            message = f"This is not YAML: there is no colon in line {line}."
            return Unreadable(message, line, advice)
    above = next((line for line in range(number - 1, 0, -1) if rows[line - 1].strip()), number)
    valued = not rows[above - 1].rstrip().endswith(":")
    if valued and _indent(rows[number - 1]) > _indent(rows[above - 1]):
        message = (
            f"This is not YAML: line {number} is indented below line {above}, which has a value "
            "already."
        )
        return Unreadable(message, number, "Let keys of one level begin in the same column.")
    return Unreadable(
        f"This is not YAML: there is more than one key in line {number}.", number, advice
    )


def _indent(row: str) -> int:
    return len(row) - len(row.lstrip(" -"))
