"""The names and tags of everything that is made in one session with a real account."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePath

PROJECT = "patternlab"
#: Letters and digits of a session's id: no vowels that could make a word, nothing that looks alike.
ALPHABET = "23456789bcdfghjkmnpqrstvwxz"


@dataclass(frozen=True)
class Session:
    """One ``open_cloud()`` on an account.

    Attributes:
        id: six characters, new each time.
        region: the region of its clients.
        notebook: the name of the notebook, without ``.ipynb``; "unknown" where it cannot be found.
        expires: after this moment (UTC) ``patternlab sweep`` takes what is left for forgotten.
    """

    id: str
    region: str
    notebook: str
    expires: datetime

    @property
    def prefix(self) -> str:
        """What every name begins with: ``patternlab-k3f9qb-``."""
        return f"{PROJECT}-{self.id}-"

    def name(self, short: str) -> str:
        """Return `short` with the prefix, unless it has it already."""
        return short if short.startswith(self.prefix) else self.prefix + short

    @property
    def tags(self) -> dict[str, str]:
        """The tags of all that can be tagged."""
        return {
            "project": PROJECT,
            "session": self.id,
            "expiry": self.expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "notebook": self.notebook,
        }


def new_session(region: str, now: datetime, hours: float) -> Session:
    """Return a session that begins `now` (aware, UTC) and expires `hours` later."""
    made = "".join(secrets.choice(ALPHABET) for _ in range(6))
    return Session(made, region, this_notebook(), now + timedelta(hours=hours))


def this_notebook() -> str:
    """Return the notebook of this kernel: PATTERNLAB_NOTEBOOK, or what Jupyter says."""
    path = os.environ.get("PATTERNLAB_NOTEBOOK") or os.environ.get("JPY_SESSION_NAME", "")
    return PurePath(path).name.removesuffix(".ipynb") or "unknown"
