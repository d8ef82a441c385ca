"""What the judges of exercises share: how to refuse an answer, and questions about its form.

Each function raises ``Wrong`` with a sentence for the learner, or returns what the judge goes on
with.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any


class Wrong(Exception):
    """The answer does not do what was asked. The message says what was seen, not the solution."""


def fields(answer: Any, names: Iterable[str]) -> dict[str, Any]:
    """Return an answer that must be a dictionary with exactly these keys, in their order."""
    wanted = list(names)
    if not isinstance(answer, dict):
        raise Wrong(f"Give a dictionary with {_listed(wanted)}.")
    if unknown := [name for name in answer if name not in wanted]:
        raise Wrong(f"There is no {unknown[0]!r} here: give {_listed(wanted)}, and nothing else.")
    if absent := [name for name in wanted if name not in answer]:
        raise Wrong(f"{absent[0]!r} is not answered yet.")
    return {name: answer[name] for name in wanted}


def number(
    answer: Any, sentence: str, least: float = 0.0, most: float = math.inf, *, whole: bool = False
) -> float:
    """Return an answer that must be a number.

    Args:
        answer: whatever the learner gave; numbers of numpy count, True and texts do not.
        sentence: what to say if it is no such number.
        least: the smallest number that is taken.
        most: the largest; infinity itself is never taken.
        whole: whether it must be an integer.
    """
    wanted = "__index__" if whole else "__float__"
    if isinstance(answer, bool) or not hasattr(answer, wanted):
        raise Wrong(sentence)
    found = float(answer)
    if not (least <= found <= most and math.isfinite(found)):
        raise Wrong(sentence)
    return found


def on_seeds(seeds: Iterable[int], judge: Callable[[int], None]) -> None:
    """Judge runs with several seeds; a refusal names the seed, so that it can be repeated."""
    for seed in seeds:
        try:
            judge(seed)
        except Wrong as fault:
            raise Wrong(f"{fault} (seed {seed})") from None


@contextmanager
def refusing(*errors: type[Exception], about: str = "") -> Iterator[None]:
    """Refuse the answer with the sentence of an error under ``with``, or of a refusal there.

    Args:
        errors: the classes whose sentences are for the learner, such as ``HPCError``.
        about: the part of the answer that is judged, to begin the sentence with.
    """
    try:
        yield
    except Exception as error:
        if not isinstance(error, (Wrong, *errors)):
            raise
        raise Wrong(f"{about}: {error}" if about else str(error)) from None


def _listed(names: Sequence[str]) -> str:
    *others, last = map(repr, names)
    return f"{', '.join(others)} and {last}" if others else last
