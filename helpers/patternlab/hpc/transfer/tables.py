"""The quoted limits, dates and prices of the ways to AWS, read from ``data/``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from patternlab import facts
from patternlab.hpc.errors import HPCError
from patternlab.resources.prices import prices

#: Every way there is or was, in the order of the tables. Snowcone was for edge sites, a few TB.
OPTIONS = (
    "internet",
    "VPN",
    "hosted 10G",
    "hosted 25G",
    "Direct Connect 1G",
    "Direct Connect 10G",
    "Direct Connect 100G",
    "Direct Connect 400G",
    "Data Transfer Terminal",
    "Snowball Edge",
    "Snowmobile",
)


@dataclass(frozen=True)
class Status:
    """Who can order an option today.

    Attributes:
        words: "open", "Enterprise customers", "existing customers", "discontinued" or "retired".
        since: the day or month from which that is so (ISO); empty for what is open.
        source: where it is said.
    """

    words: str
    since: str
    source: str

    def is_open_to(self, enterprise: bool, customer: bool) -> bool:
        """Check whether it can be ordered, by an `enterprise` or by an existing `customer`."""
        return {
            "open": True,
            "Enterprise customers": enterprise,
            "existing customers": customer,
        }.get(self.words, False)

    def __str__(self) -> str:
        return f"{self.words} since {self.since}" if self.since else self.words


@cache
def _numbers() -> dict[tuple[str, str], float]:
    rows = facts.read("transfer").to_dict("records")
    return {(row["option"], row["item"]): row["value"] for row in rows}


@cache
def _statuses() -> dict[str, Status]:
    rows = facts.read("transfer_status").to_dict("records")
    return {row["option"]: Status(row["status"], row["since"], row["source"]) for row in rows}


def number(option: str, item: str) -> float:
    """One number of ``data/transfer.csv``; HPCError if it is not there."""
    return _found(_numbers(), (option, item), "data/transfer.csv")


def has(option: str, item: str) -> bool:
    """Whether ``data/transfer.csv`` has a number for that."""
    return (option, item) in _numbers()


def price(service: str, item: str) -> float:
    """US dollars for one unit, from ``data/prices.csv``; HPCError if it is not there."""
    return _found(prices(), (service, item), "data/prices.csv").cost(1)


def status(option: str) -> Status:
    """Who can order `option` today; HPCError if there is no such option."""
    return _found(_statuses(), option, "data/transfer_status.csv")


def checked_option(name: object) -> str:
    """`name`, if there is or was such a way."""
    if name not in OPTIONS:
        raise HPCError(f"There is no way called {name!r}: choose one of {', '.join(OPTIONS)}.")
    return name


def _found(table, key, file):
    if key not in table:
        raise HPCError(f"{file} has no row for {key}: add one, with its source and day.")
    return table[key]
