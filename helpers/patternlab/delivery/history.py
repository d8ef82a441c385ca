"""The history of deliveries: one row an attempt, the same columns wherever it comes from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

#: message_id, key, group, function, request_id, outcome, error_type: text; receive_count: int;
#: start, end: moments in UTC. outcome is one of OUTCOMES.
COLUMNS = [
    "message_id",
    "key",
    "receive_count",
    "group",
    "function",
    "request_id",
    "start",
    "end",
    "outcome",
    "error_type",
]
SUCCEEDED, FAILED, TIMED_OUT = "succeeded", "failed", "timed out"
OUTCOMES = (SUCCEEDED, FAILED, TIMED_OUT)

#: Fields of a JSON body that name the thing a message is about, in order of preference.
KEY_FIELDS = ("key", "id", "name")
KEY_LENGTH = 24


def key_of(body: str) -> str:
    """A short label for a message: a naming field of a JSON body, or the body's beginning."""
    label = body
    if body.startswith("{"):
        try:
            content = json.loads(body)
        except ValueError:
            content = {}
        for field in KEY_FIELDS:
            if isinstance(content, Mapping) and isinstance(content.get(field), str | int):
                label = str(content[field])
                break
    return label if len(label) <= KEY_LENGTH else label[: KEY_LENGTH - 1] + "…"


def history_frame(rows: Iterable[tuple[Any, ...]]) -> pd.DataFrame:
    """Rows in the order of :data:`COLUMNS`, start and end in seconds since 1970, as a DataFrame."""
    frame = pd.DataFrame(list(rows), columns=COLUMNS)
    for moment in ("start", "end"):
        seconds = frame[moment].astype("float64")
        frame[moment] = pd.to_datetime((seconds * 1e6).round().astype("int64"), unit="us", utc=True)
    frame["receive_count"] = frame["receive_count"].astype("int64")
    return frame.sort_values("start", kind="stable", ignore_index=True)
