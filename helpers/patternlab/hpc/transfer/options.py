"""DataSync's options: their defaults, and which do not go together.

As botocore 1.44.5 describes the Options. The sentences are ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from patternlab.hpc.errors import HPCError
from patternlab.hpc.transfer.datasync import BASIC, ENHANCED, checked_verify

DEFAULTS = {
    "OverwriteMode": "ALWAYS",
    "Atime": "BEST_EFFORT",
    "Mtime": "PRESERVE",
    "Uid": "INT_VALUE",
    "Gid": "INT_VALUE",
    "PreserveDeletedFiles": "PRESERVE",
    "PreserveDevices": "NONE",
    "PosixPermissions": "PRESERVE",
    "BytesPerSecond": -1,
    "TaskQueueing": "ENABLED",
    "LogLevel": "OFF",
    "TransferMode": "CHANGED",
    "ObjectTags": "PRESERVE",
    "ObjectMetadata": "PRESERVE",
}
#: What the options that decide about copying may be.
CHOICES = {
    "OverwriteMode": ("ALWAYS", "NEVER"),
    "PreserveDeletedFiles": ("PRESERVE", "REMOVE"),
    "TransferMode": ("CHANGED", "ALL"),
    "ObjectTags": ("PRESERVE", "NONE"),
    "ObjectMetadata": ("PRESERVE", "NONE"),
}


def checked_mode(mode: str | None) -> str:
    """Return the task mode to use: Basic if none is named."""
    if mode not in (None, BASIC, ENHANCED):
        raise HPCError(f"TaskMode is {BASIC} or {ENHANCED}, not {mode!r}.")
    return mode or BASIC


def checked_options(mode: str, *asked: Mapping[str, Any] | None) -> dict[str, Any]:
    """DataSync's defaults for the mode with what was asked for, the last word counting.

    Raises:
        HPCError: an option is not what it may be, or two do not go together.
    """
    options: dict[str, Any] = dict(DEFAULTS)
    for each in asked:
        options |= each or {}
    for name, choices in CHOICES.items():
        if options[name] not in choices:
            raise HPCError(f"{name} is one of {', '.join(choices)}, not {options[name]!r}.")
    options["VerifyMode"] = checked_verify(mode, options.get("VerifyMode"))
    if options["PreserveDeletedFiles"] == "REMOVE" and options["TransferMode"] == "ALL":
        raise HPCError(
            "PreserveDeletedFiles REMOVE does not go with TransferMode ALL: when everything is "
            "transferred the destination is not looked at. Use TransferMode CHANGED."
        )
    _check_times(mode, options["Atime"], options["Mtime"])
    return options


def _check_times(mode: str, atime: str, mtime: str) -> None:
    if mode == ENHANCED and mtime == "NONE":
        raise HPCError("An Enhanced task preserves Mtime: leave it PRESERVE.")
    if mode == BASIC and (atime, mtime) not in (("BEST_EFFORT", "PRESERVE"), ("NONE", "NONE")):
        raise HPCError(
            "In a Basic task Atime BEST_EFFORT goes with Mtime PRESERVE, and NONE with NONE."
        )


def checked_filters(filters: Iterable[Mapping[str, str]] | None) -> list[dict[str, str]]:
    """The filters as a list; HPCError for a kind that there is not."""
    found = [dict(each) for each in filters or []]
    for each in found:
        if each.get("FilterType") != "SIMPLE_PATTERN":
            raise HPCError(
                f"A filter's FilterType is SIMPLE_PATTERN, not {each.get('FilterType')!r}."
            )
    return found
