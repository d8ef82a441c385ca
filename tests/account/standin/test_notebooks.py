"""Notebooks 00 to 05 as they are, on an independent server in place of an account.

The server is ministack, over HTTP, in real time; ``passes.py`` says how a notebook is run and
``shorter.py`` what is shortened. Where ministack does not do as AWS does, a cell fails or finds
another answer than on a local cloud. Those are in DIFFERENCES, all of them and no others: a cell
that is not there must run and answer as it does locally, and a row whose cell does so must go.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import nbformat
import pytest
from nbformat import NotebookNode

from tests.account.standin.passes import LOCAL_ONLY, ROOT, Pass, left_on, run_all
from tests.account.standin.server import ACCOUNT, ROOT_KEY, ROOT_SECRET

NOTEBOOKS = [
    "00-start-here",
    "01-sqs-lambda-dlq",
    "02-sqs-fifo-lambda",
    "03-sns-lambda-retries",
    "04-fan-out",
    "05-s3-events",
]


#: The notebook of the quick suite; the others are deep.
QUICK = "00-start-here"
EACH = [pytest.param(name, marks=[] if name == QUICK else [pytest.mark.deep]) for name in NOTEBOOKS]


@dataclass(frozen=True)
class Difference:
    """A cell for which ministack is not AWS."""

    notebook: str
    cell: str  # a piece of its source, found in no other cell
    reason: str
    seen: str  # a piece of the error, or "answer: ..." in place of the answer of a local cloud


DIFFERENCES = [
    Difference(
        "01-sqs-lambda-dlq",
        "start_message_move_task",
        "It cannot move messages back from a dead-letter queue.",
        "The action StartMessageMoveTask is not valid",
    ),
    Difference(
        "02-sqs-fifo-lambda",
        "plots.fifo_lanes(one_group",
        "Its records do not say which message group they are of.",
        "history has no message groups",
    ),
    Difference(
        "02-sqs-fifo-lambda",
        "plots.fifo_lanes(groups",
        "Its records do not say which message group they are of.",
        "history has no message groups",
    ),
    Difference(
        "02-sqs-fifo-lambda",
        'reveal("position"',
        "A message in flight holds up its whole group, not only what comes after it.",
        "answer: nobody",
    ),
    Difference(
        "03-sns-lambda-retries",
        'reveal("attempts"',
        "A topic runs a function once, past Lambda's asynchronous queue, which would retry.",
        "answer: once",
    ),
    Difference(
        "03-sns-lambda-retries",
        'Message="order 3 bad"',
        "A topic runs a function past Lambda's asynchronous queue and its destinations.",
        "WaitTimeout",
    ),
    Difference(
        "03-sns-lambda-retries",
        'reveal("deleted"',
        "Subscriptions have no dead-letter queue: their RedrivePolicy is kept and not used.",
        "answer: 1 hour",
    ),
    Difference(
        "04-fan-out",
        'reveal("no-policy"',
        "The policy of a queue is kept and not asked: a topic may send to all.",
        "answer: SNS tries for 23 days",
    ),
    Difference(
        "04-fan-out",
        'reveal("net"',
        "Subscriptions have no dead-letter queue: their RedrivePolicy is kept and not used.",
        "WaitTimeout",
    ),
    Difference(
        "04-fan-out",
        'ask = {"QueueUrl": urls["undelivered"]',
        "Nothing is in the dead-letter queue that the cell before waited for.",
        "KeyError: 'Messages'",
    ),
    Difference(
        "05-s3-events",
        'reveal("no-policy"',
        "A bucket may send to any queue, whatever its policy.",
        "answer: accepts it, and events arrive",
    ),
    Difference(
        "05-s3-events",
        'reveal("already-there"',
        "It took the rule that S3 refuses, so there are two test events.",
        "answer: 2",
    ),
    Difference(
        "05-s3-events",
        'reveal("overtaken"',
        'Events come at once and in order, and the sequencer of each is "0".',
        "answer: none",
    ),
    Difference(
        "05-s3-events",
        'reveal("overlap"',
        "Rules may overlap.",
        "answer: none given",
    ),
    Difference(
        "05-s3-events",
        'reveal("encoded"',
        "The key in an event is not url-encoded.",
        "answer: holiday/my photo.jpg",
    ),
]

#: Answers that are lengths of time, which are others here.
TIMED = {"poison-moment", "one-group", "how-late"}

#: What nobody may find in anything that was kept; values of the session are added.
SECRETS = re.compile(
    rf"{ACCOUNT}|{ROOT_KEY}|{ROOT_SECRET}|X-Amz-(Signature|Credential|Security-Token)=|Signature="
    r"|\b(AKIA|ASIA)[A-Z0-9]{16}\b|aws_secret_access_key",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def passes(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Pass]:
    """Those that a test was asked for, all at the same time: they mostly sleep."""
    here = [item for item in request.session.items if item.path == request.path]
    names = {item.callspec.params.get("name") for item in here if hasattr(item, "callspec")}
    paths = [ROOT / "notebooks" / f"{name}.ipynb" for name in NOTEBOOKS if name in names]
    in_vain = [row.cell for row in DIFFERENCES if row.seen == "WaitTimeout"]
    return run_all(paths, tmp_path_factory.mktemp("passes"), in_vain)


@pytest.mark.parametrize("name", EACH)
def test_the_same_cells_do_the_same_on_another_server(passes, name):
    seen = differences(passes[name].ran, stored(name))
    listed = {cell_of(passes[name], row): row for row in DIFFERENCES if row.notebook == name}
    unlisted = {cell: what for cell, what in seen.items() if cell not in listed}
    assert not unlisted, f"{name}: these cells failed or answered otherwise: {unlisted}"
    gone = [row.cell for cell, row in listed.items() if cell not in seen]
    assert not gone, f"{name}: take these rows out of DIFFERENCES, the cells pass: {gone}"
    for cell, row in listed.items():
        assert row.seen in seen[cell], f"{name}, {row.cell}: the reason given is another one"


@pytest.mark.parametrize("name", EACH)
def test_every_cell_was_run_on_the_account(passes, name):
    ran = passes[name].ran
    assert all(cell.execution_count for cell in ran)
    assert any("REAL ACCOUNT …" + ACCOUNT[-4:] in text_of(cell) for cell in ran)
    kept = {cell.id for cell in stored(name) if LOCAL_ONLY not in cell.metadata.get("tags", [])}
    assert {cell.id for cell in ran} == kept


@pytest.mark.parametrize("name", EACH)
def test_nothing_is_left_after_it(passes, name):
    assert passes[name].left == {}
    made = [line for line in ledger(passes[name]) if line["is"] == "made"]
    assert len(made) > (0 if name == QUICK else 3), "the session made something that had to go"


@pytest.mark.parametrize("name", EACH)
def test_nothing_that_was_kept_tells_of_the_account(passes, name):
    written = passes[name].written()
    assert any(where.endswith(".jsonl") for where in written), "the ledger is among it"
    assert leaks(written, passes[name].secrets) == set()


# -- the gates themselves --------------------------------------------------------------------------


def test_what_is_left_would_be_seen(ministack):
    topic = ministack.client("sns").create_topic(Name="patternlab-k3f9qb-orders")["TopicArn"]
    ministack.client("sqs").create_queue(QueueName="patternlab-k3f9qb-orders")
    ministack.client("sqs").create_queue(QueueName="somebody-elses")
    found = left_on(ministack)
    assert found.keys() == {"queues", "topics"}
    assert found["topics"] == [topic]
    assert [url.split("/")[-1] for url in found["queues"]] == ["patternlab-k3f9qb-orders"]


@pytest.mark.parametrize(
    "text",
    [
        f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders",
        "https://bucket/key?X-Amz-Signature=0a1b&X-Amz-Expires=60",
        "https://bucket/key?AWSAccessKeyId=x&Signature=y",
        "ASIAABCDEFGHIJKLMNOP",
        "the token of this session",
    ],
)
def test_what_leaks_would_be_seen(text):
    assert leaks({"a cell": f"see {text} there"}, ["the token of this session"]) == {"a cell"}
    assert leaks({"a cell": "account …5546"}, ["the token of this session"]) == set()


def test_a_failure_and_another_answer_would_be_seen():
    def cell(number, *lines, **error):
        output = nbformat.v4.new_output("stream", name="stdout", text="".join(lines))
        made = nbformat.v4.new_code_cell(f'reveal("q{number}", 1)', id=f"c{number}")
        made.outputs = [output] + ([nbformat.v4.new_output("error", **error)] if error else [])
        return made

    here = [cell(1, "What happened:  1\n"), cell(2, "What happened:  2\n"), cell(3)]
    there = [
        cell(1, "What happened:  1\n"),
        cell(2, "What happened:  3\n"),
        cell(3, ename="KeyError", evalue="'x'", traceback=[]),
    ]
    assert differences(here, here) == {}
    assert differences(there, here) == {"c2": "answer: 3", "c3": "KeyError: 'x'"}


# -- what is compared ------------------------------------------------------------------------------


def stored(name: str) -> list[NotebookNode]:
    """The code cells of a notebook as it is kept, with the outputs of a local cloud."""
    book = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    return [cell for cell in book.cells if cell.cell_type == "code"]


def differences(ran: list[NotebookNode], locally: list[NotebookNode]) -> dict[str, str]:
    """The error of each cell that failed and the answer of each that answered otherwise, by id."""
    expected = {cell.id: answers(cell) for cell in locally}
    found = {}
    for cell in ran:
        errors = [o for o in cell.outputs if o.output_type == "error"]
        if errors:
            found[cell.id] = f"{errors[0].ename}: {errors[0].evalue}"
        elif not is_timed(cell) and answers(cell) != expected[cell.id]:
            found[cell.id] = "answer: " + (", ".join(answers(cell)) or "none given")
    return found


def is_timed(cell: NotebookNode) -> bool:
    """Does it reveal a length of time?"""
    return any(f'reveal("{name}"' in cell.source for name in TIMED)


def answers(cell: NotebookNode) -> list[str]:
    """What it revealed."""
    return re.findall(r"^What happened:\s+(.*?)\s*$", text_of(cell), re.MULTILINE)


def text_of(cell: NotebookNode) -> str:
    """What it printed."""
    return "".join(o.text for o in cell.outputs if o.output_type == "stream")


def cell_of(run: Pass, row: Difference) -> str:
    """The id of the one cell that a row means."""
    found = [cell.id for cell in run.ran if row.cell in cell.source]
    assert len(found) == 1, f"{row.notebook}: {row.cell!r} is in {len(found)} cells, not in one"
    return found[0]


def ledger(run: Pass) -> Iterator[dict[str, str]]:
    """The lines of its ledger."""
    for path in run.folder.rglob("*.jsonl"):
        yield from map(json.loads, filter(None, path.read_text().splitlines()))


def leaks(written: dict[str, str], secrets: list[str]) -> set[str]:
    """Where an account id, a credential or a signature is found."""
    return {
        where
        for where, text in written.items()
        if SECRETS.search(text) or any(secret in text for secret in secrets)
    }
