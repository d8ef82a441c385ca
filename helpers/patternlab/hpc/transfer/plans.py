"""One way to AWS for one load: how long from the order to the last byte, and what it costs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from patternlab.hpc import units
from patternlab.hpc.errors import HPCError
from patternlab.hpc.transfer.datasync import BASIC, ENHANCED, phases
from patternlab.hpc.transfer.site import Site
from patternlab.hpc.transfer.tables import (
    OPTIONS,
    Status,
    checked_option,
    has,
    number,
    price,
    status,
)

#: What copies the bytes over a line: DataSync in one of its modes, or a program of your own.
TOOLS = ("DataSync Enhanced", "DataSync Basic", "own copy")
MONTH = 730  # hours
PLACES = 81  # sizes at which a crossover is looked for


@dataclass(frozen=True)
class Plan:
    """What one way means for one load.

    Attributes:
        option: one of ``OPTIONS``.
        tool: one of ``TOOLS``, or "" where AWS copies.
        hours: that the bytes are under way, trips included; infinite if it cannot be done.
        lead_days: from the order until the first byte can go: at best and at worst. Mostly our
            assumption; not a number where nobody says.
        usd: to AWS, and to the carrier if the site names a price; no hardware of your own.
        status: who can order it today.
        is_open: whether this site can.
        why_not: why it cannot be done, in a sentence; empty if it can.
    """

    option: str
    tool: str
    hours: float
    lead_days: tuple[float, float]
    usd: float
    status: Status
    is_open: bool
    why_not: str = ""

    @property
    def days(self) -> float:
        """Days from the order to the last byte, at worst."""
        return self.lead_days[1] + self.hours / 24

    def meets(self, days: float = math.inf, usd: float = math.inf) -> bool:
        """Whether it can be ordered, ends in time even at worst, and is within the budget."""
        return self.is_open and not self.why_not and self.days <= days and self.usd <= usd


def estimate(
    option: str,
    load: str | float,
    site: Site,
    *,
    tool: str = TOOLS[0],
    files: float = 1_000_000,
    tasks: int = 1,
) -> Plan:
    """What it takes to move `load` (a size) from `site` by `option`.

    Args:
        option: one of ``OPTIONS``.
        load: such as "80 TB"; a number is bytes.
        site: where the data is.
        tool: one of ``TOOLS``; for lines only.
        files: how many files the load is.
        tasks: DataSync tasks that share it.

    Raises:
        HPCError: there is no such option or tool, or the load is not a size.
    """
    checked_option(option)
    if tool not in TOOLS:
        raise HPCError(f"There is no tool called {tool!r}: choose one of {', '.join(TOOLS)}.")
    size, known = units.size(load), status(option)
    hours, usd, why_not = math.inf, math.inf, ""
    try:
        if option in _CARRIED:
            tool, carry = _CARRIED[option]
            hours, usd = carry(size, site)
        else:
            hours, usd = _by_line(option, size, site, tool, files, tasks)
    except HPCError as error:
        why_not = str(error)
    return Plan(
        option=option,
        tool=tool,
        hours=hours,
        lead_days=_lead(option),
        usd=usd,
        status=known,
        is_open=known.is_open_to(site.enterprise, site.snowball),
        why_not=why_not,
    )


def compare(
    load: str | float,
    site: Site,
    *,
    options: Sequence[str] = OPTIONS,
    tool: str = TOOLS[0],
    files: float = 1_000_000,
    tasks: int = 1,
) -> pd.DataFrame:
    """One row per option: hours under way, days of lead, days in all at worst, USD, and status."""
    plans = [
        estimate(option, load, site, tool=tool, files=files, tasks=tasks) for option in options
    ]
    return pd.DataFrame([_row(plan) for plan in plans])


def quickest(load: str | float, site: Site, options: Sequence[str] = OPTIONS, **how) -> str:
    """Return the option that this site can order and that, at worst, is finished first."""
    plans = [estimate(option, load, site, **how) for option in options]
    possible = [plan for plan in plans if plan.meets()]
    if not possible:
        raise HPCError("None of these ways is open to this site: name others.")
    return min(possible, key=lambda plan: plan.days).option


def crossovers(
    site: Site,
    options: Sequence[str] = OPTIONS,
    *,
    first: str | float = "100 GB",
    last: str | float = "100 PB",
    **how,
) -> list[tuple[float, str]]:
    """Find the sizes from which another option is the fastest: (bytes, option), ascending.

    The first pair is the smallest size. The others are found to three digits; an option that is the
    fastest over less than a tenth of a size may be missed.
    """
    low, high = (math.log10(units.size(end)) for end in (first, last))
    places = np.linspace(low, high, PLACES).tolist()
    winners = [quickest(10**place, site, options, **how) for place in places]
    found = [(10**low, winners[0])]
    for index in range(1, len(places)):
        left, right = places[index - 1], places[index]
        while winners[index] != found[-1][1]:
            left, winner = _next_change(left, right, found[-1][1], site, options, how)
            found.append((10**left, winner))
    return found


def _next_change(left, right, winner, site, options, how) -> tuple[float, str]:
    """The first place after `left` where another option wins, by bisection, and who does."""
    while right - left > 1e-4:
        middle = (left + right) / 2
        if quickest(10**middle, site, options, **how) == winner:
            left = middle
        else:
            right = middle
    return right, quickest(10**right, site, options, **how)


def _row(plan: Plan) -> dict[str, object]:
    low, high = plan.lead_days
    lead = "unknown" if math.isnan(high) else f"{low:g}" if low == high else f"{low:g} to {high:g}"
    days = plan.days
    return {
        "way": plan.option,
        "under way": units.time_text(plan.hours) if math.isfinite(plan.hours) else "never",
        "lead (days)": lead,
        "days in all": "unknown" if math.isnan(days) else f"{days:,.1f}".replace("inf", "never"),
        "USD": "-" if plan.why_not else f"{plan.usd:,.0f}",
        "who can order it": str(plan.status),
        "why not": plan.why_not,
    }


# -- lines -------------------------------------------------------------------------------------


def _by_line(
    option: str, size: int, site: Site, tool: str, files: float, tasks: int
) -> tuple[float, float]:
    """Hours and US dollars; HPCError if the tool cannot do it."""
    hours = _tool_hours(tool, size, files, line_rate(option, site), tasks, site.storage_rate)
    return hours, _line_usd(option, hours, site) + tool_usd(tool, size, tasks)


def line_rate(option: str, site: Site) -> float:
    """Bits per second that a transfer gets on a line.

    A VPN goes through the site's line to the internet; the others bring one of their own.
    """
    rate = number(option, "rate") * 1e9 if has(option, "rate") else math.inf
    if option in ("internet", "VPN"):
        return min(rate, site.link_rate * site.utilisation)
    return rate * number("own line", "utilisation")


def _tool_hours(
    tool: str, size: int, files: float, line: float, tasks: int, storage: float
) -> float:
    if tool == "own copy":
        return size * 8 / min(line, storage) / 3600
    mode = BASIC if tool == "DataSync Basic" else ENHANCED
    return phases(size, files, line, mode=mode, tasks=tasks, storage=storage).total


def tool_usd(tool: str, size: float, tasks: int = 1) -> float:
    """What DataSync charges: by the gigabyte, and in Enhanced mode for each execution as well."""
    gigabytes = size / 1e9
    if tool == "DataSync Basic":
        return gigabytes * price("datasync", "basic")
    if tool == "DataSync Enhanced":
        runs = tasks * price("datasync", "enhanced-execution")
        return gigabytes * price("datasync", "enhanced") + runs
    return gigabytes * price("ec2", "data-in")


def _line_usd(option: str, hours: float, site: Site) -> float:
    if option == "internet":
        return 0.0
    if option == "VPN":
        return hours * price("vpn", "connection")
    kind, port = (
        ("hosted", option[7:]) if option.startswith("hosted") else ("dedicated", option[15:])
    )
    months = math.ceil(hours / MONTH)
    return hours * price("directconnect", f"{kind}-{port}") + months * site.circuit


def _lead(option: str) -> tuple[float, float]:
    if not has(option, "lead-days-low"):
        return math.nan, math.nan
    return number(option, "lead-days-low"), number(option, "lead-days-high")


# -- what is carried ---------------------------------------------------------------------------


def _by_terminal(size: int, site: Site) -> tuple[float, float]:
    """Fill the drives, drive there, upload in a slot, drive back: as often as it takes.

    A slot is paid by the hour for each fibre, and one fibre is enough for slow drives.
    """
    option = "Data Transfer Terminal"
    if not site.drive_bytes:
        raise HPCError("You bring your own drives, and this site has none.")
    fibre = number(option, "rate") * 1e9 * number("own line", "utilisation")
    rate = min(number(option, "fibres") * fibre, site.storage_rate)
    visits = math.ceil(size / site.drive_bytes)
    fill = 0 if math.isinf(site.storage_rate) else size * 8 / site.storage_rate / 3600
    upload = size * 8 / rate / 3600
    trips = (2 * visits - 1) * site.to_terminal  # the last way home carries nothing
    ports = visits * math.ceil(upload / visits) * math.ceil(rate / fibre)
    return fill + upload + trips, ports * price("datatransferterminal", "port")


def _by_snowball(size: int, site: Site) -> tuple[float, float]:
    """As it was: all devices at once, each filled by its own line."""
    devices, hours = _filled("Snowball Edge", size, site)
    late = max(0, math.ceil(hours / 24 - number("Snowball Edge", "days-included")))
    return hours, devices * (price("snowball", "job-210TB") + late * price("snowball", "day"))


def _by_snowmobile(size: int, site: Site) -> tuple[float, float]:
    """As it was: trucks of 100 PB. AWS never said how long one takes to come."""
    _, hours = _filled("Snowmobile", size, site)
    return hours, size / 1e9 * price("snowmobile", "storage") * math.ceil(hours / MONTH)


def _filled(option: str, size: int, site: Site) -> tuple[int, float]:
    """How many devices the load needs, and the hours until all of them are full."""
    devices = math.ceil(size / (number(option, "capacity") * 1e12))
    rate = min(devices * number(option, "rate") * 1e9, site.storage_rate)
    return devices, size * 8 / rate / 3600


#: What copies the bytes, and the function that returns hours and US dollars.
_CARRIED: dict[str, tuple[str, Callable[[int, Site], tuple[float, float]]]] = {
    "Data Transfer Terminal": ("own copy", _by_terminal),
    "Snowball Edge": ("", _by_snowball),
    "Snowmobile": ("", _by_snowmobile),
}
