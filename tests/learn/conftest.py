"""Small exercises about nothing in particular, for the tests of the machinery."""

from types import SimpleNamespace

import pytest

from patternlab.learn.exercises import Exercise, Misconception, right, wrong


def judge_sum(answer):
    if answer == 4:
        return right("Two and two are four.")
    if answer == 22:
        return wrong("That puts the digits side by side instead of adding them.")
    return wrong("That is not the sum of two and two.")


def number_exercise(**changes):
    """Return an exercise whose answer is a number, with some of its parts changed."""
    parts = {
        "name": "two-and-two",
        "question": "What is two and two?",
        "stub": ...,
        "hints": ["Use your fingers.", "It is less than five."],
        "judge": judge_sum,
        "reference": 4,
        "solution": "answer = 2 + 2",
        "alternatives": [4.0],
        "misconceptions": [Misconception(22, "puts the digits side by side")],
        "notebook": "00-start-here.ipynb",
    }
    return Exercise(**(parts | changes))


def stub_double(values):
    """Return each value twice as big."""
    ...


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
    if found == [2, 10]:
        return right()
    if found == [1, 5, 1, 5]:
        return wrong("That gives the list twice, not each value twice as big.")
    return wrong(f"For [1, 5] it gave {found!r}.")


def function_exercise(**changes):
    """Return an exercise whose answer is a function."""
    parts = {
        "name": "double-it",
        "question": "Write a function that doubles each value.",
        "stub": stub_double,
        "hints": ["A loop helps."],
        "judge": judge_double,
        "reference": double,
        "alternatives": [double_one_by_one],
        "misconceptions": [Misconception(twice_the_list, "gives the list twice")],
        "notebook": "00-start-here.ipynb",
    }
    return Exercise(**(parts | changes))


@pytest.fixture
def samples():
    """Return the two makers of exercises, and a right answer to the second."""
    return SimpleNamespace(number=number_exercise, function=function_exercise, double=double)
