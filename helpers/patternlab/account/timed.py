"""Timers that must outlive a sweep: those of what is still there, or may be."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable

from patternlab.account import timer
from patternlab.account.naming import PROJECT
from patternlab.account.removal import Thing

#: Kind of what costs by the hour -> what a timer knows it by.
TIMED: dict[str, Callable[[Thing], timer.Thing]] = {
    "instance": lambda thing: timer.instance(thing.identifier or ""),
    "stage": lambda thing: timer.stage_cache(*(thing.identifier or "").split("/")),
}
_OF_AN_INSTANCE = re.compile(r"-timer-i-[0-9a-f]{8,17}$")


def still_ends(
    found: Thing, left: Iterable[Thing], ended: Iterable[Thing], unseen: Collection[str]
) -> str | None:
    """What the timer `found` (a schedule, or its role) has still to end, in words.

    None for what is no timer, and for a timer whose thing is gone. `left` is what could not be
    deleted, `ended` what was; `unseen` are the kinds that AWS did not let us look for.
    """
    prefix = f"{PROJECT}-{found.session}-"
    if found.kind not in ("schedule", "role") or not found.name.startswith(f"{prefix}timer-"):
        return None

    def its(thing: Thing) -> bool:
        return thing.kind in TIMED and timer.named(prefix, TIMED[thing.kind](thing)) == found.name

    for thing in filter(its, left):
        return f"the {thing.kind} {thing.identifier}, which is still there"
    kind = "instance" if _OF_AN_INSTANCE.search(found.name) else "stage"
    if kind in unseen and not any(map(its, ended)):
        return f"{'an' if kind == 'instance' else 'a'} {kind} that could not be looked for"
    return None
