"""What a history of delivery attempts says about each message: its lane, its fate, its twin.

Nothing here draws. Moments are seconds since the first attempt of the history.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from numbers import Integral
from typing import Any

import pandas as pd

from patternlab.delivery import attempts as model
from patternlab.delivery.attempts import OUTCOMES, SUCCEEDED, Attempt
from patternlab.plots.drawing.words import counted, duration, tally

COLUMNS = tuple(column for column in model.COLUMNS if column != "sent")  # which may be missing
NEVER_EMPTY = ("message_id", "key", "receive_count", "start", "end", "outcome")
NO_REDRIVE = "a queue without a dead-letter queue"
DONE, DEAD, WAITING = FATES = ("done", "dead-letter queue", "still waiting")


@dataclass(frozen=True)
class Lane:
    """One message: its attempts in order of their start, and its fate (one of ``FATES``)."""

    label: str
    attempts: tuple[Attempt, ...]
    fate: str

    @property
    def key(self) -> str:
        """The key of the message."""
        return self.attempts[0].key

    @property
    def sent(self) -> float:
        """When the message was sent; NaN if nobody knows."""
        sent = self.attempts[0].sent
        return math.nan if sent is None else sent

    @property
    def start(self) -> float:
        """When the first attempt began."""
        return self.attempts[0].start

    @property
    def end(self) -> float:
        """When the last attempt ended."""
        return max(attempt.end for attempt in self.attempts)

    @property
    def has_failed(self) -> bool:
        """Whether an attempt did not succeed."""
        return any(attempt.outcome != SUCCEEDED for attempt in self.attempts)

    def invisible_spans(self, visibility_timeout: float) -> list[tuple[float, float]]:
        """Return (from, until) after each attempt that did not succeed.

        The message can be received again one visibility timeout after its receive. A next receive
        before that shows that somebody shortened the timeout, and then that receive is the end.
        """
        nexts = [*(attempt.start for attempt in self.attempts[1:]), math.inf]
        return [
            (own.end, max(own.end, min(own.start + visibility_timeout, following)))
            for own, following in zip(self.attempts, nexts, strict=True)
            if own.outcome != SUCCEEDED
        ]

    @property
    def outcomes_in_order(self) -> str:
        """For example ``failed ×4, succeeded``."""
        runs = groupby(attempt.outcome for attempt in self.attempts)
        lengths = [(outcome, len(list(run))) for outcome, run in runs]
        return ", ".join(name if n == 1 else f"{name} ×{n}" for name, n in lengths)


# -- what can be drawn ----------------------------------------------------------------------------


def check_table(
    table: pd.DataFrame,
    name: str,
    columns: Sequence[str],
    filled: Sequence[str],
    times: Sequence[str],
    outcomes: Sequence[str],
) -> None:
    """Raise a ``ValueError`` with one sentence if a table of ``cloud`` cannot be drawn.

    Args:
        table: what was given.
        name: of the argument, and of the method of ``cloud`` that returns such a table.
        columns: which must be there.
        filled: columns without empty values.
        times: columns of moments.
        outcomes: all there can be.
    """
    source = f"Give the DataFrame that cloud.{name}() returns"
    if not isinstance(table, pd.DataFrame):
        raise ValueError(f"{name} is a {type(table).__name__}. {source}.")
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise ValueError(
            f"{name} has no column {', '.join(map(repr, missing))}. {source}, with all its columns."
        )
    for column in filled:
        if table[column].isna().any():
            raise ValueError(f"{name} has empty values in {column!r}. Fill or drop those rows.")
    for column in times:
        is_time = pd.api.types.is_datetime64_any_dtype(table[column])
        if table[column].notna().any() and not is_time:
            raise ValueError(
                f"{name} has {table[column].dtype} in {column!r}, not times. "
                "Convert the column with pandas.to_datetime(..., utc=True)."
            )
    unknown = sorted(set(map(str, table["outcome"])) - set(outcomes))
    if unknown:
        raise ValueError(
            f"{name} has the outcome {unknown[0]!r}. The figures know {', '.join(outcomes)}."
        )


def check_history(history: pd.DataFrame, also: Sequence[str] = ()) -> None:
    """Raise a ``ValueError`` with one sentence if ``history`` cannot be drawn.

    Args:
        history: what was given.
        also: columns that must be there besides ``COLUMNS``.
    """
    times = ["start", "end"] + ["sent"] * ("sent" in getattr(history, "columns", ()))
    check_table(history, "history", (*COLUMNS, *also), NEVER_EMPTY, times, OUTCOMES)


def timeout_in_seconds(visibility_timeout: float | timedelta) -> float:
    """Return ``visibility_timeout`` in seconds.

    Raises:
        ValueError: it is not a finite time, or below zero.
    """
    value = visibility_timeout
    try:
        seconds = value.total_seconds() if isinstance(value, timedelta) else float(value)
    except (TypeError, ValueError):
        seconds = math.nan
    if not (math.isfinite(seconds) and seconds >= 0):
        raise ValueError(f"visibility_timeout is {value!r}. Give a number of seconds, 0 or more.")
    return seconds


def check_count(name: str, value: int | None, otherwise: str = "") -> None:
    """Raise a ``ValueError`` unless the argument ``name`` is a whole number from 1 up.

    Args:
        name: of the argument.
        value: what was given.
        otherwise: what None means; then None is accepted.
    """
    if value is None and otherwise:
        return
    if not (isinstance(value, Integral) and value >= 1):
        more = f", or None for {otherwise}" if otherwise else ""
        raise ValueError(f"{name} is {value!r}. Give a whole number from 1 up{more}.")


# -- lanes ----------------------------------------------------------------------------------------


def attempts_of(history: pd.DataFrame, since_sent: bool = False) -> list[Attempt]:
    """Return the attempts of a checked history in order of their start.

    Args:
        history: with at least one row.
        since_sent: count seconds from the first sending, if that was before the first attempt.
    """
    ordered = history.sort_values(["start", "receive_count"], kind="stable")
    origin = ordered["start"].iloc[0]
    sent = ordered["sent"] if "sent" in ordered else pd.Series(None, ordered.index, "object")
    if since_sent:
        origin = min([origin, *sent.dropna()])
    columns: dict[str, Iterable[Any]] = {name: ordered[name] for name in COLUMNS}
    columns |= {name: map(str, ordered[name]) for name in ("key", "function")}
    columns |= {name: (ordered[name] - origin).dt.total_seconds() for name in ("start", "end")}
    columns["receive_count"] = map(int, ordered["receive_count"])
    columns["group"] = (None if pd.isna(group) else str(group) for group in ordered["group"])
    columns["sent"] = (None if pd.isna(one) else (one - origin).total_seconds() for one in sent)
    rows = zip(*(columns[name] for name in model.COLUMNS), strict=True)
    return [Attempt(*row) for row in rows]


def grouped(
    attempts: Iterable[Attempt], by: Callable[[Attempt], Hashable]
) -> list[tuple[Attempt, ...]]:
    """Return the attempts that have the same ``by``, in the order of their first ones."""
    groups: dict[Hashable, list[Attempt]] = {}
    for attempt in attempts:
        groups.setdefault(by(attempt), []).append(attempt)
    return [tuple(own) for own in groups.values()]


def lanes_of(history: pd.DataFrame, max_receive_count: int | None) -> list[Lane]:
    """Return one lane per message, ordered by the messages' first attempts."""
    if history.empty:
        return []
    limit = math.inf if max_receive_count is None else max_receive_count
    return [
        Lane(_label(own[0]), own, fate_of(own, limit, DEAD, WAITING))
        for own in grouped(attempts_of(history), lambda attempt: attempt.message_id)
    ]


def _label(attempt: Attempt) -> str:
    return attempt.key if attempt.group is None else f"{attempt.key} ({attempt.group})"


def fate_of(attempts: Sequence[Attempt], most: float, given_up: str, otherwise: str) -> str:
    """Return ``DONE`` after a success, ``given_up`` after ``most`` attempts, else ``otherwise``."""
    if any(attempt.outcome == SUCCEEDED for attempt in attempts):
        return DONE
    return given_up if attempts[-1].receive_count >= most else otherwise


# -- in words -------------------------------------------------------------------------------------


def twin(lanes: Sequence[Lane], what: str = "key") -> pd.DataFrame:
    """Return one row per lane, in their order; times are rounded to milliseconds.

    Args:
        lanes: all of the history.
        what: the name of the column with the labels.
    """
    return pd.DataFrame(
        {
            what: [lane.label for lane in lanes],
            "attempts": [len(lane.attempts) for lane in lanes],
            "outcomes in order": [lane.outcomes_in_order for lane in lanes],
            "first start (s)": [round(lane.start, 3) for lane in lanes],
            "last end (s)": [round(lane.end, 3) for lane in lanes],
            "fate": [lane.fate for lane in lanes],
        }
    )


def alt_text(
    lanes: Sequence[Lane],
    noun: str = "message",
    attempt: str = "delivery attempt",
    span: Callable[[float], str] = duration,
    fates: Sequence[str] = FATES,
) -> str:
    """Return the alternative text: how many lanes and attempts there are, and how they ended.

    Args:
        lanes: all of the history.
        noun: what a lane is called.
        attempt: what an attempt is called.
        span: says a number of seconds in words.
        fates: all there can be.
    """
    outcomes = [attempt.outcome for lane in lanes for attempt in lane.attempts]
    return (
        f"Timeline of {counted(len(lanes), noun)} with {counted(len(outcomes), attempt)} "
        f"over {span(max(lane.end for lane in lanes))}. "
        f"Attempts: {tally(outcomes, OUTCOMES)}. "
        f"{noun.split()[-1].capitalize()}s: {tally([lane.fate for lane in lanes], fates)}."
    )
