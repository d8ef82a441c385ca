"""The history of deliveries: one row per attempt, with the same columns wherever it comes from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import pandas as pd

SUCCEEDED, FAILED, TIMED_OUT = "succeeded", "failed", "timed out"
#: How an attempt can end.
OUTCOMES = (SUCCEEDED, FAILED, TIMED_OUT)

#: Error types that an attempt can have besides the names of exceptions.
TIME_OUT_ERROR = "Sandbox.Timedout"  # Lambda's own
REPORTED_ERROR = "batchItemFailures"  # the function listed the message in its response


class Attempt(NamedTuple):
    """One attempt of a function to work on one message: a row of ``cloud.history()``.

    `sent` (to the queue), `start` and `end` (of the attempt) are seconds since 1970, `outcome` is
    one of :data:`OUTCOMES`, and `error_type` is None after a success.
    """

    message_id: str
    key: str
    receive_count: int
    group: str | None
    function: str
    request_id: str
    sent: float | None
    start: float
    end: float
    outcome: str
    error_type: str | None = None


COLUMNS = Attempt._fields


def outcome_of(error_type: str | None) -> str:
    """Return the outcome of an attempt that ended with this error, or with None."""
    if error_type is None:
        return SUCCEEDED
    return TIMED_OUT if error_type == TIME_OUT_ERROR else FAILED


def history_frame(attempts: Iterable[Attempt]) -> pd.DataFrame:
    """Return `attempts` as a table, oldest first, with its moments in UTC."""
    frame = pd.DataFrame(list(attempts), columns=list(COLUMNS))
    for moment in ("sent", "start", "end"):
        microseconds = (frame[moment].astype("float64") * 1e6).round().astype("Int64")
        frame[moment] = pd.to_datetime(microseconds, unit="us", utc=True)
    frame["receive_count"] = frame["receive_count"].astype("int64")
    return frame.sort_values("start", kind="stable", ignore_index=True)
