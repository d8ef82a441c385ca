"""``cloud.history()``: deliveries read back from CloudWatch Logs, the same on both backends.

Two kinds of lines are read: the recorder's (``patternlab.functions.recorder``), one per record and
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

from patternlab.delivery.attempts import FAILED, SUCCEEDED, TIMED_OUT, history_frame
from patternlab.functions.recorder import MARK

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
    """One row a delivery attempt found in the log `groups`, through the boto3 client `logs`."""
    rows: list[tuple[Any, ...]] = []
    for group in groups:
        rows += rows_of(group.removeprefix(PREFIX), _messages(logs, group))
    return history_frame(rows)


def _messages(logs: Any, group: str) -> Iterator[str]:
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, interleaved=True)
    for page in pages:
        for event in page["events"]:
            yield event["message"]


def rows_of(function: str, messages: Iterable[str]) -> list[tuple[Any, ...]]:
    """The rows of one function's log lines, in the columns of ``delivery.history``."""
    invocations: dict[str, list[_Invocation]] = {}
    for message in messages:
        _read(message, invocations)
    rows = []
    for request_id, attempts in invocations.items():
        for number, attempt in enumerate(attempts, start=1):
            rows += _rows(function, request_id, number, attempt)
    return rows


def _read(message: str, invocations: dict[str, list[_Invocation]]) -> None:
    if message.startswith("{"):
        try:
            _read_json(json.loads(message), invocations)
        except (ValueError, LookupError, TypeError):
            return  # a line of the learner's own
    elif found := _REPORT.match(message):
        attempt = _open(invocations, found["id"])
        attempt.seconds = float(found["ms"]) / 1000
        if status := _STATUS.search(message):
            attempt.status, attempt.error = status["status"], status["error"]


def _read_json(line: dict[str, Any], invocations: dict[str, list[_Invocation]]) -> None:
    if line.get("type") == "platform.report":
        record = line["record"]
        attempt = _open(invocations, record["requestId"])
        attempt.seconds = record["metrics"]["durationMs"] / 1000
        attempt.status, attempt.error = record.get("status"), record.get("errorType")
    elif line.get(MARK) == "delivery":
        _check(line, "requestId", "time", "id", "key", "count")
        _open(invocations, line["requestId"]).deliveries.append(line)
    elif line.get(MARK) == "result":
        _check(line, "requestId", "time")
        _open(invocations, line["requestId"]).result = line


def _check(line: dict[str, Any], *names: str) -> None:
    """A ``KeyError`` when the recorder cannot have written `line`."""
    for name in names:
        line[name]


def _open(invocations: dict[str, list[_Invocation]], request_id: str) -> _Invocation:
    """The invocation being read; asynchronous retries share a request id, one after another."""
    attempts = invocations.setdefault(request_id, [])
    if not attempts or attempts[-1].seconds is not None:
        attempts.append(_Invocation())
    return attempts[-1]


def _rows(
    function: str, request_id: str, number: int, attempt: _Invocation
) -> Iterator[tuple[Any, ...]]:
    if attempt.seconds is None and attempt.result is None:
        return
    result = attempt.result or {}
    for line in attempt.deliveries:
        start = line["time"]
        end = result.get("time", start + (attempt.seconds or 0.0))
        outcome, why = _outcome(line["id"], attempt)
        yield (
            line["id"],
            line["key"],
            line["count"] if line["count"] is not None else number,
            line.get("group"),
            function,
            request_id,
            line.get("sent"),
            start,
            end,
            outcome,
            why,
        )


def _outcome(message_id: str, attempt: _Invocation) -> tuple[str, str | None]:
    result = attempt.result
    if attempt.status == "timeout":
        return TIMED_OUT, "Sandbox.Timedout"
    if result is None:
        return FAILED, attempt.error or "Runtime.Unknown"  # it crashed
    if "error" in result:
        return FAILED, result["error"]
    if message_id in _failed(attempt):
        return FAILED, "batchItemFailures"
    return SUCCEEDED, None


def _failed(attempt: _Invocation) -> set[str]:
    """The ids reported as failed; all of them if the report makes no sense (events-33)."""
    delivered = {line["id"] for line in attempt.deliveries}
    reported = attempt.result.get("failed", [])
    if reported is None or not delivered.issuperset(reported):
        return delivered
    return set(reported)
