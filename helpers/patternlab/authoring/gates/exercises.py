"""A gate for the exercises of a lesson: the notebook asks, a module of its own judges."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from patternlab.authoring.lesson import Finding, Lesson
from patternlab.learn.loading import course

_CHECK = re.compile(r"\bcheck\(\s*['\"]([^'\"]+)['\"]\s*,")


def asked(lesson: Lesson) -> Iterator[Finding]:
    """Its exercises are those of its module; each has a question, and a stub that is a stub."""
    modules, place = course().modules, f"patternlab/exercises/{lesson.module}.py"
    names = []
    above = None
    for cell in lesson.book.cells:
        for name in _CHECK.findall(cell.source) if cell.cell_type == "code" else []:
            names.append(name)
            if above is None or above.cell_type != "markdown":
                yield Finding(f"{name!r} has no question.", "Ask it in a text cell above.")
            if cell.outputs and "Not attempted yet" not in json.dumps(cell.outputs):
                yield Finding(
                    f"The notebook ships an answer to {name!r}.",
                    "Leave a ... or an empty function for the learner; or give its Exercise the "
                    "text as `stub`.",
                )
            if lesson.module not in modules.get(name, ()):
                yield Finding(f"{place} has no exercise {name!r}.", "Write it, or rename one.")
        above = cell
    for name, where in modules.items():
        if lesson.module not in where:
            continue
        if names.count(name) != 1:
            yield Finding(
                f"The notebook asks for {name!r} {names.count(name)} times.",
                f'Let one cell call check("{name}", ...).',
            )
        if len(where) > 1:
            files = " and ".join(f"{module}.py" for module in sorted(set(where)))
            yield Finding(f"There are two exercises named {name!r}, in {files}.", "Rename one.")
