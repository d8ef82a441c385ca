"""Strong-scaling charts: speed-up above, efficiency below."""

import pytest

from patternlab.hpc.hockney import Hockney
from patternlab.hpc.scaling import HaloExchange, Independent, strong_scaling
from patternlab.plots import scaling

RANKS = [1, 8, 64, 512]
RUNS = {
    "halo exchange": strong_scaling(HaloExchange(), Hockney(25, 10), RANKS),
    "independent": strong_scaling(Independent(), Hockney(25, 10), RANKS),
}


def test_the_twin_has_the_efficiency_of_each_run():
    table = scaling(RUNS).table
    assert list(table.columns) == ["ranks", *RUNS]
    assert table["ranks"].tolist() == RANKS
    assert table["halo exchange"].tolist() == [1.0, 0.98, 0.92, 0.613]


def test_the_words_name_the_efficiency_at_the_end():
    assert scaling(RUNS).alt == ("Efficiency at 512 ranks: halo exchange 61%; independent 100%.")


def test_other_ranks_are_refused():
    other = {"b": strong_scaling(Independent(), Hockney(25, 10), [1, 2])}
    with pytest.raises(ValueError, match="'b'"):
        scaling({**RUNS, **other})
