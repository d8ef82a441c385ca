"""Bandwidth curves: bytes by time, in Gbit/s."""

import pytest

from patternlab.plots import bandwidth_curve

CURVES = {"a": {1: 8.0, 1000: 10.0, 1_000_000: 1000.0}, "b": {1000: 2.0}}


def test_the_twin_holds_gbit_a_second():
    table = bandwidth_curve(CURVES).table
    assert list(table.columns) == ["size_bytes", "a", "b"]
    assert table["a"].tolist() == [0.001, 0.8, 8.0]  # 1000 bytes in 10 us are 0.8 Gbit/s
    assert table["b"].dropna().tolist() == [4.0]


def test_the_words_name_the_best_size_and_the_line():
    alt = bandwidth_curve(CURVES, line_gbps=100).alt
    assert "a at most 8 Gbps, at 977 KiB" in alt
    assert alt.endswith("The line rate is 100 Gbps.")


def test_a_time_of_0_is_refused():
    with pytest.raises(ValueError, match="'a'"):
        bandwidth_curve({"a": {1: 0.0}})
