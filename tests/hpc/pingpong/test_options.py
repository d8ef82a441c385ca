"""What can be asked of the ping-pong, and what is refused with a sentence."""

import pytest

from patternlab.hpc.pingpong.options import Options, UsageError, parse, sizes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", (1,)),
        ("64KiB,1", (1, 65536)),
        ("1..8", (1, 2, 4, 8)),
        ("3..20", (3, 6, 12)),
        ("1kB, 1 KiB,1MiB", (1000, 1024, 1048576)),
        ("1..4,4,2", (1, 2, 4)),
    ],
)
def test_sizes_are_bytes_in_ascending_order_each_once(text, expected):
    assert sizes(text) == expected


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("80 TBs", "has no unit that I know"),
        ("", "is no size"),
        ("-1", "is no size"),
        ("0", "out of range"),
        ("2GiB", "out of range"),
        ("8..1", "go down"),
    ],
)
def test_what_is_no_size_is_refused(text, sentence):
    with pytest.raises(UsageError, match=sentence):
        sizes(text)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--trips", "0"], "from 1 to 1000000"),
        (["--trips", "many"], "--help lists"),
        (["--patern"], "--help lists"),
        (["--expect", "infiniband"], "efa, tcp, shared memory"),
        (["--wire", "quick"], "describes no wire"),
        (["--wire", "5us", "--pattern", "all-pairs"], "latency only"),
    ],
)
def test_a_bad_option_is_refused(arguments, sentence):
    with pytest.raises(UsageError, match=sentence):
        parse(arguments)


def test_a_transport_may_be_written_with_a_hyphen():
    assert parse(["--expect", "Shared-Memory"]).expect == "shared memory"


def test_the_default_is_each_power_of_two_to_4_mib():
    asked = parse([])
    assert asked.sizes == tuple(2**n for n in range(23))
    assert (asked.pattern, asked.wire, asked.expect) == ("latency", None, None)


def test_large_messages_get_fewer_trips_but_never_more_than_asked():
    asked = Options(sizes=(1,), trips=1000)
    assert asked.trips_of(1) == 1000
    assert 20 <= asked.trips_of(4 * 1024**2) < 100
    assert asked.trips_of(1024**3) == 20
    assert Options(sizes=(1,), trips=3).trips_of(1024**3) == 3


def test_a_tenth_as_many_trips_warm_up():
    assert Options(sizes=(1,), trips=1000).warm_up_of(1) == 100
    assert Options(sizes=(1,), trips=3).warm_up_of(1) == 5
