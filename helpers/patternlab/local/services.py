"""What the pieces of one local cloud share."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from patternlab.clock import VirtualClock
from patternlab.delivery.function import Account
from patternlab.delivery.knobs import Knobs
from patternlab.local.guard import Guard
from patternlab.local.session import LocalSession


@dataclass
class Services:
    """The clock, the knobs, the seed and the account of one local cloud."""

    clock: VirtualClock
    knobs: Knobs
    rng: random.Random
    guard: Guard
    session: LocalSession
    account: Account = field(default_factory=Account)
