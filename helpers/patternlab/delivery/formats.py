"""How AWS writes JSON and moments."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any


def compact(content: Any) -> str:
    """Return JSON without spaces."""
    return json.dumps(content, separators=(",", ":"))


@lru_cache(maxsize=1024)
def timestamp(time: float) -> str:
    """Return a moment, in seconds since 1970, as ``2026-01-05T09:03:07.512Z``."""
    when = datetime.fromtimestamp(round(time, 3), UTC)
    return f"{when.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"
