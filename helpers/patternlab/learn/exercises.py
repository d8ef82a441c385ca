"""Exercises that check themselves: ``check``, ``hint`` and ``solution``.

A check never raises, whatever the answer does. It tells "not attempted" from "wrong", and it
judges what an answer does, so that every right design passes. An exercise carries the proof of
this with it: a reference, other right answers, and the wrong ones it recognises
(``patternlab.learn.verify``).
"""

from __future__ import annotations

import dis
import html
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum
from typing import Any

from patternlab.learn.judging import Wrong
from patternlab.learn.patience import OutOfPatience, patience

#: Real seconds that a check may take. The course's own answers take well under two.
PATIENCE = 20.0
TO_DO = "Write your answer in place of the ... and check again."
UNCHANGED = "This is still the text of the notebook. Change it and check again."


class State(Enum):
    """What a check found out."""

    NOT_ATTEMPTED = "Not attempted yet"
    WRONG = "Not yet"
    RIGHT = "Right"
    UNKNOWN = "No such exercise"


@dataclass(frozen=True)
class Exercise:
    """One exercise, with all that is needed to prove its check.

    The question and the stub stand in the notebook. Stubs are recognised by what they lack: a
    value, or a part of one, that is ``...``, or a function that does nothing.

    Attributes:
        name: words with hyphens, for example ``"dlq-moment"``; unique in the course.
        judge: takes an answer and returns a sentence that says why it is right. It raises
            ``Wrong`` when the answer is not, and may raise anything else.
        reference: the course's own right answer. If it is a function, an answer must be one too;
            it is called as in the notebook, because the learner is shown its source.
        alternatives: other right answers, of another kind where there is one.
        misconceptions: wrong answers that people give, each with a part of the message that it
            must get.
        hints: from a nudge to nearly the solution.
        solution: source text to show; when empty, the source of the reference, or its value.
        stub: the answer as the notebook ships it, if that has no ``...`` to be recognised by.
    """

    name: str
    judge: Callable[[Any], str]
    reference: Any
    alternatives: Sequence[Any] = ()
    misconceptions: Sequence[tuple[Any, str]] = ()
    hints: Sequence[str] = ()
    solution: str = ""
    stub: Any = ...

    def is_stub(self, answer: Any) -> bool:
        """Whether the answer, or a part of it, is still the one that the notebook ships."""
        if inspect.isfunction(answer):
            return _does_nothing(answer)
        same = type(answer) is type(self.stub) and (answer == self.stub) is True
        return same or answer is None or _has_gap(answer)

    @property
    def solution_text(self) -> str:
        """The solution as source text."""
        if self.solution:
            return textwrap.dedent(self.solution).strip()
        if inspect.isroutine(self.reference):
            return textwrap.dedent(inspect.getsource(self.reference)).strip()
        return f"answer = {self.reference!r}"

    @property
    def call(self) -> str:
        """How a function is given to the check, as source text."""
        names = re.findall(r"^def (\w+)", self.solution_text, re.M) or ["function"]
        return f"check({self.name!r}, {names[-1]})"


def _has_gap(answer: Any) -> bool:
    """Whether there is a ``...`` in a value, however deep."""
    parts = answer.values() if isinstance(answer, dict) else answer
    nested = isinstance(answer, dict | list | tuple)
    return answer is ... or (nested and any(_has_gap(part) for part in parts))


def _does_nothing(function: Callable[..., Any]) -> bool:
    """Whether a function is still empty, whatever its parameters and its docstring are."""

    def nothing() -> None: ...

    def steps(code: Callable[..., Any]) -> list[tuple[str, Any]]:
        return [(step.opname, step.argval) for step in dis.get_instructions(code)]

    return steps(function) == steps(nothing)


@dataclass(frozen=True)
class Feedback:
    """The result of a check. It displays itself; ``hint()`` and ``solution()`` go on from it."""

    name: str
    state: State
    message: str
    registry: Registry

    @property
    def is_right(self) -> bool:
        """Whether the answer passed."""
        return self.state is State.RIGHT

    def hint(self) -> Note:
        """Return the next hint of this exercise."""
        return self.registry.hint(self.name)

    def solution(self) -> Note:
        """Return the solution of this exercise."""
        return self.registry.solution(self.name)

    @property
    def _mark(self) -> str:
        return {State.RIGHT: "✓", State.WRONG: "✗"}.get(self.state, "–")

    def __repr__(self) -> str:
        return f"{self._mark} {self.state.value}. {self.message}".rstrip()

    def _repr_html_(self) -> str:
        message = html.escape(self.message).replace("\n", "<br>")
        return (
            f'<p class="patternlab-feedback">{self._mark} '
            f"<strong>{self.state.value}.</strong> {message}</p>"
        )


@dataclass(frozen=True)
class Note:
    """A hint or a solution, to be read: plain text, with code kept as it is."""

    text: str
    code: str = ""

    def __repr__(self) -> str:
        return "\n".join(part for part in (self.text, self.code) if part)

    def _repr_html_(self) -> str:
        code = f"<pre><code>{html.escape(self.code)}</code></pre>" if self.code else ""
        return f"<p>{html.escape(self.text)}</p>{code}"


class Registry:
    """Exercises by name, and how many hints of each were given."""

    def __init__(self, *exercises: Exercise) -> None:
        self._exercises: dict[str, Exercise] = {}
        self._hints: dict[str, int] = {}
        for exercise in exercises:
            self.add(exercise)

    def add(self, exercise: Exercise) -> None:
        """Add an exercise.

        Raises:
            ValueError: another exercise has this name.
        """
        if self._exercises.setdefault(exercise.name, exercise) is not exercise:
            raise ValueError(f"There are two exercises named {exercise.name!r}. Rename one.")

    def __iter__(self) -> Iterator[Exercise]:
        return iter(self._exercises.values())

    def names(self) -> Sequence[str]:
        """Return the names of all exercises."""
        return list(self._exercises)

    def find(self, name: object) -> Exercise | None:
        """Return the exercise called ``name``, or None."""
        return self._exercises.get(name) if isinstance(name, str) else None

    def unknown(self, name: object) -> str:
        """Return one sentence that says there is no such exercise and names close ones."""
        names = self.names()
        if not names:
            return f"There is no exercise {name!r}: none are loaded."
        close = get_close_matches(str(name).lower(), names, n=3)
        listed = ", ".join(map(repr, close or sorted(names)))
        offer = f"Did you mean {listed}?" if close else f"There is: {listed}."
        return f"There is no exercise {name!r}. {offer}"

    def check(self, name: object, answer: Any) -> Feedback:
        """Return what the exercise's judge says of ``answer``. Never raises."""
        exercise = self.find(name)
        if exercise is None:
            return Feedback(str(name), State.UNKNOWN, self.unknown(name), self)
        state, message = _judged(exercise, answer)
        return Feedback(exercise.name, state, message, self)

    def hint(self, name: object) -> Note:
        """Return the next hint of an exercise, until there are no more."""
        exercise = self.find(name)
        if exercise is None:
            return Note(self.unknown(name))
        given = self._hints.get(exercise.name, 0)
        if given >= len(exercise.hints):
            return Note(
                f"There are no more hints. solution({exercise.name!r}) shows one way to do it."
            )
        self._hints[exercise.name] = given + 1
        return Note(f"Hint {given + 1} of {len(exercise.hints)}: {exercise.hints[given]}")

    def solution(self, name: object) -> Note:
        """Return the solution of an exercise."""
        exercise = self.find(name)
        if exercise is None:
            return Note(self.unknown(name))
        return Note("One way to do it:", exercise.solution_text)


def _judged(exercise: Exercise, answer: Any) -> tuple[State, str]:
    """Return the state and message for an answer, whatever answer and judge do."""
    try:
        if exercise.is_stub(answer):
            return State.NOT_ATTEMPTED, TO_DO if exercise.stub is ... else UNCHANGED
        if callable(exercise.reference) and not callable(answer):
            return State.WRONG, f"Give the function itself: {exercise.call}."
        with patience(PATIENCE):
            message = exercise.judge(answer)
        if not isinstance(message, str):
            raise TypeError(f"the judge returned {message!r}, not a sentence")
        return State.RIGHT, message
    except Wrong as fault:
        return State.WRONG, str(fault)
    except OutOfPatience:
        seconds = f"{PATIENCE:g} s"
        return State.WRONG, f"It still computed after {seconds}. Look for a loop that never ends."
    except RecursionError:
        return State.WRONG, "Your answer calls itself without end. Give it a way to stop."
    except KeyboardInterrupt:
        return State.WRONG, "The check was interrupted before it had finished."
    except BaseException as error:  # SystemExit too: a learner's code may do anything
        return State.WRONG, f"The check could not finish with this answer: {_described(error)}."


def _described(error: BaseException) -> str:
    try:
        words = str(error).strip().splitlines()
    except Exception:
        words = []
    name = type(error).__name__
    return f"{name}: {words[0].rstrip('.')}" if words else name
