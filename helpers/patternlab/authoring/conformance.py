"""The conformance page: what SQS does, how that is known, and which passing test proves it here."""

from __future__ import annotations

import csv
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from patternlab.paths import DATA, ROOT

TABLE = DATA / "sqs_conformance.csv"
PAGE = ROOT / "docs" / "sqs-conformance.md"

HEAD = """# SQS, behaviour by behaviour

Each line is something that Amazon SQS does, where that is known from, and the test that shows it on
the course's own queues. `make conformance` runs the tests and writes this page from the ones that
pass; nobody edits it.

Sources: **[D]** AWS documentation (2025–2026) · **[B]** AWS API reference, as in botocore 1.44.5 ·
**[A]** archived AWS documentation (2022–2023) · **[R]** recorded from AWS · **[N]** AWS
announcement · **[U]** measured by users on AWS.

| row | behaviour | source | test |
|---|---|---|---|
"""


def read_table() -> list[dict[str, str]]:
    """The lines of the table: row, behaviour, source, test."""
    with TABLE.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def passing(tests: list[str]) -> set[str]:
    """Run `tests` (pytest's node ids) and return those that pass, every parameter of them."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        files = sorted({test.partition("::")[0] for test in tests})
        subprocess.run(
            [*command, f"--junitxml={report}", *files], cwd=ROOT, stdout=sys.stderr, check=False
        )
        cases = list(ElementTree.parse(report).iter("testcase"))
    good, bad = set(), set()
    for case in cases:
        path = case.attrib["classname"].replace(".", "/") + ".py"
        name = f"{path}::{case.attrib['name'].partition('[')[0]}"
        (bad if len(case) else good).add(name)
    return good - bad


def page(lines: list[dict[str, str]], proven: set[str]) -> str:
    """The page for those lines whose test is among `proven`."""
    shown = [line for line in lines if line["test"] in proven]
    text = HEAD
    for line in shown:
        path, _, name = line["test"].partition("::")
        link = f"[{name.removeprefix('test_')}](../{path})"
        text += f"| {line['row']} | {line['behaviour']} | {line['source']} | {link} |\n"
    return text + f"\n{len(shown)} of {len(lines)} behaviours are proven.\n"


def write() -> int:
    """Run the tests and write the page; 1 if a behaviour is not proven."""
    lines = read_table()
    proven = passing([line["test"] for line in lines])
    PAGE.write_text(page(lines, proven), encoding="utf-8", newline="\n")
    missing = [line["test"] for line in lines if line["test"] not in proven]
    for test in missing:
        print(f"Not proven: {test}", file=sys.stderr)
    print(f"{PAGE.relative_to(ROOT)}: {len(lines) - len(missing)} of {len(lines)} proven.")
    return 1 if missing else 0
