"""Sizes and rates as people write them: "80 TB", "3 PB", "10 Gbps", "1.5 GB/s".

Three things must not be mixed up: bits (b) and bytes (B), powers of ten (TB) and of two (TiB), and
a size with a rate. Libraries were tried for this in November 2026, and none does all of it:
humanfriendly 10.0 takes "80 TBs" for 80 TB and "10 Gb/s" for 10 GB; pint 0.25 reads "10 Gb/s" as
gilberts, a unit of magnetism; bitmath 2.1 knows no rates. So here is a table of our own.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal

from patternlab.hpc.errors import HPCError

_DECIMAL = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15, "E": 10**18}
_BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60}
_PREFIXES = _DECIMAL | _BINARY

#: unit -> bytes
SIZES = {f"{prefix}B": factor for prefix, factor in _PREFIXES.items()}
#: unit -> bits per second
RATES = {
    f"{prefix}{unit}": factor * bits
    for prefix, factor in _PREFIXES.items()
    for unit, bits in (("bps", 1), ("bit/s", 1), ("b/s", 1), ("B/s", 8), ("Bps", 8))
}
_WRITTEN = re.compile(r"(\d[\d,_]*(?:\.\d+)?|\.\d+)\s*([A-Za-z/]+)")


def size(text: str | float) -> int:
    """Bytes of a size such as "80 TB" or "1.5 PiB"; a plain number means bytes.

    Raises:
        HPCError: it is not a size; the message says what to write instead.
    """
    return round(_value(text, SIZES, "a size", "80 TB"))


def rate(text: str | float) -> float:
    """Bits per second of a rate such as "10 Gbps" or "1.25 GB/s"; a plain number means bit/s.

    Raises:
        HPCError: it is not a rate; the message says what to write instead.
    """
    return float(_value(text, RATES, "a rate", "10 Gbps"))


def _value(text: str | float, units: dict[str, int], what: str, example: str) -> Decimal | float:
    number: Decimal | float
    if isinstance(text, int | float) and not isinstance(text, bool):
        number, factor = text if math.isfinite(text) else -1, 1
    else:
        found = _WRITTEN.fullmatch(text.strip()) if isinstance(text, str) else None
        if found is None:
            raise HPCError(f"{text!r} is not {what}: write a number and a unit, such as {example}.")
        number = Decimal(re.sub("[,_]", "", found[1]))
        factor = units.get(found[2]) or _refuse(found[1], found[2], units, what)
    if number <= 0:
        raise HPCError(f"{text!r} is not {what}: it must be above 0, such as {example}.")
    return number * factor


def _refuse(number: str, unit: str, units: dict[str, int], what: str) -> int:
    """Raise an error that says what is wrong with the unit, and what to write."""
    written = f"{number} {unit}"
    if unit in SIZES and units is RATES:
        reason = f"{written} is a size, not a rate: a rate is a size in a time, like {written}/s"
    elif unit in RATES:
        reason = f"{written} is a rate, not a size: leave the time away, like 10 GB"
    elif unit.removesuffix("s") in units:
        reason = f"{unit!r} is no unit: units have no plural. Write {number} {unit[:-1]}"
    elif f"{unit[:-1]}B" in SIZES and unit.endswith("b"):
        reason = (
            f"{written} counts bits, and a size counts bytes: 8 {unit} are 1 {unit[:-1]}B. "
            f"Write {number} {unit[:-1]}B if that is what you mean"
        )
    elif close := _same_letters(unit, units):
        reason = (
            f"{unit!r} is no unit: capital letters matter, b is a bit and B a byte. "
            f"Write {' or '.join(f'{number} {one}' for one in close)}"
        )
    else:
        known = "B, kB, MB, GB, TB, PB, EB, or KiB, MiB, GiB, TiB, PiB, EiB"
        if units is RATES:
            known = "kbps, Mbps, Gbps, Tbps (bits per second), or MB/s, GB/s (bytes per second)"
        reason = f"{unit!r} is no unit of {what}. Write {known}"
    raise HPCError(reason + ".")


def _same_letters(unit: str, units: dict[str, int]) -> list[str]:
    found = [known for known in units if known.lower() == unit.lower()]
    return found + ([f"{unit[0]}iB"] if unit == "KB" and units is SIZES else [])


def size_text(count: float) -> str:
    """`count` bytes in the largest decimal unit of which there is at least one: "80 TB"."""
    return _text(count, "B")


def rate_text(bits: float) -> str:
    """`bits` a second in the largest decimal unit of which there is at least one: "10 Gbps"."""
    return _text(bits, "bps")


def _text(value: float, unit: str) -> str:
    fitting = [prefix for prefix, factor in _DECIMAL.items() if value >= factor]
    prefix = fitting[-1] if fitting else ""
    return f"{_digits(value / _DECIMAL[prefix])} {prefix}{unit}"


def time_text(hours: float) -> str:
    """Hours in words of at most three digits: "45 min", "22 h", "9.3 days", "2.5 years"."""
    for limit, factor, word in ((1, 60, "min"), (48, 1, "h"), (730 * 24, 1 / 24, "days")):
        if hours < limit:
            return f"{_digits(hours * factor)} {word}"
    return f"{_digits(hours / 8766)} years"


def _digits(value: float) -> str:
    """Three digits, more only left of the point."""
    return f"{value:,.0f}" if value >= 99.5 else f"{value:.3g}"
