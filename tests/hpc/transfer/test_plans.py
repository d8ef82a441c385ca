"""Hours, days and dollars of each way, against arithmetic by hand."""

import math

import pytest

from patternlab.hpc.errors import HPCError
from patternlab.hpc.transfer import OPTIONS, Site, compare, crossovers, estimate, quickest

SITE = Site("1 Gbps", drives="100 TB")


@pytest.mark.parametrize(
    ("load", "link", "hours"),
    [
        ("10 TB", "1 Gbps", 27.8),
        ("10 TB", "10 Gbps", 2.8),
        ("100 TB", "1 Gbps", 277.8),
        ("100 TB", "100 Gbps", 2.8),
        ("1 PB", "10 Gbps", 277.8),
    ],
)
def test_how_long_a_line_at_four_fifths_takes(load, link, hours):
    """Hours at 80 % of the line (hpc-59)."""
    assert estimate("internet", load, Site(link)).hours == pytest.approx(hours, rel=0.01)


def test_a_vpn_is_no_faster_than_its_tunnel_nor_than_the_line_it_goes_through():
    narrow, wide = Site("100 Mbps"), Site("10 Gbps")
    assert estimate("VPN", "1 TB", narrow).hours == estimate("internet", "1 TB", narrow).hours
    assert estimate("VPN", "1 TB", wide).hours == pytest.approx(1e12 * 8 / 1.25e9 / 3600)


def test_others_on_the_line_slow_the_internet_and_not_a_line_of_ones_own():
    busy = Site("1 Gbps", utilisation=0.4)
    assert (
        estimate("internet", "80 TB", busy).hours == 2 * estimate("internet", "80 TB", SITE).hours
    )
    assert estimate("hosted 10G", "80 TB", busy) == estimate("hosted 10G", "80 TB", SITE)


def test_direct_connect_brings_its_own_line_and_weeks_of_lead():
    plan = estimate("Direct Connect 10G", "80 TB", SITE, tool="own copy")
    assert plan.hours == pytest.approx(22.22, rel=1e-3)
    assert plan.lead_days == (14, 63)
    assert plan.days == pytest.approx(63 + 22.22 / 24, rel=1e-3)
    assert plan.usd == pytest.approx(22.22 * 2.25, rel=1e-3)


def test_a_circuit_is_paid_by_the_month():
    plan = estimate("hosted 10G", "80 TB", Site("1 Gbps", circuit=900), tool="own copy")
    assert plan.usd == pytest.approx(22.22 * 2.48 + 900, rel=1e-3)


def test_datasync_charges_by_the_gigabyte_whatever_the_line():
    enhanced = estimate("internet", "80 TB", SITE)
    basic = estimate("internet", "80 TB", SITE, tool="DataSync Basic")
    assert enhanced.usd == pytest.approx(80_000 * 0.015 + 0.55)
    assert basic.usd == pytest.approx(80_000 * 0.0125)
    assert estimate("internet", "80 TB", SITE, tool="own copy").usd == 0


def test_storage_can_be_slower_than_the_line():
    slow = Site("1 Gbps", storage="2 Gbps")
    assert estimate("Direct Connect 100G", "10 TB", slow).hours == pytest.approx(11.11, rel=1e-3)


def test_the_terminal_wants_drives_and_a_visit_for_each_filling():
    one = estimate("Data Transfer Terminal", "100 TB", SITE)
    three = estimate("Data Transfer Terminal", "300 TB", SITE)
    upload = 100e12 * 8 / 160e9 / 3600
    assert one.hours == pytest.approx(upload + 4)
    assert three.hours == pytest.approx(3 * upload + 5 * 4)
    assert (one.usd, three.usd) == (2 * 2 * 300, 3 * 2 * 2 * 300)
    slow = Site("1 Gbps", drives="100 TB", storage="40 Gbps")
    assert estimate("Data Transfer Terminal", "100 TB", slow).usd == 6 * 300  # 5.6 h on one fibre
    none = estimate("Data Transfer Terminal", "1 TB", Site("1 Gbps"))
    assert "bring your own drives" in none.why_not and math.isinf(none.hours)


def test_what_is_closed_is_told_and_never_meets_anything():
    for closed in ("Snowball Edge", "Snowmobile"):
        plan = estimate(closed, "80 TB", SITE)
        assert not plan.is_open and not plan.meets()
    kept = Site("1 Gbps", snowball=True)
    assert estimate("Snowball Edge", "80 TB", kept).meets(days=30, usd=5000)
    assert not estimate("Snowmobile", "80 TB", kept).is_open
    assert not estimate("Data Transfer Terminal", "1 TB", Site("1 Gbps", enterprise=False)).is_open


def test_nobody_said_how_long_a_snowmobile_takes_to_come():
    plan = estimate("Snowmobile", "100 PB", SITE)
    assert math.isnan(plan.days)
    assert plan.hours / 24 == pytest.approx(9.26, rel=1e-3)  # "about 10 days to fill"
    assert plan.usd == 500_000


def test_a_plan_is_held_against_its_worst_days_and_its_dollars():
    plan = estimate("hosted 10G", "80 TB", SITE)
    assert plan.days - plan.lead_days[1] + plan.lead_days[0] < 4 < plan.days
    assert plan.meets(days=15) and not plan.meets(days=4) and not plan.meets(usd=1000)


def test_too_many_files_for_basic_is_no_plan_and_says_why():
    plan = estimate("internet", "1 TB", SITE, tool="DataSync Basic", files=120e6)
    assert "split them over 3 tasks" in plan.why_not and not plan.meets()
    assert estimate("internet", "1 TB", SITE, tool="DataSync Basic", files=120e6, tasks=3).meets()


def test_the_table_has_a_row_for_each_way_and_says_what_is_closed():
    table = compare("80 TB", SITE)
    assert list(table["way"]) == list(OPTIONS)
    row = table.set_index("way").loc["Snowball Edge"]
    assert row["who can order it"] == "existing customers since 2025-11-07"
    assert table.set_index("way").loc["Snowmobile", "days in all"] == "unknown"


def test_the_quickest_is_one_that_can_be_ordered():
    assert quickest("1 GB", SITE) == "internet"
    assert quickest("500 TB", SITE) == "Data Transfer Terminal"
    with pytest.raises(HPCError, match="open"):
        quickest("1 GB", SITE, ["Snowmobile", "Snowball Edge"])


def test_at_a_crossover_both_ways_take_as_long():
    options = ["internet", "hosted 10G", "Direct Connect 100G"]
    found = crossovers(SITE, options)
    assert [option for _, option in found] == options
    for (_, before), (size, after) in zip(found, found[1:], strict=False):
        days = [estimate(option, size, SITE).days for option in (before, after)]
        assert days[0] == pytest.approx(days[1], rel=1e-3)


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (
            lambda: estimate("pigeon", "1 TB", SITE),
            "There is no way called 'pigeon': choose one of",
        ),
        (lambda: estimate("internet", "80 TBs", SITE), "units have no plural"),
        (lambda: estimate("internet", "1 TB", SITE, tool="rsync"), "no tool called 'rsync'"),
    ],
)
def test_a_mistake_is_one_sentence(ask, sentence):
    with pytest.raises(HPCError, match=sentence):
        ask()
