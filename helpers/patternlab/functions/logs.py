"""What stands in CloudWatch Logs, through a boto3 client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def log_groups(logs: Any, prefix: str) -> list[str]:
    """Return the names of the log groups that begin with `prefix`."""
    pages = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix)
    return [group["logGroupName"] for page in pages for group in page["logGroups"]]


def log_lines(logs: Any, group: str) -> Iterator[str]:
    """Yield the lines of a log group, oldest first."""
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
    for page in pages:
        for event in page["events"]:
            yield event["message"]
