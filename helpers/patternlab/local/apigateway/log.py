"""A stage's access log: one line per request, in the stage's format, in CloudWatch Logs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from patternlab.local.logs import write_log

VARIABLE = re.compile(r"\$context\.([A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*)")
STREAM = "access"  # AWS spreads the lines over many streams with names of its own
NOTHING = "-"  # what has no value


def access_line(form: str, context: Mapping[str, Any]) -> str:
    """Return `form` with each ``$context.name`` filled in; "-" where there is no value."""

    def fill(found: re.Match[str]) -> str:
        value: Any = context
        for key in found[1].split("."):
            value = value.get(key) if isinstance(value, Mapping) else None
        return NOTHING if value is None else str(value)

    return VARIABLE.sub(fill, form)


def write_access_log(settings: Mapping[str, str], context: Mapping[str, Any], when: float) -> None:
    """Write one line to the log group of `settings`, the stage's accessLogSettings.

    Nothing is written while one of the two settings is missing. `when`: seconds since 1970.
    """
    arn, form = settings.get("destinationArn"), settings.get("format")
    if not arn or not form:
        return
    _, _, _, region, account, _, group, *_ = arn.split(":")
    write_log(account, region, group, STREAM, [(when, access_line(form, context))])
