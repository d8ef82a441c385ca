"""`python -m patternlab cost`."""

import pytest

from patternlab.account.cost.card import card, cards, usd
from patternlab.cli import main


@pytest.fixture
def cost(capsys):
    def run(*arguments):
        assert main(["cost", *arguments]) == 0
        said = capsys.readouterr()
        assert said.err == ""
        return said.out

    return run


def test_the_table_has_a_row_for_each_notebook(cost):
    rows = [line.split() for line in cost().splitlines()]
    for one in cards().values():
        row = next(row for row in rows if row and row[0] == one.notebook)
        assert row[1:4] == [usd(one.run), usd(one.per_hour), usd(one.per_month)]


@pytest.mark.parametrize("name", ["01-sqs-lambda-dlq", "notebooks/01-sqs-lambda-dlq.ipynb"])
def test_one_notebook_is_shown_with_its_lines(cost, name):
    said = cost(name)
    one = card("01-sqs-lambda-dlq")
    assert said.startswith(str(one))
    for line in (*one.of_run, *one.of_hour):
        assert any(
            shown.startswith(line.what) and shown.endswith(usd(line.usd))
            for shown in said.splitlines()
        )
    assert "0.5 for 1,000,000 requests, 2026-03-14" in said
    assert "0.0000166667 for GB-seconds, 2026-03-08" in said


def test_the_lines_say_which_price_has_no_dated_source(cost):
    line = next(line for line in cost("05-s3-events").splitlines() if "events of objects" in line)
    assert "no dated source" in line


def test_a_notebook_that_nobody_counted_says_so(cost):
    assert "Nobody has counted what my-own asks of AWS" in cost("my-own")
