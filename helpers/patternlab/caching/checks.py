"""Numbers that a caller gives: checked, or refused in one sentence with what to give instead."""

from __future__ import annotations

import math
from typing import Any


def whole(name: str, given: Any, least: int = 1, most: float = math.inf, advice: str = "") -> int:
    """Return `given` as an int; a ``ValueError`` if it is not whole or not in `least`..`most`."""
    if _is_number(given) and least <= given <= most and given == given // 1:
        return int(given)
    bounds = f"from {least}" if most == math.inf else f"from {least} to {most}"
    raise ValueError(f"{name} must be a whole number {bounds}, not {given!r}. {advice}".rstrip())


def number(
    name: str,
    given: Any,
    unit: str = "",
    *,
    above: bool = False,
    most: float = math.inf,
    endless: bool = False,
    advice: str = "",
) -> None:
    """Raise a ``ValueError`` if `given` is not a number from 0 (or `above` 0) to `most`.

    Infinity is one only if `endless`.
    """
    good = _is_number(given) and (given > 0 if above else given >= 0) and given <= most
    if good and (endless or not math.isinf(given)):
        return
    bounds = "above 0" if above else "from 0"
    bounds += "" if most == math.inf else f" to {most:g}"
    kind = f"a number of {unit}" if unit else "a number"
    raise ValueError(f"{name} must be {kind} {bounds}, not {given!r}. {advice}".rstrip())


def _is_number(given: object) -> bool:
    return hasattr(given, "__float__") and not isinstance(given, bool)
