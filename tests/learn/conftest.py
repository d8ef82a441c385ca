"""Small exercises about nothing in particular, for the tests of the machinery."""

from types import SimpleNamespace

import pytest

from patternlab.learn.exercises import Exercise
from patternlab.learn.judging import Wrong


def judge_sum(answer):
    if answer == 4:
        return "Two and two are four."
    if answer == 22:
        raise Wrong("That puts the digits side by side instead of adding them.")
    raise Wrong("That is not the sum of two and two.")


def number_exercise(**changes):
    """Return an exercise whose answer is a number, with some of its parts changed."""
    parts = {
        "name": "two-and-two",
        "judge": judge_sum,
        "reference": 4,
        "alternatives": [4.0],
        "misconceptions": [(22, "puts the digits side by side")],
        "hints": ["Use your fingers.", "It is less than five."],
        "solution": "answer = 2 + 2",
    }
    return Exercise(**(parts | changes))


def double(values):
    return [2 * value for value in values]


def double_one_by_one(values):
    found = []
    for value in values:
        found.append(value + value)
    return found


def twice_the_list(values):
    return values * 2


def judge_double(answer):
    found = answer([1, 5])
    if found == [1, 5, 1, 5]:
        raise Wrong("That gives the list twice, not each value twice as big.")
    if found != [2, 10]:
        raise Wrong(f"For [1, 5] it gave {found!r}.")
    return ""


def function_exercise(**changes):
    """Return an exercise whose answer is a function."""
    parts = {
        "name": "double-it",
        "judge": judge_double,
        "reference": double,
        "alternatives": [double_one_by_one],
        "misconceptions": [(twice_the_list, "gives the list twice")],
        "hints": ["A loop helps."],
    }
    return Exercise(**(parts | changes))


@pytest.fixture
def samples():
    """Return the two makers of exercises, and a right answer to the second."""
    return SimpleNamespace(number=number_exercise, function=function_exercise, double=double)
