"""An emulated wire: what a slower network would make of the ping-pong on this machine.

The receiver holds each message until it is due (``patternlab.hpc.pingpong.emulated``). Such
numbers are *emulated*: they show what the asked curve does to a program, and prove nothing of a
network.
"""

from __future__ import annotations

import pandas as pd

from patternlab.hpc.errors import HPCError
from patternlab.hpc.measure.results import Report
from patternlab.hpc.pingpong import emulated

#: How close a median is to the asked time where the machine reaches it.
WITHIN = 0.03


class Wire(emulated.Wire):
    """A wire by its latency `alpha_us` in microseconds and its `gbps`, 10^9 bits per second.

    ``Wire(25, gbps=10)`` takes 25 us + n / 10 Gbps; ``microseconds(size)`` says how long that is.

    Raises:
        HPCError: a number is out of range.
    """

    def __post_init__(self) -> None:
        try:
            super().__post_init__()
        except emulated.WireError as error:
            raise HPCError(str(error)) from None


def reached(report: Report, within: float = WITHIN) -> pd.DataFrame:
    """Compare a report with its emulated wire: at which sizes could this machine keep up?

    Returns:
        One row per size, its index: ``asked_us``, ``median_us``, ``off`` (relative), ``late``
        (share of the messages that came later than due) and ``reached``.

    Raises:
        HPCError: the report is not of an emulated wire.
    """
    if not report.data["wire"]:
        raise HPCError("This report was measured without an emulated wire: nothing was asked.")
    table = report.table()[["asked_us", "median_us", "late"]]
    off = table["median_us"] / table["asked_us"] - 1
    table.insert(2, "off", off)
    return table.assign(reached=off.abs() <= within)
