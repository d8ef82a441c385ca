import subprocess
import sys

import pytest

from patternlab import exercises as bank
from patternlab import learn
from patternlab.learn import loading


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """Return an empty folder in place of the course's bank of exercises."""
    before = set(sys.modules)
    monkeypatch.setattr(bank, "__path__", [str(tmp_path)])
    monkeypatch.setattr(loading, "REGISTRY", loading.Registry())
    loading.failures.cache_clear()
    yield tmp_path
    loading.failures.cache_clear()
    for name in set(sys.modules) - before:
        if name.startswith(bank.__name__ + "."):
            del sys.modules[name]


SOURCE = """
from patternlab.learn import loading
from patternlab.learn.exercises import Exercise, right

loading.REGISTRY.register(
    Exercise("{name}", "What?", ..., ["Look."], lambda answer: right("Seen."), 1)
)
"""


def test_exercises_are_found_by_the_first_check(shelf):
    (shelf / "first.py").write_text(SOURCE.format(name="one"))
    (shelf / "second.py").write_text(SOURCE.format(name="two"))
    assert learn.check("two", 1).message == "Seen."
    assert repr(learn.hint("one")) == "Hint 1 of 1: Look."
    assert learn.solution("one").code == "answer = 1"
    assert learn.check("one").state is learn.exercises.State.NOT_ATTEMPTED


def test_one_broken_module_does_not_take_the_others_away(shelf):
    (shelf / "broken.py").write_text("import no_such_library")
    (shelf / "whole.py").write_text(SOURCE.format(name="one"))
    assert learn.check("one", 1).is_right
    assert list(loading.failures()) == ["broken"]


def test_an_unknown_name_through_the_front_door_is_a_sentence(shelf):
    assert "no exercise 'nothing'" in learn.check("nothing").message
    assert "no exercise 'nothing'" in learn.hint("nothing").text
    assert "no exercise 'nothing'" in learn.solution("nothing").text


def test_no_exercise_imports_a_compiler_before_it_is_checked():
    """numba takes longer to import than everything else that a notebook's first check needs."""
    code = "import sys; from patternlab.learn import hint; hint('who-retries'); "
    code += "sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
