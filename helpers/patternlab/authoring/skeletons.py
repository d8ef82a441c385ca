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
    words = title.replace("-", " ").capitalize()
    book = _lesson("Lab" if lab else number, words, "../notebooks/" if lab else "")
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
    text = module.read_text(encoding="utf-8") if module.exists() else _MODULE.format(path.name)
    text += _EXERCISE.replace("NAME", name).replace("VARIABLE", variable)
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


def _lesson(number: str, title: str, notebooks: str) -> NotebookNode:
    minutes = {"low": 10, "high": 15, "core": 15, "more": 0}
    opening = _OPENING.format(number=number, title=title, notebooks=notebooks, **minutes)
    make = {"text": new_markdown_cell, "code": new_code_cell}
    cells = [make[kind](source.strip()) for kind, source in [("text", opening), *_CELLS]]
    return new_notebook(cells=cells, metadata={"patternlab": {"minutes": minutes}})


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


_OPENING = """
# {number} · {title}

TODO: In this notebook you build something, break it, and find out who does what, and when.

**You will be able to**

* TODO: do what you could not do before.

**Time:** {low}–{high} minutes. **Prerequisites:** [00]({notebooks}00-start-here.ipynb).
"""
_CELLS = [
    (
        "code",
        """
from patternlab import open_cloud
from patternlab.learn import predict, reveal

cloud = open_cloud(seed=1)
sqs = cloud.client("sqs")
""",
    ),
    ("text", "## 1 · TODO: a step\n\nTODO: say what is built. Then let the reader predict."),
    (
        "code",
        """
predict("messages", "How many messages are in the queue?", [0, 1, 2])
""",
    ),
    (
        "code",
        """
queue = sqs.create_queue(QueueName=cloud.name("orders"))["QueueUrl"]
sqs.send_message(QueueUrl=queue, MessageBody="order 1")
waiting = ["ApproximateNumberOfMessages"]
found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=waiting)["Attributes"]
reveal("messages", found[waiting[0]], because="TODO: say why.")
""",
    ),
    ("text", "TODO: explain what was seen.\n\n**Change it:** TODO: one thing to try."),
    ("code", "cloud.close()"),
    (
        "text",
        "## What we saw\n\n* TODO: mirror the promise.\n\n## Sources\n\nTODO: title, date read."
        "\n\n## What next\n\nTODO: the next notebook.",
    ),
]
_MODULE = '''"""The exercises of {}."""

from __future__ import annotations

from typing import Any

from patternlab.learn.exercises import Exercise
from patternlab.learn.judging import Wrong, number
'''
_EXERCISE = '''
# -- NAME --


def judge_VARIABLE(answer: Any) -> str:
    """TODO: run the model with the answer, so that every right design passes."""
    found = number(answer, "Give a number.")
    if found == 1:
        raise Wrong("TODO: say what was seen, not the solution.")
    if found != 2:
        raise Wrong("It is another number.")
    return "TODO: say why it is right."


VARIABLE = Exercise(
    "NAME",
    judge=judge_VARIABLE,
    reference=2,
    alternatives=[2.0],
    misconceptions=[(1, "TODO: say what was seen")],
    hints=["TODO: a nudge."],
)
'''


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
