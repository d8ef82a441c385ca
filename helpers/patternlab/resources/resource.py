"""One resource on the account, and what the class of each kind of resource has to say."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from botocore import xform_name

from patternlab.resources.naming import ALPHABET, PROJECT
from patternlab.resources.place import Gone, Place
from patternlab.resources.prices import UnknownPrice
from patternlab.resources.statement import Statement
from patternlab.resources.tagging import TagShape

#: Stands for the account's id in the names that hold one (SNS's log groups).
ACCOUNT = "{account}"
#: A name of the course's, with the id of its session.
COURSE_NAME = re.compile(rf"(?:^|/){PROJECT}-([{ALPHABET}]{{6}})-")
#: The account's id in a command line that somebody copies.
_ACCOUNT_IN_SHELL = '"$(aws sts get-caller-identity --query Account --output text)"'

#: (name, identifier) of what AWS lists.
Names = Iterator[tuple[str, str | None]]


@dataclass(frozen=True)
class Resource:
    """One resource on the account; each kind is a class.

    To add a kind, write its class in the module of its service and add it to ``RESOURCES``. The
    guard (which create is this, how is it tagged?), the ledger (what is it called?), the ceiling
    (what does it cost?), the sweep and the policies all read the class. What has no class cannot be
    swept, so the guard refuses to create it.

    The attributes of the class:

    * ``kind``: what people call it, in the ledger and in reports.
    * ``service``: the name boto3 knows the service by.
    * ``create``, ``find_by``, ``describe``, ``remove``: the operations that make one, list them
      all, describe one and delete one, as the API spells them. ``also`` are the other operations
      that finding and deleting one takes; ``parts`` are those that make something that belongs to
      it and is deleted with it, or is data, or leaves nothing behind.
    * ``named_by``: the request parameter that holds the name ("Budget.BudgetName": one inside
      another); None if the service makes up an id. Then ``of`` is the parameter that says what it
      belongs to, and ``owner`` the kind of that, if it has one.
    * ``may_be_nameless``: the API does not insist on that parameter.
    * ``id_at``: where the answer to the create holds the id; empty if the name is enough.
    * ``tags_at``: how the create takes tags; None if the API takes none.
    * ``takes_tags``: it can have tags at all.
    * ``is_global``: it belongs to no region.
    * ``by_id``: its name alone does not find it.
    * ``is_everyday``: the event notebooks make it, so every sweep must be able to look for it.
    * ``patience``: seconds that a deletion may take until the resource no longer exists.
    * ``arn_prefix``: what its name follows in the last part of its ARN; None if it does not.
    * ``hourly_usd``: what it costs by the hour; None if its parameters decide.
    * ``takes``: the IAM actions of the operations that take others than their own name says.
    * ``by_tag``: patterns of the actions for which a policy looks at the tag of the course.
    * ``statements``: the statements of a policy for all other actions.

    Attributes:
        name: the name; if it has none, the name of what it belongs to.
        region: "global" for kinds that belong to no region.
        identifier: tells resources of the same `name` apart.
    """

    name: str
    region: str
    identifier: str | None = None

    kind: ClassVar[str]
    service: ClassVar[str]
    create: ClassVar[str]
    find_by: ClassVar[str]
    describe: ClassVar[str]
    remove: ClassVar[str]
    also: ClassVar[str] = ""
    parts: ClassVar[str] = ""
    named_by: ClassVar[str | None] = None
    of: ClassVar[str | None] = None
    owner: ClassVar[str | None] = None
    may_be_nameless: ClassVar[bool] = False
    id_at: ClassVar[tuple[str, ...]] = ()
    tags_at: ClassVar[TagShape | None] = None
    takes_tags: ClassVar[bool] = True
    is_global: ClassVar[bool] = False
    by_id: ClassVar[bool] = False
    is_everyday: ClassVar[bool] = False
    patience: ClassVar[float] = 30.0
    arn_prefix: ClassVar[str | None] = None
    hourly_usd: ClassVar[float | None] = None
    takes: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    by_tag: ClassVar[tuple[str, ...]] = ()
    statements: ClassVar[tuple[Statement, ...]] = ()

    @property
    def session(self) -> str | None:
        """The id of the session in the name; None for a name that is not the course's."""
        found = COURSE_NAME.search(self.name)
        return found[1] if found else None

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    # -- creating it -------------------------------------------------------------------------

    @classmethod
    def name_in(cls, params: Mapping[str, Any]) -> str | None:
        """Return the name that a create with these parameters asks for, or that of its owner.

        It is the bare name: an ARN is cut down to it, so that no account id gets into a ledger. If
        the parameter is missing: None if boto3 will refuse the call because of that, and "", which
        is nobody's name, if boto3 would send it (an instance in no placement group).
        """
        value = _at(params, (cls.named_by or cls.of or "").split("."))
        if value is not None:
            return bare(value)
        return "" if cls.may_be_nameless else None

    @classmethod
    def id_in(cls, answer: Mapping[str, Any]) -> str | None:
        """Return the id in the answer to a create, without account id; None if there is none."""
        return _at(answer, cls.id_at) if cls.id_at else None

    @classmethod
    def hourly(cls, params: Mapping[str, Any]) -> float:
        """Return what a new one costs as long as it exists, in US dollars an hour.

        Args:
            params: those of the request that makes it.

        Raises:
            UnknownPrice: we cannot tell, so it must not be made.
        """
        if cls.hourly_usd is None:
            raise UnknownPrice(f"What a {cls.kind} costs by the hour is not known: none is made.")
        return cls.hourly_usd

    @classmethod
    def starts_a_bill(cls, operation: str, params: Mapping[str, Any]) -> str | None:
        """Say why a change is not sent that would start a bill by the hour; None if it does not.

        The ceiling is asked when a resource is made. What is switched on later would bypass it.
        """
        return None

    # -- finding it --------------------------------------------------------------------------

    @classmethod
    def find(cls, at: Place) -> Iterator[Self]:
        """Yield all of this kind whose name looks like the course's."""
        for name, identifier in cls.names(at):
            one = cls.at(at, name, identifier)
            if one.session:
                yield one

    @classmethod
    def at(cls, at: Place, name: str, identifier: str | None = None) -> Self:
        """Return the one of that name in a place, whether it exists or not."""
        return cls(name, cls.region_of(at), identifier)

    @classmethod
    def region_of(cls, at: Place) -> str:
        """Return the region that those found in a place belong to."""
        return "global" if cls.is_global else at.region

    @classmethod
    def names(cls, at: Place) -> Names:
        """Yield (name, identifier) of what there is."""
        raise NotImplementedError

    @classmethod
    def name_of_arn(cls, arn: str, account: str) -> str | None:
        """Return the name in an ARN; None for an ARN of another kind, or one without a name."""
        _, _, service, _, _, rest = arn.split(":", 5)
        if service != cls.service or cls.arn_prefix is None or not rest.startswith(cls.arn_prefix):
            return None
        return rest.removeprefix(cls.arn_prefix).removesuffix(":*").replace(account, ACCOUNT)

    def belongs_to(self) -> tuple[str, str] | None:
        """Return kind and name of its owner; None if it stands alone."""
        return (self.owner, self.name) if self.owner else None

    # -- one of them -------------------------------------------------------------------------

    def its(self, at: Place) -> dict[str, Any]:
        """Return the parameters by which its operations know it."""
        assert self.named_by is not None, self.kind
        return {self.named_by: self.name}

    def look(self, at: Place) -> dict[str, Any]:
        """Ask AWS to describe it; raises Gone."""
        return at.call(self.service, self.describe, **self.its(at))

    def exists(self, at: Place) -> bool:
        """Return whether it exists, also while it is being deleted."""
        try:
            self.look(at)
        except Gone:
            return False
        return True

    def tags(self, at: Place) -> Mapping[str, str]:
        """Return its tags."""
        return {}

    def delete(self, at: Place) -> None:
        """Delete it with all that is part of it. Raises what ``Place.call`` raises."""
        at.call(self.service, self.remove, **self.its(at))

    def by_hand(self) -> str:
        """Return the command of the AWS CLI that deletes it."""
        return self.aws(self.remove, **self.its(Place.nowhere(self.region, ACCOUNT)))

    def aws(self, operation: str, **params: str | list[str]) -> str:
        """Return a command line of the AWS CLI."""
        where = [] if self.region == "global" else ["--region", self.region]
        given = [f"--{xform_name(key, '-')} {_quoted(value)}" for key, value in params.items()]
        return " ".join(["aws", self.service, xform_name(operation, "-"), *where, *given])


def bare(name: str) -> str:
    """Return the name inside an ARN of a function, topic, queue or bucket; other text as it is.

    A qualifier of a function (``:live``) is dropped.
    """
    if not name.startswith("arn:"):
        return name
    _, _, service, _, _, rest = name.split(":", 5)
    if service == "lambda":
        return rest.removeprefix("function:").split(":")[0]
    return rest.rsplit("/", 1)[-1] if service in ("events", "iam") else rest


def _at(value: Any, path: Iterable[str]) -> str | None:
    """The string at `path` in nested mappings; None if there is none."""
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else None


def _quoted(value: str | list[str]) -> str:
    if isinstance(value, list):
        return " ".join(map(_quoted, value))
    if ACCOUNT in value:  # a command in it must not be quoted; the rest is plain
        return value.replace(ACCOUNT, _ACCOUNT_IN_SHELL)
    return shlex.quote(value)
