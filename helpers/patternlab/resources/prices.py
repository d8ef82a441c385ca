"""What AWS charges in us-east-1, from ``data/prices.csv``: each price with its source and day.

The free tier is a note beside the price and is never taken off: what we show is the most it costs.
Where sources disagree, the table holds the dearer figure and marks it as not checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from types import MappingProxyType

from patternlab import facts
from patternlab.resources.errors import AccountError

REGION = "us-east-1"
HOURS_A_MONTH = 730  # as AWS counts a month


class UnknownPrice(AccountError):
    """Nothing can be said about what this costs."""


@dataclass(frozen=True)
class Price:
    """One line of the price table.

    Attributes:
        service: boto3's name of the service, "ec2" for all of a network too.
        item: what is billed, such as "request-fifo".
        unit: what is counted: "requests", "GB-seconds", "hours", "GB-months" (GB: 10**9 bytes).
        price: US dollars for `per` units.
        per: the number of units of `price`.
        free_tier: what an account gets for nothing; not taken off.
        source: where the price is said.
        read_on: the day on which that source said so.
        checked: False where no dated source was found; `source` says what there is instead.
    """

    service: str
    item: str
    unit: str
    price: float
    per: float
    free_tier: str
    source: str
    read_on: date
    checked: bool

    def cost(self, units: float) -> float:
        """Return US dollars for `units` of it."""
        return units * self.price / self.per


@cache
def prices() -> MappingProxyType[tuple[str, str], Price]:
    """Return the whole table: (service, item) -> price."""
    found = {}
    for record in facts.read("prices").to_dict("records"):
        row = {str(key): value for key, value in record.items()}
        row["price"], row["checked"] = row.pop("price_usd"), row["checked"] == "yes"
        found[row["service"], row["item"]] = Price(**row)
    return MappingProxyType(found)


def price(service: str, item: str) -> Price:
    """Return the price of one item.

    Raises:
        UnknownPrice: the table has no such row.
    """
    try:
        return prices()[service, item]
    except KeyError:
        raise UnknownPrice(
            f"data/prices.csv has no price of {item!r} of {service}: "
            "add a row with its source and the day it was read."
        ) from None


def per_hour(service: str, item: str) -> float:
    """Return US dollars per hour for something that is billed as long as it exists.

    Raises:
        UnknownPrice: the table has no such row, or it is not billed by the hour.
    """
    found = price(service, item)
    if found.unit != "hours":
        raise UnknownPrice(f"{item} of {service} is billed by {found.unit}, not by the hour.")
    return found.cost(1)
