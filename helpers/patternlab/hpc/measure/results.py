"""Read what the ping-pong reports, from a file or from the output of the command that ran it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from patternlab.hpc.errors import HPCError
from patternlab.hpc.pingpong.report import FORMAT

NETWORK = "network"
SAME_HOST = "same host"


@dataclass(frozen=True)
class Report:
    """One run of the ping-pong; ``patternlab.hpc.pingpong.report`` describes `data`.

    Attributes:
        data: the report as it was written.
        providers: what MPICH said of its libfabric providers (``MPIR_CVAR_DEBUG_SUMMARY=1``), in
            the order in which it tried them; empty where the output has no such lines.
        chosen: the provider that MPICH said it chose, or None.
    """

    data: dict[str, Any]
    providers: tuple[str, ...] = ()
    chosen: str | None = None

    @cached_property
    def _rows(self) -> pd.DataFrame:
        return pd.DataFrame(self.data["rows"])

    @property
    def verdict(self) -> str:
        """What the numbers may be called, in a sentence."""
        return self.data["verdict"]

    @property
    def kind(self) -> str:
        """What was measured, such as "network" or "same host"; see ``pingpong.report``."""
        return self.data["kind"]

    @property
    def transport(self) -> str:
        """What carried the bytes: "tcp", "efa", "shared memory" or "unknown"."""
        return self.data["transport"]

    @property
    def hosts(self) -> tuple[str, ...]:
        """The host of each rank."""
        return tuple(each["host"] for each in self.data["ranks"])

    @property
    def environment(self) -> dict[str, str]:
        """The settings of the first rank that choose a transport."""
        return self.data["ranks"][0]["environment"]

    @property
    def latency_us(self) -> float:
        """The median of the smallest size, in microseconds: half a round trip."""
        return self.median_us(int(self._rows["size_bytes"].min()))

    def median_us(self, size: int) -> float:
        """The median at `size` bytes, in microseconds; over all pairs if there are several.

        Raises:
            HPCError: this size was not measured.
        """
        found = self._rows.loc[self._rows["size_bytes"] == size, "median_us"]
        if found.empty:
            sizes = ", ".join(map(str, sorted(set(self._rows["size_bytes"]))))
            raise HPCError(f"{size} bytes were not measured. There is: {sizes}.")
        return float(found.median())

    def table(self) -> pd.DataFrame:
        """One row per size and pair, indexed by ``size_bytes``; times in us, bandwidth in MB/s."""
        of_one_pair = len(self.data["ranks"]) == 2
        rows = self._rows.drop(columns="ranks") if of_one_pair else self._rows
        return rows.set_index("size_bytes")


def read(source: str | Path) -> Report:
    """Read a report from a file, or from text that holds one: a command's whole output will do.

    Raises:
        HPCError: there is no report in it, or the file cannot be read.
    """
    text = _text(source)
    found = [data for data in map(_report, text.splitlines()) if data]
    if not found:
        said = next((line for line in text.splitlines() if line.startswith("pingpong: ")), None)
        raise HPCError(
            f"The ping-pong did not run: {said.removeprefix('pingpong: ')}"
            if said
            else "There is no report of the ping-pong in this text. Run it with --json -."
        )
    chosen = re.search(r"^libfabric provider: ([\w;]+)", text, re.M)
    providers = re.findall(r"^provider: ([\w;]+), score", text, re.M)
    return Report(found[-1], tuple(dict.fromkeys(providers)), chosen and chosen.group(1))


def _text(source: str | Path) -> str:
    is_text = isinstance(source, str) and ("{" in source or "\n" in source)
    if is_text:
        return str(source)
    try:
        return Path(source).read_text(encoding="utf-8")
    except OSError as error:
        raise HPCError(f"No report can be read from {source}: {error.strerror}.") from None


def _report(line: str) -> dict[str, Any] | None:
    """The report in a line, or None. A rank's output may begin with what another one printed."""
    begin = line.find('{"format": ')
    if begin < 0:
        return None
    try:
        data = json.loads(line[begin:])
    except ValueError:
        return None
    if data["format"] != FORMAT:
        raise HPCError(
            f"This report has the format {data['format']!r}, and this course reads {FORMAT!r}. "
            "Run the ping-pong of this course."
        )
    return data
