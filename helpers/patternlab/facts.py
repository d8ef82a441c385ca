"""Read the tables of ``data/``: what AWS says and does, and what we counted ourselves.

A quoted table says of each row where it comes from (`source`) and on which day that source said so
(`read_on`). A table that a command of ours writes names the command instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from patternlab.paths import DATA


class FactsError(RuntimeError):
    """A table of ``data/`` is missing or holds something else than it should."""


@dataclass(frozen=True)
class Table:
    """What is known of one file in ``data/``.

    Attributes:
        numbers: the columns that hold numbers; all others hold text.
        read_on: the day for every row (YYYY-MM-DD), where the rows have no such column.
        made_by: the command that writes the file; empty where people do.
    """

    numbers: Sequence[str] = ()
    read_on: str = ""
    made_by: str = ""


#: Every CSV file of data/, by its name without .csv.
TABLES = {
    "prices": Table(numbers=["price_usd", "per"]),
    "sqs_conformance": Table(read_on="2026-11-22"),
    "latency": Table(numbers=["size_bytes", "half_round_trip_us"]),
    "transfer": Table(numbers=["value"]),
    "transfer_status": Table(),
    "notebook_calls": Table(numbers=["calls"], made_by="python -m patternlab policies"),
}


def read(name: str, folder: Path = DATA) -> pd.DataFrame:
    """The table `name`: text as str ("" where empty), numbers as float, `read_on` as date.

    Raises:
        FactsError: there is no such table, or a cell is not what its column says.
    """
    if name not in TABLES:
        raise FactsError(f"There is no table {name!r}: choose one of {', '.join(TABLES)}.")
    table, path = TABLES[name], folder / f"{name}.csv"
    try:
        found = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except FileNotFoundError:
        raise FactsError(f"{path} is missing: {_remedy(table)}.") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise FactsError(f"{path} cannot be read ({error}): {_remedy(table)}.") from None
    if table.read_on:
        found["read_on"] = table.read_on
    for column in table.numbers:
        found[column] = _converted(found, column, float, path, "a number")
    if "read_on" in found:
        found["read_on"] = _converted(
            found, "read_on", date.fromisoformat, path, "a date like 2026-11-22"
        )
    return found


def _converted(found, column, convert, path, wanted) -> pd.Series:
    """The column with each cell converted; a sentence that names the line where one cannot be."""
    if column not in found:
        raise FactsError(f"{path} has no column {column}: {_remedy(TABLES[path.stem])}.")
    cells = []
    for line, cell in enumerate(found[column], start=2):  # line 1 is the head
        try:
            cells.append(convert(cell))
        except ValueError:
            raise FactsError(f"{path}, line {line}: {column} is {cell!r}, not {wanted}.") from None
    return pd.Series(cells, index=found.index, name=column)


def _remedy(table: Table) -> str:
    if table.made_by:
        return f"make it with `{table.made_by}`"
    return "get it back with git"
