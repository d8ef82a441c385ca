"""Gates for what a reader finds in a notebook: the same parts everywhere, in short cells."""

from __future__ import annotations

import re
from collections.abc import Iterator

from patternlab.authoring.lesson import LOCAL_ONLY, TAGS, Finding, Lesson, tags

MOST_LINES = 12
CLOSING = ["what we saw", "sources", "what next"]


def title_and_promise(lesson: Lesson) -> Iterator[Finding]:
    """It begins with a title and a paragraph that promises something."""
    blocks = [block for block in re.split(r"\n\s*\n", lesson.opening.strip()) if block]
    if not blocks or not re.fullmatch(r"# \S.*", blocks[0]):
        yield Finding("It does not begin with a title.", "Begin with one line, '# …'.")
    elif len(blocks) < 2 or re.match(r"[#*|>-]", blocks[1]) or len(blocks[1].split()) < 10:
        yield Finding(
            "No paragraph after the title promises something.",
            "Say in a sentence or two what the reader will build and find out.",
        )


def able_to(lesson: Lesson) -> Iterator[Finding]:
    """The opening lists what the reader will be able to do."""
    if not re.search(r"you will be able to\W*\n+[*-] \S", lesson.opening, re.I):
        yield Finding("The opening has no list 'You will be able to'.", "Add it.")


def prerequisites(lesson: Lesson) -> Iterator[Finding]:
    """The opening names the prerequisites."""
    if not re.search(r"prerequisites?\W+\w", lesson.opening, re.I):
        yield Finding("The opening does not name the prerequisites.", "Add '**Prerequisites:** …'.")


def closing(lesson: Lesson) -> Iterator[Finding]:
    """It ends with what was seen, the sources, and what comes next."""
    last = [title for title in lesson.headings if title in CLOSING]
    if last != CLOSING:
        yield Finding(
            f"Of the headings at the end there is {last}.",
            "End with '## What we saw', '## Sources' and '## What next'.",
        )


def short_cells(lesson: Lesson) -> Iterator[Finding]:
    """A code cell fits what a reader takes in at once."""
    for number, cell in enumerate(lesson.code_cells, start=1):
        lines = sum(1 for line in cell.source.splitlines() if line.strip())
        if lines > MOST_LINES:
            yield Finding(
                f"Code cell {number} has {lines} lines; {MOST_LINES} may be.",
                "Split it, or move what is not the lesson into the package.",
            )


def finished(lesson: Lesson) -> Iterator[Finding]:
    """Nothing of a skeleton is left to be written."""
    for line in lesson.sources.splitlines():
        if "TODO" in line:
            yield Finding(f"Unfinished: {line.strip()}", "Write it.")


def known_tags(lesson: Lesson) -> Iterator[Finding]:
    """Cells carry no tags but those that mean something here."""
    for cell in lesson.book.cells:
        for tag in tags(cell):
            if tag not in TAGS:
                yield Finding(f"There is no tag {tag!r}.", f"Use one of {', '.join(TAGS)}.")


def local_only(lesson: Lesson) -> Iterator[Finding]:
    """What a real account cannot do is tagged, and the text above it says so."""
    said = ""
    for cell in lesson.book.cells:
        if cell.cell_type == "markdown":
            said = cell.source
        elif LOCAL_ONLY in tags(cell):
            if "Only a local cloud can" not in said:
                yield Finding(
                    f"A cell is tagged {LOCAL_ONLY}, and the text above it does not say why.",
                    "Begin a sentence there with 'Only a local cloud can'.",
                )
        elif re.search(r"\.(faults|web_endpoint)\b", cell.source):
            yield Finding(
                f"A cell that only a local cloud can run is not tagged {LOCAL_ONLY}.", "Tag it."
            )
