"""The closed forms: by hand, in their limits, and against caches replayed in the plainest way."""

from collections import OrderedDict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patternlab.caching import theory
from patternlab.caching.workloads import updates, zipf, zipf_weights

rates = st.floats(1e-6, 1e4)
times = st.floats(0, 1e6)


def replay_ttl(time, ttl, sliding=False):
    """Which requests for one object hit, with instant fetches; and each answer's age."""
    fetched = last = -np.inf
    hit, age = np.zeros(len(time), bool), np.zeros(len(time))
    for at, now in enumerate(time):
        hit[at] = now - (last if sliding else fetched) < ttl
        if not hit[at]:
            fetched = now
        age[at], last = now - fetched, now
    return hit, age


def replay_evictions(keys, capacity, policy):
    """Hit ratio of the second half of the requests, once the cache is full."""
    cache, hits = OrderedDict(), 0
    for at, key in enumerate(keys):
        if key in cache:
            hits += at >= len(keys) // 2
            if policy == "lru":
                cache.move_to_end(key)
        else:
            cache[key] = True
            if len(cache) > capacity:
                cache.popitem(last=False)
    return hits / (len(keys) - len(keys) // 2)


# TTL


def test_ttl_hit_ratios_by_hand():
    assert theory.ttl_hit_ratio(0.1, 60) == pytest.approx(6 / 7)
    assert theory.sliding_ttl_hit_ratio(0.1, 60) == pytest.approx(1 - np.exp(-6))
    assert theory.mean_age(0.1, 60) == pytest.approx(6 / 7 * 30)
    assert theory.ttl_hit_ratio([1, 3], 1).tolist() == [0.5, 0.75]


@given(rate=rates, ttl=times, more=st.floats(1.0, 10.0))
def test_ttl_hit_ratios_are_ratios_and_grow_with_rate_and_ttl(rate, ttl, more):
    for ratio in (theory.ttl_hit_ratio, theory.sliding_ttl_hit_ratio):
        assert 0 <= ratio(rate, ttl) <= 1
        assert ratio(rate, 0) == ratio(0, ttl) == 0
        assert ratio(rate, ttl) <= ratio(rate * more, ttl) + 1e-15
        assert ratio(rate, ttl) <= ratio(rate, ttl * more) + 1e-15
    assert theory.ttl_hit_ratio(rate, ttl) <= theory.sliding_ttl_hit_ratio(rate, ttl) + 1e-15


@pytest.mark.parametrize("sliding", [False, True])
def test_a_replayed_ttl_cache_hits_as_often_as_the_formula_says(sliding):
    """100,000 requests: within 0.006, four times the deviation of a share of so many."""
    formula = theory.sliding_ttl_hit_ratio if sliding else theory.ttl_hit_ratio

    hit, age = replay_ttl(zipf(100_000, 1, rate=0.05).time, 30, sliding)

    assert hit.mean() == pytest.approx(formula(0.05, 30), abs=0.006)
    if not sliding:
        assert age.mean() == pytest.approx(theory.mean_age(0.05, 30), rel=0.02)


def test_the_hit_ratio_over_all_objects_weighs_them_by_their_requests():
    assert theory.mean_hit_ratio([3.0, 1.0], [1.0, 0.0]) == 0.75


# Eviction


@pytest.mark.parametrize("policy", ["lru", "fifo", "random"])
def test_with_equal_rates_the_hit_ratio_is_the_share_that_fits(policy):
    """By hand: all objects are cached equally often, so each is with probability C / n."""
    assert theory.cache_hit_ratio(np.full(50, 0.2), 10, policy) == pytest.approx(0.2)


def test_characteristic_times_by_hand():
    """Four objects of rate 1, room for two: 4 (1 − exp(−t)) = 2, and 4 t / (1 + t) = 2."""
    assert theory.characteristic_time(np.ones(4), 2) == pytest.approx(np.log(2))
    assert theory.characteristic_time(np.ones(4), 2, "fifo") == pytest.approx(1.0)


def test_where_all_fits_every_request_hits_and_objects_nobody_asks_for_take_no_room():
    assert theory.characteristic_time([1.0, 2.0, 0.0], 2) == np.inf
    assert theory.object_hit_ratios([1.0, 2.0, 0.0], 2).tolist() == [1, 1, 0]


@settings(max_examples=60, deadline=None)
@given(
    alpha=st.floats(0, 3),
    objects=st.integers(2, 300),
    share=st.floats(0.01, 0.99),
    policy=st.sampled_from(["lru", "fifo"]),
    scale=st.floats(1e-3, 1e3),
)
def test_the_characteristic_time_fills_the_cache_exactly(alpha, objects, share, policy, scale):
    weights, capacity = zipf_weights(objects, alpha) * scale, share * objects

    ratios = theory.object_hit_ratios(weights, capacity, policy)

    assert ratios.sum() == pytest.approx(capacity, rel=1e-9)
    assert ((ratios >= 0) & (ratios <= 1)).all()
    assert (np.diff(ratios) <= 1e-12).all()  # the more popular, the likelier in the cache


@settings(max_examples=30, deadline=None)
@given(alpha=st.floats(0, 2), policy=st.sampled_from(["lru", "fifo"]))
def test_more_room_hits_more_often_and_lru_at_least_as_often_as_fifo(alpha, policy):
    weights, rooms = zipf_weights(200, alpha), np.array([1, 5, 20, 80, 199, 200])

    curve = theory.cache_hit_ratio(weights, rooms, policy)

    assert (np.diff(curve) > 0).all() and curve[-1] == pytest.approx(1.0)
    assert (theory.cache_hit_ratio(weights, rooms, "lru") >= curve - 1e-12).all()


@pytest.mark.parametrize("policy", ["lru", "fifo"])
@pytest.mark.parametrize("alpha", [0.6, 1.1])
def test_a_replayed_cache_hits_as_often_as_ches_approximation_says(policy, alpha):
    """200,000 requests, half of them to warm up: within 0.006 (the sampling error is 0.0015)."""
    keys = zipf(200_000, 1000, alpha).key.tolist()

    replayed = replay_evictions(keys, 100, policy)

    formula = theory.cache_hit_ratio(zipf_weights(1000, alpha), 100, policy)
    assert replayed == pytest.approx(formula, abs=0.006)


# Stale content


def test_stale_while_revalidate_by_hand():
    fresh, stale, waiting = theory.stale_while_revalidate(1.0, 1.0, np.log(2))

    assert (fresh, stale, waiting) == pytest.approx((0.5, 0.25, 0.25))


@given(rate=rates, ttl=times, window=times, fetch=st.floats(0, 100), more=st.floats(0, 1e5))
def test_the_shares_of_stale_while_revalidate_are_shares(rate, ttl, window, fetch, more):
    shares = theory.stale_while_revalidate(rate, ttl, window, fetch)

    assert sum(shares) == pytest.approx(1.0)
    assert min(shares) >= 0
    wider = theory.stale_while_revalidate(rate, ttl, window + more, fetch)
    assert wider.waiting <= shares.waiting + 1e-9
    assert wider.fresh == shares.fresh  # the window spares waiting, not fetches


def test_without_a_window_requests_wait_and_with_an_endless_one_none_does():
    assert theory.stale_while_revalidate(2.0, 30, 0.0, 0.5).stale == 0
    assert theory.stale_while_revalidate(2.0, 30, 1e9, 0.5).waiting == pytest.approx(0)
    assert theory.stale_while_revalidate(2.0, 30, 0.0).fresh == theory.ttl_hit_ratio(2.0, 30)


def test_a_window_shorter_than_the_fetch_leaves_the_late_ones_waiting():
    """W = 1 of d = 3 s at many requests: of r d, r W − 1 come stale and the rest waits."""
    shares = theory.stale_while_revalidate(1000.0, 0.0, 1.0, 3.0)

    assert shares.stale == pytest.approx(1 / 3, abs=0.001)


@pytest.mark.parametrize("ttl, window, fetch", [(5, 2, 0.0), (5, 2, 0.7), (5, 2, 4.0), (0, 3, 1.0)])
def test_a_replayed_edge_serves_stale_as_often_as_the_formula_says(ttl, window, fetch):
    """100,000 requests, half a second apart: each share within 0.008."""
    counts, arrives, expires = np.zeros(3), -1.0, 0.0
    for now in zipf(100_000, 1, rate=2.0).time:
        if now > arrives >= expires:  # the fetch that was under way has arrived
            expires = arrives + ttl
        if now < expires:
            counts[0] += 1
            continue
        counts[1 if now < expires + window else 2] += 1
        if now > arrives:
            arrives = now + fetch
            if not fetch:
                expires = now + ttl

    shares = theory.stale_while_revalidate(2.0, ttl, window, fetch)

    assert counts / counts.sum() == pytest.approx(np.array(shares), abs=0.008)


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


def test_the_series_for_rare_updates_meets_the_formula():
    below, above = theory.stale_share_of_hits(1.0, np.array([0.99999e-5, 1.00001e-5]))

    assert below == pytest.approx(0.99999e-5 / 2, rel=1e-4)
    assert above == pytest.approx(1.00001e-5 / 2, rel=1e-4)


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
    assert theory.stampede(100.0, 0.5) == 51


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
    "ask, sentence",
    [
        (lambda: theory.ttl_hit_ratio(-1, 5), "rate must be finite and not negative, not -1"),
        (lambda: theory.ttl_hit_ratio(1, [5, np.nan]), "ttl must be finite .* not nan"),
        (lambda: theory.characteristic_time([1, 1], 0), "capacity must be above 0 objects, not 0"),
        (lambda: theory.cache_hit_ratio([1, 1], 1, "arc"), "no formula for the policy 'arc'"),
        (lambda: theory.cache_hit_ratio([0, 0], 1), "at least one object that is asked for"),
        (lambda: theory.stale_share_of_hits(1, 1, "daily"), 'kind must be "poisson"'),
        (lambda: theory.origin_rate(1, 1, caches=0), "caches must be at least 1"),
        (lambda: theory.greatest_age([60, -1]), "ttls must be finite and not negative"),
        (lambda: theory.greatest_age([60, 9], caches=[1]), "for each of the 2 layers how many"),
    ],
)
def test_what_no_cache_can_have_is_refused_with_a_sentence(ask, sentence):
    with pytest.raises(ValueError, match=sentence):
        ask()
