"""What a history of delivery attempts says about each message: its lane, its fate, its twin.

Nothing here draws. Times are seconds since the first attempt of the history.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import pandas as pd

from patternlab.plots.drawing.style import OUTCOMES
from patternlab.plots.drawing.timeaxis import duration

COLUMNS = (
    "message_id", "key", "receive_count", "group", "function",
    "request_id", "start", "end", "outcome", "error_type",
)  # fmt: skip
NEVER_EMPTY = ("message_id", "key", "receive_count", "start", "end", "outcome")
DONE, DEAD, WAITING = FATES = ("done", "dead-letter queue", "still waiting")
TWIN_COLUMNS = (
    "key", "attempts", "outcomes in order", "first start (s)", "last end (s)", "fate"
)  # fmt: skip


@dataclass(frozen=True)
class Attempt:
    """One delivery attempt."""

    count: int  # ApproximateReceiveCount
    start: float
    end: float
    outcome: str  # one of OUTCOMES

    @property
    def succeeded(self) -> bool:
        return self.outcome == "succeeded"


@dataclass(frozen=True)
class Lane:
    """One message: its attempts in order of their start, and its fate (one of ``FATES``)."""

    label: str
    attempts: tuple[Attempt, ...]
    fate: str

    def invisible_until(self, index: int, visibility_timeout: float) -> float:
        """Return when the message of attempt ``index`` can be received again.

        That is its visibility timeout after the receive. A next receive before that shows that
        somebody shortened the timeout, and then that receive is the end.
        """
        attempt = self.attempts[index]
        until = attempt.start + visibility_timeout
        if index + 1 < len(self.attempts):
            until = min(until, self.attempts[index + 1].start)
        return max(until, attempt.end)

    @property
    def outcomes_in_order(self) -> str:
        """For example ``failed ×4, succeeded``."""
        runs = groupby(attempt.outcome for attempt in self.attempts)
        counted = [(outcome, len(list(run))) for outcome, run in runs]
        return ", ".join(name if n == 1 else f"{name} ×{n}" for name, n in counted)


def check_history(history: pd.DataFrame) -> None:
    """Raise a ``ValueError`` with one sentence if ``history`` cannot be drawn."""
    if not isinstance(history, pd.DataFrame):
        kind = type(history).__name__
        raise ValueError(f"history is a {kind}. Give the DataFrame that cloud.history() returns.")
    missing = [column for column in COLUMNS if column not in history.columns]
    if missing:
        raise ValueError(
            f"history has no column {', '.join(map(repr, missing))}. "
            "Give the DataFrame that cloud.history() returns, with all its columns."
        )
    if history.empty:
        return
    for column in NEVER_EMPTY:
        if history[column].isna().any():
            raise ValueError(f"history has empty values in {column!r}. Fill or drop those rows.")
    for column in ("start", "end"):
        if not pd.api.types.is_datetime64_any_dtype(history[column]):
            raise ValueError(
                f"history has {history[column].dtype} in {column!r}, not times. "
                "Convert the column with pandas.to_datetime(..., utc=True)."
            )
    unknown = sorted(set(map(str, history["outcome"])) - set(OUTCOMES))
    if unknown:
        raise ValueError(
            f"history has the outcome {unknown[0]!r}. The figures know {', '.join(OUTCOMES)}."
        )


def lanes_of(history: pd.DataFrame, max_receive_count: int | None) -> list[Lane]:
    """Return one lane a message, ordered by the messages' first attempts."""
    if history.empty:
        return []
    ordered = history.sort_values(["start", "receive_count"], kind="stable")
    origin = ordered["start"].iloc[0]
    attempts: dict[str, list[Attempt]] = {}
    labels: dict[str, str] = {}
    for message, key, group, count, start, end, outcome in zip(
        ordered["message_id"],
        ordered["key"],
        ordered["group"],
        ordered["receive_count"],
        (ordered["start"] - origin).dt.total_seconds(),
        (ordered["end"] - origin).dt.total_seconds(),
        ordered["outcome"],
        strict=True,
    ):
        attempts.setdefault(message, []).append(Attempt(int(count), start, end, outcome))
        labels.setdefault(message, str(key) if pd.isna(group) else f"{key} ({group})")
    return [
        Lane(labels[message], tuple(own), _fate(own, max_receive_count))
        for message, own in attempts.items()
    ]


def _fate(attempts: Sequence[Attempt], max_receive_count: int | None) -> str:
    if any(attempt.succeeded for attempt in attempts):
        return DONE
    if max_receive_count is not None and attempts[-1].count >= max_receive_count:
        return DEAD
    return WAITING


def twin(lanes: Sequence[Lane]) -> pd.DataFrame:
    """Return one row a message, in the order of the lanes; times rounded to milliseconds."""
    rows = [
        (
            lane.label,
            len(lane.attempts),
            lane.outcomes_in_order,
            round(lane.attempts[0].start, 3),
            round(max(attempt.end for attempt in lane.attempts), 3),
            lane.fate,
        )
        for lane in lanes
    ]
    return pd.DataFrame(rows, columns=list(TWIN_COLUMNS))


def summary(lanes: Sequence[Lane]) -> str:
    """Return the alternative text: how many messages and attempts, and how they ended."""
    attempts = [attempt for lane in lanes for attempt in lane.attempts]
    span = max(attempt.end for attempt in attempts)
    return (
        f"Timeline of {_number(len(lanes), 'message')} with "
        f"{_number(len(attempts), 'delivery attempt')} over {duration(span)}. "
        f"Attempts: {_tally([attempt.outcome for attempt in attempts], OUTCOMES)}. "
        f"Messages: {_tally([lane.fate for lane in lanes], FATES)}."
    )


def _tally(values: Sequence[str], order: Sequence[str]) -> str:
    return ", ".join(f"{values.count(name)} {name}" for name in order if name in values)


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
