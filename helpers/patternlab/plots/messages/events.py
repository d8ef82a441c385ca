"""What a history says about events handed to Lambda asynchronously: attempts, gaps, fate, twin.

Nothing here draws. All attempts of one event carry the same request id, so that is what a lane
is. Times are seconds since the first moment of the history.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import pandas as pd

from patternlab.plots.drawing.spans import in_units
from patternlab.plots.drawing.style import OUTCOMES
from patternlab.plots.messages.lanes import Attempt, Lane, check_history

DONE, GAVE_UP, SO_FAR = FATES = ("done", "gave up", "failed so far")
TWIN_COLUMNS = (
    "event", "attempts", "outcomes in order", "gaps (s)", "first start (s)", "last end (s)", "fate"
)  # fmt: skip


@dataclass(frozen=True)
class Event(Lane):
    """One event: a lane with one of ``FATES``, and when the event was handed over."""

    sent: float  # seconds; NaN when nobody knows

    @property
    def origin(self) -> float:
        """When the story of the event begins: it was handed over, or else its first attempt."""
        first = self.attempts[0].start
        return first if math.isnan(self.sent) else min(self.sent, first)

    @property
    def wait(self) -> float:
        """Seconds from the hand-over to the first attempt; 0 if nobody knows."""
        return self.attempts[0].start - self.origin

    @property
    def gaps(self) -> list[float]:
        """Seconds from the end of each attempt to the start of the next."""
        return [max(0.0, after.start - before.end) for before, after in pairwise(self.attempts)]

    @property
    def fate_label(self) -> str:
        """For example ``gave up after 3``."""
        count = len(self.attempts)
        return f"{self.fate}: {count}" if self.fate == SO_FAR else f"{self.fate} after {count}"


def check_events(history: pd.DataFrame) -> None:
    """Raise a ``ValueError`` with one sentence if these are no asynchronous invocations."""
    check_history(history)
    if history.empty:
        return
    if history["request_id"].isna().any():
        raise ValueError("history has empty values in 'request_id'. Fill or drop those rows.")
    if _knows_sent(history) and not pd.api.types.is_datetime64_any_dtype(history["sent"]):
        raise ValueError(
            f"history has {history['sent'].dtype} in 'sent', not times. "
            "Convert the column with pandas.to_datetime(..., utc=True)."
        )
    one_attempt = ["request_id", "message_id", "receive_count"]
    twice = history[history.duplicated(one_attempt)]
    if len(twice):
        row = twice.iloc[0]
        raise ValueError(
            f"history has attempt {row['receive_count']} of {str(row['key'])!r} twice "
            "with the same request id. Drop the doubled rows: "
            f"history.drop_duplicates({one_attempt})."
        )
    firsts = history.groupby(["request_id", "message_id"], sort=False)["receive_count"].min()
    if (firsts > 1).any():
        raise ValueError(
            f"history has an attempt {firsts[firsts > 1].iloc[0]} without attempt 1 of the same "
            "request id. Messages of a queue look like that: draw them with plots.retry_timeline."
        )


def _knows_sent(history: pd.DataFrame) -> bool:
    return "sent" in history.columns and bool(history["sent"].notna().any())


def events_of(history: pd.DataFrame, max_attempts: int) -> list[Event]:
    """Return the events of a checked history, ordered by the moments they were handed over."""
    if history.empty:
        return []
    ordered = history.sort_values(["start", "receive_count"], kind="stable")
    never = pd.Series(pd.NaT, ordered.index, ordered["start"].dtype)
    sent = ordered["sent"] if _knows_sent(ordered) else never
    origin = min([ordered["start"].iloc[0], *sent.dropna()])
    attempts: dict[tuple, list[Attempt]] = {}
    firsts: dict[tuple, tuple] = {}
    for request, message, key, function, count, handed_over, start, end, outcome in zip(
        ordered["request_id"],
        ordered["message_id"],
        ordered["key"],
        ordered["function"],
        ordered["receive_count"],
        (sent - origin).dt.total_seconds(),
        (ordered["start"] - origin).dt.total_seconds(),
        (ordered["end"] - origin).dt.total_seconds(),
        ordered["outcome"],
        strict=True,
    ):
        event = (request, message)
        attempts.setdefault(event, []).append(Attempt(int(count), start, end, outcome))
        firsts.setdefault(event, (str(key), str(function), message, handed_over))
    labels = _labels(list(firsts.values()))
    events = [
        Event(label, tuple(own), _fate(own, max_attempts), firsts[event][-1])
        for (event, own), label in zip(attempts.items(), labels, strict=True)
    ]
    return sorted(events, key=lambda event: event.origin)


def _labels(firsts: Sequence[tuple]) -> list[str]:
    """Return the keys, with the function if there are several, and which copy it is if doubled."""
    several = len({function for _, function, _, _ in firsts}) > 1
    seen: Counter[tuple] = Counter()
    labels = []
    for key, function, message, _ in firsts:
        seen[function, message] += 1
        copy = seen[function, message]
        label = f"{key} → {function}" if several else key
        labels.append(label if copy == 1 else f"{label} (copy {copy})")
    return labels


def _fate(attempts: Sequence[Attempt], max_attempts: int) -> str:
    if any(attempt.succeeded for attempt in attempts):
        return DONE
    return GAVE_UP if attempts[-1].count >= max_attempts else SO_FAR


def twin(events: Sequence[Event]) -> pd.DataFrame:
    """Return one row an event, in the order of the lanes; times rounded to milliseconds."""
    rows = [
        (
            event.label,
            len(event.attempts),
            event.outcomes_in_order,
            ", ".join(f"{gap:.10g}" for gap in (round(gap, 3) for gap in event.gaps)),
            round(event.attempts[0].start, 3),
            round(max(attempt.end for attempt in event.attempts), 3),
            event.fate,
        )
        for event in events
    ]
    return pd.DataFrame(rows, columns=list(TWIN_COLUMNS))


def told(events: Sequence[Event]) -> str:
    """Return the alternative text: how many events and attempts, how they ended, and the gaps."""
    attempts = [attempt for event in events for attempt in event.attempts]
    gaps = [gap for event in events for gap in event.gaps]
    span = max(attempt.end for attempt in attempts)
    text = (
        f"Timeline of {_number(len(events), 'asynchronous event')} with "
        f"{_number(len(attempts), 'attempt')} over {in_units(span)}. "
        f"Attempts: {_tally([attempt.outcome for attempt in attempts], OUTCOMES)}. "
        f"Events: {_tally([event.fate for event in events], FATES)}."
    )
    if gaps:
        text += f" Gaps between attempts: {in_units(min(gaps))} to {in_units(max(gaps))}."
    return text


def _tally(values: Sequence[str], order: Sequence[str]) -> str:
    return ", ".join(f"{values.count(name)} {name}" for name in order if name in values)


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
