"""What of the course is on an account: by the ledgers, by its tags, and by its names."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from patternlab.account.asking import Place, Refusal
from patternlab.account.kinds import KINDS, bare
from patternlab.account.ledger import Entry, Ledger
from patternlab.account.naming import PROJECT
from patternlab.account.removal import ACCOUNT, REMOVALS, Removal, Thing
from patternlab.account.report import Found, Left

ORDER = tuple(kind.name for kind in KINDS)
#: Looked for at every sweep; the other kinds are too, but it may be that nobody may look at them.
EVERYDAY = frozenset(
    ("mapping", "rule", "subscription", "topic", "function", "bucket", "queue", "log group", "role")
)
_LOG_GROUP = re.compile(r"^(?:/aws/lambda/(?P<function>[^/]+)|sns/[^/]+/[^/]+/(?P<topic>[^/]+))")
_ARN_KINDS = {"sqs": "queue", "sns": "topic", "s3": "bucket"}


@dataclass
class Claims:
    """What makes a thing the course's own: an entry in a ledger, or its tags."""

    entries: set[tuple[str, str]] = field(default_factory=set)
    sessions: dict[str, datetime] = field(default_factory=dict)
    tagged: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, ledgers: Collection[Ledger]) -> Claims:
        """Those of the ledgers. An entry claims its name for ever: nobody else uses it."""
        claims = cls()
        for ledger in ledgers:
            claims.sessions[ledger.session] = ledger.expires
            claims.entries |= {(entry.kind, entry.name) for entry in ledger.entries()}
        return claims

    def learn(self, at: Place) -> Iterator[tuple[str, str]]:
        """Ask the tagging API; gives (kind, name) of what it shows. It knows only some services."""
        wanted = [{"Key": "project", "Values": [PROJECT]}]
        try:
            for page in at.pages("resourcegroupstaggingapi", "get_resources", TagFilters=wanted):
                for one in page["ResourceTagMappingList"]:
                    if key := _named(one["ResourceARN"], at.account):
                        self.tagged[key] = {tag["Key"]: tag["Value"] for tag in one["Tags"]}
                        yield key
        except Refusal:
            return  # the listings of the services are the second look, and do without it

    def by_ledger(self, thing: Thing, removal: Removal) -> bool:
        keys = {(thing.kind, thing.name), _owner(thing, removal)}
        return bool(keys & self.entries) or (
            not removal.can_be_tagged and thing.session in self.sessions
        )

    def by_tag(self, at: Place, thing: Thing, removal: Removal) -> dict[str, str]:
        """The tags that make it the course's own; empty where it has none."""
        if tags := self._own_tags(at, thing, removal):
            return tags
        kind, name = _owner(thing, removal)
        if not kind:
            return {}
        owner = REMOVALS[kind]
        return self._own_tags(at, owner.thing(at, name), owner)

    def _own_tags(self, at: Place, thing: Thing, removal: Removal) -> dict[str, str]:
        """Its tags if they are the course's; asked for once."""
        key = thing.kind, thing.identifier or thing.name
        if key not in self.tagged:
            try:
                tags = dict(removal.tags(at, thing))
            except Refusal:  # gone, or not for us to know
                tags = {}
            if tags.get("project") != PROJECT:
                return {}
            self.tagged[key] = tags
        return self.tagged[key]


@dataclass
class Look:
    """One look around.

    Attributes:
        found: the course's own, in the order of deletion.
        unclaimed: what has such a name, but neither tag nor entry.
        gone: what a ledger has open and is not there.
        unseen: (kind, region) → why it could not be looked at.
        quiet: later kinds that these credentials may not list.
    """

    found: list[Found] = field(default_factory=list)
    unclaimed: list[Left] = field(default_factory=list)
    gone: list[Thing] = field(default_factory=list)
    unseen: dict[tuple[str, str], str] = field(default_factory=dict)
    quiet: set[str] = field(default_factory=set)


def look_around(
    places: list[Place],
    ledgers: list[Ledger],
    claims: Claims,
    wanted: Callable[[Thing], bool],
    kinds: Collection[str] = ORDER,
    carefully: Callable[[Place, Callable[[], None]], bool] = lambda at, look: look() or True,
    sure: bool = False,
) -> Look:
    """Look for things of `kinds` that are `wanted`, in all `places`; global kinds in the first.

    `carefully` runs the look at one place and may end it early. With `sure` each thing is asked for
    by its name once more: listings lag behind deletions.
    """
    look = Look()
    entries = [entry for ledger in ledgers for entry in ledger.open_entries()]
    known = {entry.kind for entry in entries} | EVERYDAY

    def at_one(at: Place) -> None:
        shown = set(claims.learn(at))
        for kind in (kind for kind in ORDER if kind in kinds):
            removal = REMOVALS[kind]
            if removal.is_global and at is not places[0]:
                continue
            try:
                listed = list(removal.find(at))
            except Refusal as error:
                listed = []
                if kind in known:
                    look.unseen[kind, _region(removal, at)] = str(error)
                else:
                    look.quiet.add(kind)
            named = {removal.thing(at, name) for it, name in shown if it == kind}
            mine = [entry for entry in entries if _is_of(entry, removal, at)]
            _sort(look, at, removal, listed, named, mine, claims, wanted, sure)

    for at in places:
        if not carefully(at, lambda at=at: at_one(at)):
            for kind in known:
                look.unseen[kind, at.region] = ""
    look.found.sort(key=lambda found: ORDER.index(found.thing.kind))
    return look


def _sort(
    look: Look,
    at: Place,
    removal: Removal,
    listed: list[Thing],
    tagged: set[Thing],
    entries: list[Entry],
    claims: Claims,
    wanted: Callable[[Thing], bool],
    sure: bool,
) -> None:
    """Tell the course's own things from others', and those that are there from those gone."""
    things = dict.fromkeys(listed)
    if not removal.by_id:
        things |= dict.fromkeys(thing for thing in tagged if thing.session)
    recorded = {thing for entry in entries for thing in _things(entry, removal, at)}
    things |= dict.fromkeys(recorded)
    for thing in filter(wanted, things):
        if (sure or thing not in listed) and not _there(at, removal, thing):
            if thing in recorded:
                look.gone.append(thing)
            continue
        by = ["ledger"] if claims.by_ledger(thing, removal) else []
        tags = {} if by and thing in listed else claims.by_tag(at, thing, removal)
        by += (["tag"] if tags else []) + (["list"] if thing in listed else [])
        if by == ["list"]:
            why = "it has a name of the course, but neither its tag nor an entry in a ledger here"
            look.unclaimed.append(Left(thing, f"{why}, so it is not touched."))
        else:
            look.found.append(Found(thing, tuple(by), _expires(tags, thing, claims)))


def _there(at: Place, removal: Removal, thing: Thing) -> bool:
    try:
        return removal.there(at, thing)
    except Refusal:
        return True  # who may not look may still delete


def _things(entry: Entry, removal: Removal, at: Place) -> list[Thing]:
    """The things of an entry that can be asked for; none where its id is not known."""
    if not removal.by_id:
        return [removal.thing(at, entry.name)]
    return [removal.thing(at, entry.name, one) for one in (entry.identifier or "").split()]


def _is_of(entry: Entry, removal: Removal, at: Place) -> bool:
    here = removal.is_global or entry.region == at.region
    return entry.kind == removal.kind and here


def _region(removal: Removal, at: Place) -> str:
    return "global" if removal.is_global else at.region


def _owner(thing: Thing, removal: Removal) -> tuple[str, str]:
    """(kind, name) of what it belongs to; ("", "") for what stands alone."""
    if removal.owner:
        return removal.owner, thing.name
    if thing.kind == "log group" and (found := _LOG_GROUP.match(thing.name)):
        return ("function", found["function"]) if found["function"] else ("topic", found["topic"])
    return "", ""


def _expires(tags: dict[str, str], thing: Thing, claims: Claims) -> datetime | None:
    try:
        stamp = datetime.strptime(tags["expiry"], "%Y-%m-%dT%H:%M:%SZ")
        return stamp.replace(tzinfo=UTC)
    except (KeyError, ValueError):
        return claims.sessions.get(thing.session or "")


def _named(arn: str, account: str) -> tuple[str, str] | None:
    """(kind, name) of an ARN, for the kinds whose name is in it."""
    service, rest = arn.split(":", 5)[2], arn.split(":", 5)[5]
    if service in _ARN_KINDS:
        return _ARN_KINDS[service], rest
    if service == "lambda" and rest.startswith("function:"):
        return "function", bare(arn)
    if service == "events" and rest.startswith("rule/"):
        return "rule", bare(arn)
    if service == "logs" and rest.startswith("log-group:"):
        name = rest.removeprefix("log-group:").removesuffix(":*")
        return "log group", name.replace(account, ACCOUNT)
    return None
