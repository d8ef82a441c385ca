"""What a history says about events that were handed to Lambda asynchronously.

Nothing here draws. All attempts of one event carry the same request id, so a lane is a request id.
Moments are seconds since the first moment of the history.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import pandas as pd

from patternlab.delivery.attempts import Attempt
from patternlab.plots.drawing.words import in_units
from patternlab.plots.messages import reading
from patternlab.plots.messages.reading import (
    DONE,
    Lane,
    attempts_of,
    check_history,
    fate_of,
    grouped,
)

GAVE_UP, SO_FAR = "gave up", "failed so far"
FATES = (DONE, GAVE_UP, SO_FAR)


@dataclass(frozen=True)
class Event(Lane):
    """One event: a lane with one of the ``FATES`` of this module."""

    @property
    def origin(self) -> float:
        """When the story of the event begins: it was handed over, or else its first attempt."""
        return self.start if math.isnan(self.sent) else min(self.sent, self.start)

    @property
    def wait(self) -> float:
        """Seconds from the hand-over to the first attempt; 0 if nobody knows."""
        return self.start - self.origin

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
    """Raise a ``ValueError`` with one sentence if these are not asynchronous invocations."""
    check_history(history)
    if history["request_id"].isna().any():
        raise ValueError("history has empty values in 'request_id'. Fill or drop those rows.")
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


def events_of(history: pd.DataFrame, max_attempts: int) -> list[Event]:
    """Return the events of a checked history, ordered by the moments they were handed over."""
    if history.empty:
        return []
    attempts = attempts_of(history, since_sent=True)
    each = grouped(attempts, lambda attempt: (attempt.request_id, attempt.message_id))
    labels = _labels([own[0] for own in each])
    events = [
        Event(label, own, fate_of(own, max_attempts, GAVE_UP, SO_FAR))
        for label, own in zip(labels, each, strict=True)
    ]
    return sorted(events, key=lambda event: event.origin)


def _labels(firsts: Sequence[Attempt]) -> list[str]:
    """Return the keys, with the function if there are several, and which copy it is if doubled."""
    several = len({first.function for first in firsts}) > 1
    seen: Counter[tuple[str, str]] = Counter()
    labels = []
    for first in firsts:
        seen[first.function, first.message_id] += 1
        copy = seen[first.function, first.message_id]
        label = f"{first.key} → {first.function}" if several else first.key
        labels.append(label if copy == 1 else f"{label} (copy {copy})")
    return labels


def twin(events: Sequence[Event]) -> pd.DataFrame:
    """Return one row per event, in the order of the lanes; times are rounded to milliseconds."""
    table = reading.twin(events, "event")
    gaps = [", ".join(f"{round(gap, 3):.10g}" for gap in event.gaps) for event in events]
    table.insert(3, "gaps (s)", gaps)
    return table


def alt_text(events: Sequence[Event]) -> str:
    """Return the alternative text: how many events and attempts, how they ended, and the gaps."""
    text = reading.alt_text(events, "asynchronous event", "attempt", in_units, FATES)
    gaps = [gap for event in events for gap in event.gaps]
    if gaps:
        text += f" Gaps between attempts: {in_units(min(gaps))} to {in_units(max(gaps))}."
    return text
