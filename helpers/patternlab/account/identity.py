"""Who we are on an account, and when we do not even begin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from patternlab.account.settings import BLOCKED, Settings
from patternlab.resources.errors import AccountError, refused


@dataclass(frozen=True)
class Identity:
    """The caller: `account` is the whole id, kept in memory only; `who` is such as "user/ada"."""

    account: str
    who: str

    @property
    def masked(self) -> str:
        """The last four digits, as they are shown and kept."""
        return "…" + self.account[-4:]


def who_am_i(session: Any) -> Identity:
    """Return the identity behind a boto3 session. Raises AccountError if there is none."""
    with refused("open the account", "sts:GetCallerIdentity"):
        answer = session.client("sts").get_caller_identity()
    return Identity(answer["Account"], answer["Arn"].split(":", 5)[5])


def refuse_if_unsafe(identity: Identity, settings: Settings) -> None:
    """Raise AccountError for the root user and for an account on the block list."""
    if identity.who == "root":
        raise AccountError(
            "These are the credentials of the account's root user, which can do anything and can "
            "be stopped by no policy. Make a user or a role with data/policies/learner.json and "
            "use that."
        )
    if identity.account in settings.blocked:
        raise AccountError(
            f"The account {identity.masked} is on your block list ({BLOCKED}), so nothing is "
            "created in it. Choose other credentials, for example with AWS_PROFILE."
        )
