"""The price table."""

from datetime import date

import pytest

from patternlab import facts
from patternlab.resources.prices import UnknownPrice, per_hour, price, prices


def test_no_item_stands_twice():
    assert len(prices()) == len(facts.read("prices"))


def test_checked_is_yes_or_no_and_what_is_not_checked_says_why():
    table = facts.read("prices")
    assert set(table["checked"]) <= {"yes", "no"}
    unsure = table.query("checked == 'no'")["source"]
    reasons = "no source found|undated|disagree|from memory|old page"
    assert unsure.str.contains(reasons).all()


def test_no_price_is_quoted_from_the_future():
    assert all(found.read_on <= date(2026, 11, 22) for found in prices().values())


def test_a_million_requests_to_a_standard_queue_cost_forty_cents():
    found = price("sqs", "request-standard")
    assert found.cost(1_000_000) == pytest.approx(0.40)
    assert found.cost(0) == 0
    assert found.read_on == date(2026, 3, 14) and found.checked


def test_the_free_tier_is_told_and_not_taken_off():
    found = price("lambda", "request")
    assert "1 million" in found.free_tier
    assert found.cost(1) > 0


def test_the_smallest_cache_of_api_gateway_costs_two_cents_an_hour():
    assert per_hour("apigateway", "cache-0.5GB") == pytest.approx(0.02)


def test_two_c5n_9xlarge_cost_65_cents_in_ten_minutes():
    assert 2 * per_hour("ec2", "c5n.9xlarge") / 6 == pytest.approx(0.648)


def test_every_size_of_api_gateways_cache_has_a_price():
    import boto3

    model = boto3.session.Session()._session.get_service_model("apigateway")
    sizes = model.shape_for("CacheClusterSize").enum
    assert sizes
    assert all(per_hour("apigateway", f"cache-{size}GB") > 0 for size in sizes)


def test_an_unknown_price_is_one_sentence():
    with pytest.raises(UnknownPrice, match="cache-1GB.*apigateway"):
        price("apigateway", "cache-1GB")


def test_what_is_not_billed_by_the_hour_has_no_hourly_price():
    with pytest.raises(UnknownPrice, match="request-fifo of sqs"):
        per_hour("sqs", "request-fifo")
