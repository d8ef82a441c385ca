"""The judge of exercises that ask for one of a few words for each situation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any


def first_fault(
    answer: Any,
    runs: Mapping[str, Callable[[], str]],
    choices: Sequence[str],
    refusal: Callable[[str, str], str],
) -> str | None:
    """Compare an answer, ``{situation: choice}``, with a run of the model for each situation.

    Args:
        answer: whatever the learner gave.
        runs: situation -> a run of the model, which returns the choice that is true there.
        choices: what may be answered.
        refusal: (situation, wrong choice) -> the sentence to say.

    Returns:
        The first thing that is wrong, as a sentence, or None.
    """
    if not isinstance(answer, dict):
        return "Give a dict, a situation and an answer each."
    if unknown := [name for name in answer if name not in runs]:
        return f"There is no situation {unknown[0]!r}."
    if absent := [name for name in runs if name not in answer]:
        return f"The situation {absent[0]!r} is not answered yet."
    for name, run in runs.items():
        given = answer[name]
        if given not in choices:
            return f"{name}: choose one of {', '.join(choices)}, not {given!r}."
        if given != run():
            return refusal(name, given)
    return None
