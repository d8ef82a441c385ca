"""Timers that must outlive a sweep: those of instances that still exist, or may exist."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from patternlab.account.timer import timer_name
from patternlab.resources import Resource
from patternlab.resources.naming import PROJECT


def still_ends(
    found: Resource, left: Iterable[Resource], ended: Iterable[Resource], unseen: Collection[str]
) -> str | None:
    """Say what the timer `found` (a schedule, or its role) has still to end.

    Args:
        found: what is about to be deleted.
        left: what could not be deleted.
        ended: what was deleted, or was gone already.
        unseen: the kinds that AWS did not let us look for.

    Returns:
        None for what is not a timer, and for a timer whose instance is gone.
    """
    prefix = f"{PROJECT}-{found.session}-"
    if found.kind not in ("schedule", "role") or not found.name.startswith(timer_name(prefix, "")):
        return None

    def its(one: Resource) -> bool:
        return one.kind == "instance" and timer_name(prefix, str(one.identifier)) == found.name

    for one in filter(its, left):
        return f"the instance {one.identifier}, which is still there"
    if "instance" in unseen and not any(map(its, ended)):
        return "an instance that could not be looked for"
    return None
