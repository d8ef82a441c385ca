"""The pages of facts, and that each fact on the page of tests has one."""

import ast
import functools
import re

import pytest

from patternlab import facts
from patternlab.authoring import conformance
from patternlab.authoring.citations import Shown, shown_by
from patternlab.paths import ROOT


@functools.cache
def doubtful():
    """The names of the tests that are expected to fail, or not always run: they show nothing."""
    names = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        text = path.read_text(encoding="utf-8")
        if "mark.xfail" in text or "mark.skip" in text:
            for node in ast.parse(text).body:
                marks = " ".join(map(ast.unparse, getattr(node, "decorator_list", ())))
                if "mark.xfail" in marks or "mark.skip" in marks:
                    names.add(node.name)
    return names


def row(name="events-1", **columns):
    return {"id": name, "subject": "SQS", "fact": "One.", "difference": "", **columns}


@pytest.mark.parametrize("path", conformance.pages(), ids=lambda path: path.stem)
def test_a_page_is_as_the_facts_and_the_tests_say(path):
    fresh = path.read_text(encoding="utf-8") == conformance.pages()[path]
    assert fresh, f"{path.name} is old: run `make conformance`."


def test_every_fact_of_a_proven_sheet_has_a_test():
    assert conformance.unproven() == []


def test_no_test_that_may_fail_shows_a_fact():
    assert doubtful() & {test.name for found in shown_by().values() for test in found} == set()


@pytest.mark.parametrize("sheet", conformance.PROVEN)
def test_every_difference_of_a_proven_sheet_has_a_test_that_expects_to_fail(sheet):
    """When the local cloud does as AWS does, that test passes and the row can say so."""
    table = facts.read(sheet)
    expected = re.findall(rf"\btest_difference_{sheet}_(\d+)_", " ".join(doubtful()))
    differing = set(table["id"][table["difference"] != ""])
    assert differing == {f"{sheet}-{number}" for number in expected}


def test_a_test_is_shown_below_its_fact_and_a_fact_without_one_is_not_counted():
    tests = {"events-1": [Shown("tests/test_a.py", "test_events_1_x", "it comes back")]}
    page = conformance.page([row(), row("events-2", fact="Two.")], tests)
    assert "One.\n\n* [It comes back](../tests/test_a.py)\n" in page
    assert page.endswith("\n1 of 2 facts are shown by a test.\n")


def test_a_difference_is_shown_on_both_pages():
    differing = row(difference="It does not.", source="[R]", read_on="", confidence="low")
    assert "It does not." in conformance.page([differing], {})
    assert "It does not." in conformance.facts_page({"events": [differing]})


def test_problems_are_printed_and_fail_the_command(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(conformance, "ROOT", tmp_path)
    monkeypatch.setattr(conformance, "pages", dict)
    monkeypatch.setattr(conformance, "unresolved", lambda: ["README.md, line 7: none."])
    monkeypatch.setattr(conformance, "shown_by", lambda: dict.fromkeys(["events-1"], []))
    assert conformance.write() == 1
    printed = capsys.readouterr().err
    assert "README.md, line 7" in printed and "test_events_2_" in printed
    assert "test_events_1_" not in printed


def test_the_name_of_a_test_becomes_a_sentence():
    tests = {"events-1": [Shown("tests/test_a.py", "", "json of sns takes 1 mib")]}
    assert "* [JSON of SNS takes 1 MiB](" in conformance.page([row()], tests)


def test_a_bar_in_a_cell_does_not_end_it():
    page = conformance.facts_page({"hpc": [row(source="a | b", read_on="", confidence="low")]})
    assert "| a \\| b |" in page
