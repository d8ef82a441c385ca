"""The gates: a good notebook passes all of them, and each bad one is stopped by its own."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from nbformat import NotebookNode
from nbformat.v4 import (
    new_code_cell,
    new_markdown_cell,
    new_notebook,
    new_output,
)

from patternlab.authoring.gates import GATES
from patternlab.authoring.gates.execution import MOST_MEASURED
from patternlab.authoring.lesson import LOCAL_ONLY, MEASURED, Finding, Lesson
from patternlab.learn.loading import course
from patternlab.paths import NOTEBOOKS

OPENING = """\
# A queue and its reader

In this notebook a message is read, fails, and comes back, and you see when and why it does.

**You will be able to**

* say when a message comes back

**Time:** 10–15 minutes. **Prerequisites:** the start notebook."""


def figure(**changes) -> NotebookNode:
    shown = {
        "data": {"image/png": "iVBORw0KGgo=", "text/plain": "message  attempts\na        3"},
        "metadata": {"image/png": {"alt": "One message, three attempts."}},
    }
    return new_output("display_data", **(shown | changes))


def good() -> NotebookNode:
    name = new_output("stream", name="stdout", text="orders\n")
    cells = [
        new_markdown_cell(OPENING),
        new_code_cell("print(name)", execution_count=1, outputs=[name]),
        new_markdown_cell("## Try it"),
        new_code_cell("show(history)", execution_count=2, outputs=[figure()]),
        new_markdown_cell("## What we saw\n\nIt came back.\n\n## Sources\n\nAWS, 2026-01-01."),
        new_markdown_cell("## What next\n\nThe next notebook."),
    ]
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    minutes = {"low": 10, "high": 15, "core": 15, "more": 0}
    metadata = {
        "kernelspec": kernel,
        "language_info": {"name": "python"},
        "patternlab": {"minutes": minutes},
    }
    return new_notebook(cells=cells, metadata=metadata)


def edit(number: int, old: str, new: str) -> Callable[[NotebookNode], None]:
    """A change of one cell's text."""

    def change(book: NotebookNode) -> None:
        assert old in book.cells[number].source
        book.cells[number].source = book.cells[number].source.replace(old, new)

    return change


def prints(text: str, name: str = "stdout") -> Callable[[NotebookNode], None]:
    """A change of what the first code cell printed."""

    def change(book: NotebookNode) -> None:
        book.cells[1].outputs = [new_output("stream", name=name, text=text)]

    return change


def shows(**changes) -> Callable[[NotebookNode], None]:
    """A change of the figure."""

    def change(book: NotebookNode) -> None:
        book.cells[3].outputs = [figure(**changes)]

    return change


def without_outputs(book: NotebookNode) -> None:
    for cell in book.cells:
        if cell.cell_type == "code":
            cell.outputs = []


def with_error(book: NotebookNode) -> None:
    book.cells[1].outputs = [new_output("error", ename="KeyError", evalue="'x'", traceback=[])]


def counted(*counts: int | None) -> Callable[[NotebookNode], None]:
    def change(book: NotebookNode) -> None:
        book.cells[1].execution_count, book.cells[3].execution_count = counts

    return change


def set_metadata(**values) -> Callable[[NotebookNode], None]:
    return lambda book: book.metadata.update(values)


def tagged(tag: str) -> Callable[[NotebookNode], None]:
    def change(book: NotebookNode) -> None:
        book.cells[1].metadata["tags"] = [tag]

    return change


def measurements(number: int) -> Callable[[NotebookNode], None]:
    """So many cells more, each with a time that is not compared."""

    def change(book: NotebookNode) -> None:
        for count in range(3, 3 + number):
            time = new_output("stream", name="stdout", text="5.1 µs (measured here)\n")
            cell = new_code_cell("print(time)", execution_count=count, outputs=[time])
            cell.metadata["tags"] = [MEASURED]
            book.cells.append(cell)

    return change


def takes(**changes: int) -> Callable[[NotebookNode], None]:
    """A change of the minutes in the metadata."""
    return lambda book: book.metadata["patternlab"]["minutes"].update(changes)


def with_more(heading: str = "## More · Twice (5 minutes)", tag: str = "more", minutes: int = 5):
    """A section that may be left out, with its minutes in the metadata and in the opening."""

    def change(book: NotebookNode) -> None:
        book.cells[0].source = OPENING.replace(
            "10–15 minutes", f"10–15 minutes, and {minutes} more"
        )
        book.metadata["patternlab"]["minutes"]["more"] = minutes
        section = new_markdown_cell(heading, metadata={"tags": [tag]} if tag else {})
        book.cells.insert(4, section)

    return change


def asks(name: str, told: str = "– Not attempted yet.", above: int = 4):
    """A cell that checks an exercise, below the text cell of that number."""

    def change(book: NotebookNode) -> None:
        shown = new_output("execute_result", execution_count=3, data={"text/plain": told})
        source = f'answer = ...\ncheck("{name}", answer)'
        book.cells.insert(above, new_code_cell(source, execution_count=3, outputs=[shown]))

    return change


def timed(book: NotebookNode) -> None:
    book.cells[1].metadata["execution"] = {"iopub.execute_input": "2026-01-01T00:00:00Z"}


KEY = "AKIA" + "ABCDEFGHIJKLMNOP"
PNG = {"image/png": "iVBORw0KGgo="}
BAD = [
    ("executed_in_order", "never run", counted(None, None)),
    ("executed_in_order", "out of order", counted(2, 1)),
    ("executed_in_order", "a gap", counted(1, 3)),
    ("has_outputs", "outputs cleared", without_outputs),
    ("no_errors", "a traceback", with_error),
    ("no_errors", "a warning", prints("DeprecationWarning: old\n", name="stderr")),
    ("title_and_promise", "no title", edit(0, "# A queue and its reader\n\n", "")),
    ("title_and_promise", "a small title", edit(0, "# A", "## A")),
    ("title_and_promise", "no promise", edit(0, "In this notebook", "## In this notebook")),
    ("title_and_promise", "a word of promise", edit(0, ", fails, and comes back, and you", "\n\n")),
    ("able_to", "no aims", edit(0, "You will be able to", "Hello")),
    ("able_to", "an empty list", edit(0, "* say when a message comes back\n", "")),
    ("minutes", "none in the text", edit(0, "10–15 minutes", "short")),
    ("minutes", "others in the text", edit(0, "10–15", "15–20")),
    ("minutes", "none counted", lambda book: book.metadata["patternlab"]["minutes"].pop("core")),
    ("minutes", "too long", takes(core=16)),
    ("minutes", "more than the text says", takes(more=0, high=15, low=10, core=9)),
    ("more_sections", "nothing to leave out", with_more("## Twice")),
    ("more_sections", "no tag", with_more(tag="")),
    ("more_sections", "no minutes", with_more("## More · Twice")),
    ("more_sections", "other minutes", with_more(minutes=10)),
    ("asked", "no such exercise", asks("nothing-at-all")),
    ("asked", "another lesson's exercise", asks("dlq-moment")),
    ("finished", "a gap", edit(0, "the start notebook", "TODO")),
    ("prerequisites", "none named", edit(0, "**Prerequisites:** the start notebook.", "")),
    ("closing", "no summary", edit(4, "## What we saw", "## The end")),
    ("closing", "no sources", edit(4, "## Sources", "")),
    ("closing", "no way on", edit(5, "## What next", "Bye")),
    ("short_cells", "a long cell", edit(3, "show(history)", "\n".join(["x = 1"] * 13))),
    ("plain_metadata", "another kernel", set_metadata(kernelspec={"name": "conda-env"})),
    ("plain_metadata", "a version", set_metadata(language_info={"name": "python", "version": "3"})),
    ("plain_metadata", "times", timed),
    ("no_machine_paths", "in a source", edit(1, "print(name)", "open('/home/ann/x')")),
    ("no_machine_paths", "in an output", prints("saved /tmp/ab12/figure.png\n")),
    ("no_machine_paths", "on Windows", edit(1, "print(name)", "open('C:\\\\Users\\\\ann')")),
    ("no_credentials", "a key id", edit(1, "print(name)", f"key = '{KEY}'")),
    ("no_credentials", "a secret", prints("aws_secret_access_key = abcdefghijkl\n")),
    (
        "no_credentials",
        "an account",
        edit(1, "name", "'arn:aws:sqs:eu-west-1:987654321098:a'"),
    ),
    ("no_credentials", "a URL", edit(1, "name", "'https://sqs.amazonaws.com/987654321098/a'")),
    ("no_addresses", "an ARN", prints("arn:aws:sqs:eu-west-1:123456789012:orders\n")),
    ("no_addresses", "a queue's URL", prints("https://sqs.amazonaws.com/123456789012/orders\n")),
    ("no_addresses", "a receipt handle", prints("{'ReceiptHandle': 'AQEB'}\n")),
    ("local_only", "an outage, no tag", edit(1, "print(name)", "cloud.faults.outage(arn)")),
    ("local_only", "a tag, no word of it", tagged(LOCAL_ONLY)),
    ("known_tags", "a tag of one's own", tagged("slow")),
    ("measured", "a tag on what is no measurement", tagged(MEASURED)),
    ("measured", "many tags", measurements(MOST_MEASURED + 1)),
    ("figures_in_words", "no alt text", shows(metadata={})),
    ("figures_in_words", "blank alt text", shows(metadata={"image/png": {"alt": " "}})),
    ("figures_in_words", "no twin", shows(data=PNG)),
    ("figures_in_words", "a repr", shows(data=PNG | {"text/plain": "<Figure size 640x480>"})),
    (
        "figures_in_words",
        "an object",
        shows(data=PNG | {"text/plain": "<IPython.display.Image x>"}),
    ),
]


BY_NAME = {gate.__name__: gate for gate in GATES}


def found(gate: str, book: NotebookNode, name: str = "99-a-queue") -> list[Finding]:
    lesson = Lesson(NOTEBOOKS / f"{name}.ipynb", book, "")
    row = f"| [A queue](notebooks/99-a-queue.ipynb) | it comes back | {lesson.minutes} |\n"
    return list(BY_NAME[gate](replace(lesson, readme=row)))


@pytest.mark.parametrize("gate", BY_NAME)
def test_a_good_notebook_passes(gate: str):
    assert found(gate, good()) == []


def spoken_of(book: NotebookNode) -> None:
    edit(0, "In this notebook", "Only a local cloud can do this. In this notebook")(book)
    edit(1, "print(name)", "cloud.faults.outage(arn)")(book)
    tagged(LOCAL_ONLY)(book)


@pytest.mark.parametrize(
    ("gate", "change"),
    [
        pytest.param("figures_in_words", shows(metadata={"alt": "Three."}), id="alt of the output"),
        pytest.param("local_only", spoken_of, id="an outage, with its reason"),
        pytest.param("measured", measurements(MOST_MEASURED), id="a few measurements"),
        pytest.param(
            "no_machine_paths",
            edit(1, "print(name)", "open('/tmp/a')"),
            id="a function's own folder",
        ),
        pytest.param("minutes", with_more(), id="more, in the text"),
        pytest.param("more_sections", with_more(), id="more, in a section"),
    ],
)
def test_what_looks_bad_and_is_good_passes(gate: str, change):
    book = good()
    change(book)
    assert found(gate, book) == []


@pytest.mark.parametrize(
    "gate, change",
    [pytest.param(gate, change, id=f"{gate}-{name}") for gate, name, change in BAD],
)
def test_a_bad_notebook_is_stopped_by_its_gate(gate: str, change):
    book = good()
    change(book)
    assert [other for other in BY_NAME if found(other, book)] == [gate]


def test_every_gate_has_a_bad_notebook():
    assert {gate for gate, _, _ in BAD} == set(BY_NAME) - {"listed"}  # its own tests follow


def test_a_lesson_that_readme_does_not_list_is_told_the_row_to_add():
    (finding,) = found("listed", good(), "98-another")
    assert "(notebooks/98-another.ipynb)" in finding.todo and "10–15 |" in finding.todo


def test_other_minutes_in_readme_are_told():
    row = "| [A queue](notebooks/99-a-queue.ipynb) | it comes back | 20–25 |\n"
    (finding,) = BY_NAME["listed"](Lesson(NOTEBOOKS / "99-a-queue.ipynb", good(), row))
    assert "20–25" in finding.what and "10–15" in finding.what


def test_an_answer_in_place_of_a_stub_is_told():
    book = good()
    asks("dlq-moment", told="✓ Right.")(book)
    told = [finding.what for finding in found("asked", book, "01-sqs-lambda-dlq")]
    assert any("ships an answer" in what for what in told)
    assert any("'report-failures' 0 times" in what for what in told)


def test_an_exercise_without_a_question_is_told():
    book = good()
    asks("dlq-moment", above=2)(book)
    told = [finding.what for finding in found("asked", book, "01-sqs-lambda-dlq")]
    assert "'dlq-moment' has no question." in told


@pytest.mark.parametrize("other", ["sqs_lambda_dlq", "fan_out"])
def test_two_exercises_of_one_name_are_told_with_their_places(monkeypatch, other):
    taken = {"dlq-moment": ["sqs_lambda_dlq", other]}
    monkeypatch.setattr(course(), "modules", taken)
    book = good()
    asks("dlq-moment", above=3)(book)
    (finding,) = found("asked", book, "01-sqs-lambda-dlq")
    assert "'dlq-moment'" in finding.what and f"{other}.py" in finding.what
