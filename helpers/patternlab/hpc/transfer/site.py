"""The place where the data is now, and what it has to send them with."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from patternlab.hpc import units
from patternlab.hpc.errors import HPCError


@dataclass(frozen=True)
class Site:
    """A site with data to move.

    Attributes:
        link: rate of its line to the internet, such as "1 Gbps".
        utilisation: the share of that line that the transfer gets, after protocol overhead and
            all others who use it; above 0, up to 1. A line of one's own has it in the table.
        storage: the rate at which its storage can be read; None if that is fast enough.
        drives: how much fits on the portable drives it has, which are taken to read and write as
            fast as the storage; None for none at all.
        to_terminal: hours of travel to the nearest Data Transfer Terminal, one way.
        enterprise: it has AWS Enterprise support, which the terminal asks for.
        snowball: it was a customer of Snowball Edge before that closed.
        circuit: US dollars a month for a carrier's circuit to a Direct Connect location; not AWS's.
    """

    link: str | float
    utilisation: float = 0.8
    storage: str | float | None = None
    drives: str | float | None = None
    to_terminal: float = 4.0
    enterprise: bool = True
    snowball: bool = False
    circuit: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.utilisation <= 1:
            raise HPCError(
                f"utilisation is the share of a line that the transfer gets, above 0 and up to 1, "
                f"not {self.utilisation}."
            )
        _ = self.link_rate, self.storage_rate, self.drive_bytes  # an error now, not later

    @cached_property
    def link_rate(self) -> float:
        """Bits per second of the line to the internet."""
        return units.rate(self.link)

    @cached_property
    def storage_rate(self) -> float:
        """Bits per second that the storage gives; infinite if it is fast enough."""
        return math.inf if self.storage is None else units.rate(self.storage)

    @cached_property
    def drive_bytes(self) -> int:
        """Bytes that fit on the portable drives."""
        return 0 if self.drives is None else units.size(self.drives)
