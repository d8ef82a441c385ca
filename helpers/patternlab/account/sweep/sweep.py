"""Find what the course left on an account, and delete it.

A resource is deleted only if its name is the course's and it has the course's tag or an entry in a
ledger; a timer only if what it ends is gone. Everything is looked for again afterwards, and what is
found then is deleted as well.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError

from patternlab.account.ledger import Entry, Ledger, LedgerError, endpoint_host
from patternlab.account.sweep.look import EVERYDAY, Claims, Look, Looker
from patternlab.account.sweep.report import LOG_GROUPS, Found, Report
from patternlab.account.sweep.timers import still_ends
from patternlab.resources import KINDS, Resource
from patternlab.resources.deletion import delete_all
from patternlab.resources.errors import mask
from patternlab.resources.place import Place, Unreachable

#: Seconds after which a create that was sent has either made its resource or never will.
SETTLED = 15.0
#: Looks around, with deletions between them: the later ones find late creates and new log groups.
ROUNDS = 3


@dataclass
class Sweep:
    """One sweep of one account.

    Args:
        session_factory: gives a boto3 session for a region.
        regions: where to look; the first one is also asked who we are.
        ledgers: those to follow; those of another account or endpoint are left alone.
        delete: False only looks.
        session: only resources of the session with this id.
        expired: only resources of sessions that have expired.
        everything: also what is in use by sessions that have no ledger here.
        kinds: only these kinds.
        settled: see SETTLED.
        sleep, now, tell: the outside world; `tell` is given one line for each deletion.
    """

    session_factory: Callable[[str], Any]
    regions: Sequence[str]
    ledgers: Sequence[Ledger]
    delete: bool = False
    session: str | None = None
    expired: bool = False
    everything: bool = False
    kinds: Collection[str] = tuple(KINDS)
    settled: float = SETTLED
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    tell: Callable[[str], None] = lambda line: None
    _places: list[Place] = field(default_factory=list)
    _unseen: dict[tuple[str, str], str] = field(default_factory=dict)
    _not_looked_for: set[str] = field(default_factory=set)

    def run(self) -> Report:
        """Sweep, and say how it went. Raises nothing that AWS or the network can cause."""
        report = Report(dry=not self.delete)
        try:
            self._enter()
            mine = self._mine(report)
            claims = Claims.of(mine)
            look = self._look(mine, claims)
            self._choose(look, claims, report)
            if self.delete:
                self._delete_all(report.found, report)
                self._look_again(mine, claims, report)
        except Unreachable as error:
            report.stopped = str(error)
        except KeyboardInterrupt:
            report.stopped = "It was interrupted."
        else:
            if self.delete:
                self._close_entries(mine, report)
        return report

    # -- where we are ------------------------------------------------------------------------

    def _enter(self) -> None:
        """Go to the first region and see who we are; the other ones are the same account."""
        try:
            self._places = [Place(self.session_factory(r), r, self.sleep) for r in self.regions]
        except BotoCoreError as error:
            raise Unreachable(mask(str(error))) from None
        home = self._places[0]
        home.who()
        for place in self._places[1:]:
            place.account, place.partition = home.account, home.partition

    def _mine(self, report: Report) -> list[Ledger]:
        """The ledgers that are of this account and to be followed now."""
        home, mine = self._places[0], []
        account, endpoint = home.account[-4:], endpoint_host(home.endpoint)
        for ledger in self.ledgers:
            if not self._is_chosen(ledger.session, ledger.expires):
                continue
            if (ledger.account, ledger.endpoint) == (account, endpoint):
                mine.append(ledger)
                self._say_what_is_out_of_reach(ledger, report)
            elif entries := ledger.open_entries():
                report.unread.append(
                    f"session {ledger.session} has {len(entries)} open in the account "
                    f"…{ledger.account} at {ledger.endpoint}, and this is …{account} at {endpoint}:"
                    " sweep again with the credentials and the AWS_ENDPOINT_URL of that one."
                )
        return mine

    def _say_what_is_out_of_reach(self, ledger: Ledger, report: Report) -> None:
        reach = {*self.regions, "global"}
        for region in sorted({entry.region for entry in ledger.open_entries()} - reach):
            report.unseen.append(
                f"{region}, where session {ledger.session} made something: name it "
                f"with --region {region}."
            )

    def _carefully(self, at: Place, look: Callable[[], None]) -> bool:
        """Look at one region. One that cannot be reached is left out if the first one can be."""
        try:
            look()
        except Unreachable as error:
            if at is self._places[0]:
                raise
            self._places[0].who()  # raises if it is the network, not the region
            self._unseen["*", at.region] = str(error)
            return False
        return True

    # -- looking -----------------------------------------------------------------------------

    def _look(self, mine: list[Ledger], claims: Claims, sure: bool = False) -> Look:
        self._unseen = {}
        looker = Looker(self._places, mine, claims, self._is_wanted, self.kinds, sure)
        look = looker.run(self._carefully)
        self._unseen |= {key: why for key, why in look.unseen.items() if why}
        self._not_looked_for = look.quiet | {kind for kind, _ in look.unseen}
        if any(kind == "*" for kind, _ in self._unseen):  # a whole region
            self._not_looked_for.add("instance")
        return look

    def _is_wanted(self, one: Resource) -> bool:
        return one.session is not None and self.session in (None, one.session)

    def _is_chosen(self, session: str | None, expires: datetime | None) -> bool:
        if self.session is not None:
            return session == self.session
        return not self.expired or expires is None or expires <= self.now()

    def _choose(self, look: Look, claims: Claims, report: Report) -> None:
        """Put what was found where it belongs in the report."""
        for found in look.found:
            if not self._is_chosen(found.resource.session, found.expires):
                continue
            (report.in_use if self._is_in_use(found, claims) else report.found).append(found)
        report.gone += [one for one in look.gone if one not in report.gone]
        if not self.expired:
            report.left += [left for left in look.unclaimed if left not in report.left]
        report.unseen += [
            f"{kind} in {region}: {why}" if kind != "*" else f"{region}: {why}"
            for (kind, region), why in self._unseen.items()
        ]
        if look.quiet and self.session is None:
            report.notes.append(
                "Not looked for, because AWS did not let us or did not answer: "
                f"{', '.join(sorted(look.quiet))}."
            )

    def _is_in_use(self, found: Found, claims: Claims) -> bool:
        """Whether somebody else may be at work with it: no ledger here, and time left."""
        if self.everything or self.session is not None or found.expires is None:
            return False
        return found.resource.session not in claims.sessions and found.expires > self.now()

    # -- deleting ----------------------------------------------------------------------------

    def _delete_all(self, found: Sequence[Found], report: Report) -> None:
        def keep(one: Resource) -> str | None:
            left, ended = [some.resource for some in report.left], report.deleted + report.gone
            ends = still_ends(one, left, ended, self._not_looked_for)
            return f"it is a timer and stays: it ends {ends}." if ends else None

        wanted = [some.resource for some in found]
        delete_all(wanted, self._at, report, keep=keep, tell=self.tell)

    def _at(self, one: Resource) -> Place:
        here = [place for place in self._places if place.region == one.region]
        return here[0] if here else self._places[0]

    def _look_again(self, mine: list[Ledger], claims: Claims, report: Report) -> None:
        """Look until nothing new comes up: creates may be late, and Lambda may log once more."""
        self._let_creates_settle(mine)
        for _ in range(ROUNDS - 1):
            again = Report(dry=False)
            self._choose(self._look(mine, claims, sure=True), claims, again)
            known = {left.resource for left in report.left}
            new = [found for found in again.found if found.resource not in known]
            if not new:
                break
            self._delete_all(new, report)
            report.found += new
        if any(one.kind == "function" for one in report.deleted):
            report.notes.append(LOG_GROUPS)

    def _let_creates_settle(self, mine: list[Ledger]) -> None:
        """Wait until no create can be on its way any more."""
        planned = [e.at for ledger in mine for e in ledger.open_entries() if e.state == "planned"]
        if planned:
            end = max(planned) + timedelta(seconds=self.settled)
            self.sleep(min(max((end - self.now()).total_seconds(), 0.0), self.settled))

    # -- the ledgers -------------------------------------------------------------------------

    def _close_entries(self, mine: list[Ledger], report: Report) -> None:
        """Mark as gone what is no longer there, and only that."""
        left = [one.resource for one in report.left]
        for ledger in mine:
            try:
                for entry in ledger.open_entries():
                    if not self._may_exist(entry, left):
                        ledger.gone(entry.id)
            except LedgerError as error:
                report.unread.append(str(error))

    def _may_exist(self, entry: Entry, left: Sequence[Resource]) -> bool:
        kind = KINDS[entry.kind]
        region = "global" if kind.is_global else entry.region
        if region not in {*self.regions, "global"} or entry.kind not in self.kinds:
            return True
        if ("*", region) in self._unseen or (kind.by_id and (entry.kind, region) in self._unseen):
            return True
        ids = (entry.identifier or "").split()
        return any(
            (one.kind, one.name) == (entry.kind, entry.name)
            and (not ids or one.identifier is None or one.identifier in ids)
            for one in left
        )


def sweep(session_factory: Callable[[str], Any], **options: Any) -> Report:
    """Sweep one account; the arguments are those of Sweep."""
    return Sweep(session_factory, **options).run()


def sweep_session(session: Any, ledger: Ledger, **options: Any) -> Report:
    """Delete what the session of `ledger` made. `session` is a boto3 session."""
    entries = ledger.entries()
    regions = dict.fromkeys([ledger.region, *(entry.region for entry in entries)])
    return sweep(
        lambda region: session,
        regions=list(regions),
        ledgers=[ledger],
        delete=options.pop("delete", True),
        session=ledger.session,
        kinds=EVERYDAY | {entry.kind for entry in entries},
        **options,
    )
