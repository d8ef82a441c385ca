"""Proves that an exercise's check works, from the material the exercise itself carries.

A check is only worth something if it can say each of its answers. So every exercise is tried with
an untouched stub, its reference, each other right answer, each listed misconception and the
solution as it is shown. What does not come out as it must is a problem, told in a sentence.
"""

from __future__ import annotations

import inspect
import re
from typing import Any

from patternlab.learn.exercises import Exercise, Feedback, Registry, State


def problems(exercise: Exercise) -> list[str]:
    """Return what is wrong with an exercise, one sentence each; an empty list is a proof."""
    return [
        *_incomplete(exercise),
        *_wrong_verdicts(exercise),
        *_wrong_misconceptions(exercise),
        *_wrong_hints(exercise),
        *_wrong_solution(exercise),
    ]


def _try(exercise: Exercise, answer: Any) -> Feedback:
    return Registry(exercise).check(exercise.name, answer)


def _stub(exercise: Exercise) -> Any:
    """Return an answer as the notebook ships it: the shape of the reference, with gaps."""
    if exercise.stub is not ...:
        return exercise.stub
    if callable(exercise.reference):
        return lambda *given: None
    return dict.fromkeys(exercise.reference, ...) if isinstance(exercise.reference, dict) else ...


def _incomplete(exercise: Exercise) -> list[str]:
    checks = {
        "The name is not made of lower-case words with hyphens.": not re.fullmatch(
            r"[a-z0-9]+(-[a-z0-9]+)*", exercise.name
        ),
        "There is no hint.": not any(hint.strip() for hint in exercise.hints),
        "There is no other right answer.": not exercise.alternatives,
        "There is no misconception.": not exercise.misconceptions,
    }
    return [sentence for sentence, is_so in checks.items() if is_so]


def _wrong_verdicts(exercise: Exercise) -> list[str]:
    expected = [
        ("The untouched stub", _stub(exercise), State.NOT_ATTEMPTED),
        ("The reference", exercise.reference, State.RIGHT),
    ]
    expected += [
        (f"Alternative {number}", answer, State.RIGHT)
        for number, answer in enumerate(exercise.alternatives, start=1)
    ]
    found = [(what, _try(exercise, answer), state) for what, answer, state in expected]
    return [
        f"{what} gives {feedback.state.name}, not {state.name}: {feedback.message}"
        for what, feedback, state in found
        if feedback.state is not state
    ]


def _wrong_misconceptions(exercise: Exercise) -> list[str]:
    """Each misconception is wrong, has a message of its own, and gets that one."""
    sentences = []
    parts = [part for _, part in exercise.misconceptions]
    for number, (answer, part) in enumerate(exercise.misconceptions, start=1):
        feedback = _try(exercise, answer)
        if feedback.state is not State.WRONG:
            sentences.append(f"Misconception {number} gives {feedback.state.name}, not WRONG.")
        if not part.strip() or part not in feedback.message:
            sentences.append(
                f"Misconception {number} is not told {part!r} but {feedback.message!r}."
            )
        if parts.count(part) > 1:
            sentences.append(f"Misconception {number} shares its message with another.")
        others = [other for other in parts if other != part and other.strip()]
        if any(other in feedback.message for other in others):
            sentences.append(f"Misconception {number} is told another one's message too.")
    return sentences


def _wrong_hints(exercise: Exercise) -> list[str]:
    """Hints come one by one."""
    registry = Registry(exercise)
    given = [registry.hint(exercise.name).text for _ in exercise.hints]
    return [
        f"Hint {number} is empty or does not come as number {number}."
        for number, (hint, text) in enumerate(zip(exercise.hints, given, strict=True), start=1)
        if not hint.strip() or hint not in text
    ]


def _wrong_solution(exercise: Exercise) -> list[str]:
    """Run the solution as it is shown. Its ``answer``, or else its last function, must be right."""
    shown = exercise.solution_text
    if shown == f"answer = {exercise.reference!r}":  # the reference, which is tried already
        return []
    namespace: dict[str, Any] = {}
    try:
        exec(shown, namespace)
    except Exception as error:
        return [f"The solution does not run by itself: {type(error).__name__}: {error}"]
    functions = [value for value in namespace.values() if inspect.isfunction(value)]
    if "answer" not in namespace and not functions:
        return ["The solution defines neither answer nor a function."]
    answer = namespace.get("answer", functions[-1] if functions else None)
    if answer == exercise.reference:
        return []
    feedback = _try(exercise, answer)
    if feedback.is_right:
        return []
    return [f"The solution gives {feedback.state.name}, not RIGHT: {feedback.message}"]
