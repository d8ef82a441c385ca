"""Gates for the minutes of a lesson: in its metadata, in its opening, and in README.

The metadata are the source: ``{"patternlab": {"minutes": {"low": 20, "high": 25, "core": 25,
"more": 0}}}``. `low` to `high` is what a reader is told, `core` is counted. What a reader may leave
out stands in sections whose heading begins with *More* and names its minutes; every cell there is
tagged ``more``, and their minutes add up to `more`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from patternlab.authoring.lesson import MORE, Finding, Lesson, tags

MOST_MINUTES = 25
_ROW = re.compile(r"^\| \[.*?\]\((.*?)\) \|.*\| *(.*?) *\|$", re.M)
_HEADING = re.compile(r"^## (?P<title>.*)$", re.M)


def minutes(lesson: Lesson) -> Iterator[Finding]:
    """The metadata hold the minutes of a lesson that is not too long, and its opening says them."""
    found = lesson.minutes
    if found is None:
        yield Finding(
            "Its metadata do not hold its minutes.",
            'Add {"patternlab": {"minutes": {"low": 15, "high": 20, "core": 20, "more": 0}}}.',
        )
        return
    if not (0 < found.low < found.high <= MOST_MINUTES and found.low <= found.core <= found.high):
        yield Finding(
            f"Its minutes are {found.low} to {found.high}, counted {found.core}.",
            f"Low to high, {MOST_MINUTES} at most, and the count between them: move the rest "
            "to a section *More*.",
        )
    for told in [f"{found.low}–{found.high} minutes"] + [f"{found.more} more"] * bool(found.more):
        if told not in lesson.opening:
            yield Finding(f"The opening does not say {told!r}, as the metadata do.", "Say it.")


def more_sections(lesson: Lesson) -> Iterator[Finding]:
    """Cells tagged ``more`` are those of the sections *More*, which name their minutes."""
    inside, total = False, 0
    for cell in lesson.book.cells:
        titles = _HEADING.findall(cell.source) if cell.cell_type == "markdown" else []
        for title in titles:
            inside = re.match(r"More\b", title) is not None
            stated = re.search(r"\((\d+) minutes\)", title)
            if inside and stated is None:
                yield Finding(f"The section {title!r} has no minutes.", "Add '(10 minutes)'.")
            total += int(stated[1]) if inside and stated else 0
        if inside and MORE not in tags(cell):
            yield Finding("A cell of a section *More* is not tagged.", f"Tag it {MORE!r}.")
        elif not inside and MORE in tags(cell):
            yield Finding(
                f"A cell is tagged {MORE!r} outside a section *More*.",
                "Begin its section with '## More'.",
            )
    if lesson.minutes and lesson.minutes.more != total:
        yield Finding(
            f"The sections *More* take {total} minutes, the metadata say {lesson.minutes.more}.",
            "Make them agree.",
        )


def listed(lesson: Lesson) -> Iterator[Finding]:
    """README's table has a row for it, with its minutes."""
    rows = dict(_ROW.findall(lesson.readme))
    wanted = str(lesson.minutes) if lesson.minutes else "15–20"
    if lesson.place not in rows:
        title = lesson.opening.partition("\n")[0].removeprefix("# ")
        row = f"| [{title}]({lesson.place}) | what you see | {wanted} |"
        yield Finding("README.md does not list it.", f"Add {row}")
    elif lesson.minutes and rows[lesson.place] != wanted:
        yield Finding(
            f"README.md says {rows[lesson.place]} minutes, the metadata {wanted}.",
            "Correct README.md.",
        )
