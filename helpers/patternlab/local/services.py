"""What the pieces of one local cloud share."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from patternlab.clock import VirtualClock
from patternlab.delivery.function import Account
from patternlab.delivery.knobs import Knobs
from patternlab.local.guard import Guard


@dataclass
class Services:
    """The clock, the knobs, the seed and the account of one local cloud."""

    clock: VirtualClock
    knobs: Knobs
    rng: random.Random
    guard: Guard
    region: str
    account: Account = field(default_factory=Account)
    client: Callable[..., Any] | None = None
    resource: Callable[..., Any] | None = None
