"""What every notebook of the course keeps: a gate each, and the bad notebook that it must stop.

nbval compares the outputs that are there. These gates see to it that they are there, and that a
reader finds the same parts in every notebook.
"""

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import (
    new_code_cell,
    new_markdown_cell,
    new_notebook,
    new_output,
)

from patternlab.paths import books

MOST_LINES = 12
MOST_MINUTES = 25
LOCAL_ONLY = "local-only"
MEASURED = "nbval-ignore-output"  # its output is a measurement: it is shown, and not compared
MOST_MEASURED = 4
PICTURES = ("image/png", "image/jpeg", "image/svg+xml")
# Account numbers that AWS's own documentation uses in its examples.
EXAMPLE_ACCOUNTS = {"000000000000", "111111111111", "111122223333", "444455556666", "123456789012"}

Gate = Callable[[NotebookNode], list[str]]


def code_cells(book: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in book.cells if cell.cell_type == "code"]


def outputs(book: NotebookNode) -> list[NotebookNode]:
    return [output for cell in code_cells(book) for output in cell.outputs]


def opening(book: NotebookNode) -> str:
    """The text before the first code cell."""
    first = next((n for n, c in enumerate(book.cells) if c.cell_type == "code"), len(book.cells))
    return "\n\n".join(cell.source for cell in book.cells[:first])


def headings(book: NotebookNode) -> list[str]:
    """Every heading below the title, in order, in lower case."""
    text = "\n".join(cell.source for cell in book.cells if cell.cell_type == "markdown")
    return [title.strip().lower() for title in re.findall(r"^##+ (.+)$", text, re.M)]


# --- the gates: each returns what is wrong, in sentences ---


def executed_in_order(book: NotebookNode) -> list[str]:
    counts = [cell.execution_count for cell in code_cells(book)]
    if counts != list(range(1, len(counts) + 1)):
        return [f"cells were executed as {counts}, not 1 to {len(counts)}: run `make notebooks`"]
    return []


def has_outputs(book: NotebookNode) -> list[str]:
    return [] if outputs(book) else ["no cell has an output: run `make notebooks`"]


def no_errors(book: NotebookNode) -> list[str]:
    """No traceback and nothing on stderr: a lesson shows an error by catching it."""
    raised = [f"a cell raised {o.ename}" for o in outputs(book) if o.output_type == "error"]
    warned = [
        f"a cell wrote to stderr: {o.text.strip().splitlines()[0]}"
        for o in outputs(book)
        if o.output_type == "stream" and o.name == "stderr" and o.text.strip()
    ]
    return raised + warned


def title_and_promise(book: NotebookNode) -> list[str]:
    blocks = [block for block in re.split(r"\n\s*\n", opening(book).strip()) if block]
    if not blocks or not re.fullmatch(r"# \S.*", blocks[0]):
        return ["it does not begin with a title: one line, '# …'"]
    if len(blocks) < 2 or re.match(r"[#*|>-]", blocks[1]) or len(blocks[1].split()) < 10:
        return ["the title is not followed by a paragraph that promises something"]
    return []


def able_to(book: NotebookNode) -> list[str]:
    found = re.search(r"you will be able to\W*\n+[*-] \S", opening(book), re.I)
    return [] if found else ["the opening has no list 'You will be able to'"]


def minutes(book: NotebookNode) -> list[str]:
    found = re.search(r"\b(\d+)–(\d+) minutes\b", opening(book))
    if not found:
        return ["the opening does not say how long it takes: '15–20 minutes'"]
    low, high = int(found[1]), int(found[2])
    if not 0 < low < high <= MOST_MINUTES:
        return [f"{low}–{high} minutes: low to high, {MOST_MINUTES} at most"]
    return []


def prerequisites(book: NotebookNode) -> list[str]:
    found = re.search(r"prerequisites?\W+\w", opening(book), re.I)
    return [] if found else ["the opening does not name the prerequisites"]


def closing(book: NotebookNode) -> list[str]:
    wanted = ["what we saw", "sources", "what next"]
    last = [title for title in headings(book) if title in wanted]
    if last != wanted:
        return [f"the headings at the end are {last}, not {wanted}"]
    return []


def short_cells(book: NotebookNode) -> list[str]:
    return [
        f"code cell {number} has {lines} lines, {MOST_LINES} at most"
        for number, cell in enumerate(code_cells(book), start=1)
        if (lines := len([line for line in cell.source.splitlines() if line.strip()])) > MOST_LINES
    ]


def plain_metadata(book: NotebookNode) -> list[str]:
    """The kernel every install has, and no trace of when or where the cells were run."""
    found = []
    if book.metadata.get("kernelspec", {}).get("name") != "python3":
        found.append("its kernel is not python3")
    if book.metadata.get("language_info") != {"name": "python"}:
        found.append("its metadata hold a Python version: run `make notebooks`")
    if any("execution" in cell.metadata for cell in book.cells):
        found.append("its metadata hold execution times: run `make notebooks`")
    return found


def no_machine_paths(book: NotebookNode) -> list[str]:
    paths = re.compile(r"(?<![\w.:/~-])/(?:home|root|Users|work|mnt|private)/\w+|[A-Z]:\\+Users")
    in_outputs = re.compile(paths.pattern + r"|(?<![\w.:/~-])/(?:tmp|var/folders)/\w+")
    sources = "\n".join(cell.source for cell in book.cells)
    shown = json.dumps(outputs(book))
    found = [*paths.findall(sources), *in_outputs.findall(shown)]
    return [f"it names a folder of one machine: {path}" for path in found]


def no_credentials(book: NotebookNode) -> list[str]:
    text = "\n".join(cell.source for cell in book.cells) + json.dumps(outputs(book))
    found = []
    if re.search(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b", text):
        found.append("it holds an access key id")
    if re.search(r"aws_(?:secret_access_key|session_token)\W+[\w/+]{8,}", text, re.I):
        found.append("it holds a secret key or a session token")
    accounts = set(re.findall(r"arn:aws[\w-]*:[\w-]+:[\w-]*:(\d{12}):", text))
    accounts |= set(re.findall(r"amazonaws\.com/(\d{12})/", text))
    found += [f"it names account {a}, which may be real" for a in accounts - EXAMPLE_ACCOUNTS]
    return found


def no_addresses(book: NotebookNode) -> list[str]:
    """No output shows where in an account something is: on a real one that tells which it is."""
    shown = json.dumps(outputs(book))
    found = re.findall(r"arn:aws[\w-]*:[\w-]+:[\w-]*:\d{12}:|amazonaws\.com/\d{12}/", shown)
    found += re.findall(r"ReceiptHandle", shown)
    return [f"an output shows {text}: print the last part of the name" for text in found]


def local_only(book: NotebookNode) -> list[str]:
    """What a real account cannot do is tagged, and the text above it says so."""
    found, said = [], ""
    for cell in book.cells:
        tags = cell.metadata.get("tags", [])
        known = (LOCAL_ONLY, MEASURED)
        found += [f"there is no tag {tag!r}" for tag in tags if tag not in known]
        if cell.cell_type == "markdown":
            said = cell.source
        elif LOCAL_ONLY in tags and "Only a local cloud can" not in said:
            found.append("a cell is tagged local-only, and the text above it does not say why")
        elif LOCAL_ONLY not in tags and re.search(r"\.(faults|web_endpoint)\b", cell.source):
            found.append("a cell that only a local cloud can run is not tagged local-only")
    return found


def measured(book: NotebookNode) -> list[str]:
    """What is not compared is a measurement and says so; all else is compared, to the letter."""
    cells = [cell for cell in code_cells(book) if MEASURED in cell.metadata.get("tags", [])]
    found = [
        f"a cell is tagged {MEASURED}, and its output does not say 'measured here'"
        for cell in cells
        if "measured here" not in json.dumps(cell.outputs).lower()
    ]
    if len(cells) > MOST_MEASURED:
        found.append(f"{len(cells)} cells are not compared, {MOST_MEASURED} at most")
    return found


def figures_in_words(book: NotebookNode) -> list[str]:
    """Each picture has alt text for a screen reader, and a twin in text that nbval compares."""
    found = []
    for output in outputs(book):
        kinds = [kind for kind in PICTURES if kind in output.get("data", {})]
        for kind in kinds:
            metadata = output.get("metadata", {})
            alt = metadata.get(kind, {}).get("alt") or metadata.get("alt")
            if not alt or not alt.strip():
                found.append(f"a figure ({kind}) has no alt text in its output's metadata")
            twin = output.data.get("text/plain", "")
            if not twin.strip() or re.match(r"<(?:[\w.]+\.)?\w+[^\n]*>$", twin.strip()):
                found.append(f"a figure ({kind}) has no twin in text, only {twin!r}")
    return found


GATES: list[Gate] = [
    executed_in_order,
    has_outputs,
    no_errors,
    title_and_promise,
    able_to,
    minutes,
    prerequisites,
    closing,
    short_cells,
    plain_metadata,
    no_machine_paths,
    no_credentials,
    no_addresses,
    local_only,
    measured,
    figures_in_words,
]
BOOKS = books()


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.__name__)
@pytest.mark.parametrize("path", BOOKS, ids=lambda path: path.stem)
def test_the_notebook_passes(path: Path, gate: Gate):
    assert gate(nbformat.read(path, as_version=4)) == []


# --- the gates themselves: a good notebook passes all, each bad one is stopped by its own ---

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
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
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
    for cell in code_cells(book):
        cell.outputs = []


def with_error(book: NotebookNode) -> None:
    book.cells[1].outputs = [new_output("error", ename="KeyError", evalue="'x'", traceback=[])]


def counted(*counts: int | None) -> Callable[[NotebookNode], None]:
    def change(book: NotebookNode) -> None:
        for cell, count in zip(code_cells(book), counts, strict=True):
            cell.execution_count = count

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


def timed(book: NotebookNode) -> None:
    book.cells[1].metadata["execution"] = {"iopub.execute_input": "2026-01-01T00:00:00Z"}


KEY = "AKIA" + "ABCDEFGHIJKLMNOP"
PNG = {"image/png": "iVBORw0KGgo="}
BAD = [
    (executed_in_order, "never run", counted(None, None)),
    (executed_in_order, "out of order", counted(2, 1)),
    (executed_in_order, "a gap", counted(1, 3)),
    (has_outputs, "outputs cleared", without_outputs),
    (no_errors, "a traceback", with_error),
    (no_errors, "a warning", prints("DeprecationWarning: old\n", name="stderr")),
    (title_and_promise, "no title", edit(0, "# A queue and its reader\n\n", "")),
    (title_and_promise, "a small title", edit(0, "# A", "## A")),
    (title_and_promise, "no promise", edit(0, "In this notebook", "## In this notebook")),
    (title_and_promise, "a word of promise", edit(0, ", fails, and comes back, and you", "\n\n")),
    (able_to, "no aims", edit(0, "You will be able to", "Hello")),
    (able_to, "an empty list", edit(0, "* say when a message comes back\n", "")),
    (minutes, "no time", edit(0, "10–15 minutes", "short")),
    (minutes, "too long", edit(0, "10–15", "20–30")),
    (minutes, "high before low", edit(0, "10–15", "15–10")),
    (prerequisites, "none named", edit(0, "**Prerequisites:** the start notebook.", "")),
    (closing, "no summary", edit(4, "## What we saw", "## The end")),
    (closing, "no sources", edit(4, "## Sources", "")),
    (closing, "no way on", edit(5, "## What next", "Bye")),
    (short_cells, "a long cell", edit(3, "show(history)", "\n".join(["x = 1"] * 13))),
    (plain_metadata, "another kernel", set_metadata(kernelspec={"name": "conda-env"})),
    (plain_metadata, "a version", set_metadata(language_info={"name": "python", "version": "3"})),
    (plain_metadata, "times", timed),
    (no_machine_paths, "in a source", edit(1, "print(name)", "open('/home/ann/x')")),
    (no_machine_paths, "in an output", prints("saved /tmp/ab12/figure.png\n")),
    (no_machine_paths, "on Windows", edit(1, "print(name)", "open('C:\\\\Users\\\\ann')")),
    (no_credentials, "a key id", edit(1, "print(name)", f"key = '{KEY}'")),
    (no_credentials, "a secret", prints("aws_secret_access_key = abcdefghijkl\n")),
    (no_credentials, "an account", edit(1, "name", "'arn:aws:sqs:eu-west-1:987654321098:orders'")),
    (no_credentials, "a URL", edit(1, "name", "'https://sqs.amazonaws.com/987654321098/orders'")),
    (no_addresses, "an ARN", prints("arn:aws:sqs:eu-west-1:123456789012:orders\n")),
    (no_addresses, "a queue's URL", prints("https://sqs.amazonaws.com/123456789012/orders\n")),
    (no_addresses, "a receipt handle", prints("{'ReceiptHandle': 'AQEB'}\n")),
    (local_only, "an outage, no tag", edit(1, "print(name)", "cloud.faults.outage(arn)")),
    (local_only, "a tag, no word of it", tagged(LOCAL_ONLY)),
    (local_only, "a tag of one's own", tagged("slow")),
    (measured, "a tag on what is no measurement", tagged(MEASURED)),
    (measured, "many tags", measurements(MOST_MEASURED + 1)),
    (figures_in_words, "no alt text", shows(metadata={})),
    (figures_in_words, "blank alt text", shows(metadata={"image/png": {"alt": " "}})),
    (figures_in_words, "no twin", shows(data=PNG)),
    (figures_in_words, "a repr", shows(data=PNG | {"text/plain": "<Figure size 640x480>"})),
    (figures_in_words, "an object", shows(data=PNG | {"text/plain": "<IPython.display.Image x>"})),
]


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.__name__)
def test_a_good_notebook_passes(gate: Gate):
    assert gate(good()) == []


def test_alt_text_may_also_stand_for_the_whole_output():
    book = good()
    shows(metadata={"alt": "One message, three attempts."})(book)
    assert figures_in_words(book) == []


def test_a_cell_that_is_said_to_need_a_local_cloud_may_order_an_outage():
    book = good()
    edit(0, "In this notebook", "Only a local cloud can do this. In this notebook")(book)
    edit(1, "print(name)", "cloud.faults.outage(arn)")(book)
    tagged(LOCAL_ONLY)(book)
    assert local_only(book) == []


def test_a_few_measurements_need_not_be_compared():
    book = good()
    measurements(MOST_MEASURED)(book)
    assert measured(book) == []


def test_lambda_s_own_folder_may_be_named_in_a_source():
    book = good()
    edit(1, "print(name)", "open('/tmp/scratch')")(book)
    assert no_machine_paths(book) == []


@pytest.mark.parametrize(
    "gate, change",
    [pytest.param(gate, change, id=f"{gate.__name__}-{name}") for gate, name, change in BAD],
)
def test_a_bad_notebook_is_stopped_by_its_gate(gate: Gate, change):
    book = copy.deepcopy(good())
    change(book)
    stopped_by = [other.__name__ for other in GATES if other(book)]
    assert stopped_by == [gate.__name__]


def test_every_gate_has_a_bad_notebook():
    assert {gate for gate, _, _ in BAD} == set(GATES)
