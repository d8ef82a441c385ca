"""Findings as people read them."""

from patternlab.hpc.parallelcluster import Finding, Judgement

ERROR = Finding("error", "Image.Os", 3, "It is wrong.", "schema", "Mend it.")
WARNING = Finding("warning", "", 1, "word " * 40, "OneValidator", "Think.")


def test_a_judgement_prints_its_verdict_and_each_finding():
    assert repr(Judgement((ERROR,), None)) == (
        "Refused: 1 error.\n\n"
        "error at line 3, Image.Os (schema)\n"
        "  says: It is wrong.\n"
        "  do:   Mend it."
    )


def test_long_messages_are_broken_into_lines():
    assert max(len(line) for line in str(WARNING).splitlines()) <= 96


def test_a_warning_does_not_refuse():
    judgement = Judgement((WARNING, WARNING), None)
    assert judgement.accepted and judgement.summary == "Accepted: 2 warnings."


def test_the_table_has_a_row_for_each_finding():
    table = Judgement((ERROR, WARNING), None).table()
    assert list(table.columns) == ["level", "line", "where", "says", "do", "validator"]
    assert list(table["line"]) == [3, 1]
    assert Judgement((), None).table().empty
