"""Every exercise of the course: its check can say right, wrong and not attempted."""

from collections import Counter
from dataclasses import replace

import pytest

from patternlab.learn.loading import course
from patternlab.learn.verify import problems

#: Their proofs take many seconds: AWS's validators, and readers that wait in vain.
SLOW = {"mend-the-cluster", "cluster-for-two-codes", "stop-the-stampede", "nothing-found-too"}
NAMES = course().names()


def test_every_exercise_can_be_imported_and_none_is_missing_from_the_index():
    """The index is made from the text of the sources: it must name what is really there."""
    exercises = list(course())
    assert course().failures == {}
    assert [exercise.name for exercise in exercises] == NAMES
    assert Counter(len(modules) for modules in course().modules.values()) == {1: len(NAMES)}


@pytest.fixture(autouse=True)
def no_haste(monkeypatch):
    """Take the limit of a check away: a busy machine is no fault of an exercise."""
    monkeypatch.setattr("patternlab.learn.exercises.PATIENCE", 600.0)


def prove(exercise):
    assert problems(exercise) == []


@pytest.mark.parametrize("name", [name for name in NAMES if name not in SLOW])
def test_the_check_is_proved(name):
    prove(course().find(name))


@pytest.mark.parametrize("name", sorted(SLOW))
def test_the_check_is_proved_with_one_answer_of_each_kind(name):
    exercise = course().find(name)
    prove(
        replace(
            exercise,
            alternatives=exercise.alternatives[:1],
            misconceptions=exercise.misconceptions[:1],
        )
    )


@pytest.mark.deep
@pytest.mark.parametrize("name", sorted(SLOW))
def test_the_check_is_proved_with_all_answers(name):
    prove(course().find(name))
