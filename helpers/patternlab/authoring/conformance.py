"""Write the two pages of facts: what is known, and which test shows it on the local cloud."""

from __future__ import annotations

import sys
from collections.abc import Hashable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from patternlab import facts
from patternlab.authoring.citations import Shown, shown_by, unresolved
from patternlab.paths import ROOT

FACTS_PAGE = ROOT / "docs" / "facts.md"
PAGE = ROOT / "docs" / "conformance.md"

Row = Mapping[Hashable, Any]

#: The sheets whose every fact has a test, and what they are about.
PROVEN = ("events",)

TITLES = {
    "events": "Events and messages: SQS, Lambda, SNS, S3",
    "sqs_more": "SQS: corrections",
    "eventbridge_more": "SNS and EventBridge: corrections",
    "observability": "Metrics: corrections",
    "caching": "Caching: CloudFront, API Gateway, ElastiCache, DAX",
    "caching_more": "Caching: corrections",
    "hpc": "HPC: EFA, placement, data transfer, Batch, ParallelCluster",
    "hpc_more": "HPC: corrections",
}

#: Words that a test's name writes in small letters.
SPELLED = ("AWS", "DLQ", "EventBridge", "FIFO", "HTTP", "JSON", "KiB", "Lambda", "MB", "MiB", "SNS")
ABBREVIATIONS = {word.lower(): word for word in (*SPELLED, "ARNs", "S3", "SHA", "SQS")}

WRITTEN_BY = "`make conformance` writes this page from `data/facts/`{}; do not edit it."

FACTS_HEAD = f"""# What the course knows

Each row is a fact about AWS, with the source that says so and the day on which it was read. Code,
tests and notebooks cite these ids.
{WRITTEN_BY.format("")}

An id is the name of a sheet and a number that stays the same forever. A newer source counts: an
older row names the row that corrects it. A knob is something for which AWS publishes no number: a
seeded, visible parameter of the local cloud.

Sources: **[D]** AWS documentation (2025 and 2026), with the page's title where it was noted ·
**[B]** AWS API reference, as in botocore 1.44.5 · **[A]** archived AWS documentation (2022 and
2023) · **[R]** recorded from AWS · **[N]** AWS announcement · **[U]** measured by users on AWS.
"""

HEAD = f"""# What AWS does, and the test that shows it

Below each fact are the tests that show it on the course's local cloud; `make test` and
`make test-deep` run them. Sources and dates are on [the page of facts](facts.md).
{WRITTEN_BY.format(" and the names of the tests")}
"""


def facts_page(sheets: Mapping[str, Sequence[Row]]) -> str:
    """Return the page of all facts, as Markdown."""
    text = FACTS_HEAD
    for sheet, rows in sheets.items():
        text += f"\n## {TITLES[sheet]}\n"
        for subject, group in groupby(rows, key=lambda row: row["subject"]):
            text += f"\n### {subject}\n\n| id | fact | source | read on | confidence |\n"
            text += "|---|---|---|---|---|\n"
            for row in group:
                cells = [_fact(row), row["source"], str(row["read_on"]), row["confidence"]]
                anchor = f'<a id="{row["id"]}"></a>{row["id"]}'
                text += f"| {anchor} | " + " | ".join(map(_cell, cells)) + " |\n"
    return text


def page(rows: Sequence[Row], tests: Mapping[str, Sequence[Shown]]) -> str:
    """Return the page that shows the tests below each fact, as Markdown."""
    text = HEAD
    for subject, group in groupby(rows, key=lambda row: row["subject"]):
        text += f"\n## {subject}\n"
        for row in group:
            text += f"\n**[{row['id']}](facts.md#{row['id']})** {_fact(row)}\n\n"
            for test in tests.get(row["id"], ()):
                text += f"* [{_sentence(test.words)}](../{test.path})\n"
    shown = sum(row["id"] in tests for row in rows)
    return text + f"\n{shown} of {len(rows)} facts are shown by a test.\n"


def pages() -> dict[Path, str]:
    """Return both pages as they should be, by their paths."""
    sheets = {sheet: facts.read(sheet).to_dict("records") for sheet in facts.SHEETS}
    proven = [row for sheet in PROVEN for row in sheets[sheet]]
    return {FACTS_PAGE: facts_page(sheets), PAGE: page(proven, shown_by())}


def write() -> int:
    """Write both pages and print their paths.

    Returns:
        The exit code: 1 if a citation names no fact or if a fact that needs a test has none. Each
        is printed as one sentence.
    """
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8", newline="\n")
        print(path.relative_to(ROOT))
    problems = unresolved() + unproven()
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def unproven() -> list[str]:
    """Return one sentence for each fact of the proven sheets that no test shows."""
    shown = shown_by()
    return [
        f"No test shows {fact}: write one whose name begins with test_{fact.replace('-', '_')}_."
        for sheet in PROVEN
        for fact in facts.read(sheet)["id"]
        if fact not in shown
    ]


def _fact(row: Row) -> str:
    """The fact, and what the local cloud does differently, if anything."""
    if not row["difference"]:
        return str(row["fact"])
    return f"{row['fact']} **The local cloud differs:** {row['difference']}"


def _sentence(words: str) -> str:
    """The words of a test's name with a capital at the beginning and in abbreviations."""
    text = " ".join(ABBREVIATIONS.get(word, word) for word in words.split())
    return text[0].upper() + text[1:]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
