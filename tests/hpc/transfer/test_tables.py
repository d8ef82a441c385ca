"""The quoted numbers: each known, dated, and honest about what nobody says."""

import pytest

from patternlab import facts
from patternlab.hpc.errors import HPCError
from patternlab.hpc.transfer import OPTIONS, number, price, status


@pytest.mark.parametrize("table", ["transfer", "transfer_status"])
def test_what_is_not_checked_says_why(table):
    rows = facts.read(table)
    assert set(rows["checked"]) <= {"yes", "no"}
    unsure = rows.query("checked == 'no'")["source"]
    assert unsure.str.contains("no source found|undated").all()
    assert not rows.query("checked == 'yes'")["source"].str.contains("assumption").any()


def test_no_number_stands_twice_and_every_option_has_a_status():
    rows = facts.read("transfer")
    assert not rows.duplicated(["option", "item"]).any()
    assert all(status(option).words for option in OPTIONS)


@pytest.mark.parametrize(
    ("option", "since", "enterprise", "customer"),
    [
        ("Snowball Edge", "2025-11-07", False, True),
        ("Snowmobile", "2024", False, False),
        ("Data Transfer Terminal", "", True, False),
    ],
)
def test_who_can_order_what_today(option, since, enterprise, customer):
    known = status(option)
    assert known.since.startswith(since)
    assert known.is_open_to(enterprise=True, customer=False) is enterprise
    assert known.is_open_to(enterprise=False, customer=True) is customer
    assert known.is_open_to(enterprise=True, customer=True) is (enterprise or customer)


def test_the_limits_of_datasync_basic():
    assert number("DataSync Basic", "rate") == 10
    assert number("DataSync Basic", "files") == 50_000_000


def test_every_direct_connect_has_its_rate_and_price():
    for port, gbps, usd in (
        ("1G", 1, 0.30),
        ("10G", 10, 2.25),
        ("100G", 100, 22.5),
        ("400G", 400, 85),
    ):
        assert number(f"Direct Connect {port}", "rate") == gbps
        assert price("directconnect", f"dedicated-{port}") == usd


def test_an_unknown_row_is_one_sentence():
    with pytest.raises(HPCError, match=r"transfer.csv.*\('internet', 'colour'\)"):
        number("internet", "colour")
    with pytest.raises(HPCError, match="prices.csv"):
        price("datasync", "ultra")
