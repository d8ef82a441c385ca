"""Latency curves, with their fits and the half-bandwidth size."""

import pandas as pd
import pytest

from patternlab.hpc.hockney import Hockney
from patternlab.plots import latency_curve

CURVES = {
    "TCP (measured)": {1: 5.0, 1024: 6.0, 1 << 20: 900.0},
    "EFA (quoted)": pd.Series({1: 15.6, 1 << 20: 287.0}),
    "ENA (quoted)": {1: 25.0},
}


def test_the_twin_has_a_row_for_each_size_and_a_column_for_each_curve_and_fit():
    table = latency_curve(CURVES, fits={"EFA": Hockney(15, 30)}).table
    assert list(table.columns) == ["size_bytes", *CURVES, "EFA (modelled)"]
    assert table["size_bytes"].tolist() == [1, 1024, 1 << 20]
    assert table["EFA (modelled)"].tolist() == [15.0, 15.27, 294.62]
    assert table["ENA (quoted)"].isna().tolist() == [False, True, True]


def test_the_words_name_the_ends_and_the_half_bandwidth_size():
    alt = latency_curve(CURVES, fits={"EFA": Hockney(16, 32)}).alt
    assert "TCP (measured) 5 us at 1 B to 900 us at 1 MiB" in alt
    assert "ENA (quoted) 25 us at 1 B." in alt
    assert "EFA: 16 us and 32 Gbps, n½ 62.5 KiB" in alt


def test_curves_differ_in_mark_and_dashes_too():
    lines = latency_curve(CURVES).figure.axes[0].get_lines()
    assert len({line.get_marker() for line in lines}) == 3
    assert len({line.get_linestyle() for line in lines}) >= 2


@pytest.mark.parametrize("count", [0, 6])
def test_more_lines_than_can_be_told_apart_are_refused(count):
    with pytest.raises(ValueError, match=f"1 to 5 .*{count}"):
        latency_curve({str(n): {1: 0.5} for n in range(count)})
