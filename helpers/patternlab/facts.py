"""Read what the course knows: the tables of ``data/`` and the fact sheets of ``data/facts/``.

A quoted row says where it comes from (`source`) and on which day that source said so (`read_on`).
A table that one of our commands writes names the command instead.

Each row of a fact sheet is one fact with an id, such as ``events-39``. Code, tests and notebooks
cite facts by these ids.

>>> sheet = read("caching").set_index("id")
>>> sheet.loc["caching-43", "fact"]
'HTTP APIs have no cache.'
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from patternlab.paths import DATA


class FactsError(RuntimeError):
    """A table of ``data/`` is missing, or it does not hold what it should."""


@dataclass(frozen=True)
class Table:
    """What is known of one CSV file.

    Attributes:
        numbers: the columns that hold numbers; all others hold text.
        made_by: the command that writes the file; empty where people do.
        folder: where the file is, inside ``data/``.
        key: the column in which no two rows may be the same; empty where there is none.
    """

    numbers: Sequence[str] = ()
    made_by: str = ""
    folder: str = ""
    key: str = ""


#: The fact sheets by name, in reading order. An id is the name of its sheet, "-" and a number that
#: stays the same forever; a sheet named ``..._more`` holds newer facts that correct older ones.
SHEETS = (
    "events",
    "sqs_more",
    "eventbridge_more",
    "observability",
    "caching",
    "caching_more",
    "hpc",
    "hpc_more",
)

#: Every CSV file, by its name without .csv.
TABLES = {
    "prices": Table(numbers=["price_usd", "per"]),
    "latency": Table(numbers=["size_bytes", "half_round_trip_us"]),
    "transfer": Table(numbers=["value"]),
    "transfer_status": Table(),
    "notebook_calls": Table(numbers=["calls"], made_by="python -m patternlab policies"),
    **{sheet: Table(folder="facts", key="id") for sheet in SHEETS},
}

#: A citation of a fact, in any text: the sheet, and the number of the fact.
CITATION = re.compile(rf"\b({'|'.join(SHEETS)})-(\d+)\b")


def read(name: str, folder: Path = DATA) -> pd.DataFrame:
    """Return the table `name`: text as str ("" where empty), numbers as float, `read_on` as date.

    Raises:
        FactsError: there is no such table, or a cell is not what its column says.
    """
    if name not in TABLES:
        raise FactsError(f"There is no table {name!r}: choose one of {', '.join(TABLES)}.")
    table = TABLES[name]
    path = folder / table.folder / f"{name}.csv"
    try:
        found = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except FileNotFoundError:
        raise FactsError(f"{path} is missing: {_remedy(table)}.") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise FactsError(f"{path} cannot be read ({error}): {_remedy(table)}.") from None
    for column in table.numbers:
        found[column] = _converted(found, column, float, path, "a number")
    if "read_on" in found:
        found["read_on"] = _converted(
            found, "read_on", date.fromisoformat, path, "a date like 2026-11-22"
        )
    if table.key:
        _check_key(found, table.key, path)
    return found


def _converted(
    found: pd.DataFrame, column: str, convert: Callable[[str], Any], path: Path, wanted: str
) -> pd.Series:
    """The column with each cell converted; a sentence that names the line where one cannot be."""
    _check_column(found, column, path)
    cells = []
    for line, cell in enumerate(found[column], start=2):  # line 1 is the head
        try:
            cells.append(convert(cell))
        except ValueError:
            raise FactsError(f"{path}, line {line}: {column} is {cell!r}, not {wanted}.") from None
    return pd.Series(cells, index=found.index, name=column)


def _check_key(found: pd.DataFrame, key: str, path: Path) -> None:
    """Refuse a sheet in which two rows have one id."""
    _check_column(found, key, path)
    twice = found[key][found[key].duplicated()]
    if len(twice):
        raise FactsError(f"{path} has the {key} {twice.iloc[0]} twice: give each row its own.")


def _check_column(found: pd.DataFrame, column: str, path: Path) -> None:
    if column not in found:
        raise FactsError(f"{path} has no column {column}: {_remedy(TABLES[path.stem])}.")


def _remedy(table: Table) -> str:
    if table.made_by:
        return f"make it with `{table.made_by}`"
    return "get it back with git"
