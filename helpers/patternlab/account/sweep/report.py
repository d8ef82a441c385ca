"""What a sweep found and did, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from patternlab.resources import Resource
from patternlab.resources.deletion import Outcome

SWEEP = "python -m patternlab sweep"
LOG_GROUPS = (
    "Lambda may still write a deleted function's last lines, and make its log group again, for "
    f"some minutes: a later {SWEEP} finds it."
)


@dataclass(frozen=True)
class Found:
    """A resource that may be deleted: by what it was found, and when its session expires."""

    resource: Resource
    by: tuple[str, ...]
    expires: datetime | None = None


@dataclass(kw_only=True)
class Report(Outcome):
    """How a sweep ended.

    Attributes:
        dry: nothing was deleted; `found` is what would be.
        found: what is to be deleted, in that order.
        in_use: resources of sessions that have not expired and have no ledger here.
        unseen: where AWS did not let us look, one sentence each.
        unread: ledgers that could not be used, one sentence each.
        stopped: why it ended early; None if it did not.
        notes: what else is good to know.
    """

    dry: bool
    found: list[Found] = field(default_factory=list)
    in_use: list[Found] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    stopped: str | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether nothing is left, as far as anybody can tell."""
        waiting = self.found if self.dry else ()
        return not (
            waiting or self.left or self.in_use or self.unseen or self.unread or self.stopped
        )

    @property
    def exit_code(self) -> int:
        return 0 if self.clean else 1

    def __str__(self) -> str:
        parts = [
            *self._what_happened(),
            *self._part("Left", self.left),
            *self._still_in_use(),
            *self._part("Not looked at", self.unseen),
            *self._part("Ledgers not used", self.unread),
            *self.notes,
        ]
        if self.stopped:
            parts.append(
                f"Stopped: {self.stopped} The ledger still knows what is left. Run the sweep "
                f"again: {SWEEP} --delete"
            )
        if self.clean:
            parts.append("Nothing is left.")
        return "\n".join(parts)

    def _what_happened(self) -> list[str]:
        if self.dry and self.found:
            return [
                "This would be deleted, in this order. Nothing has been deleted yet; to delete it: "
                f"{SWEEP} --delete",
                table(self.found),
            ]
        said = [f"Deleted {counted(self.deleted)}."] if self.deleted else []
        return said + ([f"Already gone: {counted(self.gone)}."] if self.gone else [])

    def _part(self, title: str, lines: Sequence[object]) -> list[str]:
        return [f"{title}:", *(f"  {line}" for line in lines)] if lines else []

    def _still_in_use(self) -> list[str]:
        sessions = {found.resource.session: found.expires for found in self.in_use}
        return self._part(
            "In use, perhaps by somebody else (no ledger here, and not expired)",
            [
                f"session {session} until {_minute(expires)}: "
                f"{counted([f.resource for f in self.in_use if f.resource.session == session])}. "
                f"To delete it all the same: {SWEEP} --session {session} --delete"
                for session, expires in sorted(sessions.items(), key=str)
            ],
        )


def counted(resources: Sequence[Resource]) -> str:
    """Return how many there are of each kind: "2 queues, 1 role"."""
    kinds = Counter(one.kind for one in resources)
    return ", ".join(f"{count} {_plural(kind, count)}" for kind, count in kinds.items())


def _plural(kind: str, count: int) -> str:
    if count == 1:
        return kind
    return kind[:-1] + "ies" if kind.endswith("y") else kind + "s"


def table(found: list[Found]) -> str:
    """Return one line for each resource."""
    rows = [("kind", "name", "region", "session", "expires (UTC)", "found by")]
    for one in found:
        it, by = one.resource, ", ".join(one.by)
        session = it.session or ""
        rows.append((it.kind, it.name, it.region, session, _minute(one.expires), by))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
    return "\n".join(f"  {line}" for line in lines)


def _minute(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "?"
