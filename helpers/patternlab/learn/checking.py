"""What a learner calls: check an answer, take a hint, see a solution."""

from __future__ import annotations

from typing import Any

from patternlab.learn.exercises import Feedback, Note
from patternlab.learn.loading import course


def check(name: str, answer: Any = ...) -> Feedback:
    """Check an answer to the exercise called ``name``.

    Args:
        name: of the exercise.
        answer: a value, a function or a dictionary, as the exercise asks for it.

    Returns:
        Feedback that says right, not yet (and why) or not attempted, with ``.hint()`` and
        ``.solution()``. An unknown name gets a sentence with the closest names. Never raises.
    """
    return course().check(name, answer)


def hint(name: str) -> Note:
    """Return the next hint of the exercise called ``name``; never raises."""
    return course().hint(name)


def solution(name: str) -> Note:
    """Return one solution of the exercise called ``name``; never raises."""
    return course().solution(name)
