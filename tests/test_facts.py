"""The tables and fact sheets of data/: each row says where it comes from and when that was read."""

from datetime import date
from pathlib import Path

import pytest

from patternlab import facts
from patternlab.paths import DATA


def test_the_tables_are_the_files_of_data():
    files = {path.relative_to(DATA) for path in DATA.rglob("*.csv")}
    tables = {Path(table.folder, f"{name}.csv") for name, table in facts.TABLES.items()}
    assert files == tables


@pytest.mark.parametrize("name", facts.TABLES)
def test_each_row_has_a_source_and_a_date_or_its_table_a_command(name):
    table = facts.read(name)
    assert len(table)
    if facts.TABLES[name].made_by:
        return
    assert all(table["source"].str.strip())
    assert all(date(2015, 1, 1) <= day <= date(2030, 1, 1) for day in table["read_on"])


@pytest.mark.parametrize("name", facts.TABLES)
def test_no_number_is_negative_or_endless(name):
    table = facts.read(name)
    for column in facts.TABLES[name].numbers:
        assert table[column].between(0, 1e12).all()


@pytest.mark.parametrize("sheet", facts.SHEETS)
def test_a_fact_says_how_sure_it_is_and_has_the_id_of_its_sheet(sheet):
    table = facts.read(sheet)
    assert set(table["confidence"]) <= {"high", "medium", "low"}
    assert all(table["id"].str.fullmatch(rf"{sheet}-[1-9]\d*"))
    assert all(table["fact"].str.strip())


def test_a_sheet_with_an_id_twice_is_refused(tmp_path):
    (tmp_path / "facts").mkdir()
    (tmp_path / "facts" / "hpc.csv").write_text("id,fact\nhpc-1,a\nhpc-2,b\nhpc-1,c\n")
    with pytest.raises(facts.FactsError, match=r"hpc\.csv .*hpc-1"):
        facts.read("hpc", tmp_path)


def test_an_unknown_table_is_answered_with_the_known_ones():
    with pytest.raises(facts.FactsError, match="'price'.*prices"):
        facts.read("price")


@pytest.mark.parametrize(
    ("name", "remedy"), [("prices", "git"), ("notebook_calls", "python -m patternlab policies")]
)
def test_a_missing_file_is_answered_with_what_to_do(tmp_path, name, remedy):
    with pytest.raises(facts.FactsError, match=rf"{name}\.csv .*{remedy}"):
        facts.read(name, tmp_path)


@pytest.mark.parametrize(
    ("line", "cell"),
    [
        ("sqs,0.4O,1,2026-01-01", "price_usd is '0.4O'"),
        ("sqs,0.40,1,1.1.2026", "read_on is '1.1.2026'"),
        ("sqs,,1,2026-01-01", "price_usd is ''"),
    ],
)
def test_a_bad_cell_is_named_with_its_line(tmp_path, line, cell):
    (tmp_path / "prices.csv").write_text(f"service,price_usd,per,read_on\n{line}\n")
    with pytest.raises(facts.FactsError, match=f"line 2: {cell}"):
        facts.read("prices", tmp_path)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b'a,b\n"1,2\n'])
def test_a_file_that_is_no_table_is_refused(tmp_path, content):
    (tmp_path / "prices.csv").write_bytes(content)
    with pytest.raises(facts.FactsError, match=r"prices\.csv"):
        facts.read("prices", tmp_path)
