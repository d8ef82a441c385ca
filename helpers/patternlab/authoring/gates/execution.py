"""Gates for what a notebook's cells gave when they were run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from patternlab.authoring.lesson import MEASURED, Finding, Lesson, tags

MOST_MEASURED = 4
PICTURES = ("image/png", "image/jpeg", "image/svg+xml")


def executed_in_order(lesson: Lesson) -> Iterator[Finding]:
    """Every code cell was run, once, from the first to the last."""
    counts = [cell.execution_count for cell in lesson.code_cells]
    if counts != list(range(1, len(counts) + 1)):
        yield Finding(f"The cells were run as {counts}, not 1 to {len(counts)}.", lesson.run_again)


def has_outputs(lesson: Lesson) -> Iterator[Finding]:
    """There are outputs to compare."""
    if not lesson.outputs:
        yield Finding("No cell has an output.", lesson.run_again)


def no_errors(lesson: Lesson) -> Iterator[Finding]:
    """There is no traceback and nothing on stderr: a lesson shows an error by catching it."""
    for output in lesson.outputs:
        if output.output_type == "error":
            yield Finding(f"A cell raised {output.ename}.", "Catch it, and show what it says.")
        elif output.output_type == "stream" and output.name == "stderr" and output.text.strip():
            first = output.text.strip().splitlines()[0]
            yield Finding(f"A cell wrote to stderr: {first}", "Remove what it warns about.")


def plain_metadata(lesson: Lesson) -> Iterator[Finding]:
    """The kernel is the one that every install has; no trace of when or where the cells ran."""
    book = lesson.book
    if book.metadata.get("kernelspec", {}).get("name") != "python3":
        yield Finding("Its kernel is not python3.", lesson.run_again)
    if book.metadata.get("language_info") != {"name": "python"}:
        yield Finding("Its metadata hold a Python version.", lesson.run_again)
    if any("execution" in cell.metadata for cell in book.cells):
        yield Finding("Its metadata hold execution times.", lesson.run_again)


def measured(lesson: Lesson) -> Iterator[Finding]:
    """What is not compared is a measurement and says so; all else is compared, to the letter."""
    cells = [cell for cell in lesson.code_cells if MEASURED in tags(cell)]
    for cell in cells:
        if "measured here" not in json.dumps(cell.outputs).lower():
            yield Finding(
                f"A cell is tagged {MEASURED}, and its output does not say 'measured here'.",
                "Print 'measured here', or take the tag away.",
            )
    if len(cells) > MOST_MEASURED:
        yield Finding(
            f"{len(cells)} cells are not compared; {MOST_MEASURED} may be.",
            "Measure once, and show the rest in cells that are compared.",
        )


def figures_in_words(lesson: Lesson) -> Iterator[Finding]:
    """Each picture has alt text for a screen reader, and a twin in text that nbval compares."""
    todo = "Show it as the functions of `patternlab.plots` do."
    for output in lesson.outputs:
        for kind in PICTURES:
            if kind not in output.get("data", {}):
                continue
            metadata = output.get("metadata", {})
            alt = metadata.get(kind, {}).get("alt") or metadata.get("alt")
            if not alt or not alt.strip():
                yield Finding(f"A figure ({kind}) has no alt text in its output's metadata.", todo)
            twin = output.data.get("text/plain", "")
            if not twin.strip() or re.match(r"<(?:[\w.]+\.)?\w+[^\n]*>$", twin.strip()):
                yield Finding(f"A figure ({kind}) has no twin in text, only {twin!r}.", todo)
