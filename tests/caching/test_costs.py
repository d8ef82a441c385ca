"""Caching in money, worked out by hand from the prices of data/prices.csv.

The rules are caching-26, caching-27, caching-35 and caching-44.
"""

import numpy as np
import pytest

from patternlab.caching import costs
from patternlab.caching.theory import origin_rate


def test_a_thousand_paths_a_month_are_free_and_then_each_costs_half_a_cent():
    assert costs.invalidation_cost(10, 100) == 0
    assert costs.invalidation_cost(30, 500) == pytest.approx((15_000 - 1000) * 0.005)
    assert costs.invalidation_cost(30, 1) == 0  # the same with a wildcard: one path each
    assert costs.invalidation_cost(np.array([1, 2]), 1500).tolist() == pytest.approx([2.5, 10])


def test_the_smallest_gateway_cache_is_14_60_a_month_whatever_the_traffic():
    assert costs.gateway_cache_cost() == pytest.approx(14.60)
    assert costs.gateway_cache_cost("237") == pytest.approx(3.8 * 730)


def test_a_gateway_cache_pays_from_its_break_even_on():
    """$14.60 / (0.8 · $0.00001) = 1.825 million requests a month."""
    even = costs.gateway_cache_break_even(0.8, 1e-5)

    assert even == pytest.approx(1_825_000)
    assert costs.gateway_cache_break_even(0.0, 1e-5) == np.inf


def test_a_page_with_a_short_ttl_costs_its_fetches():
    """One fetch each 60 + 1/10 s: 43,727 in 730 hours, at a dollar a million."""
    assert costs.origin_cost(10, 60, 1e-6) == pytest.approx(730 * 3600 / 60.1 * 1e-6)
    assert costs.origin_cost(10, 60, 2.0, caches=5) == pytest.approx(
        origin_rate(10, 60, caches=5) * 2_628_000 * 2.0
    )


def test_what_has_no_price_or_is_no_share_is_refused_with_a_sentence():
    with pytest.raises(ValueError, match="'cache-3GB' .* 'apigateway'.*cache-0.5GB"):
        costs.gateway_cache_cost("3")
    with pytest.raises(ValueError, match="hit_ratio .* 80"):
        costs.gateway_cache_break_even(80, 1e-5)
