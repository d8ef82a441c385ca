"""``cloud.history()``: deliveries read back from CloudWatch Logs, the same on both backends.

Two kinds of lines are read: those of ``patternlab.delivery.functions.recorder``, one per record and
one per result, and Lambda's own REPORT, which tells of time-outs and crashes that no recorder can
write about. A function whose code cannot be loaded never gets as far as the recorder: of its
invocations there is a REPORT, and nothing that says what was delivered, so they have no row.
Neither has an invocation that has not ended.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from patternlab.delivery.attempts import (
    REPORTED_ERROR,
    TIME_OUT_ERROR,
    Attempt,
    history_frame,
    outcome_of,
)
from patternlab.delivery.functions.recorder import MARK
from patternlab.functions.logs import log_lines

_REPORT = re.compile(r"REPORT RequestId: (?P<id>\S+)\s+Duration: (?P<ms>[\d.]+) ms")
_STATUS = re.compile(r"Status: (?P<status>\w+)(?:\s+Error Type: (?P<error>\S+))?")

PREFIX = "/aws/lambda/"


@dataclass
class _Invocation:
    """What the log says of one invocation, so far."""

    deliveries: list[dict[str, Any]] = field(default_factory=list)
    result: dict[str, Any] | None = None
    seconds: float | None = None
    status: str | None = None
    error: str | None = None


def read_history(logs: Any, groups: Iterable[str]) -> pd.DataFrame:
    """Return every attempt found in the log `groups`, read through the boto3 client `logs`."""
    return history_frame(
        attempt
        for group in groups
        for attempt in attempts_of(group.removeprefix(PREFIX), log_lines(logs, group))
    )


def attempts_of(function: str, messages: Iterable[str]) -> Iterator[Attempt]:
    """Yield the attempts that one function's log lines tell of."""
    invocations: dict[str, list[_Invocation]] = {}
    for message in messages:
        _read(message, invocations)
    for request_id, runs in invocations.items():
        for number, run in enumerate(runs, start=1):
            yield from _attempts(function, request_id, number, run)


def _read(message: str, invocations: dict[str, list[_Invocation]]) -> None:
    if message.startswith("{"):
        try:
            _read_json(json.loads(message), invocations)
        except (ValueError, LookupError, TypeError):
            return  # a line of the learner's own
    elif found := _REPORT.match(message):
        run = _open(invocations, found["id"])
        run.seconds = float(found["ms"]) / 1000
        if status := _STATUS.search(message):
            run.status, run.error = status["status"], status["error"]


def _read_json(line: dict[str, Any], invocations: dict[str, list[_Invocation]]) -> None:
    if line.get("type") == "platform.report":
        record = line["record"]
        run = _open(invocations, record["requestId"])
        run.seconds = record["metrics"]["durationMs"] / 1000
        run.status, run.error = record.get("status"), record.get("errorType")
    elif line.get(MARK) == "delivery":
        _check(line, "requestId", "time", "id", "key", "count")
        _open(invocations, line["requestId"]).deliveries.append(line)
    elif line.get(MARK) == "result":
        _check(line, "requestId", "time")
        _open(invocations, line["requestId"]).result = line


def _check(line: dict[str, Any], *names: str) -> None:
    """Raise a ``KeyError`` if the recorder cannot have written `line`."""
    for name in names:
        line[name]


def _open(invocations: dict[str, list[_Invocation]], request_id: str) -> _Invocation:
    """Return the run being read; asynchronous retries share a request id, one after another."""
    runs = invocations.setdefault(request_id, [])
    if not runs or runs[-1].seconds is not None:
        runs.append(_Invocation())
    return runs[-1]


def _attempts(function: str, request_id: str, number: int, run: _Invocation) -> Iterator[Attempt]:
    if run.seconds is None and run.result is None:
        return
    result = run.result or {}
    for line in run.deliveries:
        start = line["time"]
        error_type = _error_type(line["id"], run)
        yield Attempt(
            message_id=line["id"],
            key=line["key"],
            receive_count=line["count"] if line["count"] is not None else number,
            group=line.get("group"),
            function=function,
            request_id=request_id,
            sent=line.get("sent"),
            start=start,
            end=result.get("time", start + (run.seconds or 0.0)),
            outcome=outcome_of(error_type),
            error_type=error_type,
        )


def _error_type(message_id: str, run: _Invocation) -> str | None:
    result = run.result
    if run.status == "timeout":
        return TIME_OUT_ERROR
    if result is None:
        return run.error or "Runtime.Unknown"  # it crashed
    if "error" in result:
        return str(result["error"])
    return REPORTED_ERROR if message_id in _failed(run, result) else None


def _failed(run: _Invocation, result: dict[str, Any]) -> set[str]:
    """Return the ids reported as failed; all of them if the report is malformed (events-33)."""
    delivered = {line["id"] for line in run.deliveries}
    reported = result.get("failed", [])
    if reported is None or not delivered.issuperset(reported):
        return delivered
    return set(reported)
