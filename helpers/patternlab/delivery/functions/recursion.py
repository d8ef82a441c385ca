"""Recursive loop detection: how often one chain of requests has run a function (events-39).

AWS keeps the count in the X-Ray trace header, under ``Lineage``: a hash and a number for each
function that the chain has run, like ``Lineage=a87bd80c:1|68fd508a:5``. Lambda adds one and shows
the header to the code, whose SDK sends it with every request. Only the counts matter here.

Source: "Use Lambda recursive loop detection to prevent infinite loops", AWS documentation, and
"Detecting and stopping recursive loops in AWS Lambda functions", AWS Compute Blog, 2023.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

LIMIT = 16  # invocations of one function in one chain; AWS says about 16
LINEAGE, ROOT = "Lineage", "Root"

REFUSED = 400  # the HTTP status of a RecursiveInvocationException
WORDS = (
    "Lambda has detected your function being invoked in a recursive loop with other AWS "
    "resources and stopped your function's invocation."
)


def stopped(header: str | None, arn: str) -> bool:
    """Return whether this chain has run the function `arn` as often as it may."""
    return invocations(header, arn) >= LIMIT


def invocations(header: str | None, arn: str) -> int:
    """Return how often the chain of `header` has run the function `arn`; 0 without a header."""
    return _lineage(header).get(_hash(arn), 0) if header else 0


def next_header(headers: Iterable[str | None], arn: str, request_id: str, time: float) -> str:
    """Return the trace header of an invocation of `arn`, and of all that its code sends.

    If a batch joins several chains, AWS does not say which one goes on: here the highest count of
    each function does. The first root is kept.

    Args:
        headers: Those of the event, one per record.
        arn: The function.
        request_id: Of the invocation; it makes the root of a chain that begins.
        time: Now, in seconds since 1970; likewise.
    """
    known = [header for header in headers if header]
    counts: dict[str, int] = {}
    for header in known:
        for name, count in _lineage(header).items():
            counts[name] = max(count, counts.get(name, 0))
    counts[_hash(arn)] = counts.get(_hash(arn), 0) + 1
    unique = hashlib.sha256(request_id.encode()).hexdigest()
    root = next((r for h in known if (r := _fields(h).get(ROOT))), None)
    root = root or f"1-{int(time):08x}-{unique[:24]}"
    lineage = "|".join(f"{name}:{count}" for name, count in counts.items())
    return f"Root={root};Parent={unique[24:40]};Sampled=0;{LINEAGE}={lineage}"


def _hash(arn: str) -> str:
    return hashlib.sha256(arn.encode()).hexdigest()[:8]


def _fields(header: str | None) -> dict[str, str]:
    parts = (part.strip().partition("=") for part in (header or "").split(";"))
    return {name: value for name, _, value in parts}


def _lineage(header: str | None) -> dict[str, int]:
    """Return the counts in a header; ignore what is not one."""
    counts = {}
    for entry in _fields(header).get(LINEAGE, "").split("|"):
        name, _, count = entry.rpartition(":")
        if name and count.isascii() and count.isdigit():
            counts[name] = int(count)
    return counts
