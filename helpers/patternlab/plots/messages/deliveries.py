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

from patternlab.delivery.sns import delivery_log
from patternlab.delivery.sns.delivery_log import DEAD_LETTER, DELIVERED, FAILED, FILTERED
from patternlab.plots.drawing.words import counted, in_units
from patternlab.plots.messages.reading import check_table

RETRYING = "still retrying"
FATES = (*delivery_log.FATES, RETRYING)
COLUMNS = tuple(column for column in delivery_log.COLUMNS if column != "topic")


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
        """How many there were."""
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
class Subscription:
    """One subscription: its stories in the order of publishing."""

    name: str
    protocol: str
    stories: tuple[Story, ...]

    @property
    def words(self) -> list[str]:
        """The fate in one or two lines, for example ``delivered`` and ``after 4 tries``."""
        if len(self.stories) > 1:
            return _two_lines(_fates_of(self.stories))
        (story,) = self.stories
        if story.fate == FILTERED:
            return [_PARTICIPLES[FILTERED]]
        tries = "1 try" if story.attempts == 1 else f"{story.attempts:,} tries"
        if story.fate == DELIVERED and story.attempts == 1:
            return [f"{DELIVERED} at once" if story.took < 0.5 else DELIVERED]
        return [story.fate, f"{tries} so far" if story.fate == RETRYING else f"after {tries}"]


_PARTICIPLES = {DEAD_LETTER: "dead-lettered", FILTERED: "filtered out"}


def _fates_of(stories: Sequence[Story]) -> list[str]:
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
    filled = [column for column in COLUMNS if column != "error"]
    check_table(deliveries, "deliveries", COLUMNS, filled, ["time"], (*delivery_log.FATES, FAILED))
    if len(deliveries) and not pd.api.types.is_numeric_dtype(deliveries["attempt"]):
        raise ValueError(
            f"deliveries has {deliveries['attempt'].dtype} in 'attempt', not numbers. "
            "Convert the column with pandas.to_numeric(...)."
        )


def subscriptions_of(deliveries: pd.DataFrame) -> list[Subscription]:
    """Return one per subscription and protocol, in the order in which they first appear."""
    if deliveries.empty:
        return []
    ordered = deliveries.sort_values("time", kind="stable")
    seconds = (ordered["time"] - ordered["time"].iloc[0]).dt.total_seconds().to_numpy()
    messages, _ = pd.factorize(ordered["message_id"])
    names, name_of = pd.factorize(ordered["destination"].astype(str))
    protocols, protocol_of = pd.factorize(ordered["protocol"].astype(str))
    pairs, _ = pd.factorize(names * len(protocol_of) + protocols)
    published = seconds[np.unique(messages, return_index=True)[1]]
    attempts, outcomes, errors = (
        ordered[column].to_numpy() for column in ("attempt", "outcome", "error")
    )
    stories: dict[int, list[Story]] = {}
    found: dict[int, tuple[str, str]] = {}
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
        found[pair] = (short_name(name_of[names[rows[0]]]), protocol_of[protocols[rows[0]]])
    return [Subscription(*found[pair], tuple(stories[pair])) for pair in sorted(found)]


def _runs(pairs: np.ndarray, messages: np.ndarray, attempts: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the rows of each message at each subscription, in the order of the attempts."""
    order = np.lexsort((attempts, messages, pairs))
    changes = (np.diff(pairs[order]) != 0) | (np.diff(messages[order]) != 0)
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


def twin(subscriptions: Sequence[Subscription]) -> pd.DataFrame:
    """Return one row per subscription and message; times are rounded to milliseconds."""
    each = [(own, story) for own in subscriptions for story in own.stories]
    return pd.DataFrame(
        {
            "subscription": [own.name for own, _ in each],
            "protocol": [own.protocol for own, _ in each],
            "message": [story.message for _, story in each],
            "attempts": [story.attempts for _, story in each],
            "took (s)": [round(story.took, 3) for _, story in each],
            "fate": [story.fate for _, story in each],
            "last error": [story.error for _, story in each],
        }
    )


def alt_text(subscriptions: Sequence[Subscription]) -> str:
    """Return the alternative text: how many messages, subscriptions, attempts, and their ends."""
    each = [(story, own.name) for own in subscriptions for story in own.stories]
    stories = [story for story, _ in each]
    messages = len({story.message for story in stories})
    attempts = sum(story.attempts for story in stories)
    text = (
        f"Fan-out of {counted(messages, 'message')} to "
        f"{counted(len(subscriptions), 'subscription')} with "
        f"{counted(attempts, 'delivery attempt')}. Deliveries: {', '.join(_fates_of(stories))}."
    )
    longest, name = max(each, key=lambda own: own[0].took)
    if longest.attempts > 1:
        text += (
            f" The longest took {counted(longest.attempts, 'attempt')} "
            f"over {in_units(longest.took)}, to {name}."
        )
    return text
