"""What became of every message that a topic published: one row per attempt to deliver it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import pandas as pd

DELIVERED, FAILED, FILTERED = "delivered", "failed", "filtered"
DEAD_LETTER, DROPPED = "dead-letter queue", "dropped"

#: How a delivery can end. Each message has exactly one of them for each subscription.
FATES = DELIVERED, DEAD_LETTER, DROPPED, FILTERED


class Delivery(NamedTuple):
    """One attempt of a topic to deliver a message: a row of ``cloud.deliveries()``.

    `attempt` counts from 1, and is 0 for a message that a filter policy held back. `time` is in
    seconds since the clock's start. `outcome` is "failed" for an attempt that another one followed,
    and one of :data:`FATES` for the last.
    """

    message_id: str
    topic: str
    destination: str
    protocol: str
    attempt: int
    time: float
    outcome: str
    error: str | None


COLUMNS = Delivery._fields


def delivery_frame(deliveries: Iterable[Delivery], start: datetime) -> pd.DataFrame:
    """Return `deliveries` as a table, oldest first; their clock began at `start`."""
    frame = pd.DataFrame(list(deliveries), columns=list(COLUMNS))
    seconds = pd.to_timedelta(frame["time"].astype(float), unit="s").dt.round("us")
    frame["time"] = pd.Timestamp(start) + seconds
    frame["attempt"] = frame["attempt"].astype(int)
    return frame.sort_values("time", kind="stable", ignore_index=True)
