"""What is said of a cluster file, and where."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

import pandas as pd

from patternlab.hpc.parallelcluster.created import Cluster

#: From grave to harmless. "not judged" is what only a real account can tell.
LEVELS = ("error", "warning", "info", "not judged")
WHOLE = "ParallelCluster"  # the validator's name where no single validator says it
WIDTH = 96  # characters of a line


@dataclass(frozen=True)
class Finding:
    """One thing that is said of a file.

    Attributes:
        level: one of `LEVELS`.
        where: the path, such as ``Scheduling.SlurmQueues[0].Name``; empty for the whole file.
        line: of the file, counted from 1.
        message: in AWS's own words; ours where the file cannot be read as YAML.
        validator: who says it: a validator of AWS's package, "schema", or "YAML".
        advice: one sentence what to do.
    """

    level: str
    where: str
    line: int
    message: str
    validator: str
    advice: str

    def __str__(self) -> str:
        place = f"line {self.line}" + (f", {self.where}" if self.where else "")
        parts = [f"{self.level} at {place} ({self.validator})"]
        for who, text in (("says", self.message), ("do", self.advice)):
            parts.append(
                textwrap.fill(
                    text,
                    WIDTH,
                    initial_indent=f"  {who + ':':6}",
                    subsequent_indent=" " * 8,
                    break_long_words=False,
                    break_on_hyphens=False,
                )
            )
        return "\n".join(parts)


@dataclass(frozen=True, repr=False)
class Judgement:
    """All that is said of one file. It prints itself.

    Attributes:
        findings: the gravest first, then from the top of the file to its end.
        cluster: what the file would create; None if that is not known.
        assumed: what was taken for granted, in sentences.
    """

    findings: tuple[Finding, ...]
    cluster: Cluster | None
    assumed: tuple[str, ...] = ()

    @property
    def accepted(self) -> bool:
        """Is there no error? Then ``pcluster create-cluster`` would begin to create it."""
        return self.complete and not self.of_level("error")

    @property
    def complete(self) -> bool:
        """Was all judged that can be judged here? Not where something absent ended it."""
        return all(finding.validator != WHOLE for finding in self.of_level("not judged"))

    def of_level(self, level: str) -> tuple[Finding, ...]:
        """The findings of one of `LEVELS`."""
        return tuple(finding for finding in self.findings if finding.level == level)

    def table(self) -> pd.DataFrame:
        """One row per finding: level, line, where, says, do, validator."""
        columns = ["level", "line", "where", "says", "do", "validator"]
        rows = [(f.level, f.line, f.where, f.message, f.advice, f.validator) for f in self.findings]
        return pd.DataFrame(rows, columns=columns)

    @property
    def summary(self) -> str:
        """The verdict in a line: accepted or refused, and the number of findings."""
        counts = [(len(self.of_level(level)), level) for level in LEVELS]
        told = ", ".join(f"{count} {_counted(level, count)}" for count, level in counts if count)
        if not self.complete:
            verdict = "Not judged to the end"
        else:
            verdict = "Accepted" if self.accepted else "Refused"
        return f"{verdict}: {told or 'nothing to say'}."

    def __repr__(self) -> str:
        return "\n\n".join([self.summary, *map(str, self.findings)])


def _counted(level: str, count: int) -> str:
    return f"{level}s" if count > 1 and level in ("error", "warning") else level
