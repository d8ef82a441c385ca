"""The command ``python -m patternlab sweep``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError

from patternlab.account.ledger import Ledger, LedgerError, ledgers_in
from patternlab.account.settings import state_folder
from patternlab.account.sweep.report import SWEEP
from patternlab.account.sweep.sweep import sweep
from patternlab.resources import KINDS
from patternlab.resources.errors import mask
from patternlab.service_models import boto3_session


def command(
    *,
    delete: bool,
    session: str | None,
    expired: bool,
    everything: bool,
    regions: Sequence[str],
    state: Path | None = None,
    **options: Any,
) -> int:
    """Sweep and print the report; return the exit code, which is 0 if nothing is left."""
    ledgers, unread = [], []
    for path in ledgers_in(state or state_folder()):
        try:
            ledgers.append(Ledger.read(path))
        except LedgerError as error:
            unread.append(str(error))
    try:
        regions = list(regions) or _regions(ledgers)
    except BotoCoreError as error:  # no such profile, a configuration that cannot be read
        print(f"{mask(str(error)).rstrip('.')}. Look at AWS_PROFILE and ~/.aws.", file=sys.stderr)
        return 1
    if not regions:
        print(f"Name a region: {SWEEP} --region us-east-1", file=sys.stderr)
        return 1
    options.setdefault("kinds", _worth_a_look(ledgers))
    report = sweep(
        boto3_session,
        regions=regions,
        ledgers=ledgers,
        delete=delete,
        session=session,
        expired=expired,
        everything=everything,
        tell=lambda line: print(line, flush=True),
        **options,
    )
    report.unread[:0] = unread
    print(report)
    return report.exit_code


def _worth_a_look(ledgers: Sequence[Ledger]) -> set[str]:
    """All kinds, but budgets only if a session made one.

    A learner may not look at them, and the course's own stays.
    """
    made = {entry.kind for ledger in ledgers for entry in ledger.entries()}
    return {kind for kind in KINDS if kind != "budget" or kind in made}


def _regions(ledgers: Sequence[Ledger]) -> list[str]:
    """The configured region, and all in which ledgers have something open or may have logs."""
    configured = boto3.Session().region_name
    used = [region for ledger in ledgers for region in _of(ledger)]
    return list(dict.fromkeys([configured, *used] if configured else used))


def _of(ledger: Ledger) -> list[str]:
    return [ledger.region, *(entry.region for entry in ledger.entries())]
