"""The tables of data/: each row says where it comes from and when that was read."""

from datetime import date

import pytest

from patternlab import facts
from patternlab.paths import DATA

WRITTEN = sorted(path.stem for path in DATA.glob("*.csv"))


def test_every_file_of_data_is_a_known_table():
    assert set(WRITTEN) <= set(facts.TABLES)


@pytest.mark.parametrize("name", WRITTEN)
def test_each_row_has_a_source_and_a_date_or_its_table_a_command(name):
    table = facts.read(name)
    assert len(table)
    if facts.TABLES[name].made_by:
        return
    assert all(table["source"].str.strip())
    assert all(date(2015, 1, 1) <= day <= date(2030, 1, 1) for day in table["read_on"])


@pytest.mark.parametrize("name", WRITTEN)
def test_no_number_is_negative_or_endless(name):
    table = facts.read(name)
    for column in facts.TABLES[name].numbers:
        assert table[column].between(0, 1e12).all()


def test_an_unknown_table_is_answered_with_the_known_ones():
    with pytest.raises(facts.FactsError, match=r"no table 'price': choose one of prices, "):
        facts.read("price")


def test_a_missing_file_is_answered_with_what_to_do(tmp_path):
    with pytest.raises(facts.FactsError, match=r"prices.csv is missing: get it back with git\."):
        facts.read("prices", tmp_path)
    with pytest.raises(facts.FactsError, match="make it with `python -m patternlab policies`"):
        facts.read("notebook_calls", tmp_path)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("sqs,0.4O,1,2026-01-01", r"line 2: price_usd is '0.4O', not a number\."),
        ("sqs,0.40,1,1.1.2026", r"line 2: read_on is '1.1.2026', not a date like 2026-11-22\."),
        ("sqs,,1,2026-01-01", r"line 2: price_usd is '', not a number\."),
    ],
)
def test_a_bad_cell_is_named_with_its_line(tmp_path, line, sentence):
    (tmp_path / "prices.csv").write_text(f"service,price_usd,per,read_on\n{line}\n")
    with pytest.raises(facts.FactsError, match=sentence):
        facts.read("prices", tmp_path)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b'a,b\n"1,2\n'])
def test_a_file_that_is_no_table_is_one_sentence(tmp_path, content):
    (tmp_path / "prices.csv").write_bytes(content)
    with pytest.raises(facts.FactsError, match="prices.csv (cannot be read|has no column)"):
        facts.read("prices", tmp_path)
