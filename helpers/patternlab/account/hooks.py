"""What stands between the learner's boto3 calls and the account, by botocore's own events.

Before a create is sent: it must be of a kind that the sweep can find again, its name must carry the
session's prefix, its tags are added, and the ledger has its line. After it: the ledger learns how
it ended. An error keeps AWS's words, without account ids, and says what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ConnectionError as NoConnection
from botocore.exceptions import HTTPClientError

from patternlab.account.ledger import Ledger
from patternlab.resources import RESOURCES, Resource, creation, is_unknown_creation
from patternlab.resources.errors import AccountError, advice_for, mask
from patternlab.resources.naming import Session

_OURS = "patternlab"  # our place in a request's context


class Refused(AccountError):
    """A call that was not sent, and why."""


class NetworkGone(AccountError):
    """No answer came: nobody knows whether the call was carried out."""


@dataclass
class _Making:
    """A create on its way."""

    kind: type[Resource]
    name: str
    entry: str | None = None


@dataclass(frozen=True)
class Hooks:
    """Watches every call of one session.

    Attributes:
        session: whose prefix and tags it uses.
        ledger: where creates are written down before they are sent.
        allow: asked with a kind and the call's parameters before a create; raises to refuse it.
        made: told of each create that succeeded: kind, parameters' name and AWS's answer.
    """

    session: Session
    ledger: Ledger
    allow: Callable[[type[Resource], Mapping[str, Any]], None] = lambda kind, params: None
    made: Callable[[type[Resource], str, Mapping[str, Any]], None] = lambda kind, name, answer: None

    def register(self, events: Any) -> None:
        """Watch the clients made from now on; `events` are those of a botocore session."""
        events.register("before-parameter-build", self.before)
        events.register("before-call", self.about_to_send)
        events.register("after-call", self.answered)
        events.register("after-call-error", self.unanswered)

    # -- before ------------------------------------------------------------------------------

    def before(self, params: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        """Refuse what cannot be swept, is not ours or starts a bill unasked; tag the rest."""
        service, operation = model.service_model.service_name, model.name
        if is_unknown_creation(service, operation):
            raise Refused(
                f"{service} {operation} is not sent: it may create something that 'python -m "
                "patternlab sweep' would not find again. Try it on a local cloud, or outside of "
                "this course."
            )
        for one in RESOURCES:
            if one.service == service and (why := one.starts_a_bill(operation, params)):
                raise Refused(why)
        kind = creation(service, operation)
        if kind is None:
            return
        name = kind.name_in(params)
        if not name and kind.named_by is not None:
            return  # boto3 will say which parameter is missing
        name = self._checked(kind, name)
        self.allow(kind, params)
        if kind.tags_at is not None:
            kind.tags_at.put(params, self.session.tags)
        context[_OURS] = _Making(kind, name)

    def _checked(self, kind: type[Resource], name: str | None) -> str:
        if not name:
            raise Refused(
                f"A {kind.kind} of its own could not be told from others': give {kind.of}, naming "
                "something that this notebook made."
            )
        if self.session.prefix in name:
            return name
        if kind.named_by is None:
            raise Refused(
                f"{name} is not of this session, so a {kind.kind} of it is not created. Use what "
                "this notebook made."
            )
        raise Refused(
            f"On a real account the name of a {kind.kind} begins with {self.session.prefix}, so "
            f"that it can be found and deleted: write cloud.name({name!r}) instead of {name!r}."
        )

    def about_to_send(self, context: dict[str, Any], **_: Any) -> None:
        """Write a create down; what follows may kill this kernel."""
        making = context.get(_OURS)
        if making is not None:
            region = context.get("client_region") or ""
            region = None if region.endswith("-global") else region or None  # IAM's is no region
            making.entry = self.ledger.planned(making.kind.kind, making.name, region)

    # -- after -------------------------------------------------------------------------------

    def answered(
        self, http_response: Any, parsed: dict[str, Any], context: dict[str, Any], **_: Any
    ) -> None:
        """Tell the ledger how a create ended, and the learner what to do about an error."""
        making = context.get(_OURS)
        if http_response.status_code >= 300:
            _explain(parsed)
            # "Request timed out", 500 and the like: it may have been carried out all the same
            if making is not None and http_response.status_code < 500:
                self.ledger.failed(making.entry)
        elif making is not None:
            self.ledger.made(making.entry, making.kind.id_in(parsed))
            self.made(making.kind, making.name, parsed)

    def unanswered(self, exception: Exception, context: dict[str, Any], **_: Any) -> None:
        """Say what a lost connection means. The ledger keeps the create as planned."""
        if not isinstance(exception, HTTPClientError | NoConnection):
            return
        making = context.get(_OURS)
        unknown = "Whether it was carried out is not known. "
        if making is not None:
            unknown = f"Whether the {making.kind.kind} {making.name} exists is not known. "
        raise NetworkGone(
            f"No answer from AWS: {mask(str(exception)).rstrip('.')}. {unknown}Look at the network "
            "and run the cell again; 'python -m patternlab sweep' finds what is left."
        ) from None


def _explain(parsed: dict[str, Any]) -> None:
    """Add what to do to an error's message, and take the account id out of it."""
    error = parsed.get("Error") or {}
    if "Message" in error:
        advice = advice_for(error.get("Code", ""))
        error["Message"] = " ".join(filter(None, (mask(error["Message"]), advice)))
