"""What the exercises of notebook 08 rest on: the money of two TTLs, and the mean time of a read."""

import numpy as np
import pytest

from patternlab.exercises import caching_layer as bank
from patternlab.learn import check
from patternlab.learn.exercises import State


def test_the_reference_ttls_cost_least_of_all_that_keep_the_bound():
    edge, valkey = np.meshgrid(np.arange(301.0), np.arange(301.0))
    total = np.add(*bank.page_costs(edge, valkey))
    total[edge + valkey > bank.BOUND] = np.inf
    at = np.unravel_index(total.argmin(), total.shape)
    assert (edge[at], valkey[at]) == (222, 78)


def test_a_page_without_caches_costs_all_its_requests():
    passing, queries = bank.page_costs(0, 0)
    assert passing == pytest.approx(200 * 730 * 3600 * 3.5e-6)
    assert queries == pytest.approx(200 * 730 * 3600 * 20e-6)


@pytest.mark.parametrize("edge", [0, 214, 231, 300])
def test_ttls_far_from_the_best_are_too_dear(edge):
    verdict = check("price-page-ttls", {"edge": edge, "valkey": 300 - edge})
    costs = sum(bank.page_costs(edge, 300 - edge)), sum(bank.page_costs(222, 78))
    assert (verdict.state is State.RIGHT) == (costs[0] <= 1.02 * costs[1])


def test_a_cache_that_may_not_hit_costs_its_look_and_its_write_on_top():
    assert bank.mean_ms(3.0, 500, 200.0, 0.0) == pytest.approx(3.2)


def test_a_cache_that_always_hits_costs_its_look():
    assert bank.mean_ms(100.0, 1, 1e9, 300.0) == pytest.approx(0.1)


def test_the_answers_worth_caching_are_far_from_the_break_even():
    """Nobody should have to guess: with a cache they take less than half, or more than as long."""
    for about, _ in bank.ANSWERS.values():
        ratio = bank.mean_ms(*about) / about[0]
        assert ratio < 0.5 or ratio > 1


def test_a_read_that_raises_an_error_of_its_own_is_not_taken_for_right():
    def broken(cache, key, load):
        return cache.no_such_command(key)

    with pytest.raises(AttributeError):
        bank.judge_stampede(broken)
