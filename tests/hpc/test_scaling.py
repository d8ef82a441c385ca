"""What more ranks bring depends on how often a program talks, and over what."""

import pytest

from patternlab.hpc.errors import HPCError
from patternlab.hpc.hockney import Hockney
from patternlab.hpc.scaling import HaloExchange, Independent, most_useful_ranks, strong_scaling

ENA, EFA = Hockney(25, 10), Hockney(15.6, 31)
RANKS = [1, 8, 64, 512, 4096]


def test_one_rank_is_the_measure_of_all():
    row = strong_scaling(HaloExchange(), ENA, [1]).iloc[0]
    assert (row["speedup"], row["efficiency"], row["talk_us"]) == (1, 1, 0)


def test_the_columns_are_each_others_sums_and_ratios():
    table = strong_scaling(HaloExchange(), ENA, RANKS)
    assert table["step_us"].tolist() == (table["compute_us"] + table["talk_us"]).tolist()
    assert table["efficiency"].tolist() == (table["speedup"] / table["ranks"]).tolist()


def test_a_halo_step_by_hand():
    program = HaloExchange(side=100, ns_per_cell=10, bytes_per_cell=8)
    row = strong_scaling(program, Hockney(10, 8), [8]).iloc[0]
    # 10^6 cells of 10 ns over 8 ranks; six faces of 50 x 50 cells of 8 bytes at 1000 bytes a
    # microsecond; three rounds of 8 bytes.
    assert row["compute_us"] == pytest.approx(1250)
    assert row["talk_us"] == pytest.approx(6 * (10 + 20) + 3 * (10 + 0.008))


def test_a_better_wire_helps_the_halo_exchange_and_hardly_the_independent_work():
    for program, least, most in ((HaloExchange(), 1.3, 2.5), (Independent(), 1.0, 1.001)):
        slow, fast = (strong_scaling(program, wire, [4096]).iloc[0] for wire in (ENA, EFA))
        assert least < fast["speedup"] / slow["speedup"] < most


def test_efficiency_only_falls():
    for program in (HaloExchange(), Independent()):
        falling = strong_scaling(program, EFA, RANKS)["efficiency"]
        assert falling.is_monotonic_decreasing


def test_the_most_useful_ranks_are_the_last_that_are_efficient_enough():
    count = most_useful_ranks(HaloExchange(), ENA, 0.5)
    pair = strong_scaling(HaloExchange(), ENA, [count, 2 * count])["efficiency"]
    assert pair[0] >= 0.5 > pair[1]
    assert most_useful_ranks(Independent(), ENA, 0.5, most=1024) == 1024


@pytest.mark.parametrize("ranks", [[], [0], [1.5], [True]])
def test_ranks_that_cannot_be_are_refused(ranks):
    with pytest.raises(HPCError, match="whole numbers"):
        strong_scaling(HaloExchange(), ENA, ranks)
