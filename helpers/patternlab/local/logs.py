"""CloudWatch Logs, written without a request."""

from __future__ import annotations

from collections.abc import Iterable

from moto.logs.models import logs_backends


def write_log(
    account: str, region: str, group: str, stream: str, lines: Iterable[tuple[float, str]]
) -> None:
    """Write `lines`, (seconds since 1970, text), to a stream that need not exist yet."""
    logs = logs_backends[account][region]
    logs.ensure_log_group(group)
    logs.ensure_log_stream(group, stream)
    events = [{"timestamp": round(when * 1000), "message": text} for when, text in lines]
    if events:
        logs.put_log_events(group, stream, events)
