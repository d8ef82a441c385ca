"""Workloads have the properties they promise, and the same seed gives the same bytes."""

import math

import numpy as np
import pytest

from patternlab.caching.errors import TraceError
from patternlab.caching.traces.trace import Trace
from patternlab.caching.workloads import (
    flash_crowd,
    merged,
    sized,
    updates,
    zipf,
    zipf_weights,
)


def bytes_of(trace) -> bytes:
    return b"".join(part.tobytes() for part in (trace.time, trace.key))


MAKERS = [
    lambda seed: zipf(500, 50, seed=seed),
    lambda seed: flash_crowd(zipf(500, 50, seed=9), at=1, requests=50, keys=[4, 7], seed=seed),
    lambda seed: updates(50, 100.0, 10.0, seed=seed),
    lambda seed: updates(50, 100.0, 10.0, kind="periodic", seed=seed),
]


@pytest.mark.parametrize("make", MAKERS, ids=["zipf", "flash", "poisson", "periodic"])
def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(make):
    assert bytes_of(make(1)) == bytes_of(make(1))
    assert bytes_of(make(1)) != bytes_of(make(2))


def test_zipf_weights_by_hand():
    assert zipf_weights(3, 1.0) == pytest.approx([6 / 11, 3 / 11, 2 / 11])
    assert zipf_weights(4, 0.0) == pytest.approx([0.25] * 4)
    assert zipf_weights(2, 2.0) == pytest.approx([0.8, 0.2])


@pytest.mark.parametrize("alpha", [0.0, 0.6, 0.9, 1.0, 1.4])
def test_requests_follow_the_zipf_weights(alpha):
    """Every share of 300,000 requests is within 5 standard deviations of its weight."""
    requests, weights = 300_000, zipf_weights(200, alpha)

    trace = zipf(requests, 200, alpha)

    share = np.bincount(trace.key, minlength=200) / requests
    deviation = np.sqrt(weights * (1 - weights) / requests)
    assert (np.abs(share - weights) <= 5 * deviation).all()


def test_requests_are_in_no_order_of_popularity():
    """What comes next does not depend on what came: pairs of neighbours as often as by chance."""
    key = zipf(100_000, 2, alpha=0.0).key

    repeats = (key[1:] == key[:-1]).mean()

    assert repeats == pytest.approx(0.5, abs=5 * 0.5 / math.sqrt(100_000))


def test_arrivals_are_poisson():
    """The gaps' mean is 1/rate and so is their standard deviation; within 5 of its own errors."""
    gaps = np.diff(zipf(200_000, 10, rate=50.0).time)

    assert gaps.mean() == pytest.approx(0.02, rel=5 / math.sqrt(200_000))
    assert gaps.std() == pytest.approx(0.02, rel=5 * math.sqrt(2 / 200_000))


def test_the_keys_do_not_change_with_the_rate():
    assert (zipf(1000, 50, rate=1).key == zipf(1000, 50, rate=1000).key).all()


def test_a_flash_crowd_comes_at_once_and_halves_each_half_life():
    base = zipf(10_000, 100, rate=10.0)

    trace = flash_crowd(base, at=300.0, requests=20_000, half_life=60.0, keys=[98, 99])

    added = (trace.key >= 98) & (trace.time >= 300)
    added_times = trace.time[added]
    base_late = ((base.key >= 98) & (base.time >= 300)).sum()
    assert len(trace) == 30_000
    assert added.sum() == 20_000 + base_late
    # Half within one half-life; 5 deviations of a share of 20,000, and the base's few requests.
    assert (added_times < 360).mean() == pytest.approx(0.5, abs=0.018 + base_late / 20_000)


def test_a_flash_crowd_wants_the_least_popular_object_unless_told():
    base = sized(zipf(100, 10), np.arange(1, 11) * 100)

    trace = flash_crowd(base, at=0.0, requests=50)

    assert (trace.key == 9).sum() == 50 + (base.key == 9).sum()
    assert trace.objects == 10


def test_a_flash_crowd_gets_the_size_that_the_object_has():
    base = Trace([0.0, 1.0], [0, 1], [500, 700])

    trace = flash_crowd(base, at=0.5, requests=3, keys=[1])

    assert (trace.size[trace.key == 1] == 700).all()


def test_merged_traces_are_in_order_and_keep_equal_times_first_come_first():
    one = Trace([0] * 99 + [2], [0] * 100, objects=2)
    two = Trace([0] * 99 + [1], [1] * 100, objects=2)

    both = merged(one, two)

    assert both.time.tolist() == [0] * 198 + [1, 2]
    assert both.key.tolist() == [0] * 99 + [1] * 99 + [1, 0]


def test_periodic_updates_are_exactly_their_period_apart():
    found = updates(3, 100.0, np.array([10.0, 25.0, np.inf]), kind="periodic")

    assert np.diff(found.time[found.key == 0]) == pytest.approx(10.0)
    assert np.diff(found.time[found.key == 1]) == pytest.approx(25.0)
    assert (found.key == 0).sum() == 10 and (found.key == 1).sum() == 4
    assert 2 not in found.key
    assert found.time.max() < 100


def test_poisson_updates_come_at_their_rate():
    """100 objects for 1,000 s, each 10 s on average: 10,000 changes, within 5 deviations."""
    found = updates(100, 1000.0, 10.0)

    assert len(found) == pytest.approx(10_000, abs=5 * 100)
    assert (np.diff(found.time) >= 0).all()
    assert found.time.mean() == pytest.approx(500, abs=5 * 1000 / math.sqrt(12 * 10_000))


def test_there_may_be_no_update_at_all():
    assert len(updates(5, 10.0, np.inf)) == 0
    assert len(updates(5, 10.0, np.inf, kind="periodic")) == 0


def test_an_object_has_the_same_size_at_each_request():
    trace = sized(zipf(1000, 20), np.arange(100, 120))

    for key in np.unique(trace.key):
        assert len(set(trace.size[trace.key == key])) == 1
    assert set(sized(trace, 7).size) == {7}


@pytest.mark.parametrize(
    "make, named",
    [
        (lambda: zipf(0, 10), "requests .* 0"),
        (lambda: zipf(1.5, 10), "requests .* 1.5"),
        (lambda: zipf(10, 0), "objects .* 0"),
        (lambda: zipf(10, 10, alpha=-1), "alpha .* -1"),
        (lambda: zipf(10, 10, alpha=math.nan), "alpha .* nan"),
        (lambda: zipf(10, 10, rate=0), "rate .* 0"),
        (lambda: flash_crowd(zipf(5, 5), -1, 5), "at .* -1"),
        (lambda: flash_crowd(zipf(5, 5), 1, 5, keys=[5]), r"5 .* 0\.\.4"),
        (lambda: flash_crowd(zipf(5, 5), 1, 5, keys=[]), "keys"),
        (lambda: updates(5, 10.0, 0.0), "every"),
        (lambda: updates(5, 10.0, 1.0, kind="daily"), "kind .* 'daily'"),
        (lambda: merged(zipf(5, 5), zipf(5, 6)), "5 .* 6"),
        (lambda: sized(zipf(5, 5), [1, 2]), r"5 .* \(2,\)"),
        (lambda: updates(5, 10.0, [1.0, 2.0]), r"every .* \(2,\)"),
    ],
)
def test_what_cannot_be_made_is_refused_with_a_sentence(make, named):
    with pytest.raises(TraceError, match=named):
        make()
