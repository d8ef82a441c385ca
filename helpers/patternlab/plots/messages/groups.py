"""What a history says about the message groups of a FIFO queue: who stood behind whom, how long.

Nothing here draws. While an earlier message of its own group is not finished, a message cannot be
received, however many consumers are free. The other groups go on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from patternlab.delivery.attempts import SUCCEEDED
from patternlab.plots.drawing.words import counted, duration
from patternlab.plots.messages import reading
from patternlab.plots.messages.reading import DEAD, DONE, Lane, check_history, lanes_of


@dataclass(frozen=True)
class Message(Lane):
    """One message of a group: a lane, and when it no longer held up the others."""

    finished: float  # succeeded, or moved to the dead-letter queue; infinite if neither

    @property
    def wait(self) -> float:
        """Seconds from the sending to the first start; NaN if the sending is unknown."""
        return _span(self.sent, self.start)


@dataclass(frozen=True)
class Blocked:
    """A head-of-line wait."""

    wait: float  # seconds; NaN if no sending is known
    behind: Message | None = None  # what most of it was spent behind; None if nothing waited
    others: int = 0  # how many more messages it was spent behind


@dataclass(frozen=True)
class Group:
    """One message group: its messages in order of sending."""

    name: str
    messages: tuple[Message, ...]

    def count(self, fate: str) -> int:
        """Return how many messages ended so."""
        return sum(message.fate == fate for message in self.messages)

    @property
    def longest_wait(self) -> float:
        """The longest of the messages' waits in seconds; NaN if no sending is known."""
        return max((m.wait for m in self.messages if not math.isnan(m.wait)), default=math.nan)

    @cached_property
    def head_of_line(self) -> Blocked:
        """The longest time that one of the messages stood behind others of the group."""
        if math.isnan(self.longest_wait):
            return Blocked(math.nan)
        longest, waiter = 0.0, 0
        free = -math.inf  # from then on all messages before this one are finished
        for index, message in enumerate(self.messages):
            wait = _span(message.sent, min(free, message.start))
            if wait > longest:
                longest, waiter = wait, index
            free = max(free, message.finished)
        if not longest:
            return Blocked(0.0)
        heads = self._heads_before(waiter)
        _, behind = max(heads, key=lambda head: head[0])
        return Blocked(longest, behind, len(heads) - 1)

    def _heads_before(self, waiter: int) -> list[tuple[float, Message]]:
        """Return (seconds, message) of those that headed the line while message ``waiter`` waited.

        At each moment that is the earliest one that is not finished.
        """
        own, heads = self.messages[waiter], []
        now = own.sent
        for message in self.messages[:waiter]:
            until = min(message.finished, own.start)
            if _span(now, until):
                heads.append((_span(now, until), message))
                now = until
        return heads


def _span(begin: float, until: float) -> float:
    """Return the seconds from ``begin`` to ``until``, never below 0; NaN if ``begin`` is.

    Rounded to the microseconds that a history has, so that no float noise counts as a wait.
    """
    return begin if math.isnan(begin) else max(0.0, round(until - begin, 6))


def check_fifo_history(history: pd.DataFrame) -> None:
    """Raise a ``ValueError`` with one sentence if ``history`` is not that of a FIFO queue."""
    check_history(history, also=["sent"])
    without = int(history["group"].isna().sum())
    if 0 < without == len(history):
        raise ValueError(
            "history has no message groups. Give that of a FIFO queue, "
            "or draw this one with plots.retry_timeline."
        )
    if without:
        raise ValueError(
            f"history has {counted(without, 'row')} without a message group. "
            "Keep those of one FIFO queue: history[history['group'].notna()]."
        )


def groups_of(
    history: pd.DataFrame, visibility_timeout: float, max_receive_count: int | None
) -> list[Group]:
    """Return the groups of a checked history, ordered by their first messages.

    A message without a time of sending takes its place by its first start.
    """
    members: dict[str, list[Message]] = {}
    for lane in lanes_of(history, max_receive_count):
        finished = _finished(lane, visibility_timeout)
        message = Message(lane.label, lane.attempts, lane.fate, finished)
        members.setdefault(str(lane.attempts[0].group), []).append(message)
    groups = [Group(name, tuple(sorted(own, key=_place))) for name, own in members.items()]
    return sorted(groups, key=lambda group: _place(group.messages[0]))


def _place(message: Message) -> tuple[float, float]:
    """Return what messages are ordered by: the sending, then the first start."""
    return (message.start if math.isnan(message.sent) else message.sent), message.start


def _finished(lane: Lane, visibility_timeout: float) -> float:
    """Return when the message no longer held up its group, in seconds."""
    if lane.fate == DONE:
        return next(own.end for own in lane.attempts if own.outcome == SUCCEEDED)
    if lane.fate == DEAD:
        return lane.attempts[-1].start + visibility_timeout
    return math.inf


def head_of_line(
    history: pd.DataFrame, visibility_timeout: float, max_receive_count: int | None
) -> pd.DataFrame:
    """Return how long each message group of a FIFO queue stood behind one of its own messages.

    The head-of-line wait of a message is the time from its sending to its first start during which
    an earlier message of its group was not finished. A message is finished when it succeeded, or
    when it was due for the dead-letter queue: one visibility timeout after the last receive that
    the redrive policy allows. The head-of-line wait of a group is the longest of its messages'.
    Messages that were never received are not in a history, so they are not counted.

    Args:
        history: one row per delivery attempt of one FIFO queue, as ``cloud.history()`` returns it.
        visibility_timeout: of the queue, in seconds.
        max_receive_count: of the redrive policy; None if the queue has none.

    Returns:
        One row per group, in order of their first messages: group, messages, done, dead-lettered,
        head-of-line wait (s), behind (the key of the message that held them up for most of that
        wait, or nothing) and longest wait (s). Times are rounded to milliseconds, and NaN if no
        time of sending is known.

    Raises:
        ValueError: the history is not that of a FIFO queue. The sentence says why.
    """
    check_fifo_history(history)
    return twin(groups_of(history, visibility_timeout, max_receive_count))


def twin(groups: Sequence[Group]) -> pd.DataFrame:
    """Return one row per group, as ``head_of_line`` describes it."""
    lines = [group.head_of_line for group in groups]
    return pd.DataFrame(
        {
            "group": [group.name for group in groups],
            "messages": [len(group.messages) for group in groups],
            "done": [group.count(DONE) for group in groups],
            "dead-lettered": [group.count(DEAD) for group in groups],
            "head-of-line wait (s)": [round(line.wait, 3) for line in lines],
            "behind": [line.behind.key if line.behind else "" for line in lines],
            "longest wait (s)": [round(group.longest_wait, 3) for group in groups],
        }
    )


def alt_text(groups: Sequence[Group]) -> str:
    """Return the alternative text: how many of everything, and which group waited longest."""
    messages = [message for group in groups for message in group.messages]
    number = counted(len(groups), "message group")
    return f"FIFO queue with {number}. {reading.alt_text(messages)} {_waits_in_words(groups)}"


def _waits_in_words(groups: Sequence[Group]) -> str:
    waits = [
        (group.head_of_line.wait, group.head_of_line.behind.key, group.name)
        for group in groups
        if group.head_of_line.behind
    ]
    if not waits:
        return "No message is known to have waited behind another of its group."
    waits.sort(key=lambda own: own[0], reverse=True)
    wait, behind, name = waits[0]
    text = f"Longest head-of-line wait: {duration(wait)} behind {behind} in {name}"
    if len(waits) > 1:
        text += f"; in the other groups at most {duration(waits[1][0])}"
    elif len(groups) > 1:
        text += "; in the other groups none"
    return text + "."
