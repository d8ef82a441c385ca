"""What of the course is on an account: by the ledgers, by its tags, and by its names."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from patternlab.account.ledger import Entry, Ledger
from patternlab.account.sweep.report import Found
from patternlab.resources import KINDS, RESOURCES, Resource
from patternlab.resources.deletion import Left
from patternlab.resources.naming import PROJECT
from patternlab.resources.place import Place, Refusal

#: Looked for at every sweep; the other kinds are too, but it may be that nobody may look at them.
EVERYDAY = frozenset(one.kind for one in RESOURCES if one.is_everyday)

Key = tuple[str, str]  # kind and name


@dataclass
class Claims:
    """What makes a resource the course's own: an entry in a ledger, or its tags."""

    entries: set[Key] = field(default_factory=set)
    sessions: dict[str, datetime] = field(default_factory=dict)
    tagged: dict[Key, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, ledgers: Collection[Ledger]) -> Claims:
        """Return those of the ledgers. An entry claims its name forever: nobody else uses it."""
        claims = cls()
        for ledger in ledgers:
            claims.sessions[ledger.session] = ledger.expires
            claims.entries |= {(entry.kind, entry.name) for entry in ledger.entries()}
        return claims

    def learn(self, at: Place) -> Iterator[Key]:
        """Ask the tagging API, which knows only some services, and yield what it shows."""
        wanted = [{"Key": "project", "Values": [PROJECT]}]
        shown = "ResourceTagMappingList"
        try:
            for one in at.items(
                "resourcegroupstaggingapi", "GetResources", shown, TagFilters=wanted
            ):
                for kind in RESOURCES:
                    if name := kind.name_of_arn(one["ResourceARN"], at.account):
                        key = kind.kind, name
                        self.tagged[key] = {tag["Key"]: tag["Value"] for tag in one["Tags"]}
                        yield key
        except Refusal:
            return  # the listings of the services are the second look, and do without it

    def by_ledger(self, one: Resource) -> bool:
        """Return whether a ledger knows it, or what it belongs to."""
        keys = {(one.kind, one.name), one.belongs_to()}
        return bool(keys & self.entries) or (not one.takes_tags and one.session in self.sessions)

    def by_tag(self, at: Place, one: Resource) -> Mapping[str, str]:
        """Return the tags that make it the course's own; empty if it has none."""
        tags, key = self._own_tags(at, one), one.belongs_to()
        if tags or key is None:
            return tags
        return self._own_tags(at, KINDS[key[0]].at(at, key[1]))

    def _own_tags(self, at: Place, one: Resource) -> Mapping[str, str]:
        """Its tags if they are the course's; asked for once."""
        key = one.kind, one.identifier or one.name
        if key not in self.tagged:
            try:
                tags = one.tags(at)
            except Refusal:  # gone, or not for us to know
                tags = {}
            if tags.get("project") != PROJECT:
                return {}
            self.tagged[key] = tags
        return self.tagged[key]

    def expires(self, one: Resource, tags: Mapping[str, str]) -> datetime | None:
        """Return when the session of a resource with these tags expires, if that is known."""
        try:
            stamp = datetime.strptime(tags["expiry"], "%Y-%m-%dT%H:%M:%SZ")
            return stamp.replace(tzinfo=UTC)
        except (KeyError, ValueError):
            return self.sessions.get(one.session or "")


@dataclass
class Look:
    """What one look around has shown.

    Attributes:
        found: the course's own, in the order of deletion.
        unclaimed: what has such a name, but neither tag nor entry.
        gone: what a ledger has open and does not exist.
        unseen: (kind, region) → why it could not be looked at.
        quiet: kinds of no ledger that these credentials may not list.
    """

    found: list[Found] = field(default_factory=list)
    unclaimed: list[Left] = field(default_factory=list)
    gone: list[Resource] = field(default_factory=list)
    unseen: dict[tuple[str, str], str] = field(default_factory=dict)
    quiet: set[str] = field(default_factory=set)


@dataclass
class Looker:
    """Looks for resources in all regions of an account.

    Attributes:
        places: the regions; what is global is looked for in the first.
        ledgers: whose open entries are asked for by name.
        claims: what is known to be the course's own.
        wanted: which resources to look for.
        kinds: only these kinds.
        sure: ask for each resource by its name once more, because listings lag behind deletions.
    """

    places: list[Place]
    ledgers: list[Ledger]
    claims: Claims
    wanted: Callable[[Resource], bool]
    kinds: Collection[str]
    sure: bool = False

    def run(self, carefully: Callable[[Place, Callable[[], None]], bool]) -> Look:
        """Look around. `carefully` runs the look at one place and may end it early."""
        self._look = look = Look()
        self._entries = [entry for ledger in self.ledgers for entry in ledger.open_entries()]
        self._known = {entry.kind for entry in self._entries} | EVERYDAY
        for at in self.places:
            if not carefully(at, lambda at=at: self._look_at(at)):  # type: ignore[misc]
                look.unseen |= {(kind, at.region): "" for kind in self._known}
        order = list(KINDS)
        look.found.sort(key=lambda found: order.index(found.resource.kind))
        return look

    def _look_at(self, at: Place) -> None:
        shown = set(self.claims.learn(at))
        for kind in RESOURCES:
            if kind.kind not in self.kinds or (kind.is_global and at is not self.places[0]):
                continue
            listed: list[Resource] = []
            try:
                listed += kind.find(at)
            except Refusal as error:
                if kind.kind in self._known:
                    self._look.unseen[kind.kind, kind.region_of(at)] = str(error)
                else:
                    self._look.quiet.add(kind.kind)
            tagged = (
                [] if kind.by_id else [kind.at(at, name) for it, name in shown if it == kind.kind]
            )
            recorded = [one for entry in self._entries for one in _resources(entry, kind, at)]
            self._sort(at, listed, [one for one in tagged if one.session], recorded)

    def _sort(
        self, at: Place, listed: list[Resource], tagged: list[Resource], recorded: list[Resource]
    ) -> None:
        """Tell the course's own from others', and what exists from what is gone."""
        look, claims = self._look, self.claims
        for one in filter(self.wanted, dict.fromkeys([*listed, *tagged, *recorded])):
            is_listed = one in listed
            if (self.sure or not is_listed) and not _exists(at, one):
                look.gone += [one] if one in recorded else []
                continue
            by = ["ledger"] if claims.by_ledger(one) else []
            tags = {} if by and is_listed else claims.by_tag(at, one)
            by += (["tag"] if tags else []) + (["list"] if is_listed else [])
            if by == ["list"]:
                why = "it has a name of the course, but neither its tag nor an entry in a ledger"
                look.unclaimed.append(Left(one, f"{why} here, so it is not touched."))
            else:
                look.found.append(Found(one, tuple(by), claims.expires(one, tags)))


def _exists(at: Place, one: Resource) -> bool:
    try:
        return one.exists(at)
    except Refusal:
        return True  # who may not look may still delete


def _resources(entry: Entry, kind: type[Resource], at: Place) -> list[Resource]:
    """The resources of an entry that can be asked for here; none if its id is not known."""
    if entry.kind != kind.kind or not (kind.is_global or entry.region == at.region):
        return []
    if not kind.by_id:
        return [kind.at(at, entry.name)]
    return [kind.at(at, entry.name, one) for one in (entry.identifier or "").split()]
