"""Where in the file a finding is.

AWS's validators say what is wrong, not where. So each is watched while it runs: whose validator it
is (a queue's, the head node's ...), and with which arguments it is called. The arguments that are
in the file, below their owner, lead to the place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pcluster.config.common import Resource
from pcluster.utils import to_pascal_case

from patternlab.hpc.parallelcluster.judging.document import Document, Path, value_at

#: Attributes of pcluster's objects whose keys in the file are called otherwise.
_KEYS = {"queues": "SlurmQueues", "settings": "SlurmSettings"}
#: Lists whose entries have nothing to do with one another.
_ENTRIES = ("SlurmQueues", "SharedStorage", "Pools")
#: Arguments of validators that hold the name of something with a key Name.
_NAMES = ("queue_name", "compute_resource_name", "name")


@dataclass
class Watched:
    """The owner of a result, and the arguments its validator was called with."""

    owner: Resource
    arguments: Mapping[str, Any]


@contextmanager
def watch(seen: dict[int, Watched]) -> Iterator[None]:
    """Note for each result, by its id(), where it comes from; async validators are not seen."""
    owners: list[Resource] = []
    self_before, execute_before = Resource._validate_self, Resource._validator_execute

    def validate_self(resource: Resource, *rest: Any) -> Any:
        owners.append(resource)
        try:
            return self_before(resource, *rest)
        finally:
            owners.pop()

    def execute(validator: type, arguments: Mapping[str, Any], *rest: Any) -> Any:
        results = execute_before(validator, arguments, *rest)
        for result in results if isinstance(results, list) else []:
            seen[id(result)] = Watched(owners[-1], arguments)
        return results

    Resource._validate_self, Resource._validator_execute = validate_self, staticmethod(execute)
    try:
        yield
    finally:
        Resource._validate_self = self_before
        Resource._validator_execute = staticmethod(execute_before)


def paths_of(root: Resource, document: Document) -> dict[int, Path]:
    """id() of each of pcluster's objects -> its path, or that of what it would be part of."""
    found: dict[int, Path] = {}

    def visit(resource: Resource, path: Path) -> None:
        found.setdefault(id(resource), path)
        for attribute, value in vars(resource).items():
            key = _KEYS.get(attribute, to_pascal_case(attribute))
            parts = value if isinstance(value, list) else [value]
            for number, part in enumerate(parts):
                if isinstance(part, Resource) and id(part) not in found:
                    step = (key, number) if isinstance(value, list) else (key,)
                    visit(part, (*path, *step) if document.has((*path, *step)) else path)

    visit(root, ())
    return found


def place(
    document: Document,
    paths: Mapping[int, Path],
    watched: Watched | None,
    message: str,
    keys: Sequence[str],
) -> Path:
    """The path a finding is about.

    Args:
        watched: where its validator ran, if that is known.
        keys: names of keys that such a finding is about, the likeliest first.
    """
    start: Path = ()
    if watched:
        start = paths.get(id(watched.owner), ())
        start = _by_arguments(document, paths, start, watched.arguments)
    if not start:
        start = _by_words(document, message)
    return _by_keys(document, start, keys)


def _by_arguments(
    document: Document, paths: Mapping[int, Path], start: Path, arguments: Mapping[str, Any]
) -> Path:
    """Follow names and values from `start` down to what they are names and values of."""
    for value in arguments.values():
        if isinstance(value, Resource) and len(paths.get(id(value), ())) > len(start):
            start = paths[id(value)]
    for name in _NAMES:
        if name in arguments:
            found = _first(document, start, ("Name",), arguments[name])
            start = found[:-1] if found else start
    wanted = {
        to_pascal_case(name.removeprefix("head_node_")): value
        for name, value in arguments.items()
        if isinstance(value, str | int) and not isinstance(value, bool) and name not in _NAMES
    }
    # A whole part that has all of these values is better than a single value.
    for path, value in [(start, value_at(document.data, start)), *document.below(start)]:
        here = {k: v for k, v in wanted.items() if isinstance(value, dict) and k in value}
        if len(here) > 1 and all(value[k] == v for k, v in here.items()):
            return path
    for key, value in wanted.items():
        if found := _first(document, start, (key,), value):
            return found
    return start


def _first(document: Document, start: Path, keys: Sequence[str], value: Any) -> Path | None:
    for path, found in document.below(start):
        if path[-1] in keys and found == value and type(found) is type(value):
            return path
    return None


def _by_words(document: Document, message: str) -> Path:
    """The place of the first word of the message that is a value of the file."""
    values: dict[str, Path] = {}
    for path, value in document.below(()):
        if isinstance(value, str) and len(value) > 2:
            values.setdefault(value, path)
    for word in re.findall(r"[\w./:-]*\w", message):
        if word in values:
            return values[word]
    return ()


def _by_keys(document: Document, start: Path, keys: Sequence[str]) -> Path:
    """The first of `keys` at or below `start`, or a step or more above it."""
    if not keys or (start and start[-1] in keys):
        return start
    for depth in range(len(start), -1, -1):
        above = start[:depth]
        for key in keys:
            for path, _ in document.below(above):
                if path[-1] == key:
                    return path
        if above[-2:-1] and above[-2] in _ENTRIES:
            break  # not into the next queue
    return start
