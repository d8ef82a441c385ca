"""The cost card and the ceiling."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patternlab.account.calls import CLOUD, NOTEBOOK, Row
from patternlab.account.cost.card import (
    ROUNDING,
    Card,
    Ceiling,
    CostAboveCeiling,
    card,
    cards,
    duration,
    make_card,
    usd,
)
from patternlab.paths import LABS, books
from patternlab.resources.errors import AccountError

SMALL = Card("small", "us-east-1", run=0.10, per_hour=0.05, seconds=60)


# -- the card --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [path.stem for path in books()])
def test_every_notebook_has_a_card(name):
    assert name in cards(), f"nobody has counted what {name} asks of AWS: run make policies"


def test_every_card_is_of_a_notebook():
    gone = set(cards()) - {path.stem for path in books()}
    assert not gone, f"{gone} are no longer there: run make policies"


def test_a_card_by_hand():
    # run        2 x 100 requests and 3,600 questions, all SQS at 0.50 a million = 0.0019
    # an hour    900 polls and 120 failing messages                             = 0.000844
    rows = [
        Row("n", "sqs", "ReceiveMessage", 100, NOTEBOOK),
        Row("n", "cloud", "seconds", 3600, CLOUD),
        Row("n", "sqs", "poll-mappings", 1, CLOUD),
    ]
    made = make_card("n", rows)
    assert made.run == pytest.approx(0.0019)
    assert made.per_hour == pytest.approx(0.000844, rel=1e-4)
    assert made.per_month == pytest.approx(0.000844 * 730, rel=1e-4)
    assert made.seconds == 3600
    assert made.until(4) == pytest.approx(0.0019 + 4 * 0.000844, rel=1e-4)


def test_a_forgotten_mapping_is_what_notebook_01_costs_in_a_month():
    # Polls alone: 900 x 730 x 0.50 / 1e6 = 0.3285 USD, and no free tier is taken off.
    assert 0.3285 < card("01-sqs-lambda-dlq").per_month < 1


def test_a_forgotten_cache_of_an_api_is_what_notebook_07_costs_in_a_month():
    # 0.5 GB at 0.02 USD an hour, 730 hours: 14.60 USD, and the run pays for its own minutes
    one = card("07-api-gateway-cache")
    assert 14.60 <= one.per_month < 14.62
    cache = next(line for line in one.of_run if line.price.item == "cache-0.5GB")
    assert cache.usd == pytest.approx(one.seconds / 3600 * 0.02)
    assert "request-rest" in {line.price.item for line in one.of_run}


def test_a_notebook_without_a_cloud_costs_nothing_and_its_card_says_so():
    for name in ("06-cloudfront-edge-cache", "08-caching-layer"):
        one = card(name)
        assert (one.run, one.per_hour, one.seconds) == (0, 0, 0)
        assert name in one.note


def test_another_region_is_taken_to_be_twice_as_dear():
    here, there = card("01-sqs-lambda-dlq"), card("01-sqs-lambda-dlq", "sa-east-1")
    assert there.run == pytest.approx(2 * here.run)
    assert there.per_month == pytest.approx(2 * here.per_month)
    assert "sa-east-1 are taken to be 2 times as high" in there.provenance


def test_a_notebook_that_nobody_counted_gets_the_dearest_of_each_figure():
    unknown = card("my-own")
    for figure in ("run", "per_hour", "per_month", "seconds"):
        assert getattr(unknown, figure) == max(getattr(one, figure) for one in cards().values())
    assert "my-own" in unknown.note and not card("04-fan-out").note


def test_the_text_is_short_aligned_and_says_where_it_comes_from():
    lines = str(card("01-sqs-lambda-dlq")).splitlines()
    assert lines[0] == "What 01-sqs-lambda-dlq may cost, at most (us-east-1)"
    figures = [re.match(r"  (\S.*?)  +(?=\d)", line) for line in lines[1:5]]
    assert len({match.end() for match in figures}) == 1
    assert len(lines) <= 8 and max(map(len, lines)) <= 100
    said = " ".join(lines)
    assert "data/prices.csv" in said
    assert re.search(r"of 2\d{3}-\d\d-\d\d to 2\d{3}-\d\d-\d\d", said)


def test_what_has_no_dated_source_is_named_on_the_card():
    assert "events s3-event" in card("05-s3-events").provenance
    assert "s3-event" not in card("01-sqs-lambda-dlq").provenance


# -- the ceiling -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "amount"), [("1.00", 1), ("0.5", 0.5), (" 2 ", 2), ("0", 0), ("100", 100)]
)
def test_a_ceiling_is_read(text, amount):
    assert Ceiling.parse(text).usd == amount


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-1",
        "nan",
        "inf",
        "1,00",
        "$1",
        "1 USD",
        "one",
        "1e3",
        "1_000",
        "٣",
        ".5",
        "1.",
        "1.0.0",
    ],
)
def test_what_is_no_price_is_one_sentence(text):
    with pytest.raises(AccountError) as refused:
        Ceiling.parse(text)
    assert f"PATTERNLAB_CEILING={text!r}" in str(refused.value)


def test_a_card_below_the_ceiling_is_agreed_to():
    ceiling = Ceiling(0.30)
    ceiling.check(SMALL, hours=4)  # 0.10 + 4 x 0.05 = 0.30
    assert ceiling.committed == pytest.approx(0.30)


def test_a_card_above_the_ceiling_is_refused_with_both_amounts():
    ceiling = Ceiling(0.25)
    with pytest.raises(CostAboveCeiling, match="small.* 0.30 USD.*4 hours.*0.25 USD"):
        ceiling.check(SMALL, hours=4)
    assert ceiling.committed == 0


def test_a_ceiling_of_nothing_refuses_every_notebook_that_asks_aws_for_something():
    asking = [one for one in cards().values() if one.of_run]
    assert len(asking) >= 7
    for one in asking:
        with pytest.raises(CostAboveCeiling):
            Ceiling(0).check(one)


@pytest.mark.parametrize("name", cards())
def test_a_dollar_is_enough_for_each_notebook_and_a_session_of_four_hours(name):
    Ceiling(4 if (LABS / f"{name}.ipynb").exists() else 1).check(cards()[name], hours=4)


def test_the_lab_costs_its_nodes_until_their_timers_end_them():
    # two nodes for 45 minutes, and 5 more: 1.944 USD an hour, an address, 30 GB of disk
    one = card("efa-ping-pong")
    nodes = 2 * 50 / 60 * (1.944 + 0.005 + 30 * 0.08 / 730)
    assert one.run == pytest.approx(nodes) == pytest.approx(3.2538, abs=1e-4)
    assert one.per_hour == 0


def test_instances_of_the_card_are_not_set_aside_twice():
    ceiling, one = Ceiling(4), card("efa-ping-pong")
    ceiling.check(one, hours=1)
    ceiling.allow("instance", 1, 3.9)
    assert ceiling.committed == pytest.approx(3.9)
    with pytest.raises(CostAboveCeiling, match="1.00 USD"):
        ceiling.allow("instance", 1, 1)  # others are


def test_checking_a_card_again_does_not_count_it_twice():
    ceiling = Ceiling(0.30)
    ceiling.check(SMALL, hours=4)
    ceiling.check(SMALL, hours=4)
    assert ceiling.committed == pytest.approx(0.30)


def test_what_is_billed_by_the_hour_is_set_aside_before_it_is_made():
    ceiling = Ceiling(0.20)
    ceiling.check(SMALL)
    ceiling.allow("stage", hours=4, hourly_usd=0.02)  # 0.10 + 0.08
    with pytest.raises(CostAboveCeiling, match="stage.*0.02 USD.*0.08 USD.*0.2 USD.*0.18 USD"):
        ceiling.allow("stage", hours=4, hourly_usd=0.02)
    assert ceiling.committed == pytest.approx(0.18)


def test_a_card_is_checked_against_what_is_set_aside():
    ceiling = Ceiling(0.15)
    ceiling.allow("stage", hours=5, hourly_usd=0.02)
    with pytest.raises(CostAboveCeiling, match="0.15 USD.*0.10 USD"):
        ceiling.check(SMALL)


def test_things_that_cost_nothing_by_the_hour_are_always_allowed():
    ceiling = Ceiling(0)
    for _ in range(100):
        ceiling.allow("queue", hours=4, hourly_usd=0)
    assert ceiling.committed == 0


@pytest.mark.parametrize("amount", [-1, float("nan"), float("inf")])
def test_no_amount_is_negative_or_endless(amount):
    for wrong in (
        lambda: Ceiling(amount),
        lambda: Ceiling(1).allow("stage", hours=1, hourly_usd=amount),
        lambda: Ceiling(1).check(SMALL, hours=amount),
    ):
        with pytest.raises(ValueError, match=repr(amount)):
            wrong()


amounts = st.floats(0, 100)


@given(amounts, st.lists(st.tuples(st.booleans(), amounts, amounts)))
def test_no_more_is_ever_committed_than_was_agreed_to(most, steps):
    ceiling = Ceiling(most)
    for whole, hours, price in steps:
        before = ceiling.committed
        try:
            if whole:
                ceiling.check(Card("n", "us-east-1", price, price, 0), hours)
            else:
                ceiling.allow("stage", hours, price)
        except CostAboveCeiling:
            assert ceiling.committed == before
        assert ceiling.committed <= most + ROUNDING


# -- words -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "0.00"),
        (0.02, "0.02"),
        (0.30, "0.30"),
        (0.10 + 4 * 0.05, "0.30"),
        (0.000844, "0.00085"),
        (1e-9, "0.000001"),
        (1.001, "1.01"),
        (14.6, "14.60"),
    ],
)
def test_dollars_are_rounded_up(amount, text):
    assert usd(amount) == text


@given(st.floats(0, 1e6))
def test_what_is_shown_is_never_less_than_what_it_costs(amount):
    assert float(usd(amount)) >= amount * (1 - 1e-6) - 1e-11


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (29.2, "30 s"),
        (60, "1 min"),
        (61, "2 min"),
        (3599, "1 h 0 min"),
        (4581, "1 h 17 min"),
    ],
)
def test_a_length_of_time_in_words(seconds, text):
    assert duration(seconds) == text
