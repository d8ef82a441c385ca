"""``patternlab new``: skeletons of lessons and exercises, which pass the gates where they can.

What only an author can write is marked TODO, and ``patternlab dev check`` names each.
"""

from __future__ import annotations

import keyword
import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from patternlab import exercises as bank
from patternlab.authoring.lesson import find, module_of
from patternlab.authoring.notebooks import NotebookError, run
from patternlab.learn.loading import Course
from patternlab.paths import LABS, NOTEBOOKS, ROOT, books

TEMPLATES = Path(__file__).parent / "templates"
LONGEST = 60  # characters of a name
_LEARN = "from patternlab.learn import "
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class SkeletonError(Exception):
    """Nothing was written. The text says why, in a sentence."""


def new_lesson(name: str, *, lab: bool = False) -> list[Path]:
    """Write and run the skeleton of a notebook or a lab, and return the files that were written.

    Args:
        name: lower-case words with hyphens. A notebook gets the next free number in front of it,
            if it brings none.
        lab: whether it is a lab.

    Raises:
        SkeletonError: the name exists, or cannot be a file name.
    """
    _name(name)
    number, title = (name[:2], name[3:]) if re.match(r"\d\d-", name) else ("", name)
    taken = {module_of(path.stem): path for path in books()}
    if module_of(title) in taken:
        raise SkeletonError(f"There is {taken[module_of(title)].name} already: take another name.")
    if not title[0].isalpha():
        raise SkeletonError(f"{title!r} is not a name: begin it with a letter.")
    numbers = {path.stem.partition("-")[0]: path.name for path in NOTEBOOKS.glob("*.ipynb")}
    if number in numbers:
        raise SkeletonError(f"The number {number} belongs to {numbers[number]}: take another one.")
    number = number or f"{int(max(numbers, default='-1')) + 1:02}"
    path = LABS / f"{title}.ipynb" if lab else NOTEBOOKS / f"{number}-{title}.ipynb"
    book = _lesson(
        NUMBER="Lab" if lab else number,
        TITLE=title.replace("-", " ").capitalize(),
        NOTEBOOKS="../notebooks/" if lab else "",
    )
    _write({path: nbformat.writes(book)}, path)
    return [path]


def new_exercise(name: str, lesson: str | None = None) -> list[Path]:
    """Add the skeleton of an exercise to a lesson, run it, and return the files that were written.

    Args:
        name: lower-case words with hyphens, unique in the course.
        lesson: which one, as ``find`` takes it; the last notebook by default.

    Raises:
        SkeletonError: the name exists or cannot be one of Python's, or there is no such lesson.
    """
    _name(name)
    variable = name.replace("-", "_")
    if not variable.isidentifier() or keyword.iskeyword(variable):
        raise SkeletonError(f"{name!r} is not a name: begin it with a letter, and use no keyword.")
    if where := Course(bank.__name__).modules.get(name):
        raise SkeletonError(f"There is an exercise {name!r} in {where[0]}.py: take another name.")
    try:
        path = find(lesson) if lesson else max(NOTEBOOKS.glob("*.ipynb"))
    except LookupError as error:
        raise SkeletonError(str(error.args[0])) from None
    module = Path(bank.__path__[0]) / f"{module_of(path.stem)}.py"
    text = _filled("module.txt", LESSON=path.name)
    if module.exists():
        text = module.read_text(encoding="utf-8")
    text += _filled("exercise.txt", NAME=name, VARIABLE=variable)
    book = _with_exercise(nbformat.read(path, as_version=4), name)
    _write({module: text, path: nbformat.writes(book)}, path)
    return [module, path]


def _name(name: str) -> None:
    if not _NAME.fullmatch(name) or len(name) > LONGEST:
        raise SkeletonError(
            f"{name!r} is not a name: use lower-case letters, digits and single hyphens, "
            f"{LONGEST} characters at most."
        )


def _write(texts: dict[Path, str], notebook: Path) -> None:
    """Write the files and run the notebook for its outputs; if it fails, leave all as it was."""
    before = {path: path.read_bytes() if path.exists() else None for path in texts}
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8", newline="\n")
    try:
        run(notebook)
    except NotebookError as error:
        for path, old in before.items():
            path.unlink() if old is None else path.write_bytes(old)
        raise SkeletonError(f"Nothing was written, for a cell fails: {error}") from None


def _lesson(**words: str) -> NotebookNode:
    """Make the notebook of the template: what is fenced in it becomes code."""
    text = _filled("lesson.md", **words)
    parts = re.split(r"^```python\n(.*?)^```\n", text, flags=re.M | re.S)
    cells = [
        (new_code_cell if number % 2 else new_markdown_cell)(part.strip())
        for number, part in enumerate(parts)
        if part.strip()
    ]
    minutes = {"low": 10, "high": 15, "core": 15, "more": 0}
    return new_notebook(cells=cells, metadata={"patternlab": {"minutes": minutes}})


def _filled(template: str, **words: str) -> str:
    text = (TEMPLATES / template).read_text(encoding="utf-8")
    for name, word in words.items():
        text = text.replace(name, word)
    return text


def _with_exercise(book: NotebookNode, name: str) -> NotebookNode:
    """Put the question and the stub before what closes the notebook."""
    closing = [
        number
        for number, cell in enumerate(book.cells)
        if cell.source.startswith(("cloud.close()", "## What we saw"))
    ]
    place = closing[0] if closing else len(book.cells)
    heading = (
        "" if any("## Exercises" in cell.source for cell in book.cells) else "## Exercises\n\n"
    )
    question = f"{heading}### {name}\n\nTODO: what is the case, and what is asked? Give a number."
    stub = f'answer = ...\ncheck("{name}", answer)'
    if not any(re.search(r"import .*\bcheck\b", cell.source) for cell in book.cells):
        imports = next((cell for cell in book.cells if _LEARN in cell.source), None)
        if imports:
            imports.source = imports.source.replace(_LEARN, f"{_LEARN}check, ")
        else:
            stub = f"{_LEARN}check\n\n{stub}"
    book.cells[place:place] = [new_markdown_cell(question), new_code_cell(stub)]
    return book


def next_steps(kind: str, files: list[Path]) -> str:
    """Return what was written, and what the author does now."""
    lesson = files[-1].relative_to(ROOT)
    written = "\n".join(f"  {path.relative_to(ROOT)}" for path in files)
    steps = {
        "exercise": [
            f"Write the question in {lesson}, and the judge and its answers in {files[0].name}.",
        ],
        "notebook": [
            f"Open {lesson} and write what is marked TODO.",
            "Add a row to the table in README.md.",
            "Ask something: patternlab new exercise NAME",
        ],
        "lab": [
            f"Open {lesson} and write what is marked TODO.",
            "Add a row to the table in README.md, and say in labs/README.md how to teach it.",
            f"Ask something: patternlab new exercise NAME --lesson {files[-1].stem}",
        ],
    }[kind]
    steps += [f"patternlab notebooks {lesson}", f"patternlab policies {files[-1].stem}"]
    steps += [f"patternlab dev check {files[-1].stem}"]
    numbered = "\n".join(f"  {number}. {step}" for number, step in enumerate(steps, start=1))
    return f"Written:\n{written}\nNext:\n{numbered}"
