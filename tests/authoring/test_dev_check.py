"""`patternlab dev check`: every part of it can find what is wrong."""

from dataclasses import replace

import nbformat
import pytest

from patternlab.authoring import dev_check, lesson
from patternlab.authoring.lesson import Finding, Lesson
from patternlab.cli import main
from patternlab.learn import loading
from patternlab.paths import NOTEBOOKS, books


@pytest.mark.parametrize("name", ["01", "sqs-lambda-dlq", "01-sqs-lambda-dlq.ipynb"])
def test_a_lesson_is_found_by_number_name_and_file(name):
    assert lesson.find(name) == NOTEBOOKS / "01-sqs-lambda-dlq.ipynb"


def test_every_lesson_is_found_by_its_own_name():
    assert [lesson.find(path.stem) for path in books()] == books()


@pytest.mark.parametrize("command", [["dev", "check"], ["policies"]])
def test_an_unknown_lesson_is_one_sentence_with_close_names(capsys, command):
    assert main([*command, "sqs-lambda-dql"]) == 1
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1
    assert "'sqs-lambda-dql'" in captured.err and "sqs-lambda-dlq" in captured.err


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """Return a lesson of one cell, whose stored output is not what it prints."""
    monkeypatch.setattr(lesson, "ROOT", tmp_path)
    path = tmp_path / "toy.ipynb"
    output = nbformat.v4.new_output("stream", name="stdout", text="41\n")
    cell = nbformat.v4.new_code_cell("print(6 * 7)", execution_count=1, outputs=[output])
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    return Lesson(path, nbformat.read(path, as_version=4), "")


def test_another_output_is_told_with_its_cell_and_the_difference(toy, tmp_path):
    report = tmp_path / "report.xml"
    comparison = dev_check._compare(toy, report)
    (finding,) = dev_check.output_findings(toy, comparison, report)
    assert "Cell 0" in finding.what and "41" in finding.what and "42" in finding.what
    assert "patternlab notebooks toy.ipynb" in finding.todo


def test_style_is_that_of_ruff(toy):
    assert list(dev_check.style_findings(toy)) == []
    toy.path.write_text(toy.path.read_text().replace("print(6 * 7)", "print(six)"))
    assert ["F821" in finding.what for finding in dev_check.style_findings(toy)] == [True]


def test_a_lesson_that_was_not_counted_is_told_how_to_count_it(toy):
    (finding,) = dev_check.count_findings(toy)
    assert "patternlab policies toy.ipynb" in finding.todo


def test_a_cell_that_fails_is_told_by_its_error(toy):
    toy.book.cells[0].source = "from patternlab import open_cloud\nopen_cloud()\nsix"
    nbformat.write(toy.book, toy.path)
    (finding,) = dev_check.count_findings(toy)
    assert "NameError" in finding.what and "six" in finding.what


def test_an_exercise_that_does_not_prove_itself_is_told(monkeypatch):
    class Broken(loading.Course):
        def of(self, module):
            return [replace(one, reference=5) for one in super().of(module)[:1]]

    monkeypatch.setattr(dev_check, "course", lambda: Broken("patternlab.exercises"))
    lesson_01 = Lesson.read(lesson.find("01"))
    findings = list(dev_check.exercise_findings(lesson_01))
    assert any("The reference gives WRONG" in finding.what for finding in findings)
    assert all("sqs_lambda_dlq.py" in finding.todo for finding in findings)


def test_findings_are_printed_with_what_to_do_and_make_the_command_fail(monkeypatch, capsys):
    parts = ("gate", "style", "exercise", "count", "output")
    monkeypatch.setattr(dev_check, "_compare", lambda lesson, report: None)
    for part in parts:
        monkeypatch.setattr(dev_check, f"{part}_findings", lambda *given: [])
    assert main(["dev", "check", "01"]) == 0
    assert "Nothing is wrong" in capsys.readouterr().out
    found = [Finding("A cell is too long.", "Split it.")]
    monkeypatch.setattr(dev_check, "gate_findings", lambda lesson: found)
    assert main(["dev", "check", "01"]) == 1
    out = capsys.readouterr().out
    assert "A cell is too long." in out and "-> Split it." in out
