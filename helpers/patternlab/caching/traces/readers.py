"""One door for traces from files: logs of CloudFront and API Gateway, CSV, and bare keys."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from patternlab.caching.errors import TraceError
from patternlab.caching.traces.apigateway_log import is_clf, read_apigateway
from patternlab.caching.traces.cloudfront_log import read_cloudfront
from patternlab.caching.traces.files import content, is_text, lines_of
from patternlab.caching.traces.trace import Trace, first_bad_time


@dataclass(frozen=True)
class LogColumns:
    """Where a log has what a trace needs, and which methods its cache serves by default."""

    key: str
    method: str
    size: str
    methods: tuple[str, ...]


LOGS = {
    "cloudfront": LogColumns("cs-uri-stem", "cs-method", "sc-bytes", ("GET", "HEAD")),
    "apigateway": LogColumns("path", "httpMethod", "responseLength", ("GET",)),
}


#: How many bytes of a file are looked at to recognise its kind.
HEAD = 65_536


def read_trace(path: str | Path, kind: str | None = None) -> Trace:
    """Read the requests of a file as a trace.

    `kind` is one of

    * ``"cloudfront"``: a standard log (33 fields, ``#Fields`` decides);
    * ``"apigateway"``: an access log, as JSON lines or in Common Log Format;
    * ``"csv"``: a header ``time,key`` or ``time,key,size`` (seconds, any name, bytes), ascending;
    * ``"cache2k"``: big-endian unsigned 32-bit keys, nothing else; time is the index, in seconds.

    Without it the content decides. All may be packed with gzip or xz. Logs go through
    :func:`trace_of`; read the table first (:func:`read_cloudfront`, :func:`read_apigateway`) to
    choose other columns.

    Raises:
        TraceError: the file is not what `kind` says or is like none of these, or a line is wrong.
    """
    kind = kind or recognise(path)
    if kind == "cloudfront":
        return trace_of(read_cloudfront(path))
    if kind == "apigateway":
        return trace_of(read_apigateway(path))
    if kind == "csv":
        return read_csv(path)
    if kind == "cache2k":
        return read_cache2k(path)
    raise TraceError(
        f"There is no kind of trace {kind!r}: choose cloudfront, apigateway, csv or cache2k."
    )


def recognise(path: str | Path) -> str:
    """Recognise the kind of a file by its beginning; a :class:`TraceError` if it is none."""
    head = content(path, HEAD)
    head = head[: head.rfind(b"\n") + 1] or head  # whole lines, whole characters
    if not is_text(head) and ".trace" in Path(path).suffixes:
        return "cache2k"
    first = next((line for line in lines_of(head, path) if line.strip()), "")
    if first.startswith("#Version:"):
        return "cloudfront"
    if first.lstrip().startswith("{") or is_clf(first):
        return "apigateway"
    if first.lower().split(",")[0].strip() in ("time", "key", "size"):
        return "csv"
    raise TraceError(
        f"the file begins with {first[:40]!r}, like none of the known kinds: a CloudFront log "
        "begins with #Version:, an API Gateway log is JSON lines or Common Log Format, and a CSV "
        "has the header time,key,size.",
        path,
        1,
    )


def trace_of(
    log: pd.DataFrame, key: str | list[str] | None = None, methods: tuple[str, ...] | None = None
) -> Trace:
    """Return the requests in a log that a cache could answer, in order of time.

    Args:
        log: a table as :func:`read_cloudfront` or :func:`read_apigateway` gives it.
        key: the column, or columns, that make the cache key; without it the path alone, without the
            query string, as both services do by default.
        methods: the methods that are cached: by default GET and HEAD (CloudFront), GET (API
            Gateway).

    Time 0 is the first request. Lines of a log come from many servers and need not be in order, so
    they are sorted here. Each object has the size of the longest response for it: a HEAD, a range
    and a 304 are shorter than the object.

    Raises:
        TraceError: the table is not one of these, lacks a column, or no request uses one of the
            methods.
    """
    columns = _columns_of(log)
    keys = [key] if isinstance(key, str) else key or [columns.key]
    for column in [*keys, columns.method, columns.size]:
        if column not in log:
            raise TraceError(f"The log has no column {column}, which a trace of it needs.")
    wanted = methods or columns.methods
    rows = log[log[columns.method].isin(wanted)].sort_values("timestamp", kind="stable")
    if rows.empty:
        raise TraceError(f"The log has no request with {' or '.join(wanted)}: nothing to cache.")
    names = rows[keys[0]].fillna("").astype(str)
    for column in keys[1:]:
        names = names + "?" + rows[column].fillna("").astype(str)
    length = rows[columns.size].fillna(0).astype("int64")
    size = length.groupby(names).transform("max")
    start = rows["timestamp"].iloc[0]
    time = (rows["timestamp"] - start).dt.total_seconds()
    return Trace.of(time.to_numpy(), names.to_numpy(), size.to_numpy(), start.to_pydatetime())


def read_csv(path: str | Path) -> Trace:
    """Read a CSV file with the header ``time,key`` or ``time,key,size``, in any order."""
    numbered = _records(lines_of(content(path), path), path)
    _, header = next(numbered, (1, []))
    header = [name.strip().lower() for name in header]
    if sorted(header) not in (["key", "time"], ["key", "size", "time"]):
        raise TraceError(
            f"the header is {','.join(header)!r}: it must be time,key or time,key,size.", path, 1
        )
    rows, numbers = [], []
    for number, row in numbered:
        if len(row) != len(header):
            raise TraceError(
                f"the line has {len(row)} fields and the header {len(header)}: it is cut off or of "
                "another format.",
                path,
                number,
            )
        rows.append(row)
        numbers.append(number)
    if not rows:
        raise TraceError("the file has a header and no requests.", path, 1)
    columns = dict(zip(header, zip(*rows, strict=True), strict=True))
    time = _converted(columns["time"], float, "a number of seconds", "time", path, numbers)
    found = first_bad_time(time)
    if found is not None:
        at, problem = found
        raise TraceError(f"the request {problem}.", path, numbers[at])
    size = None
    if "size" in columns:
        wanted = "a whole number of bytes from 0"
        size = _converted(columns["size"], _size, wanted, "size", path, numbers)
    return Trace.of(time, np.array(columns["key"], dtype=object), size)


def read_cache2k(path: str | Path) -> Trace:
    """Read big-endian unsigned 32-bit keys; the n-th request comes at second n, from 0."""
    data = content(path)
    if len(data) % 4:
        raise TraceError(
            f"the file holds {len(data)} bytes, and keys of 4 bytes each do not fill it: it is cut "
            "off or of another format.",
            path,
        )
    keys = np.frombuffer(data, dtype=">u4").astype(np.int64)
    return Trace.of(np.arange(len(keys), dtype=float), keys)


def _records(lines: list[str], path) -> Iterator[tuple[int, list[str]]]:
    """Yield the records of a CSV file, each with the line on which it begins; no empty lines."""
    reader = csv.reader((line + "\n" for line in lines), strict=True)
    while True:
        number = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise TraceError(f"this is not CSV ({error}): is a quote open?", path, number) from None
        if row or number == 1:
            yield number, row


def _columns_of(log: pd.DataFrame) -> LogColumns:
    for columns in LOGS.values():
        if "timestamp" in log and columns.key in log:
            return columns
    raise TraceError(
        "The table is not a log of CloudFront or API Gateway: it needs the column timestamp, and "
        f"{' or '.join(columns.key for columns in LOGS.values())}."
    )


def _size(text: str) -> int:
    size = int(text)
    if not 0 <= size < 2**63:
        raise ValueError
    return size


def _converted(cells, convert, wanted: str, what: str, path, numbers: list[int]) -> np.ndarray:
    """Convert the cells one by one; name the first that cannot be, with its line."""
    values = []
    for cell, number in zip(cells, numbers, strict=True):
        try:
            values.append(convert(cell))
        except ValueError:
            raise TraceError(f"{what} is {cell!r}, not {wanted}.", path, number) from None
    return np.array(values)
