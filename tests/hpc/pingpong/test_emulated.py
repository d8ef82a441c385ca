"""A wire: its time for a size, and how it is written on a command line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patternlab.hpc.pingpong.emulated import Wire, WireError


def test_a_line_is_latency_and_bytes_over_bandwidth():
    wire = Wire(alpha_us=25, gbps=10)
    assert wire.microseconds(0) == 25
    assert wire.microseconds(1_250_000) == 25 + 1000  # 10 Mbit at 10 Gbit/s
    assert Wire(alpha_us=5).microseconds(10**9) == 5


def test_a_table_has_straight_lines_between_its_sizes():
    wire = Wire(points=((1, 15.0), (1001, 25.0), (2001, 125.0)))
    assert [wire.microseconds(n) for n in (0, 1, 501, 1001, 1501)] == [15, 15, 20, 25, 75]
    assert wire.microseconds(3001) == 225  # the last line goes on


@pytest.mark.parametrize(
    ("text", "wire"),
    [
        ("15.6us", Wire(15.6)),
        ("15.6us,100Gbps", Wire(15.6, 100)),
        (" 15.6 us , 100 gbps", Wire(15.6, 100)),
        ("1:15.6,4MiB:1050", Wire(points=((1, 15.6), (4194304, 1050.0)))),
    ],
)
def test_both_forms_can_be_read(text, wire):
    assert Wire.parse(text) == wire


@pytest.mark.parametrize("text", ["", "15", "15ms", "1:2,", "1:2;4:5", "us", "1TB:5,2TB:6"])
def test_what_is_no_wire_is_told_how_to_write_one(text):
    with pytest.raises(WireError, match="Write"):
        Wire.parse(text)


@pytest.mark.parametrize(
    "settings",
    [
        {"alpha_us": -1},
        {"alpha_us": float("nan")},
        {"gbps": 0},
        {"gbps": float("nan")},
        {"points": ((1, 5.0),)},
        {"points": ((1, 5.0), (1, 6.0))},
        {"points": ((1, 5.0), (2, 4.0))},
        {"points": ((2, 5.0), (1, 6.0))},
    ],
)
def test_a_wire_that_cannot_be_is_refused(settings):
    with pytest.raises(WireError):
        Wire(**settings)


@given(st.floats(0, 1e6), st.floats(1e-3, 1e4) | st.just(float("inf")))
def test_a_line_written_is_the_line_read(alpha_us, gbps):
    wire = Wire(alpha_us, gbps)
    assert Wire.parse(wire.argument) == wire


@given(st.dictionaries(st.integers(0, 2**30), st.floats(0, 1e6), min_size=2, max_size=6))
def test_a_table_written_is_the_table_read(times):
    wire = Wire(points=tuple(zip(sorted(times), sorted(times.values()), strict=True)))
    assert Wire.parse(wire.argument) == wire
    for size, time in wire.points:
        assert wire.microseconds(size) == pytest.approx(time)
