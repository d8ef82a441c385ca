"""Exercises that ask for one of a few words for each of several situations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from patternlab.learn.exercises import Exercise
from patternlab.learn.judging import Wrong, fields


def situations(
    name: str,
    reference: Mapping[str, str],
    *,
    truth: Callable[[str], str],
    choices: Sequence[str],
    refusal: Callable[[str, str], str],
    praise: str,
    slips: Sequence[tuple[str, str, str]],
    hints: Sequence[str],
) -> Exercise:
    """Return an exercise that asks for a dictionary ``{situation: choice}``.

    Args:
        name: of the exercise.
        reference: the right answer.
        truth: takes a situation and returns what is true there, from a run of the model. After
            the first fault no other run is made.
        choices: what may be answered.
        refusal: takes a situation and a wrong choice, and returns the sentence to say.
        praise: the sentence for a right answer.
        slips: a situation, a wrong choice that people make there, and a part of the message.
        hints: from a nudge to nearly the solution.
    """

    def judge(answer: Any) -> str:
        given = fields(answer, reference)
        for situation in reference:
            choice = given[situation]
            if choice not in choices:
                listed = ", ".join(choices)
                raise Wrong(f"{situation}: choose one of {listed}, not {choice!r}.")
            if choice != truth(situation):
                raise Wrong(refusal(situation, choice))
        return praise

    return Exercise(
        name,
        judge=judge,
        reference=dict(reference),
        alternatives=[dict(reversed(list(reference.items())))],
        misconceptions=[({**reference, where: choice}, part) for where, choice, part in slips],
        hints=hints,
    )
