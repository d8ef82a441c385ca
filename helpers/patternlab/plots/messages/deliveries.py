"""What the deliveries of a topic say about each message and each subscription.

Nothing here draws. A story is what became of one message at one subscription: SNS tries each
subscription by itself, so a message has as many stories as there are subscriptions. Times are
seconds since the first publishing; one story may hold 100,015 attempts, so they are arrays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from patternlab.plots.drawing.spans import in_units

DELIVERED, FAILED, DEAD, DROPPED, FILTERED = OUTCOMES = (
    "delivered", "failed", "dead-letter queue", "dropped", "filtered"
)  # fmt: skip
RETRYING = "still retrying"
FATES = (DELIVERED, DEAD, DROPPED, FILTERED, RETRYING)
COLUMNS = ("message_id", "protocol", "attempt", "time", "outcome", "error")
NAMES = ("subscription", "destination")  # one of them
NEVER_EMPTY = ("message_id", "protocol", "attempt", "time", "outcome")
TWIN_COLUMNS = (
    "subscription", "protocol", "message", "attempts", "took (s)", "fate", "last error"
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Story:
    """One message at one subscription."""

    message: int  # 1 for the first that was published
    published: float  # seconds
    times: np.ndarray  # seconds of each attempt, in order; none if filtered out
    fate: str  # one of FATES
    error: str  # of the last attempt that had one, or nothing

    @property
    def attempts(self) -> int:
        return len(self.times)

    @property
    def took(self) -> float:
        """Seconds from the publishing to the last attempt."""
        return float(self.times[-1] - self.published) if len(self.times) else 0.0

    @property
    def failed(self) -> np.ndarray:
        """The times of the attempts that did not deliver."""
        return self.times[:-1] if self.fate == DELIVERED else self.times


@dataclass(frozen=True)
class Lane:
    """One subscription: its stories in the order of publishing."""

    name: str
    protocol: str
    stories: tuple[Story, ...]

    @property
    def words(self) -> list[str]:
        """The fate in one or two lines, for example ``delivered`` and ``after 4 tries``."""
        if len(self.stories) > 1:
            return _two_lines(_counted(self.stories))
        (story,) = self.stories
        if story.fate == FILTERED:
            return [_PARTICIPLES[FILTERED]]
        tries = "1 try" if story.attempts == 1 else f"{story.attempts:,} tries"
        if story.fate == DELIVERED and story.attempts == 1:
            return [f"{DELIVERED} at once" if story.took < 0.5 else DELIVERED]
        return [story.fate, f"{tries} so far" if story.fate == RETRYING else f"after {tries}"]


_PARTICIPLES = {DEAD: "dead-lettered", FILTERED: "filtered out"}


def _counted(stories: Sequence[Story]) -> list[str]:
    """Return how many stories ended how, for example ``3 delivered`` and ``1 dropped``."""
    counts = Counter(story.fate for story in stories)
    return [f"{counts[fate]} {_PARTICIPLES.get(fate, fate)}" for fate in FATES if fate in counts]


def _two_lines(parts: list[str]) -> list[str]:
    """Return at most two lines that hold all ``parts``."""
    if len(parts) <= 2:
        return parts
    half = (len(parts) + 1) // 2
    return [", ".join(parts[:half]) + ",", ", ".join(parts[half:])]


def check_deliveries(deliveries: pd.DataFrame) -> None:
    """Raise a ``ValueError`` with one sentence if ``deliveries`` cannot be drawn."""
    if not isinstance(deliveries, pd.DataFrame):
        kind = type(deliveries).__name__
        raise ValueError(f"deliveries is a {kind}. Give a DataFrame with one row an attempt.")
    missing = [column for column in COLUMNS if column not in deliveries.columns]
    if _name_column(deliveries) is None:
        missing.append("subscription")
    if missing:
        raise ValueError(
            f"deliveries has no column {', '.join(map(repr, missing))}. "
            "Give the deliveries of a topic, with all their columns."
        )
    if deliveries.empty:
        return
    for column in (*NEVER_EMPTY, _name_column(deliveries)):
        if deliveries[column].isna().any():
            raise ValueError(f"deliveries has empty values in {column!r}. Fill or drop those rows.")
    if not pd.api.types.is_datetime64_any_dtype(deliveries["time"]):
        raise ValueError(
            f"deliveries has {deliveries['time'].dtype} in 'time', not times. "
            "Convert the column with pandas.to_datetime(..., utc=True)."
        )
    if not pd.api.types.is_numeric_dtype(deliveries["attempt"]):
        raise ValueError(
            f"deliveries has {deliveries['attempt'].dtype} in 'attempt', not numbers. "
            "Convert the column with pandas.to_numeric(...)."
        )
    unknown = sorted(set(map(str, deliveries["outcome"].unique())) - set(OUTCOMES))
    if unknown:
        raise ValueError(
            f"deliveries has the outcome {unknown[0]!r}. The figure knows {', '.join(OUTCOMES)}."
        )


def _name_column(deliveries: pd.DataFrame) -> str | None:
    return next((name for name in NAMES if name in deliveries.columns), None)


def lanes_of(deliveries: pd.DataFrame) -> list[Lane]:
    """Return one lane a subscription, in the order in which they first appear."""
    if deliveries.empty:
        return []
    ordered = deliveries.sort_values("time", kind="stable")
    seconds = (ordered["time"] - ordered["time"].iloc[0]).dt.total_seconds().to_numpy()
    messages, _ = pd.factorize(ordered["message_id"])
    names, name_of = pd.factorize(ordered[_name_column(ordered)].astype(str))
    protocols, protocol_of = pd.factorize(ordered["protocol"].astype(str))
    pairs, _ = pd.factorize(names * len(protocol_of) + protocols)
    published = seconds[np.unique(messages, return_index=True)[1]]
    attempts, outcomes, errors = (
        ordered[column].to_numpy() for column in ("attempt", "outcome", "error")
    )
    stories: dict[int, list[Story]] = {}
    lanes: dict[int, tuple[str, str]] = {}
    for rows in _runs(pairs, messages, attempts):
        pair, message = pairs[rows[0]], messages[rows[0]]
        fate = str(outcomes[rows[-1]])
        tries = _attempts(attempts[rows], fate)
        story = Story(
            message=int(message) + 1,
            published=float(published[message]),
            times=seconds[rows[tries]],
            fate=RETRYING if fate == FAILED else fate,
            error=_last_error(errors[rows[:-4:-1]]),
        )
        stories.setdefault(pair, []).append(story)
        lanes[pair] = (short_name(name_of[names[rows[0]]]), protocol_of[protocols[rows[0]]])
    return [Lane(*lanes[pair], tuple(stories[pair])) for pair in sorted(lanes)]


def _runs(lanes: np.ndarray, messages: np.ndarray, attempts: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the rows of each pair of lane and message, in the order of the attempts."""
    order = np.lexsort((attempts, messages, lanes))
    changes = (np.diff(lanes[order]) != 0) | (np.diff(messages[order]) != 0)
    yield from np.split(order, np.flatnonzero(changes) + 1)


def _attempts(numbers: np.ndarray, outcome: str) -> np.ndarray:
    """Return which rows of a story are attempts; ``outcome`` is that of the last.

    A row of a fate may be the last attempt itself, as the model of a topic records it, or stand
    behind it with the same number. So attempts are counted by their numbers.
    """
    if outcome == FILTERED:
        return np.empty(0, dtype=int)
    return np.flatnonzero(np.diff(numbers, prepend=0) > 0)


def _last_error(errors: np.ndarray) -> str:
    """Return the first text among ``errors``, which are the last of a story, latest first."""
    return next((error for error in errors if isinstance(error, str)), "")


def short_name(name: str) -> str:
    """Return the last part of an ARN, a URL without its scheme, or the name as it is."""
    if name.startswith("arn:"):
        return name.rsplit(":", 1)[-1]
    return name.split("://", 1)[-1]


def twin(lanes: Sequence[Lane]) -> pd.DataFrame:
    """Return one row a subscription and message; times rounded to milliseconds."""
    rows = [
        (
            lane.name,
            lane.protocol,
            story.message,
            story.attempts,
            round(story.took, 3),
            story.fate,
            story.error,
        )
        for lane in lanes
        for story in lane.stories
    ]
    return pd.DataFrame(rows, columns=list(TWIN_COLUMNS))


def told(lanes: Sequence[Lane]) -> str:
    """Return the alternative text: how many messages, subscriptions, attempts, and their ends."""
    stories = [story for lane in lanes for story in lane.stories]
    messages = len({story.message for story in stories})
    attempts = sum(story.attempts for story in stories)
    longest = max(stories, key=lambda story: story.took)
    text = (
        f"Fan-out of {_number(messages, 'message')} to {_number(len(lanes), 'subscription')} "
        f"with {_number(attempts, 'delivery attempt')}. Deliveries: {', '.join(_counted(stories))}."
    )
    if longest.attempts > 1:
        lane = next(lane for lane in lanes if longest in lane.stories)
        text += (
            f" The longest took {_number(longest.attempts, 'attempt')} "
            f"over {in_units(longest.took)}, to {lane.name}."
        )
    return text


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
