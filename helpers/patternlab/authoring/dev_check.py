"""``patternlab dev check NAME``: everything that concerns one lesson, in seconds.

The gates, the proof of its exercises, its outputs against a fresh run, and its counts and cost
card. Each finding says what to do.
"""

from __future__ import annotations

import math
import subprocess
import sys
import tempfile
import textwrap
import time
import xml.etree.ElementTree as xml
from collections.abc import Callable, Iterable, Iterator
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path

from patternlab import exercises as bank
from patternlab.account import calls
from patternlab.account.cost import card
from patternlab.account.policies import page
from patternlab.authoring.gates import GATES
from patternlab.authoring.lesson import Finding, Lesson, find
from patternlab.learn.loading import course
from patternlab.learn.verify import problems
from patternlab.paths import ROOT
from patternlab.resources.errors import AccountError

WIDTH = 100
AMOUNTS = 0.05  # by which share the amounts of two counts may differ


def check(name: str) -> int:
    """Look at the lesson called `name`, print a table of what is wrong, and return an exit code.

    Raises:
        LookupError: there is no such lesson.
    """
    lesson = Lesson.read(find(name))
    print(f"{lesson.place}:")
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        comparison = _compare(lesson, report)  # runs beside the other parts
        found = [
            *_part("gates", lambda: gate_findings(lesson)),
            *_part("style", lambda: style_findings(lesson)),
            *_part("exercises", lambda: exercise_findings(lesson)),
            *_part("counts and cost", lambda: count_findings(lesson)),
            *_part("outputs", lambda: output_findings(lesson, comparison, report)),
        ]
    if not found:
        print("Nothing is wrong.")
        return 0
    print(f"\n{_table(found)}")
    return 1


def _part(name: str, look: Callable[[], Iterable[Finding]]) -> list[tuple[str, Finding]]:
    began = time.perf_counter()
    found = [(name, finding) for finding in look()]
    verdict = f"{len(found)} to mend" if found else "ok"
    print(f"  {name:<16} {time.perf_counter() - began:5.1f} s  {verdict}", flush=True)
    return found


def gate_findings(lesson: Lesson) -> Iterator[Finding]:
    """Return what the gates stop."""
    for gate in GATES:
        yield from gate(lesson)


def style_findings(lesson: Lesson) -> Iterator[Finding]:
    """Return what ruff says of the notebook and of the module of its exercises."""
    module = Path(bank.__path__[0]) / f"{lesson.module}.py"
    modules = [module] if module.exists() else []
    runs = [(["check", "--output-format", "concise", lesson.path, *modules], "Correct it.")]
    if modules:
        runs.append((["format", "--check", module], f"Run `ruff format {module.name}`."))
    for arguments, todo in runs:
        command = [sys.executable, "-m", "ruff", *map(str, arguments), "--quiet"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        for line in (done.stdout + done.stderr).splitlines() if done.returncode else ():
            yield Finding(line, todo)


def exercise_findings(lesson: Lesson) -> Iterator[Finding]:
    """Return what is wrong with the lesson's exercises: each is proved by its own material."""
    for exercise in course().of(lesson.module):
        place = f"the exercise {exercise.name!r} in patternlab/exercises/{lesson.module}.py"
        for problem in problems(exercise):
            yield Finding(f"{exercise.name}: {problem}", f"Correct {place}.")
        texts = [
            exercise.solution_text,
            *exercise.hints,
            *(part for _, part in exercise.misconceptions),
        ]
        if any("TODO" in text for text in texts):
            yield Finding(f"{exercise.name}: a TODO is left.", f"Finish {place}.")
    if error := course().failures.get(lesson.module):
        yield Finding(
            f"patternlab/exercises/{lesson.module}.py is not loaded whole: {error}", "Correct it."
        )


def count_findings(lesson: Lesson) -> Iterator[Finding]:
    """Return what is old in the counts of the lesson's calls, its cost card and the policies."""
    from patternlab.authoring import notebook_calls  # slow to import, and the comparison can start

    todo = f"Run `patternlab policies {lesson.place}`."
    name = lesson.path.stem
    try:
        with redirect_stdout(StringIO()):
            fresh = list(notebook_calls.record(lesson.path).rows(name))
    except Exception as error:
        yield Finding(
            f"It cannot be run for an account: {type(error).__name__}: {error}",
            f"Tag the cells that need a local cloud, then look again at {lesson.place}.",
        )
        return
    kept = calls.read()
    if not _agree(fresh, [row for row in kept if row.notebook == name]):
        yield Finding(f"data/notebook_calls.csv does not have what {name} asks AWS for.", todo)
        return
    try:
        card.card(name)
    except AccountError as error:
        yield Finding(f"It has no cost card. {error}", "Add the price to data/prices.csv.")
    for file, text in page.files(kept).items():
        if (page.FOLDER / file).read_text(encoding="utf-8") != text:
            yield Finding(f"data/policies/{file} is old.", todo)


def _agree(fresh: list[calls.Row], kept: list[calls.Row]) -> bool:
    """Whether two counts are the same; amounts, such as bytes of logs, differ between Pythons."""
    if [replace(row, calls=0) for row in fresh] != [replace(row, calls=0) for row in kept]:
        return False
    return all(
        math.isclose(one.calls, other.calls, rel_tol=AMOUNTS if one.by == calls.CLOUD else 0)
        for one, other in zip(fresh, kept, strict=True)
    )


def _compare(lesson: Lesson, report: Path) -> subprocess.Popen[str]:
    """Start nbval on the lesson: it runs the cells and compares their outputs, to the letter."""
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", "-c", "pyproject.toml", "-p", "no:cacheprovider"]
        + [f"--junitxml={report}", str(lesson.path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def output_findings(
    lesson: Lesson, comparison: subprocess.Popen[str], report: Path
) -> Iterator[Finding]:
    """Return the cells whose outputs are not those of a fresh run."""
    said, _ = comparison.communicate()
    if not report.exists():
        last = said.strip().splitlines()[-1:] or ["it said nothing"]
        yield Finding(f"The comparison did not start: {last[0]}", "Install the `dev` extra.")
        return
    for case in xml.parse(report).iter("testcase"):
        failure = next((part for part in case if part.tag in ("failure", "error")), None)
        if failure is not None:
            yield Finding(
                f"{case.get('name')} has another output in a fresh run.\n{_reason(failure)}",
                f"{lesson.run_again} Then look at the difference.",
            )


def _reason(failure: xml.Element) -> str:
    """The lines of nbval's report that tell the difference."""
    text = failure.text or failure.get("message") or ""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return "\n".join(line for line in lines if not line.startswith(("E ", "---")))[:400]


def _table(found: list[tuple[str, Finding]]) -> str:
    """The findings, one below the other, with what to do about each."""
    rows = []
    for number, (part, finding) in enumerate(found, start=1):
        what = [textwrap.fill(line, WIDTH - 5) for line in finding.what.splitlines()]
        todo = textwrap.fill(f"-> {finding.todo}", WIDTH - 5, subsequent_indent="   ")
        rows.append(f"{number:>3}. {part}")
        rows.append(textwrap.indent("\n".join([*what, todo]), " " * 5))
    return "\n".join(rows)
