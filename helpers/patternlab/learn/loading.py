"""The exercises of the course: found by name, imported when one of their module is asked for."""

from __future__ import annotations

import importlib
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

from patternlab.learn.exercises import Exercise, Registry

#: How a module names an exercise, at its top level: ``dlq_moment = Exercise("dlq-moment", ...)``.
_NAMED = re.compile(r"^\w+ = (?:Exercise|situations)\(\s*(['\"])(.*?)\1", re.M)


class Course(Registry):
    """The exercises in the modules of a package.

    A notebook's first check imports only the module that it needs: which one that is, the text of
    the sources tells. A module that cannot be imported takes nobody else's exercises away.

    Attributes:
        failures: module -> why it, or an exercise of it, could not be loaded.
    """

    def __init__(self, package: str) -> None:
        super().__init__()
        self._package = package
        self._loaded: set[str] = set()
        self.failures: dict[str, Exception] = {}

    @cached_property
    def modules(self) -> dict[str, list[str]]:
        """The modules that define each exercise, by its name: one, if no name is taken twice."""
        found = defaultdict(list)
        folders = importlib.import_module(self._package).__path__
        for source in sorted(path for folder in folders for path in Path(folder).glob("*.py")):
            for _, name in _NAMED.findall(source.read_text(encoding="utf-8")):
                found[name].append(source.stem)
        return dict(found)

    def names(self) -> Sequence[str]:
        """Return the names of all exercises."""
        return list(self.modules)

    def find(self, name: object) -> Exercise | None:
        """Return the exercise called ``name``, or None."""
        for module in self.modules.get(name, ()) if isinstance(name, str) else ():
            self._load(module)
        return super().find(name)

    def unknown(self, name: object) -> str:
        """Return one sentence that says why there is no such exercise."""
        for module in self.modules.get(name, ()) if isinstance(name, str) else ():
            if error := self.failures.get(module):
                reason = f"{type(error).__name__}: {error}".rstrip(".")
                return f"The exercises in {module}.py could not be loaded. {reason}."
        return super().unknown(name)

    def of(self, module: str) -> list[Exercise]:
        """Return the exercises of one module."""
        names = [name for name, modules in self.modules.items() if module in modules]
        return [exercise for name in names if (exercise := self.find(name))]

    def __iter__(self) -> Iterator[Exercise]:
        for name in self.names():
            if exercise := self.find(name):
                yield exercise

    def _load(self, module: str) -> None:
        if module in self._loaded:
            return
        self._loaded.add(module)
        try:
            found = importlib.import_module(f"{self._package}.{module}")
        except Exception as error:
            self.failures[module] = error
            return
        for exercise in [value for value in vars(found).values() if isinstance(value, Exercise)]:
            try:
                self.add(exercise)
            except ValueError as error:
                self.failures[module] = error


_COURSE = Course("patternlab.exercises")


def course() -> Course:
    """Return the exercises of this course."""
    return _COURSE
