"""What the pieces of one local cloud share."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from patternlab.clock import VirtualClock
from patternlab.delivery.faults import Outages
from patternlab.delivery.functions.function import Account
from patternlab.delivery.knobs import Knobs
from patternlab.delivery.sns.delivery_log import Delivery
from patternlab.local.awslambda.guard import Guard
from patternlab.local.session import LocalSession


@dataclass
class Services:
    """The clock, the knobs, the seed and the account of one local cloud."""

    clock: VirtualClock
    knobs: Knobs
    rng: random.Random
    guard: Guard
    session: LocalSession
    faults: Outages
    account: Account = field(default_factory=Account)
    #: Every attempt of a topic to deliver, as a row of ``delivery.delivery_log``.
    deliveries: list[Delivery] = field(default_factory=list)
    #: What stands in for web servers, by URL: called with headers and body, gives a status code.
    web: dict[str, Callable[[dict[str, str], str], int | None]] = field(default_factory=dict)
