"""Two numbers describe a wire: they are found again in the curve that they make."""

import numpy as np
import pandas as pd
import pytest

from patternlab import facts
from patternlab.hpc.errors import HPCError
from patternlab.hpc.hockney import Hockney, fit, step

SIZES = 2 ** np.arange(23)


def quoted(name):
    table = facts.read("latency")
    rows = table[table["curve"] == name]
    return dict(zip(rows["size_bytes"], rows["half_round_trip_us"], strict=True))


def test_a_message_takes_its_start_and_its_bytes():
    wire = Hockney(10, 8)  # 8 Gbit/s are 1000 bytes a microsecond
    assert wire.time_us(0) == 10
    assert wire.time_us(5000) == 15
    assert wire.time_us([0, 1000]).tolist() == [10, 11]


def test_at_n_half_half_of_the_bandwidth_is_reached():
    wire = Hockney(25, 10)
    assert wire.n_half == 31_250
    for size, gbps in ((wire.n_half, 5), (1e12, 10)):
        assert size * 8e-3 / wire.time_us(size) == pytest.approx(gbps, rel=1e-3)


def test_the_fit_finds_the_numbers_of_an_exact_curve():
    made = Hockney(15.6, 31)
    found = fit(dict(zip(SIZES.tolist(), made.time_us(SIZES), strict=True)))
    assert (found.alpha_us, found.gbps) == pytest.approx((15.6, 31), rel=1e-6)


def test_the_fit_counts_small_and_large_messages_alike():
    made = Hockney(15.6, 31)
    noise = 1 + 0.03 * np.random.default_rng(1).standard_normal(len(SIZES))
    found = fit(pd.Series(made.time_us(SIZES) * noise, index=SIZES))
    assert found.alpha_us == pytest.approx(15.6, rel=0.02)
    assert found.gbps == pytest.approx(31, rel=0.05)


def test_an_exact_line_has_no_step():
    assert step(dict(zip(SIZES.tolist(), Hockney(5, 10).time_us(SIZES), strict=True))) is None


def test_the_step_is_found_where_it_was_put():
    times = Hockney(5, 40).time_us(SIZES) + 30 * (SIZES > 8192)
    found = step(dict(zip(SIZES.tolist(), times, strict=True)))
    assert (found.last_eager_bytes, found.first_rendezvous_bytes) == (8192, 16384)
    assert found.jump_us == pytest.approx(30, rel=0.01)
    assert found.eager.alpha_us == pytest.approx(5, rel=0.01)


@pytest.mark.parametrize("name", ["EFA hpc6a", "EFA c5n.18xlarge", "EFA p5en.48xlarge"])
def test_the_quoted_efa_curves_jump_between_64_and_128_kib(name):
    found = step(quoted(name))
    assert (found.last_eager_bytes, found.first_rendezvous_bytes) == (65_536, 131_072)
    assert 15 < found.jump_us < 40


def test_too_few_points_have_no_step():
    assert step({1: 1.0, 2: 1.1, 4: 1.2}) is None


@pytest.mark.parametrize(
    ("curve", "told"),
    [
        ({1: 5.0}, "at least two sizes"),
        ({1: 5.0, 2: -1.0}, "times above 0"),
        ({1: 5.0, 2: float("nan")}, "times above 0"),
        ({1: 5.0, 1_000_000: 4.0}, "larger messages are not slower here"),
    ],
)
def test_a_curve_that_no_line_fits_is_a_sentence(curve, told):
    with pytest.raises(HPCError, match=told):
        fit(curve)


@pytest.mark.parametrize(("alpha", "gbps"), [(0, 10), (10, -1), (float("nan"), 1)])
def test_a_wire_that_cannot_be_is_refused(alpha, gbps):
    with pytest.raises(HPCError, match="0"):
        Hockney(alpha, gbps)
