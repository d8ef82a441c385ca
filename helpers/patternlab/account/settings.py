"""What the learner decides before anything is created, read from the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from patternlab.resources.errors import AccountError

CEILING = "PATTERNLAB_CEILING"
HOURS = "PATTERNLAB_HOURS"
BLOCKED = "PATTERNLAB_BLOCKED_ACCOUNTS"
SHOW = "PATTERNLAB_SHOW_ACCOUNT"
STATE = "PATTERNLAB_STATE"

DEFAULT_HOURS = 4.0
LONGEST = 24.0


@dataclass(frozen=True)
class Settings:
    """How a session with a real account is to be.

    Attributes:
        ceiling: PATTERNLAB_CEILING as it was written: the most it may cost, in US dollars; None
            where the learner has not agreed to any price.
        hours: PATTERNLAB_HOURS, until what is left counts as forgotten (default 4, at most 24).
        blocked: PATTERNLAB_BLOCKED_ACCOUNTS, account ids in which nothing is ever created.
        show_account: PATTERNLAB_SHOW_ACCOUNT=1 shows the account id whole in the banner.
        state: PATTERNLAB_STATE, the folder that holds the ledgers.
    """

    ceiling: str | None
    hours: float
    blocked: frozenset[str]
    show_account: bool
    state: Path


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings in `environment`. Raises AccountError for one that makes no sense.

    The ceiling is left as text: ``patternlab.account.cost.card`` reads it, beside the prices.
    """
    return Settings(
        ceiling=environment.get(CEILING) or None,
        hours=_hours(environment.get(HOURS)),
        blocked=_accounts(environment.get(BLOCKED, "")),
        show_account=environment.get(SHOW) == "1",
        state=state_folder(environment),
    )


def state_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where ledgers are kept: PATTERNLAB_STATE, or a folder of the user's own."""
    if chosen := environment.get(STATE):
        return Path(chosen).expanduser()
    base = environment.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(base).expanduser() / "patternlab"


def _hours(text: str | None) -> float:
    try:
        hours = float(text) if text else DEFAULT_HOURS
    except ValueError:
        hours = 0.0
    if not 0 < hours <= LONGEST:
        raise AccountError(
            f"{HOURS}={text!r} is no length of a session: give hours, more than 0 and at most "
            f"{LONGEST:g}, for example {HOURS}=2."
        )
    return hours


def _accounts(text: str) -> frozenset[str]:
    ids = [part for part in re.split(r"[,\s]+", text) if part]
    for one in ids:
        if not re.fullmatch(r"\d{12}", one):
            raise AccountError(
                f"{BLOCKED} holds {one!r}, which is no account id: give 12 digits each, separated "
                "by commas."
            )
    return frozenset(ids)
