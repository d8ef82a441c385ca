"""CloudFront's standard logs as a table; what the course's own edge writes reads the same way."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

import pandas as pd

from patternlab.caching.errors import TraceError
from patternlab.caching.traces.files import content, lines_of

#: The 33 fields of a standard log, in CloudFront's order.
FIELDS = [
    "date",
    "time",
    "x-edge-location",
    "sc-bytes",
    "c-ip",
    "cs-method",
    "cs(Host)",
    "cs-uri-stem",
    "sc-status",
    "cs(Referer)",
    "cs(User-Agent)",
    "cs-uri-query",
    "cs(Cookie)",
    "x-edge-result-type",
    "x-edge-request-id",
    "x-host-header",
    "cs-protocol",
    "cs-bytes",
    "time-taken",
    "x-forwarded-for",
    "ssl-protocol",
    "ssl-cipher",
    "x-edge-response-result-type",
    "cs-protocol-version",
    "fle-status",
    "fle-encrypted-fields",
    "c-port",
    "time-to-first-byte",
    "x-edge-detailed-result-type",
    "sc-content-type",
    "sc-content-len",
    "sc-range-start",
    "sc-range-end",
]

#: The two lines at the head of a log file.
HEADER = "#Version: 1.0\n#Fields: " + " ".join(FIELDS) + "\n"

WHOLE_NUMBERS = [
    "sc-bytes",
    "sc-status",
    "cs-bytes",
    "fle-encrypted-fields",
    "c-port",
    "sc-content-len",
    "sc-range-start",
    "sc-range-end",
]
SECONDS = ["time-taken", "time-to-first-byte"]


def read_cloudfront(path: str | Path) -> pd.DataFrame:
    """Read the log (gzip or plain) as a table: one row per request, in the order of the file.

    The columns are those that ``#Fields`` names, and `timestamp` (UTC, whole seconds) from date and
    time. Counts are ``Int64``, durations ``float64`` seconds, all else text; the log's hyphen is a
    missing value. The index, `line`, is the line of the file.

    Raises:
        TraceError: another format, a line cut off, or a cell that is not what its column says; with
            the line.
    """
    lines = lines_of(content(path), path)
    fields = _fields(lines, path)
    numbers = [at for at, line in enumerate(lines, 1) if line and not line.startswith("#")]
    _check_lines(lines, numbers, fields, path)
    frame = pd.read_csv(
        StringIO("\n".join(lines[number - 1] for number in numbers)),
        sep="\t",
        names=fields,
        header=None,
        dtype=str,
        na_values=["-"],
        keep_default_na=False,
        quoting=csv.QUOTE_NONE,
        skip_blank_lines=False,
    )
    frame.index = pd.Index(numbers, name="line")
    for column in frame.columns.intersection(WHOLE_NUMBERS):
        frame[column] = numbers_of(frame[column], path).astype("Int64")
    for column in frame.columns.intersection(SECONDS):
        frame[column] = numbers_of(frame[column], path, whole=False)
    frame.insert(0, "timestamp", _timestamps(frame, path))
    return frame


def first_line(bad: pd.Series) -> int:
    """Return the first line of the file for which `bad` holds; the index holds the lines."""
    return int(bad.index.to_numpy()[bad.to_numpy().argmax()])


def numbers_of(cells: pd.Series, path: str | Path, whole: bool = True) -> pd.Series:
    """Read the column as float64, at least 0, ``nan`` if missing; the index holds the lines."""
    found = pd.to_numeric(cells, errors="coerce").astype(float)
    bad = cells.notna() & (found.isna() | ~found.between(0, 2.0**63, inclusive="left"))
    if whole:
        bad |= found.notna() & (found % 1 != 0)
    if bad.any():
        line = first_line(bad)
        kind = "a whole number" if whole else "a number"
        raise TraceError(f"{cells.name} is {cells[line]!r}, not {kind} from 0.", path, line)
    return found


def _fields(lines: list[str], path: str | Path) -> list[str]:
    """Read the columns from the header; if logs were joined, each header must say the same."""
    if not lines or not lines[0].startswith("#Version:"):
        start = repr(lines[0][:40]) if lines else "nothing"
        raise TraceError(
            f"a CloudFront standard log begins with #Version: 1.0, this file with {start}.", path, 1
        )
    heads = [(at, line) for at, line in enumerate(lines, 1) if line.startswith("#Fields:")]
    if not heads:
        raise TraceError("the log has no line #Fields:, which names its columns.", path, 2)
    number, first = heads[0]
    fields = first.removeprefix("#Fields:").split()
    missing = {"date", "time"} - set(fields)
    if missing or len(set(fields)) != len(fields):
        wrong = f"does not name {' and '.join(sorted(missing))}" if missing else "names one twice"
        raise TraceError(f"#Fields: {wrong}: every line of a log has its columns.", path, number)
    for at, line in heads[1:]:
        if line.split() != first.split():
            raise TraceError(
                f"#Fields: names other columns than line {number}: read such logs one by one.",
                path,
                at,
            )
    return fields


def _check_lines(lines: list[str], numbers: list[int], fields: list[str], path) -> None:
    if not numbers:
        raise TraceError("the log has a header and no requests.", path, len(lines))
    for number in numbers:
        found = lines[number - 1].count("\t") + 1
        if found != len(fields):
            raise TraceError(
                f"the line has {found} of the {len(fields)} fields: it is cut off or of another "
                "format.",
                path,
                number,
            )


def _timestamps(frame: pd.DataFrame, path) -> pd.Series:
    text = frame["date"] + " " + frame["time"]
    found = pd.to_datetime(text, format="%Y-%m-%d %H:%M:%S", utc=True, errors="coerce")
    if found.isna().any():
        line = first_line(found.isna())
        raise TraceError(
            f"date and time are {frame.loc[line, 'date']!r} and {frame.loc[line, 'time']!r}, not "
            "like 2026-11-22 and 08:15:30.",
            path,
            line,
        )
    return found
