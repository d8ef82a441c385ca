"""The cost card: what a notebook may cost on an account; and the ceiling the learner sets.

How the figures are made is in :mod:`patternlab.account.cost.bill`, what AWS charges in
:mod:`patternlab.resources.prices`.
"""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from operator import attrgetter

from patternlab.account.calls import Row, read
from patternlab.account.cost.bill import HOURS_A_MONTH, Line, Usage, forgotten, run
from patternlab.resources.errors import AccountError
from patternlab.resources.prices import REGION, Price

__all__ = ["Card", "Ceiling", "CostAboveCeiling", "card", "cards", "usd"]

#: What other regions may cost of the price in us-east-1; ours, not AWS's.
ELSEWHERE = 2
#: A difference that is arithmetic and not money, in US dollars.
ROUNDING = 1e-9


class CostAboveCeiling(AccountError):
    """It may cost more than the learner has agreed to."""


@dataclass(frozen=True)
class Card:
    """What a notebook may cost at most, in US dollars.

    Attributes:
        notebook: its name without ``.ipynb``, or what the card is about.
        region: whose prices; those of all but us-east-1 are taken to be twice as high.
        run: one run, all cells once.
        per_hour: each hour in which what it made is left alone.
        seconds: how long the run waits for AWS, beside the learner's own time.
        of_run, of_hour: the lines behind `run` and `per_hour`, at the prices of us-east-1.
        note: a sentence that the reader must know.
    """

    notebook: str
    region: str
    run: float
    per_hour: float
    seconds: float
    of_run: Sequence[Line] = ()
    of_hour: Sequence[Line] = ()
    note: str = ""

    @property
    def per_month(self) -> float:
        """A month in which what it made is left alone: 730 hours, as AWS counts."""
        return self.per_hour * HOURS_A_MONTH

    @property
    def instances(self) -> float:
        """What of the run is for instances, their disks and addresses."""
        factor = 1 if self.region == REGION else ELSEWHERE
        return factor * math.fsum(line.usd for line in self.of_run if line.price.service == "ec2")

    def until(self, hours: float) -> float:
        """Return what the run and `hours` in which what it made stays cost."""
        return self.run + hours * self.per_hour

    @property
    def provenance(self) -> str:
        """Where the figures come from, in a sentence or two."""
        quoted = [line.price for line in (*self.of_run, *self.of_hour)]
        return provenance(quoted, self.region)

    def rows(self) -> list[tuple[str, str]]:
        """Return the figures as text: (what, how much)."""
        return [
            ("one run", f"{usd(self.run)} USD{_shares(self.of_run)}"),
            ("forgotten, an hour", f"{usd(self.per_hour)} USD{_shares(self.of_hour)}"),
            ("forgotten, a month", f"{usd(self.per_month)} USD"),
            ("it waits for AWS", duration(self.seconds)),
        ]

    def __str__(self) -> str:
        title = f"What {self.notebook} may cost, at most ({self.region})"
        rows = [f"  {what:<18}  {amount}" for what, amount in self.rows()]
        notes = [textwrap.fill(text, 100) for text in (self.note, self.provenance) if text]
        return "\n".join([title, *rows, *notes])


def card(notebook: str, region: str = REGION) -> Card:
    """Return the card of a notebook or lab, by its name without ``.ipynb``.

    One that nobody has counted gets the dearest figure of all that were, each by itself.
    """
    known = cards(region)
    if notebook in known:
        return known[notebook]
    dearest = {
        figure: max(known.values(), key=attrgetter(figure))
        for figure in ("run", "per_hour", "seconds")
    }
    return Card(
        notebook,
        region,
        run=dearest["run"].run,
        per_hour=dearest["per_hour"].per_hour,
        seconds=dearest["seconds"].seconds,
        of_run=dearest["run"].of_run,
        of_hour=dearest["per_hour"].of_hour,
        note=f"Nobody has counted what {notebook} asks of AWS: each figure is the dearest of the "
        "notebooks that were counted. Cells of your own may cost more.",
    )


def cards(region: str = REGION) -> dict[str, Card]:
    """Return the cards of all notebooks that were counted, in their order."""
    return {name: make_card(name, rows, region) for name, rows in _counted().items()}


def make_card(notebook: str, rows: Iterable[Row], region: str = REGION) -> Card:
    """Return the card of a notebook with these rows of ``data/notebook_calls.csv``."""
    usage = Usage(rows)
    of_run, of_hour = run(usage), forgotten(usage)
    factor = 1 if region == REGION else ELSEWHERE
    free = "" if of_run or of_hour else f"{notebook} asks AWS for nothing that is billed."
    return Card(
        notebook,
        region,
        run=factor * math.fsum(line.usd for line in of_run),
        per_hour=factor * math.fsum(line.usd for line in of_hour),
        seconds=usage.seconds,
        of_run=tuple(of_run),
        of_hour=tuple(of_hour),
        note=free,
    )


@cache
def _counted() -> dict[str, list[Row]]:
    counted: dict[str, list[Row]] = {}
    for row in read():
        counted.setdefault(row.notebook, []).append(row)
    return counted


class Ceiling:
    """The most that the learner agrees to pay for a session, in US dollars.

    What was allowed counts until the end, also if it was never made or is deleted early.
    """

    def __init__(self, usd: float) -> None:
        if not (math.isfinite(usd) and usd >= 0):
            raise ValueError(f"a ceiling is a number of US dollars from 0 up, not {usd!r}")
        self.usd = usd
        self._card = 0.0
        self._instances = 0.0  # of the card, for instances that were not launched yet
        self._kept: list[float] = []

    @classmethod
    def parse(cls, text: str) -> Ceiling:
        """Return the ceiling in `text`, such as "1.00".

        Raises:
            AccountError: it is no price.
        """
        if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", text.strip()):
            raise AccountError(
                f"PATTERNLAB_CEILING={text!r} is no price: write US dollars as a plain number with "
                "a point, for example PATTERNLAB_CEILING=1.00."
            )
        return cls(float(text))

    @property
    def committed(self) -> float:
        """What may be spent of it: the card that was checked, and all that was allowed since."""
        return math.fsum([self._card, *self._kept])

    def check(self, card: Card, hours: float = 0.0) -> None:
        """Agree to a notebook: one run, and `hours` until the session expires.

        Raises:
            CostAboveCeiling: that may cost more than the ceiling leaves.
        """
        cost = card.until(_amount(hours))
        if math.fsum([cost, *self._kept]) > self.usd + ROUNDING:
            raise CostAboveCeiling(
                f"{card.notebook} may cost up to {usd(cost)} USD with what stays until the session "
                f"ends, {hours:g} hours, and {self._left(card=0.0)}. Nothing was created: raise "
                "PATTERNLAB_CEILING if that is worth it to you."
            )
        self._card = cost
        self._instances = card.instances

    def allow(self, kind: str, hours: float, hourly_usd: float) -> None:
        """Set money aside for what is billed by the hour, before it is made.

        What the card has for instances already is not asked for again when they are launched.

        Raises:
            CostAboveCeiling: together with what was agreed to it may cost more than the ceiling.
        """
        cost = _amount(hours) * _amount(hourly_usd)
        known = min(cost, self._instances) if kind == "instance" else 0.0
        cost -= known
        if self.committed + cost > self.usd + ROUNDING:
            what = f"An {kind}" if kind[0] in "aeiou" else f"A {kind}"
            raise CostAboveCeiling(
                f"{what} costs {usd(hourly_usd)} USD an hour, up to {usd(cost + known)} USD until "
                f"the session ends, and {self._left(self._card)}. It was not created: raise "
                "PATTERNLAB_CEILING if that is worth it to you."
            )
        self._instances -= known
        if cost:
            self._kept.append(cost)

    def _left(self, card: float) -> str:
        spent = math.fsum([card, *self._kept])
        agreed = f"you agreed to {self.usd:f}".rstrip("0").rstrip(".") + " USD"
        return f"{agreed}, of which {usd(spent)} USD are spoken for" if spent else agreed


def _amount(number: float) -> float:
    if not (math.isfinite(number) and number >= 0):
        raise ValueError(f"hours and prices are numbers from 0 up, not {number!r}")
    return number


# -- words -----------------------------------------------------------------------------------


def usd(amount: float) -> str:
    """Return US dollars as text, rounded up: two digits that matter, at most six places."""
    if amount == 0:
        return "0.00"
    places = min(max(2, 1 - math.floor(math.log10(amount))), 6)
    dollars, cents = f"{math.ceil(amount * 10**places - 1e-6) / 10**places:.{places}f}".split(".")
    return f"{dollars}.{cents.rstrip('0'):0<2}"


def duration(seconds: float) -> str:
    """Return a length of time in words: "1 h 16 min"; minutes are rounded up."""
    if seconds < 60:
        return f"{math.ceil(seconds)} s"
    hours, minutes = divmod(math.ceil(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def provenance(quoted: Sequence[Price], region: str = REGION) -> str:
    """Say where figures made of these prices come from."""
    days = sorted(found.read_on for found in quoted)
    unsure = sorted({f"{one.service} {one.item}" for one in quoted if not one.checked})
    text = "Modelled: calls counted on a local cloud, times prices of us-east-1"
    if days:
        text += f" quoted on {days[0]}" if days[0] == days[-1] else f" of {days[0]} to {days[-1]}"
    text += " (data/prices.csv), no free tier taken off, no tax added."
    if region != REGION:
        text += f" Prices of {region} are taken to be {ELSEWHERE} times as high."
    if unsure:
        text += f" Without a dated source: {', '.join(unsure)}."
    return text


def _shares(lines: Sequence[Line]) -> str:
    """The two services that cost most: ", mostly sqs and lambda"."""
    by_service: dict[str, float] = {}
    for line in lines:
        by_service[line.price.service] = by_service.get(line.price.service, 0.0) + line.usd
    most = sorted(by_service.items(), key=lambda share: -share[1])
    shown = [service for service, amount in most if amount][:2]
    return f", mostly {' and '.join(shown)}" if shown else ""
