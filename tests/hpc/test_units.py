"""Sizes and rates as people write them, and one clear sentence for what they write wrongly."""

import pytest

from patternlab.hpc.errors import HPCError
from patternlab.hpc.units import rate, rate_text, size, size_text, time_text


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("80 TB", 80e12),
        ("3 PB", 3e15),
        ("1,500 TB", 1.5e15),
        ("1.5PiB", 1.5 * 2**50),
        ("0.1 GB", 1e8),
        (" 10 kB ", 1e4),
        ("7 B", 7),
        (5_000, 5000),
    ],
)
def test_a_size_is_bytes(text, count):
    assert size(text) == count


@pytest.mark.parametrize(
    ("text", "bits"),
    [
        ("10 Gbps", 10e9),
        ("10 Gbit/s", 10e9),
        ("10 Gb/s", 10e9),
        ("1.25 GB/s", 10e9),
        ("1 MiB/s", 8 * 2**20),
        ("500 Mbps", 5e8),
        (2.5e9, 2.5e9),
    ],
)
def test_a_rate_is_bits_a_second_and_a_byte_has_eight(text, bits):
    assert rate(text) == bits


@pytest.mark.parametrize(
    ("read", "text", "told"),
    [
        (size, "80 TBs", "'TBs'.* 80 TB"),
        (size, "80 Tb", "80 Tb .*bits.* 8 Tb are 1 TB"),
        (size, "80 tb", "b is a bit and B a byte.* 80 TB"),
        (size, "10 KB", "10 kB or 10 KiB"),
        (size, "80", "'80' is not a size.* 80 TB"),
        (size, "80 GB/s", "80 GB/s is a rate"),
        (size, "80 parsecs", "'parsecs'.* B, kB, MB, GB, TB, PB, EB"),
        (size, "-3 TB", "'-3 TB' is not a size"),
        (size, "0 TB", "above 0"),
        (size, "eighty TB", "is not a size"),
        (size, None, "None is not a size"),
        (size, True, "True is not a size"),
        (size, float("nan"), "nan is not a size"),
        (rate, "10 GB", "10 GB is a size.* 10 GB/s"),
        (rate, "10 gbps", "10 Gbps or 10 GBps"),
        (rate, "10 furlongs", "'furlongs'.* kbps, Mbps, Gbps"),
        (rate, "fast", "'fast' is not a rate.* 10 Gbps"),
    ],
)
def test_what_cannot_be_read_is_told_with_the_way_out(read, text, told):
    with pytest.raises(HPCError, match=told):
        read(text)


def test_what_is_shown_can_be_read_again():
    for count in (1, 999, 1e3, 80e12, 3e15, 2.5e18):
        assert size(size_text(count)) == count
    for bits in (50e6, 1.25e9, 10e9, 4e11):
        assert rate(rate_text(bits)) == bits


def test_times_are_told_in_the_unit_people_use():
    told = [time_text(hours) for hours in (0.5, 22.2, 222.2, 2778, 100_000)]
    assert told == ["30 min", "22.2 h", "9.26 days", "116 days", "11.4 years"]
