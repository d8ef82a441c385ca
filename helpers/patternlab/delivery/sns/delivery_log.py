"""What became of every message a topic published: one row an attempt to deliver it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pandas as pd

DELIVERED, FAILED, FILTERED = "delivered", "failed", "filtered"
DEAD_LETTER, DROPPED = "dead-letter queue", "dropped"

#: How a delivery can end. Each message has exactly one of them for each subscription.
FATES = DELIVERED, DEAD_LETTER, DROPPED, FILTERED

COLUMNS = (
    "message_id",
    "topic",
    "destination",
    "protocol",
    "attempt",
    "time",
    "outcome",
    "error",
)


def delivery_frame(rows: Sequence[tuple[Any, ...]], start: datetime) -> pd.DataFrame:
    """The attempts in `rows` as a table, oldest first; `time` is UTC, on a clock begun at `start`.

    `attempt` counts from 1, and is 0 for a message that a filter policy held back. `outcome` is
    "failed" for an attempt that another one followed, and one of :data:`FATES` for the last.
    """
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    seconds = pd.to_timedelta(frame["time"].astype(float), unit="s").dt.round("us")
    frame["time"] = pd.Timestamp(start) + seconds
    frame["attempt"] = frame["attempt"].astype(int)
    return frame.sort_values("time", kind="stable", ignore_index=True)
