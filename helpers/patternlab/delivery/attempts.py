"""The history of deliveries: one row an attempt, the same columns wherever it comes from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

#: message_id, key, group, function, request_id, outcome, error_type: text; receive_count: int;
#: sent (to the queue), start, end (of the attempt): moments in UTC. outcome is one of OUTCOMES.
COLUMNS = [
    "message_id",
    "key",
    "receive_count",
    "group",
    "function",
    "request_id",
    "sent",
    "start",
    "end",
    "outcome",
    "error_type",
]
SUCCEEDED, FAILED, TIMED_OUT = "succeeded", "failed", "timed out"
OUTCOMES = (SUCCEEDED, FAILED, TIMED_OUT)


def history_frame(rows: Iterable[tuple[Any, ...]]) -> pd.DataFrame:
    """Rows in the order of :data:`COLUMNS`, moments in seconds since 1970, as a DataFrame."""
    frame = pd.DataFrame(list(rows), columns=COLUMNS)
    for moment in ("sent", "start", "end"):
        microseconds = (frame[moment].astype("float64") * 1e6).round().astype("Int64")
        frame[moment] = pd.to_datetime(microseconds, unit="us", utc=True)
    frame["receive_count"] = frame["receive_count"].astype("int64")
    return frame.sort_values("start", kind="stable", ignore_index=True)
