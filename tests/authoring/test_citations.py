"""Citations of facts: each names a fact that the repository has."""

import re

from patternlab import facts
from patternlab.authoring.citations import KINDS, citations, shown_by, unresolved
from patternlab.paths import ROOT

#: How facts were cited before they had ids; put together so that this file does not match.
OLD = re.compile(
    r"\(facts?,? " + r"(rows?|section|§|\d)|\(rows? \d|\brows?_\d+_" + r"|facts/\w+\.md"
)


def copy(tmp_path, text, sheet="id,fact\nevents-1,one\n"):
    """A small course: one text, one sheet, and nothing in the other sheets."""
    for name in facts.SHEETS:
        path = tmp_path / "data" / "facts" / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(sheet if name == "events" else "id,fact\n", encoding="utf-8")
    path = tmp_path / "tests" / "test_one.py"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    return tmp_path


def test_every_citation_names_a_fact():
    assert unresolved() == []


def test_citations_are_found_in_code_tests_and_pages():
    folders = {citation.path.split("/")[0] for citation in citations()}
    assert {"helpers", "tests", "docs", "data"} <= folders


def test_no_citation_is_of_the_old_kind():
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for place in ("helpers", "tests", "benchmarks", "notebooks", "labs")
        for path in sorted((ROOT / place).rglob("*"))
        if path.suffix in KINDS
        for match in OLD.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_a_citation_that_names_no_fact_is_reported_with_its_place(tmp_path):
    root = copy(tmp_path, "# as events-1 says\n\n# and events-" + "2 too\n")
    [sentence] = unresolved(root)
    assert "tests/test_one.py, line 3" in sentence and "events-" + "2" in sentence


def test_a_test_that_names_no_fact_is_reported_too(tmp_path):
    root = copy(tmp_path, "def test_events" + "_1_to_3_all_is_well():\n    pass\n")
    assert len(unresolved(root)) == 2


def test_the_name_of_a_test_can_name_several_facts(tmp_path):
    text = (
        "def test_events" + "_2_to_4_{0}(): ...\n\ndef test_events" + "_1_and_7_{0}(world): ...\n"
    )
    found = shown_by(copy(tmp_path, text.format("a_loop_ends_after_16")))
    assert sorted(found) == [f"events-{n}" for n in (1, 2, 3, 4, 7)]
    assert {test.words for tests in found.values() for test in tests} == {"a loop ends after 16"}
