"""What SQS does, how that is known, and the test that proves it: data/sqs_conformance.csv."""

import ast
import csv
import functools
import re
from pathlib import Path

import pytest

from patternlab.authoring import conformance

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "data" / "sqs_conformance.csv"
SQS_ROWS = range(1, 23)  # section 1 of the facts
SOURCES = re.compile(r"\[[DBARNU]\]")


def lines():
    with TABLE.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@functools.cache
def names_of(path):
    """Names of the test functions in a file."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_the_table_has_its_four_columns():
    assert set(lines()[0]) == {"row", "behaviour", "source", "test"}


def test_every_row_of_the_sqs_facts_has_a_line():
    assert {int(line["row"]) for line in lines()} >= set(SQS_ROWS)


def test_no_behaviour_and_no_test_is_named_twice():
    for column in ("behaviour", "test"):
        values = [line[column] for line in lines()]
        assert len(values) == len(set(values))


@pytest.mark.parametrize("line", lines(), ids=lambda line: f"{line['row']}-{line['behaviour']}")
def test_a_line_names_a_test_that_exists_and_names_the_row(line):
    path, name = line["test"].split("::")
    assert (ROOT / path).is_file(), f"There is no {path}."
    assert name in names_of(path), f"There is no {name} in {path}."
    assert name.startswith(f"test_events_{line['row']}_")


def test_every_line_says_where_it_is_known_from():
    assert all(SOURCES.search(line["source"]) and line["behaviour"] for line in lines())


def test_the_page_shows_every_line_of_the_table_and_nothing_else():
    table = conformance.read_table()
    everything = {line["test"] for line in table}
    assert conformance.PAGE.read_text(encoding="utf-8") == conformance.page(table, everything)


def test_the_page_leaves_out_what_is_not_proven():
    table = conformance.read_table()
    proven = {line["test"] for line in table[1:]}
    page = conformance.page(table, proven)
    assert table[0]["behaviour"] not in page
    assert f"{len(table) - 1} of {len(table)} behaviours are proven." in page
