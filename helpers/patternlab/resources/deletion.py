"""The one engine that deletes resources: for the sweep, for ``cloud.close()`` and for a cluster."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from patternlab.resources import KINDS, Resource
from patternlab.resources.place import Gone, Place, Refusal, until


@dataclass(frozen=True)
class Left:
    """A resource that still exists: why, and how to delete it by hand."""

    resource: Resource
    why: str

    def __str__(self) -> str:
        where = "" if self.resource.region == "global" else f" in {self.resource.region}"
        return f"{self.resource}{where}: {self.why}\n    by hand: {self.resource.by_hand()}"


@dataclass(kw_only=True)
class Outcome:
    """How deletions ended.

    Attributes:
        deleted: what was deleted.
        gone: what no longer existed.
        left: what still exists although it should not.
    """

    deleted: list[Resource] = field(default_factory=list)
    gone: list[Resource] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)


def delete_all(
    found: Collection[Resource],
    place_of: Callable[[Resource], Place],
    outcome: Outcome,
    *,
    keep: Callable[[Resource], str | None] = lambda one: None,
    tell: Callable[[str], None] = lambda line: None,
) -> None:
    """Delete resources in the order that AWS wants, and wait until they no longer exist.

    Each kind is waited for before what it depends on is deleted.

    Args:
        found: what to delete.
        place_of: gives the place where a resource is.
        outcome: what happened is added to it.
        keep: says why a resource has to stay; None if it need not.
        tell: receives one line for each resource.

    Raises:
        Unreachable: the network or the credentials do not work.
    """

    def leave(one: Resource, why: str) -> None:
        outcome.left.append(Left(one, why))
        tell(f"left: {outcome.left[-1]}")

    for kind in KINDS:
        begun = []
        for one in (one for one in found if one.kind == kind):
            if why := keep(one):
                outcome.left.append(Left(one, why))
                continue
            try:
                one.delete(place_of(one))
                begun.append(one)
            except Gone:
                outcome.gone.append(one)
            except Refusal as error:
                leave(one, str(error))
        for one in begun:
            if _is_gone(one, place_of(one)):
                outcome.deleted.append(one)
                tell(f"deleted {one}")
            else:
                why = f"AWS has not finished deleting it after {one.patience:g} s. Sweep again."
                leave(one, why)


def _is_gone(one: Resource, at: Place) -> bool:
    try:
        return until(lambda: not one.exists(at), one.patience, at.sleep)
    except Refusal:
        return True  # deleted, and we may not look
