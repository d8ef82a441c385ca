"""Where the lanes and rows of a FIFO queue's figure are, and which words stand beside them.

Nothing here draws. Distances are in inches.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from patternlab.plots.drawing.canvas import FOOT
from patternlab.plots.drawing.text import shortened
from patternlab.plots.drawing.words import short_duration
from patternlab.plots.messages.groups import Group, Message
from patternlab.plots.messages.reading import WAITING

ROOM = 7.6  # for all rows of all lanes together
ROW = 0.21  # of one message
LABELLED_ROW = 0.16  # with words in it
LANE_EDGE = 0.05  # above the first and below the last row of a lane
LEAST_LANE = 0.19
LONGEST_KEY = 12  # characters
LONGEST_NAME = 18  # of a group
SEPARATORS = " -_:/."  # between the name of a group and the rest of a key


@dataclass(frozen=True)
class Row:
    """The place of one message: the middle and height of its row, the floor of its lane."""

    message: Message
    y: float  # inches, as the next two
    height: float
    floor: float

    @property
    def radius(self) -> float:
        """Half the width of a mark in inches: what the row holds, but always to be seen."""
        least = 0.036 if self.message.has_failed else 0.025
        return min(max(self.height * 0.34, least), 0.06)

    @property
    def has_room_for_words(self) -> bool:
        """Whether "1 failed" fits behind a mark."""
        return self.height >= LABELLED_ROW


@dataclass(frozen=True)
class LanePlace:
    """The place of one group: its rows from the top down."""

    group: Group
    top: float  # inches
    bottom: float
    rows: tuple[Row, ...]

    @property
    def middle(self) -> float:
        """The height of the words beside the lane."""
        return (self.top + self.bottom) / 2


def _row_heights(groups: Sequence[Group]) -> list[list[float]]:
    """Return the height of each message's row, group by group.

    The rows share the room of the figure. Messages that failed get room for words if they are few.
    """
    messages = [message for group in groups for message in group.messages]
    room = ROOM - 2 * LANE_EDGE * len(groups)
    failed = sum(message.has_failed for message in messages)
    plain = tall = min(room / len(messages), ROW)
    if tall < LABELLED_ROW and failed * LABELLED_ROW <= room / 2:
        tall = LABELLED_ROW
        plain = (room - failed * tall) / max(len(messages) - failed, 1)
    return [
        [tall if m.has_failed else min(plain, tall) for m in group.messages] for group in groups
    ]


def places_of(groups: Sequence[Group]) -> list[LanePlace]:
    """Place the lanes, the last one on ``FOOT``."""
    heights = _row_heights(groups)
    lanes = [max(sum(rows) + 2 * LANE_EDGE, LEAST_LANE) for rows in heights]
    top, placed = FOOT + sum(lanes), []
    for group, rows, height in zip(groups, heights, lanes, strict=True):
        bottom = top - height
        y, own = top - (height - sum(rows)) / 2, []
        for message, row in zip(group.messages, rows, strict=True):
            own.append(Row(message, y - row / 2, row, bottom + LANE_EDGE / 2))
            y -= row
        placed.append(LanePlace(group, top, bottom, tuple(own)))
        top = bottom
    return placed


def short_name(group: Group) -> str:
    """Return what stands in front of a lane."""
    return shortened(group.name, LONGEST_NAME)


def short_key(message: Message, group: Group) -> str:
    """Return the key without the name of its group, which stands beside the lane already."""
    rest = message.key.removeprefix(group.name)
    own = rest.lstrip(SEPARATORS) if rest.startswith(tuple(SEPARATORS)) else ""
    return shortened(own or message.key, LONGEST_KEY)


def words_of(group: Group) -> list[str]:
    """Return what stands on the right of a lane, line by line."""
    line, words = group.head_of_line, []
    if line.behind:
        others = f" and {line.others} more" if line.others else ""
        words.append(f"waited up to {short_duration(line.wait)}")
        words.append(f"behind {short_key(line.behind, group)}{others}")
    elif group.longest_wait > 0:
        words += [f"waited up to {short_duration(group.longest_wait)}", "for other reasons"]
    stuck = next((m for m in group.messages if m.fate == WAITING), None)
    if stuck:
        words.append(f"{short_key(stuck, group)} not finished")
    return words or ["send times unknown" if math.isnan(line.wait) else "nobody waited"]
