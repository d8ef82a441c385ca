"""The closed forms: by hand, in their limits, and against caches replayed in the plainest way."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patternlab.caching import theory
from patternlab.caching.workloads import updates, zipf

rates = st.floats(1e-6, 1e4)
times = st.floats(0, 1e6)


def replay_ttl(time, ttl):
    """Which requests for one object hit, with instant fetches; and each answer's age."""
    fetched = -np.inf
    hit, age = np.zeros(len(time), bool), np.zeros(len(time))
    for at, now in enumerate(time):
        hit[at] = now - fetched < ttl
        if not hit[at]:
            fetched = now
        age[at] = now - fetched
    return hit, age


# TTL


def test_ttl_hit_ratios_by_hand():
    assert theory.ttl_hit_ratio(0.1, 60) == pytest.approx(6 / 7)
    assert theory.ttl_hit_ratio([1, 3], 1).tolist() == [0.5, 0.75]


@given(rate=rates, ttl=times, more=st.floats(1.0, 10.0))
def test_ttl_hit_ratios_are_ratios_and_grow_with_rate_and_ttl(rate, ttl, more):
    ratio = theory.ttl_hit_ratio
    assert 0 <= ratio(rate, ttl) <= 1
    assert ratio(rate, 0) == ratio(0, ttl) == 0
    assert ratio(rate, ttl) <= ratio(rate * more, ttl) + 1e-15
    assert ratio(rate, ttl) <= ratio(rate, ttl * more) + 1e-15


def test_a_replayed_ttl_cache_hits_as_often_as_the_formula_says():
    """100,000 requests: within 0.006, four times the deviation of a share of so many."""
    hit, _ = replay_ttl(zipf(100_000, 1, rate=0.05).time, 30)

    assert hit.mean() == pytest.approx(theory.ttl_hit_ratio(0.05, 30), abs=0.006)


def test_the_hit_ratio_over_all_objects_weighs_them_by_their_requests():
    assert theory.mean_hit_ratio([3.0, 1.0], [1.0, 0.0]) == 0.75


# Stale content


def test_stale_hits_by_hand():
    """u T = 1: 1 − (1 − 1/e) = 1/e at random; periodic 1/2, and 3/4 at u T = 2."""
    assert theory.stale_share_of_hits(60, 1 / 60) == pytest.approx(np.exp(-1))
    assert theory.stale_share_of_hits(60, 1 / 60, "periodic") == pytest.approx(0.5)
    assert theory.stale_share_of_hits(60, 2 / 60, "periodic") == pytest.approx(0.75)


@pytest.mark.parametrize("kind", ["poisson", "periodic"])
@given(ttl=times, change=st.floats(0, 1e3), more=st.floats(1.0, 10.0))
def test_stale_shares_are_shares_and_grow_with_ttl_and_updates(kind, ttl, change, more):
    share = theory.stale_share_of_hits(ttl, change, kind)

    assert 0 <= share <= 1
    assert share <= theory.stale_share_of_hits(ttl * more, change, kind) + 1e-10
    assert theory.stale_share_of_hits(ttl, 0, kind) == 0
    # Staleness is bounded by the expected number of changes within a hit's mean age.
    assert share <= ttl * change / 2 + 1e-12


@pytest.mark.parametrize("kind", ["poisson", "periodic"])
def test_replayed_reads_are_stale_as_often_as_the_formula_says(kind):
    """60,000 reads at 0.5 per second, T = 20 s, a change each 30 s: within 0.015."""
    time = zipf(60_000, 1, rate=0.5).time
    changed = updates(1, time[-1], 30.0, kind).time

    _, age = replay_ttl(time, 20)
    stale = np.searchsorted(changed, time) > np.searchsorted(changed, time - age)

    formula = theory.stale_read_share(0.5, 20, 1 / 30, kind)
    assert stale.mean() == pytest.approx(formula, abs=0.015)


# The origin


def test_origin_rates_by_hand():
    assert theory.origin_rate(1.0, 9.0) == pytest.approx(0.1)
    assert theory.origin_rate(1.0, 8.0, fetch=1.0) == pytest.approx(0.1)
    assert theory.origin_rate(1.0, 8.0, fetch=1.0, collapsing=False) == pytest.approx(0.2)
    assert theory.origin_rate(8.0, 9.0, caches=8) == pytest.approx(0.8)


@given(rate=rates, ttl=times, fetch=st.floats(0, 100), caches=st.integers(1, 600))
def test_collapsing_spares_fetches_and_no_cache_adds_any(rate, ttl, fetch, caches):
    plain = theory.origin_rate(rate, ttl, fetch, collapsing=False, caches=caches)
    collapsed = theory.origin_rate(rate, ttl, fetch, caches=caches)

    assert collapsed <= plain * (1 + 1e-12) <= rate * (1 + 1e-9)
    assert theory.origin_rate(rate, ttl) <= theory.origin_rate(rate, ttl, caches=caches) * (
        1 + 1e-12
    )
    misses = rate * (1 - theory.ttl_hit_ratio(rate, ttl))
    assert theory.origin_rate(rate, ttl) == pytest.approx(misses, rel=1e-6)


@pytest.mark.parametrize("collapsing", [True, False])
def test_a_replayed_slow_origin_is_asked_as_often_as_the_formula_says(collapsing):
    """50,000 requests at 3 per second, T = 4 s, d = 1.5 s: within 2 %."""
    time = zipf(50_000, 1, rate=3.0).time
    fetches, arrives = 0, -np.inf
    for now in time:
        if now < arrives:
            fetches += not collapsing
        elif now >= arrives + 4.0:
            fetches, arrives = fetches + 1, now + 1.5

    formula = theory.origin_rate(3.0, 4.0, 1.5, collapsing)
    assert fetches / time[-1] == pytest.approx(formula, rel=0.02)


# Stacked layers


def through_layers(ttls, requests, age_respected=False, edges=1, gap=0.5):
    """The greatest age seen through layers replayed in the plainest way; `gap` between requests."""
    rng, now, oldest = np.random.default_rng(7), 0.0, 0.0
    stores = [[(-np.inf, 0.0)] * edges, *[[(-np.inf, 0.0)] for _ in ttls[1:]]]

    def ask(layer, edge):
        """The moment at which the answer left the origin."""
        if layer == len(ttls):
            return now
        place = edge if layer == 0 else 0
        until, born = stores[layer][place]
        if now >= until:
            born = ask(layer + 1, edge)
            until = (born if age_respected else now) + ttls[layer]
            stores[layer][place] = (until, born)
        return born

    gaps, asked = rng.exponential(gap, requests), rng.integers(0, edges, requests)
    for gap, edge in zip(gaps, asked, strict=True):
        now += gap
        oldest = max(oldest, now - ask(0, edge))
    return oldest


@pytest.mark.parametrize("edges, gap", [(1, 15), (8, 0.5)])
def test_edge_60_gateway_300_valkey_300_is_at_most_360_old_and_not_660(edges, gap):
    """One edge with few requests gets as near to the bound as eight edges with many."""
    oldest = through_layers([60, 300, 300], 100_000, edges=edges, gap=gap)

    assert theory.greatest_age([60, 300, 300], caches=[edges, 1, 1]) == 360
    assert 355 < oldest < 360


@settings(max_examples=40, deadline=None)
@given(
    ttls=st.lists(st.sampled_from([2, 3, 5, 7, 11]), min_size=1, max_size=4),
    age_respected=st.booleans(),
    edges=st.sampled_from([1, 3]),
    gap=st.sampled_from([0.2, 2.0]),
)
def test_no_answer_is_older_than_the_bound(ttls, age_respected, edges, gap):
    bound = theory.greatest_age(ttls, age_respected, [edges] + [1] * (len(ttls) - 1))

    assert through_layers(ttls, 2000, age_respected, edges, gap) <= bound


def test_the_ttls_of_a_layer_and_of_the_shared_one_behind_it_add_up():
    oldest = through_layers([10, 10], 50_000, edges=8)

    assert theory.greatest_age([10, 10], caches=[8, 1]) == 20
    assert theory.greatest_age([10, 10]) == 10
    assert 19 < oldest < 20


def test_with_age_respected_the_greatest_ttl_bounds_the_age():
    assert theory.greatest_age([60, 300, 300], age_respected=True) == 300
    assert 59 < through_layers([60, 60, 60], 50_000, age_respected=True) < 60
    assert theory.greatest_age([]) == 0


@pytest.mark.parametrize(
    "ask, named",
    [
        (lambda: theory.ttl_hit_ratio(-1, 5), "rate .* -1"),
        (lambda: theory.ttl_hit_ratio(1, [5, np.nan]), "ttl .* nan"),
        (lambda: theory.mean_hit_ratio([0, 0], 1), "rates"),
        (lambda: theory.stale_share_of_hits(1, 1, "daily"), "kind .* 'daily'"),
        (lambda: theory.origin_rate(1, 1, caches=0), "caches .* 0"),
        (lambda: theory.greatest_age([60, -1]), "ttls .* -1"),
        (lambda: theory.greatest_age([60, 9], caches=[1]), "caches .* 2"),
    ],
)
def test_what_no_cache_can_have_is_refused_with_a_sentence(ask, named):
    with pytest.raises(ValueError, match=named):
        ask()
