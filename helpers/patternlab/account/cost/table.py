"""``python -m patternlab cost``: the cost cards as text, and the lines behind one of them."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import PurePath

from patternlab.account.cost.bill import Line
from patternlab.account.cost.card import Card, card, cards, duration, provenance, usd

HEAD = ("notebook", "one run", "an hour forgotten", "a month forgotten", "it waits")


def report(notebook: str | None) -> str:
    """Return the card of a notebook (its name or path) with its lines, or a table of all."""
    if notebook is None:
        return overview()
    return details(card(PurePath(notebook).name.removesuffix(".ipynb")))


def overview() -> str:
    """Return a row for each notebook that was counted; amounts in US dollars."""
    known = list(cards().values())
    rows = [
        (one.notebook, usd(one.run), usd(one.per_hour), usd(one.per_month), duration(one.seconds))
        for one in known
    ]
    quoted = [line.price for one in known for line in (*one.of_run, *one.of_hour)]
    title = "What the notebooks may cost on a real account, at most, in US dollars (us-east-1)"
    return f"{title}\n{aligned([HEAD, *rows])}\n{textwrap.fill(provenance(quoted), 100)}"


def details(one: Card) -> str:
    """Return the card, and the lines that make up its figures."""
    run = _lines("One run", one.of_run)
    hour = _lines("Forgotten, an hour", one.of_hour)
    return "\n\n".join(part for part in (str(one), run, hour) if part)


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Return rows of text as columns: the first to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if number else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def _lines(title: str, lines: Sequence[Line]) -> str:
    """The lines, the dearest first: what, how many, at which price of which day, US dollars."""
    if not lines:
        return ""
    rows = [
        (line.what, f"{line.units:,.4g}", _quoted(line), usd(line.usd))
        for line in sorted(lines, key=lambda line: -line.usd)
    ]
    return aligned([(f"{title}, us-east-1", "units", "price (quoted)", "USD"), *rows])


def _quoted(line: Line) -> str:
    cost = line.price
    per = "" if cost.per == 1 else f"{cost.per:,.0f} "
    mark = "" if cost.checked else ", no dated source"
    return (
        f"{cost.price:.10f}".rstrip("0").rstrip(".")
        + f" for {per}{cost.unit}, "
        + (f"{cost.read_on}{mark}")
    )
