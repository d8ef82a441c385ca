"""Predict first, then run: what a learner expects is kept, and compared with what happens.

A prediction is recorded before the cell that answers it. Being wrong costs nothing; having
committed to an answer is what makes the surprise teach something.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import ipywidgets as widgets


@dataclass
class Prediction:
    """One question and the learner's choice so far (None while nothing is chosen)."""

    name: str
    question: str
    options: tuple[str, ...]
    choice: str | None = None


_predictions: dict[str, Prediction] = {}


class Asked(widgets.VBox):
    """The question with its options as radio buttons; its words are the same in every run."""

    def __init__(self, prediction: Prediction) -> None:
        self._prediction = prediction
        self.buttons = widgets.RadioButtons(
            options=prediction.options,
            value=prediction.choice,
            layout=widgets.Layout(width="max-content", max_width="100%"),
        )
        self.buttons.observe(self._chosen, names="value")
        question = widgets.HTML(f"<p>{html.escape(prediction.question)}</p>")
        super().__init__([question, self.buttons])
        self.add_class("patternlab-predict")

    def _chosen(self, change: dict[str, Any]) -> None:
        _predictions[self._prediction.name].choice = change["new"]

    def _repr_mimebundle_(self, **kwargs: object) -> dict[str, Any]:
        data = dict(super()._repr_mimebundle_(**kwargs))
        return data | {"text/plain": _as_text(self._prediction)}


def predict(name: str, question: str, options: Sequence[object], answer: object = None) -> Asked:
    """Ask for a prediction and record it under ``name``.

    Args:
        name: what ``reveal`` will call it; the same name again keeps the earlier choice.
        question: one sentence.
        options: two or more answers to choose from.
        answer: the choice, for those who rather write it than click.

    Returns:
        The question as radio buttons, nothing chosen at first.

    Raises:
        ValueError: fewer than two options, the same option twice, or an answer that is no option.
    """
    texts = tuple(str(option) for option in options)
    if len(set(texts)) < 2 or len(set(texts)) < len(texts):
        raise ValueError(f"The prediction {name!r} needs two or more options, all different.")
    if answer is not None and str(answer) not in texts:
        raise ValueError(f"{answer!r} is none of the options: {', '.join(texts)}.")
    earlier = _predictions.get(name)
    choice = earlier.choice if earlier and earlier.choice in texts else None
    if answer is not None:
        choice = str(answer)
    prediction = _predictions[name] = Prediction(name, question, texts, choice)
    return Asked(prediction)


def reveal(name: str, value: object, because: str | None = None) -> None:
    """Print what was predicted, what happened, and whether they agree.

    Args:
        name: the name given to ``predict``.
        value: what happened; agrees when it reads the same as the chosen option.
        because: one or two sentences of explanation.
    """
    prediction = _predictions.get(name)
    if prediction is None:
        print(_unknown(name))
        return
    happened = str(value)
    if prediction.choice is None:
        print("You made no prediction this time. That is fine; next time, choose before you run.")
        print(f"What happened:  {happened}")
    else:
        agree = _same(prediction.choice, happened)
        print(f"You predicted:  {prediction.choice}")
        print(f"What happened:  {happened}")
        print("They agree." if agree else "They differ, and that is where there is more to learn.")
    if because:
        print(f"Why:            {because}")


def _same(one: str, other: str) -> bool:
    """Whether two answers read the same, or are the same number (``150`` and ``150.0``)."""
    try:
        return float(one) == float(other)
    except ValueError:
        return one == other


def _as_text(prediction: Prediction) -> str:
    options = [
        f"  {'(x)' if option == prediction.choice else '( )'} {option}"
        for option in prediction.options
    ]
    return "\n".join([f"Predict: {prediction.question}", *options])


def _unknown(name: str) -> str:
    if not _predictions:
        return f"There is no prediction {name!r} yet. Run the cell with predict(...) first."
    known = ", ".join(map(repr, sorted(_predictions)))
    close = get_close_matches(str(name), _predictions, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    return f"There is no prediction {name!r}.{hint} So far there is: {known}."
