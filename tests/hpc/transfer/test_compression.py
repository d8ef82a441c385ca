"""A pipeline is as fast as its slowest part."""

import numpy as np
import pytest

from patternlab.hpc.errors import HPCError
from patternlab.hpc.transfer import ratio_of, streamed_rate, worth_compressing


@pytest.mark.parametrize(
    ("line", "compressor", "ratio", "rate"),
    [(1e9, 8e9, 4, 4e9), (10e9, 8e9, 4, 8e9), (1e9, 8e9, 1, 1e9), (1e9, 8e9, 20, 8e9)],
)
def test_the_slower_of_compressor_and_filled_line_decides(line, compressor, ratio, rate):
    assert streamed_rate(line, compressor, ratio) == rate


@pytest.mark.parametrize(
    ("line", "ratio", "worth"), [(1e9, 4, True), (10e9, 4, False), (1e9, 1, False), (8e9, 4, False)]
)
def test_worth_it_where_the_line_is_slow_and_the_data_shrinks(line, ratio, worth):
    assert worth_compressing(line, 8e9, ratio) is worth


def test_nothing_streams_through_a_line_of_nothing():
    with pytest.raises(HPCError, match="0"):
        streamed_rate(0, 1, 1)


def test_zeros_shrink_and_noise_does_not():
    noise = np.random.default_rng(1).bytes(100_000)
    assert ratio_of(bytes(100_000)) > 100 and ratio_of(noise) == pytest.approx(1, rel=0.01)
    with pytest.raises(HPCError, match="at least one byte"):
        ratio_of(b"")
