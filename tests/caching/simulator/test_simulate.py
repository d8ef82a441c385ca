"""What the simulator says of caches whose answer is known: by hand, by theory, by libcachesim."""

import numpy as np
import pytest

from patternlab.caching import theory
from patternlab.caching.errors import CachingError, TraceError
from patternlab.caching.simulator.settings import POLICIES
from patternlab.caching.simulator.simulate import OUTCOMES, Layer, hierarchy, simulate, table
from patternlab.caching.traces.trace import Trace, Updates
from patternlab.caching.workloads import updates, zipf


def trace_of(*times, key=0, **more):
    return Trace(np.array(times, float), np.full(len(times), key), **more)


def every(step, until):
    """One object, asked for every `step` seconds."""
    return trace_of(*(np.arange(round(until / step)) * step))


def did(result):
    return [OUTCOMES[kind] for kind in result.outcome]


# TTL


def test_a_ttl_from_the_fetch_follows_the_chain_of_fetches():
    # All gaps are shorter than the TTL, and still every third request misses.
    requests = trace_of(0, 4, 8, 12, 16, 20, 24)
    assert did(simulate(requests, ttl=10, keep=True)) == ["miss", "hit", "hit"] * 2 + ["miss"]
    assert simulate(requests, ttl=10, sliding=True).misses == 1


def test_an_answer_expires_at_the_end_of_its_ttl():
    requests = trace_of(0, 9.75, 10)
    assert did(simulate(requests, ttl=10, keep=True)) == ["miss", "hit", "miss"]
    got = simulate(requests, ttl=10, stale_while_revalidate=1, keep=True)
    assert did(got) == ["miss", "hit", "stale"]
    layers = hierarchy(requests, [Layer(ttl=10), Layer("nothing", ttl=0)], keep=True)
    assert did(layers[0]) == ["miss", "hit", "miss"]


def test_a_ttl_of_0_stores_nothing_and_no_ttl_stores_for_ever():
    requests = trace_of(0, 0, 1, 1e9)
    assert simulate(requests, ttl=0).misses == 4
    assert simulate(requests).misses == simulate(requests, ttl=float("inf")).misses == 1


def test_jitter_spreads_expiry_by_its_share_and_the_seed_decides():
    # 2,000 objects fetched at once, asked for again around their TTL of 100 s.
    keys = np.tile(np.arange(2000), 2)

    def hits(second, seed=1):
        times = np.repeat([0.0, second], 2000)
        return simulate(Trace(times, keys), ttl=100, jitter=0.1, seed=seed).hits

    assert hits(89.9) == 2000 and hits(110.1) == 0
    assert 900 < hits(100) < 1100
    assert hits(100) == hits(100) != hits(100, seed=2)


@pytest.mark.parametrize("ttl", [1, 60, 3600])
def test_hit_ratios_are_those_of_theory(ttl):
    rate, requests = 20.0, 400_000
    one = Trace(np.cumsum(np.random.default_rng(5).exponential(1 / rate, requests)), [0] * requests)
    fresh, sliding = (simulate(one, ttl=ttl, sliding=slides) for slides in (False, True))
    assert fresh.hit_ratio == pytest.approx(theory.ttl_hit_ratio(rate, ttl), abs=1e-3)
    # A request hits if the one before it was less than the TTL ago; gaps are exponential.
    assert sliding.hit_ratio == pytest.approx(1 - np.exp(-rate * ttl), abs=1e-3)
    # Half a TTL less what the rest of the trace cuts off.
    assert fresh.mean_age == pytest.approx(theory.ttl_hit_ratio(rate, ttl) * ttl / 2, rel=0.1)


# Stale answers


def test_stale_while_revalidate_serves_the_old_answer_while_one_fetch_runs():
    requests = trace_of(0, 9, 13, 14, 15, 18, 40)
    got = simulate(requests, ttl=10, stale_while_revalidate=5, fetch_seconds=2, keep=True)
    # The first answer arrives at 2 and lasts to 12. Its revalidation is asked for at 13 and
    # arrives at 15; what it brings lasts to 25, and to 30 stale.
    assert did(got) == ["miss", "hit", "stale", "stale", "hit", "hit", "miss"]
    assert got.age.tolist() == [0, 7, 11, 12, 0, 3, 0]
    assert got.fetches == 3 and got.misses == 2 and got.stale_hits == 2


def test_an_answer_is_outdated_if_its_object_changed_since_it_was_made():
    requests, changes = trace_of(0, 5, 12, 13), Updates(np.array([3.0, 13.0]), np.array([0, 0]))
    assert simulate(requests, ttl=10, updates=changes).outdated == 2  # at 5, and at 13
    assert simulate(requests, ttl=10).stale_ratio == 0


def test_dropping_what_changes_leaves_nothing_outdated():
    requests = zipf(20_000, 100, 0.9, rate=100, seed=1)
    changes = updates(100, requests.duration, every=20, seed=2)
    kept = simulate(requests, ttl=600, updates=changes)
    dropped = simulate(requests, ttl=600, updates=changes, drops_changed=True)
    assert kept.stale_ratio > 0.5 and dropped.stale_ratio == 0
    assert dropped.misses > kept.misses


# Collapsing


def test_requests_for_an_object_on_its_way_wait_for_that_fetch():
    requests = trace_of(0, 1, 1.5, 2, 3)
    together = simulate(requests, fetch_seconds=2, keep=True)
    assert did(together) == ["miss", "collapsed", "collapsed", "hit", "hit"]
    assert together.age.tolist() == [0, 0, 0, 0, 1] and together.fetches == 1
    alone = simulate(requests, fetch_seconds=2, collapse=False, keep=True)
    assert did(alone) == ["miss", "passed", "passed", "hit", "hit"] and alone.fetches == 3


# Capacity


@pytest.mark.parametrize(
    ("policy", "asked", "then"),
    [
        ("lru", [0, 1, 0, 2], {0: "hit", 1: "miss"}),
        ("fifo", [0, 1, 0, 2], {0: "miss"}),
        ("lfu", [0, 0, 1, 1, 1, 2], {1: "hit", 0: "miss"}),
        ("sieve", [0, 1, 0, 2], {0: "hit", 1: "miss"}),
    ],
)
def test_a_policy_evicts_what_it_is_known_for(policy, asked, then):
    keys = [*asked, *then]
    got = simulate(Trace(np.arange(len(keys)), keys), policy, capacity=2, keep=True)
    assert did(got)[len(asked) :] == list(then.values())


def test_s3_fifo_keeps_out_what_is_asked_for_once():
    # A scan of 1,000 objects passes through the small queue; what is used stays.
    used = np.tile(np.arange(50), 4)
    keys = np.concatenate([used, np.arange(100, 1100), np.arange(50)])
    results = {p: simulate(Trace(np.arange(len(keys)), keys), p, 60, keep=True) for p in POLICIES}
    again = {p: int((r.outcome[-50:] == 0).sum()) for p, r in results.items()}
    assert again["lru"] == again["fifo"] == 0 and again["s3fifo"] > 40


def test_capacity_in_bytes_counts_sizes():
    requests = Trace(np.arange(4), [0, 1, 2, 0], [60, 30, 30, 60])
    got = simulate(requests, capacity=120, unit="bytes")
    assert got.hits == 1 and got.evictions == 0
    assert (got.bytes, got.bytes_fetched, got.byte_hit_ratio) == (180, 120, pytest.approx(1 / 3))
    assert simulate(requests, capacity=100, unit="bytes").hits == 0


def test_libcachesim_counts_the_same_misses(tmp_path):
    libcachesim = pytest.importorskip("libcachesim", reason="an extra of the benchmarks")
    requests = zipf(200_000, 20_000, 0.9, rate=1000, seed=4)
    columns = [("time", "<u4"), ("key", "<u8"), ("size", "<u4"), ("next", "<i8")]
    records = np.zeros(len(requests), np.dtype(columns))
    records["time"], records["key"], records["size"] = requests.time, requests.key, 1
    records.tofile(tmp_path / "zipf.bin")
    names = {"lru": "LRU", "lfu": "LFU", "fifo": "FIFO", "sieve": "Sieve", "s3fifo": "S3FIFO"}
    for policy, name in names.items():
        reader = libcachesim.TraceReader(
            str(tmp_path / "zipf.bin"), libcachesim.TraceType.ORACLE_GENERAL_TRACE
        )
        theirs, _ = getattr(libcachesim, name)(cache_size=2000).process_trace(reader)
        assert simulate(requests, policy, 2000).miss_ratio == pytest.approx(theirs, abs=5e-5)


# Layers


def poisson(rate, seconds, seed=0):
    gaps = np.random.default_rng(seed).exponential(1 / rate, int(rate * seconds))
    return trace_of(*np.cumsum(gaps))


#: Seldom enough that a fetch of the edge may find the gateway's answer at any age.
SELDOM = poisson(0.1, 4_000_000)
CHAIN = [Layer("edge", ttl=60), Layer("gateway", ttl=300), Layer("Valkey", ttl=300)]


def test_the_inner_of_two_caches_with_one_ttl_never_hits():
    # Valkey fetched when the gateway did, so both expire together: 60 + 300 s, and not 660.
    got = hierarchy(SELDOM, CHAIN)
    assert got[2].requests > 100 and got[2].hits == 0
    assert theory.greatest_age([60, 300, 300]) == 360
    assert 359 < got[0].max_age < 360


def test_the_greatest_age_of_60_300_300_is_359_95_seconds():
    # Requests every 0.025 s, as two POPs see them: POP 1 fetches from the gateway 299.975 s after
    # POP 0 did, and serves that for 59.975 s more.
    time = np.arange(round(600 / 0.025)) * 0.025
    first = np.searchsorted(time, 299.97)
    entry = (np.arange(len(time)) >= first).astype(int)
    pops = [Layer("edge", ttl=60, nodes=2), *CHAIN[1:]]
    got = hierarchy(trace_of(*time), pops, entry=entry)
    assert got[0].max_age == pytest.approx(359.95, abs=1e-6)


def test_what_two_gateways_share_can_be_older_unless_age_is_respected():
    # The second gateway fetches from Valkey at another time than the first.
    shared = [Layer("edge", 60, nodes=2), Layer("gateway", 300, nodes=2), CHAIN[2]]
    fresh = hierarchy(SELDOM, shared)
    assert theory.greatest_age([60, 300, 300], caches=[2, 2, 1]) == 660
    assert 640 < fresh[0].max_age < 660 and fresh[2].hits > 0
    partly = [shared[0], Layer("gateway", 300, nodes=2, respects_age=True), CHAIN[2]]
    assert hierarchy(SELDOM, partly)[0].max_age < 360


def test_an_edge_that_respects_age_never_serves_more_than_the_longest_ttl():
    edge = Layer("edge", ttl=60, respects_age=True)
    got = hierarchy(poisson(20, 20_000), [edge, Layer("gateway", ttl=300)])
    assert 299 < got[0].max_age < 300
    # For four minutes of five the gateway's answer is past the edge's TTL when it arrives.
    assert got[0].hit_ratio == pytest.approx(0.2, abs=0.02)


def test_each_layer_is_asked_what_the_one_ahead_fetches():
    requests = zipf(30_000, 500, 0.9, rate=50, seed=3)
    pops = [Layer("POP", 60, capacity=50, nodes=6), Layer("regional", 300, nodes=2)]
    got = hierarchy(requests, [*pops, Layer("shield", 900)], bins=20)
    assert got[0].requests == len(requests)
    for ahead, behind in zip(got, got[1:], strict=False):
        assert ahead.fetches == behind.requests
        assert (ahead.fetches_over_time == behind.requests_over_time).all()
    assert table(got)["layer"].tolist() == ["POP", "regional", "shield"]


def test_load_over_time_counts_the_fetches_of_each_bin():
    got = simulate(trace_of(0, 1, 2, 6, 10), ttl=5, bins=5)
    assert got.bin_seconds == 2
    assert got.requests_over_time.tolist() == [2, 1, 0, 1, 1]
    assert got.fetches_per_second.tolist() == [0.5, 0, 0, 0.5, 0]


@pytest.mark.parametrize("extra", [[], [Layer("nothing", ttl=0)]])
def test_warm_up_fills_the_cache_and_does_not_count(extra):
    got = hierarchy(trace_of(0, 1, 2, 3), [Layer("cache"), *extra], warm_up=2)[0]
    assert (got.requests, got.hits, got.fetches, got.bytes) == (2, 2, 0, 2)
    assert got.requests_over_time.sum() == 4
    nothing = hierarchy(trace_of(0, 1), [Layer("cache"), *extra], warm_up=9)[0]
    assert nothing.requests == 0 and np.isnan(nothing.hit_ratio)


# Bad input


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"capacity": 0}, "capacity .* 0"),
        ({"capacity": -5}, "capacity .* -5"),
        ({"capacity": 1.5}, "capacity .* 1.5"),
        ({"capacity": float("nan")}, "capacity .* nan"),
        ({"capacity": "10"}, "capacity .* '10'"),
        ({"ttl": -1}, "ttl .* -1"),
        ({"ttl": float("nan")}, "ttl .* nan"),
        ({"ttl": "60"}, "ttl .* '60'"),
        ({"stale_while_revalidate": float("inf")}, "stale_while_revalidate .* inf"),
        ({"fetch_seconds": -0.1}, "fetch_seconds"),
        ({"jitter": 2}, "jitter .* 2"),
        ({"warm_up": -1}, "warm_up"),
        ({"bins": 0}, "bins"),
        ({"unit": "byte"}, "'bytes'"),
        ({"policy": "LRU "}, "'lru'"),
        ({"policy": "S3-FIFO"}, "'s3fifo'"),
        ({"policy": "belady"}, "belady"),
        ({"oversize": "drop"}, "'drop'"),
    ],
)
def test_settings_no_cache_can_have_are_refused_in_a_sentence(settings, named):
    with pytest.raises(ValueError, match=named):
        simulate(trace_of(0, 1), **settings)


def test_an_object_larger_than_the_cache_is_named():
    requests = Trace.of([0, 1], ["/small", "/film"], [10, 5000])
    with pytest.raises(CachingError, match="'/film' .* 5,000 .* 1,000"):
        simulate(requests, capacity=1000, unit="bytes")
    passed = simulate(requests, capacity=1000, unit="bytes", oversize="pass")
    assert passed.too_large == 1 and passed.misses == 2


@pytest.mark.parametrize("times", [[], [0, float("nan")], [-1, 0], [2, 1]])
def test_a_trace_that_is_empty_or_out_of_order_cannot_be_made(times):
    with pytest.raises(TraceError):
        trace_of(*times)


def test_layers_that_cannot_be_stacked_are_refused():
    with pytest.raises(ValueError, match="Layer"):
        hierarchy(trace_of(0), [])
    with pytest.raises(ValueError, match="'b' .* 3 .* 2 .* 'a'"):
        hierarchy(trace_of(0), [Layer("a", nodes=2), Layer("b", nodes=3)])
    with pytest.raises(ValueError, match="entry"):
        hierarchy(trace_of(0), [Layer("a", nodes=2)], entry=np.array([2]))
    with pytest.raises(CachingError, match="1,000,000,000 .* 9"):
        hierarchy(trace_of(0, objects=10**9), [Layer("a", nodes=9, capacity=1)])
