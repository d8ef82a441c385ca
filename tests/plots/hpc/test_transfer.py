"""The crossover chart: its twin, its words, and labels that do not touch."""

import numpy as np
import pytest

from patternlab.hpc.errors import HPCError
from patternlab.hpc.transfer import OPTIONS, Site, crossovers, estimate
from patternlab.plots.hpc.transfer import LINE, SHOWN, _apart, transfer_times

SITE = Site("1 Gbps", drives="100 TB", storage="100 Gbps")


def test_the_twin_says_the_days_of_each_way_and_who_is_first():
    table = transfer_times(SITE, load="80 TB").table.set_index("load")
    assert list(table.index) == ["1 TB", "10 TB", "80 TB", "100 TB", "1 PB", "10 PB", "100 PB"]
    assert table.loc["80 TB", "internet"] == "9.26 days"
    assert table.loc["80 TB", "first"] == "internet"
    assert table.loc["100 PB", "first"] == "Direct Connect 100G"


def test_what_is_closed_is_drawn_and_told_and_never_first():
    picture = transfer_times(SITE)
    assert "Snowball Edge (closed)" in picture.table
    assert (
        "Closed to this site: Snowball Edge (existing customers since 2025-11-07)." in picture.alt
    )
    assert "Snowball Edge" not in set(picture.table["first"])


def test_who_had_snowball_edge_before_sees_it_open():
    picture = transfer_times(Site("1 Gbps", snowball=True))
    assert "Snowball Edge" in picture.table and "Closed" not in picture.alt


def test_the_alternative_text_names_the_crossovers():
    (_, internet), (size, terminal), *_ = crossovers(SITE, SHOWN, first="1 TB")
    alt = transfer_times(SITE, load="80 TB").alt
    assert f"First is {internet} up to {size / 1e12:.3g} TB, then {terminal}" in alt
    assert "80 TB: first is internet." in alt


def test_the_curves_are_the_models():
    axes = transfer_times(SITE, ["hosted 10G", "internet"]).figure.axes[1]
    line = axes.lines[0]
    expected = [estimate("hosted 10G", size, SITE).days for size in line.get_xdata()]
    assert np.allclose(line.get_ydata(), expected)
    assert axes.get_xscale() == axes.get_yscale() == "log"


def test_what_nobody_knows_is_not_drawn_and_told_as_unknown():
    picture = transfer_times(SITE, ["internet", "Snowmobile"])
    assert set(picture.table["Snowmobile (closed)"]) == {"unknown"}


def test_a_terminal_is_no_way_for_those_without_drives_or_an_enterprise_agreement():
    bare, small = Site("1 Gbps"), Site("1 Gbps", drives="1 TB", enterprise=False)
    options = ["internet", "Data Transfer Terminal"]
    assert set(transfer_times(bare, options).table["Data Transfer Terminal"]) == {"never"}
    picture = transfer_times(small, options)
    assert "Data Transfer Terminal (not for this site)" in picture.table
    assert set(picture.table["first"]) == {"internet"}


def test_labels_are_moved_apart_and_stay_in_order():
    for places in ([1.0, 1.0, 1.0], [3.9, 3.91, 3.92, 3.92], [0.1, 2.0, 2.01]):
        moved = _apart(places)
        assert all(np.diff(moved) >= LINE - 1e-9)


def test_a_load_beyond_the_axis_is_drawn_too():
    picture = transfer_times(SITE, load="1 GB")
    assert picture.table["load"].iloc[0] == "1 GB"
    assert picture.png(50)


@pytest.mark.parametrize("options", [[], OPTIONS])
def test_no_ways_or_too_many_are_refused(options):
    with pytest.raises(ValueError, match=f"1 to 8 .*{len(options)}"):
        transfer_times(SITE, options)


def test_a_wrong_size_is_refused():
    with pytest.raises(HPCError, match="TBs"):
        transfer_times(SITE, load="80 TBs")
