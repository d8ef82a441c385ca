import subprocess
import sys

import pytest

from patternlab import learn
from patternlab.learn import loading
from patternlab.learn.exercises import State
from patternlab.learn.loading import Course, course


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """Return an empty package for exercises, in which the front door looks for them."""
    package = tmp_path / f"shelf_{tmp_path.name}"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(loading, "_COURSE", Course(package.name))
    return package


SOURCE = """
from patternlab.learn.exercises import Exercise

{one} = Exercise("{name}", judge=lambda answer: "Seen.", reference=1, hints=["Look."])
"""


def write(path, *names):
    path.write_text("".join(SOURCE.format(one=name, name=name) for name in names))


def test_the_first_check_imports_the_module_of_its_exercise_only(shelf):
    write(shelf / "first.py", "one", "three")
    (shelf / "second.py").write_text("raise SystemExit")
    assert learn.check("three", 1).message == "Seen."
    assert repr(learn.hint("one")) == "Hint 1 of 1: Look."
    assert learn.solution("one").code == "answer = 1"
    assert learn.check("one").state is State.NOT_ATTEMPTED
    assert f"{shelf.name}.second" not in sys.modules


def test_one_broken_module_is_told_and_does_not_take_the_others_away(shelf):
    write(shelf / "broken.py", "two")
    (shelf / "broken.py").write_text((shelf / "broken.py").read_text() + "import no_such_library")
    write(shelf / "whole.py", "one")
    assert learn.check("one", 1).is_right
    feedback = learn.check("two", 1)
    assert feedback.state is State.UNKNOWN
    assert "broken.py" in feedback.message and "no_such_library" in feedback.message
    assert [exercise.name for exercise in course()] == ["one"]


def test_a_name_that_is_taken_twice_is_told_with_both_places(shelf):
    write(shelf / "a.py", "one")
    write(shelf / "b.py", "one", "two")
    assert course().modules["one"] == ["a", "b"]
    assert learn.check("one", 1).is_right and learn.check("two", 1).is_right
    assert "'one'" in str(course().failures["b"])


def test_an_unknown_name_through_the_front_door_is_a_sentence(shelf):
    assert "'nothing'" in learn.check("nothing").message
    assert "'nothing'" in learn.hint("nothing").text
    assert "'nothing'" in learn.solution("nothing").text


def test_no_exercise_imports_a_compiler_before_it_is_checked():
    """numba takes longer to import than everything else that a notebook's first check needs."""
    code = "import sys; from patternlab.learn.loading import course; list(course()); "
    code += "sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
