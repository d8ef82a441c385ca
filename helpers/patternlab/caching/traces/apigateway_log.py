"""API Gateway's access logs as a table: Common Log Format, or one JSON object in each line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd

from patternlab.caching.errors import TraceError
from patternlab.caching.traces.cloudfront_log import first_line, numbers_of
from patternlab.caching.traces.files import content, lines_of

#: Common Log Format. API Gateway's own has no space ahead of the quote and the request id behind.
CLF = re.compile(
    r"^(?P<ip>\S+) (?P<caller>\S+) (?P<user>\S+) \[(?P<requestTime>[^\]]+)\] ?"
    r'"(?P<httpMethod>\S+) (?P<path>\S+) (?P<protocol>[^"]+)" '
    r"(?P<status>\S+) (?P<responseLength>\S+)(?: (?P<requestId>\S+))?"
)

#: How $context.requestTime is written.
CLF_TIME = "%d/%b/%Y:%H:%M:%S %z"


def read_apigateway(path: str | Path) -> pd.DataFrame:
    """Read the access log (gzip or plain) as a table: one row per request, in the file's order.

    The columns have the names that the log gives them (Common Log Format: those of the ``$context``
    variables) and the values are text, except `timestamp` (UTC, from requestTimeEpoch in
    milliseconds, else from requestTime), `status` and `responseLength` (``Int64``, bytes). A hyphen
    is a missing value. The index, `line`, is the line of the file.

    A log that has only `resourcePath` gets it as `path`: note that it is the route
    (``/users/{id}``), in which all users look like one object. Log ``$context.path`` instead.

    Raises:
        TraceError: another format, a line cut off, or a cell that is not what its column says; with
            the line.
    """
    lines = lines_of(content(path), path)
    numbered = {at: line for at, line in enumerate(lines, 1) if line.strip()}
    if not numbered:
        raise TraceError("the log has no requests, only empty lines.", path, 1)
    first = next(iter(numbered.values()))
    parse = _json_row if first.lstrip().startswith("{") else _clf_row
    rows = [parse(line, path, number) for number, line in numbered.items()]
    frame = pd.DataFrame(rows, index=pd.Index(list(numbered), name="line"), dtype=object)
    frame = frame.mask(frame.isin(["-", ""]))
    if "path" not in frame and "resourcePath" in frame:
        frame["path"] = frame["resourcePath"]
    _need(frame, ["path", "httpMethod"], path)
    for column in frame.columns.intersection(["status", "responseLength"]):
        frame[column] = numbers_of(frame[column], path).astype("Int64")
    timestamps = _timestamps(frame, path)
    frame = frame.drop(columns="timestamp", errors="ignore")  # a field of the log may be called so
    frame.insert(0, "timestamp", timestamps)
    return frame


def is_clf(line: str) -> bool:
    """Return whether this is a line in Common Log Format."""
    return CLF.match(line) is not None


def _json_row(line: str, path, number: int) -> dict[str, str | None]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise TraceError(
            f"the line is not JSON ({error.msg} at column {error.colno}): it is cut off or of "
            "another format.",
            path,
            number,
        ) from None
    if not isinstance(row, dict):
        raise TraceError("the line must be a JSON object, as in {...}.", path, number)
    return {name: None if value is None else str(value) for name, value in row.items()}


def _clf_row(line: str, path, number: int) -> dict[str, str | None]:
    found = CLF.match(line)
    if not found:
        raise TraceError(
            "the line is not in Common Log Format, nor is the log in JSON: it is cut off or of "
            "another format.",
            path,
            number,
        )
    return found.groupdict()


def _need(frame: pd.DataFrame, columns: list[str], path) -> None:
    for column in columns:
        missing = frame.index if column not in frame else frame.index[frame[column].isna()]
        if len(missing):
            raise TraceError(
                f"the line has no {column}: add $context.{column} to the format of the access log.",
                path,
                missing[0],
            )


def _timestamps(frame: pd.DataFrame, path) -> pd.Series:
    """Return UTC moments from either variable, line by line."""
    found = pd.Series(pd.NaT, frame.index, dtype="datetime64[ns, UTC]")
    if "requestTimeEpoch" in frame:
        milliseconds = numbers_of(frame["requestTimeEpoch"], path)
        found = pd.to_datetime(milliseconds, unit="ms", utc=True, errors="coerce")
    if "requestTime" in frame:
        text = frame["requestTime"]
        found = found.fillna(pd.to_datetime(text, format=CLF_TIME, utc=True, errors="coerce"))
    if found.isna().any():
        line = first_line(found.isna())
        row = frame.loc[line].dropna()
        given = [
            f"{name} {row[name]!r}" for name in ("requestTime", "requestTimeEpoch") if name in row
        ]
        raise TraceError(
            f"the line has {' and '.join(given) or 'no time'}: it needs requestTime, like "
            "22/Nov/2026:08:15:30 +0000, or requestTimeEpoch, in milliseconds.",
            path,
            line,
        )
    return found
