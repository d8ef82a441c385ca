"""Every exercise of the course: its check can say right, wrong and not attempted."""

import pytest

from patternlab.learn.loading import course, failures
from patternlab.learn.verify import problems
from patternlab.paths import books

EXERCISES = list(course())


def test_every_module_of_the_bank_can_be_imported():
    assert failures() == {}


@pytest.mark.parametrize("exercise", EXERCISES, ids=[exercise.name for exercise in EXERCISES])
def test_the_check_is_proved(exercise):
    assert problems(exercise) == []


@pytest.mark.parametrize("exercise", EXERCISES, ids=[exercise.name for exercise in EXERCISES])
def test_the_notebook_asks_for_it_by_name(exercise):
    found = [path for path in books() if path.name == exercise.notebook]
    assert len(found) == 1, f"There is no notebook {exercise.notebook!r}."
    assert exercise.name in found[0].read_text(encoding="utf-8")
