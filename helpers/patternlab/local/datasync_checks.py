"""DataSync's defaults, and what it refuses of a task's options. The sentences are ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from moto.datasync.exceptions import InvalidRequestException

from patternlab.hpc.errors import HPCError
from patternlab.hpc.transfer.datasync import BASIC, ENHANCED, checked_verify

#: What DataSync does where nothing is asked for; as botocore 1.44.5 describes the Options.
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


def checked_mode(mode: str | None) -> str:
    """The task mode that is meant: Basic where none is named."""
    if mode not in (None, BASIC, ENHANCED):
        raise InvalidRequestException(f"TaskMode is {BASIC} or {ENHANCED}, not {mode!r}.")
    return mode or BASIC


def checked_options(mode: str, *asked: Mapping[str, Any] | None) -> dict[str, Any]:
    """DataSync's defaults for the mode with what was asked for, the last word counting."""
    options = dict(DEFAULTS)
    for each in asked:
        options |= each or {}
    try:
        options["VerifyMode"] = checked_verify(mode, options.get("VerifyMode"))
    except HPCError as error:
        raise InvalidRequestException(str(error)) from None
    if options["PreserveDeletedFiles"] == "REMOVE" and options["TransferMode"] == "ALL":
        raise InvalidRequestException(
            "PreserveDeletedFiles REMOVE does not go with TransferMode ALL: when everything is "
            "transferred the destination is not looked at. Use TransferMode CHANGED."
        )
    _check_times(mode, options["Atime"], options["Mtime"])
    return options


def _check_times(mode: str, atime: str, mtime: str) -> None:
    if mode == ENHANCED and mtime == "NONE":
        raise InvalidRequestException("An Enhanced task preserves Mtime: leave it PRESERVE.")
    if mode == BASIC and (atime, mtime) not in (("BEST_EFFORT", "PRESERVE"), ("NONE", "NONE")):
        raise InvalidRequestException(
            "In a Basic task Atime BEST_EFFORT goes with Mtime PRESERVE, and NONE with NONE."
        )


def check_filters(filters: Iterable[Mapping[str, str]] | None) -> list[dict[str, str]]:
    """The filters as a list; refuses a kind that there is not."""
    found = [dict(each) for each in filters or []]
    for each in found:
        if each.get("FilterType") != "SIMPLE_PATTERN":
            raise InvalidRequestException(
                f"A filter's FilterType is SIMPLE_PATTERN, not {each.get('FilterType')!r}."
            )
    return found
