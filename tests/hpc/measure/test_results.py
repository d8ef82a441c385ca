"""Reading a report, wherever in an output it stands."""

import json

import pytest

from patternlab.hpc.errors import HPCError
from patternlab.hpc.measure import results
from tests.hpc.reports import a_report


def test_a_report_is_found_in_all_that_a_command_printed():
    text = f"# 1/1: 1 B, 15.60 us\n{json.dumps(a_report())}\nsomething else\n"
    report = results.read(text)
    assert report.kind == results.NETWORK
    assert report.hosts == ("node-0", "node-1")
    assert report.latency_us == 15.6


def test_a_rank_may_have_printed_in_the_same_line_before():
    assert results.read("noise" + json.dumps(a_report())).transport == "efa"


def test_a_file_is_read_by_its_path(tmp_path):
    file = tmp_path / "report.json"
    file.write_text(json.dumps(a_report()))
    assert results.read(file) == results.read(str(file))


def test_mpich_s_own_words_on_its_providers_are_kept():
    text = (
        "provider: tcp, score = 4, pref = 0, FI_SOCKADDR_IN [16] 192.0.2.2\n"
        "provider: tcp;ofi_rxm, score = 4, pref = 0, FI_SOCKADDR_IN [16] 192.0.2.2\n"
        "provider: tcp, score = 0, pref = 0, FI_SOCKADDR_IN [16] 127.0.0.1\n"
        "libfabric provider: tcp;ofi_rxm - 192.0.2.0/24\n"
        f"{json.dumps(a_report())}\n"
    )
    report = results.read(text)
    assert report.providers == ("tcp", "tcp;ofi_rxm")
    assert report.chosen == "tcp;ofi_rxm"
    assert results.read(json.dumps(a_report())).chosen is None


def test_a_table_has_a_row_a_size():
    table = results.read(json.dumps(a_report())).table()
    assert table.index.name == "size_bytes"
    assert list(table.columns) == ["trips", "median_us", "p99_us", "mean_us", "bandwidth_MBps"]


def test_a_size_that_was_not_measured_is_told_so():
    with pytest.raises(HPCError, match="4 bytes .* 1"):
        results.read(json.dumps(a_report())).median_us(4)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("nothing of interest\n", "There is no report"),
        ('{"format": "ping-pong 1", cut\n', "There is no report"),
        ("pingpong: A ping-pong has two ranks.\n", "did not run: A ping-pong has two ranks"),
        ('{"format": "ping-pong 9"}\n', "format 'ping-pong 9'"),
        ("no/such/file.json", "No report can be read from no/such/file.json"),
    ],
)
def test_what_holds_no_report_is_told_so(text, sentence):
    with pytest.raises(HPCError, match=sentence):
        results.read(text)
