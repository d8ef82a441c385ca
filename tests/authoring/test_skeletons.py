"""What `patternlab new` writes passes the gates, but for what only an author can write."""

import nbformat
import pytest

from patternlab import exercises as bank
from patternlab.authoring import lesson, skeletons
from patternlab.authoring.gates import GATES
from patternlab.authoring.lesson import Lesson
from patternlab.authoring.notebooks import NotebookError
from patternlab.cli import main
from patternlab.learn import loading
from patternlab.learn.verify import problems


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """Return an empty checkout, beside the course's own exercises; notebooks are not run."""
    for name in ("notebooks", "labs", "bank"):
        (tmp_path / name).mkdir()
    for module in (lesson, skeletons):
        monkeypatch.setattr(module, "ROOT", tmp_path)
        monkeypatch.setattr(module, "books", lambda: sorted(tmp_path.glob("*/*.ipynb")))
    monkeypatch.setattr(skeletons, "NOTEBOOKS", tmp_path / "notebooks")
    monkeypatch.setattr(skeletons, "LABS", tmp_path / "labs")
    monkeypatch.setattr(skeletons, "run", lambda path: None)
    monkeypatch.setattr(bank, "__path__", [str(tmp_path / "bank"), *bank.__path__])
    monkeypatch.setattr(loading, "_COURSE", loading.Course(bank.__name__))
    return tmp_path


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def one_sentence(capsys):
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1
    return captured.err


def test_a_notebook_takes_the_next_number_and_lacks_only_what_an_author_writes(
    checkout, monkeypatch
):
    monkeypatch.undo()  # this one is run, in a folder of its own
    monkeypatch.setattr(lesson, "ROOT", checkout)
    monkeypatch.setattr(skeletons, "NOTEBOOKS", checkout / "notebooks")
    (checkout / "notebooks" / "07-old.ipynb").touch()
    (path,) = skeletons.new_lesson("toy")
    assert path == checkout / "notebooks" / "08-toy.ipynb"
    made = Lesson(path, nbformat.read(path, as_version=4), "")
    stopped = [gate.__name__ for gate in GATES if list(gate(made))]
    assert stopped == ["finished", "listed"]


def test_a_lab_stands_with_the_labs_and_links_to_the_notebooks(checkout, capsys):
    assert main(["new", "lab", "toy-lab"]) == 0
    assert files(checkout) == ["labs/toy-lab.ipynb"]
    assert "(../notebooks/00-start-here.ipynb)" in (checkout / "labs/toy-lab.ipynb").read_text()
    assert "patternlab dev check toy-lab" in capsys.readouterr().out


def test_an_exercise_stands_in_its_lesson_s_module_and_in_the_notebook_once(checkout, monkeypatch):
    skeletons.new_lesson("01-toy")
    module, path = skeletons.new_exercise("count-them")
    assert (module, path) == (checkout / "bank/toy.py", checkout / "notebooks/01-toy.ipynb")
    exercises = loading.Course(bank.__name__)
    (exercise,) = exercises.of("toy")
    assert exercise.name == "count-them" and problems(exercise) == []
    skeletons.new_exercise("count-more", "toy")
    text = nbformat.read(path, as_version=4)
    sources = "\n".join(cell.source for cell in text.cells)
    assert sources.count("## Exercises") == 1
    assert sources.count("import check, predict, reveal") == 1
    order = [sources.index(part) for part in ('"count-them"', '"count-more"', "cloud.close()")]
    assert order == sorted(order)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["notebook", "toy"], "01-toy.ipynb"),
        (["notebook", "02-toy"], "01-toy.ipynb"),
        (["notebook", "01-other"], "01-toy.ipynb"),
        (["lab", "toy"], "01-toy.ipynb"),
        (["notebook", "a/b"], "'a/b'"),
        (["notebook", "../b"], "'../b'"),
        (["notebook", "Toy"], "'Toy'"),
        (["notebook", "3d"], "'3d'"),
        (["lab", "con."], "'con.'"),
        (["lab", "x" * 61], "60"),
        (["exercise", "dlq-moment"], "sqs_lambda_dlq.py"),
        (["exercise", "import"], "'import'"),
        (["exercise", "1st"], "'1st'"),
        (["exercise", "other", "--lesson", "nowhere"], "'nowhere'"),
    ],
)
def test_a_name_that_exists_or_can_be_none_is_one_sentence(checkout, capsys, arguments, told):
    (checkout / "notebooks" / "01-toy.ipynb").touch()
    assert main(["new", *arguments]) == 1
    assert told in one_sentence(capsys)
    assert files(checkout) == ["notebooks/01-toy.ipynb"]


def test_where_a_cell_fails_all_is_left_as_it_was(checkout, monkeypatch, capsys):
    def fail(path):
        raise NotebookError("cell 3 raised KeyError")

    skeletons.new_lesson("01-toy")
    before = (checkout / "notebooks/01-toy.ipynb").read_bytes()
    monkeypatch.setattr(skeletons, "run", fail)
    assert main(["new", "exercise", "count-them"]) == 1
    assert "KeyError" in one_sentence(capsys)
    assert files(checkout) == ["notebooks/01-toy.ipynb"]
    assert (checkout / "notebooks/01-toy.ipynb").read_bytes() == before
