"""One thing on the account, and what every kind of thing must say of itself to be removed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from patternlab.account.asking import Gone, Place
from patternlab.account.naming import ALPHABET, PROJECT

#: Stands for the account's id in the names that hold one (SNS's log groups).
ACCOUNT = "{account}"
#: A name of the course's, with the id of its session.
COURSE_NAME = re.compile(rf"(?:^|/){PROJECT}-([{ALPHABET}]{{6}})-")
#: The same in a command line that somebody copies.
AWS_ACCOUNT = '"$(aws sts get-caller-identity --query Account --output text)"'


@dataclass(frozen=True)
class Thing:
    """One thing on the account.

    `name` is the name, or for what has none the name of what it belongs to; `identifier` tells such
    things apart. `region` is "global" for kinds that belong to no region.
    """

    kind: str
    name: str
    region: str
    identifier: str | None = None

    @property
    def session(self) -> str | None:
        """The id of the session in the name; None for a name that is not the course's."""
        found = COURSE_NAME.search(self.name)
        return found[1] if found else None

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class Removal:
    """What can be done to one kind. The methods raise what ``Place.call`` raises."""

    kind: str
    is_global = False
    patience = 30.0  # seconds that a deletion may take until the thing is no longer there
    can_be_tagged = True
    by_id = False  # its name alone does not find it
    owner: str | None = None  # the kind that a thing's `name` is the name of

    def find(self, at: Place) -> Iterator[Thing]:
        """All things of this kind whose name looks like the course's."""
        for name, identifier in self.names(at):
            thing = self.thing(at, name, identifier)
            if thing.session:
                yield thing

    def thing(self, at: Place, name: str, identifier: str | None = None) -> Thing:
        return Thing(self.kind, name, "global" if self.is_global else at.region, identifier)

    def names(self, at: Place) -> Iterator[tuple[str, str | None]]:
        """(name, identifier) of what there is."""
        raise NotImplementedError

    def there(self, at: Place, thing: Thing) -> bool:
        """Whether it exists, a thing that is just being deleted included."""
        try:
            self.look(at, thing)
        except Gone:
            return False
        return True

    def look(self, at: Place, thing: Thing) -> Any:
        """Ask for it by name or identifier; raises Gone."""
        raise NotImplementedError

    def tags(self, at: Place, thing: Thing) -> Mapping[str, str]:
        """Its tags."""
        return {}

    def delete(self, at: Place, thing: Thing) -> None:
        """Delete it with all that is part of it."""
        raise NotImplementedError

    def by_hand(self, thing: Thing) -> str:
        """The command of the AWS CLI that deletes it."""
        raise NotImplementedError


def pairs(tags: list[dict[str, str]]) -> dict[str, str]:
    """Tags in the shape of most APIs, as a dictionary."""
    return {tag["Key"]: tag["Value"] for tag in tags}


def aws(thing: Thing, command: str, **options: str) -> str:
    """A command line of the AWS CLI."""
    where = [] if thing.region == "global" else ["--region", thing.region]
    given = [f"--{key.replace('_', '-')} {shlex.quote(value)}" for key, value in options.items()]
    return " ".join(["aws", command, *where, *given])
