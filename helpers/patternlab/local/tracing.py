"""The trace header of the request that is being answered (events-39).

botocore sends the variable _X_AMZN_TRACE_ID of a Lambda function as a header of every request. The
backends ask here for it, as moto hands them no headers. A context variable, so that a handler that
gives way during a request keeps its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from urllib.parse import unquote

HEADER, VARIABLE = "X-Amzn-Trace-Id", "_X_AMZN_TRACE_ID"

_trace: ContextVar[str | None] = ContextVar("trace", default=None)


def current_trace() -> str | None:
    """The trace header of the request that is being answered; None for the notebook's own."""
    return _trace.get()


@contextmanager
def traced(header: str | None) -> Iterator[None]:
    """Within this, requests carry that trace header, as it is written in HTTP."""
    token = _trace.set(unquote(header) if header else None)
    try:
        yield
    finally:
        _trace.reset(token)
