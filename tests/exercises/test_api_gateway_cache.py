"""The exercises of notebook 07: what their judges know, held against a sweep of all answers."""

from itertools import combinations, product

import numpy as np
import pytest

from patternlab.caching import workloads
from patternlab.caching.costs import gateway_cache_cost
from patternlab.caching.simulator.simulate import Layer, hierarchy
from patternlab.exercises import api_gateway_cache as bank
from patternlab.learn import check
from patternlab.learn.exercises import State
from patternlab.learn.loading import course


def state(name, answer):
    return check(name, answer).state


# -- cache-key -----------------------------------------------------------------------------------

NAMES = [bank.SHOP, bank.CURRENCY, bank.LANGUAGE, bank.CAMPAIGN, bank.TRACE]
KEYS = [list(chosen) for size in range(6) for chosen in combinations(NAMES, size)]


def test_one_of_the_32_keys_is_right():
    right = [key for key in KEYS if state("cache-key", key) is State.RIGHT]
    assert right == [[bank.SHOP, bank.CURRENCY, bank.LANGUAGE]]


def test_all_requests_of_a_run_come_within_one_ttl():
    assert len(bank._requests(1)) < 300  # one a second: a miss is never an expiry


# -- stacked-ttls --------------------------------------------------------------------------------


def test_what_is_right_is_within_the_bound_and_within_five_percent_of_the_least():
    pairs = list(product(range(0, 131, 10), repeat=2))
    within = {pair: bank._monthly(*pair)[0] for pair in pairs if sum(pair) <= 120}
    least = min(within.values())
    for pair in pairs:
        right = state("stacked-ttls", dict(zip(("edge", "gateway"), pair, strict=True)))
        price = within.get(pair, np.inf)
        if price <= least:
            assert right is State.RIGHT
        elif price > least * 1.05:
            assert right is State.WRONG


def test_a_whole_second_more_or_less_is_not_much_cheaper_than_the_steps_of_the_sweep():
    finer = min(bank._monthly(edge, 120 - edge)[0] for edge in range(10, 36))
    assert finer > 0.98 * bank._best()


def test_the_price_is_what_a_learner_gets_from_the_settings_in_the_notebook():
    trace = workloads.zipf(20_000, objects=20, alpha=0.9, rate=10, seed=1)
    edges, gateway = hierarchy(trace, [Layer("edge", 30, nodes=8), Layer("gateway", 90)])
    dollars = (gateway.requests * 3.50 + gateway.fetches * 200) / 1_000_000
    assert bank._monthly(30, 90)[0] == pytest.approx(dollars / trace.duration * 730 * 3600)


def test_no_answer_is_older_than_the_bound_that_the_judge_uses():
    assert all(bank._monthly(edge, 120 - edge)[1] <= 120 for edge in range(0, 121, 20))


@pytest.mark.parametrize("ttl", [-1, 3601, 30.5, "30", True])
def test_a_ttl_that_the_service_does_not_take_is_told_so(ttl):
    told = check("stacked-ttls", {"edge": 30, "gateway": ttl})
    assert told.state is State.WRONG and "from 0 to 3600" in told.message


# -- does-it-pay ---------------------------------------------------------------------------------


def test_the_break_even_is_the_price_of_a_month_over_what_a_request_saves_on_average():
    per_run = 0.20 / 1e6 + 0.4 * 0.0000166667
    assert course().find("does-it-pay").reference == pytest.approx(730 * 0.02 / (0.75 * per_run))
    assert gateway_cache_cost("0.5") == pytest.approx(14.60)


@pytest.mark.parametrize(
    "share, right", [(0.97, False), (0.985, True), (1.015, True), (1.03, False)]
)
def test_two_percent_more_or_less_are_good_enough(share, right):
    answer = course().find("does-it-pay").reference * share
    assert (state("does-it-pay", answer) is State.RIGHT) is right


# -- who-may-invalidate --------------------------------------------------------------------------


def test_one_of_the_81_answers_is_right():
    answers = [
        dict(zip(bank.SITUATIONS, words, strict=True)) for words in product(bank.OUTCOMES, repeat=4)
    ]
    right = [answer for answer in answers if state("who-may-invalidate", answer) is State.RIGHT]
    assert [list(answer.values()) for answer in right] == [
        ["a new answer", "the kept answer", "403", "a new answer"]
    ]
