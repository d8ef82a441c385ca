"""Node ranges: what they name, which one holds, and what no job can have."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patternlab.hpc.errors import HPCError
from patternlab.hpc.multinode.ranges import groups_of, is_open, nodes_in


@pytest.mark.parametrize(
    ("target", "named"),
    [("0:3", [0, 1, 2, 3]), (":2", [0, 1, 2]), ("4:", [4, 5]), (":", range(6)), ("2", [2])],
)
def test_both_ends_belong_to_a_range_and_may_be_left_out(target, named):
    assert list(nodes_in(target, 6)) == list(named)


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("", "''"),
        ("a:b", "'a:b'"),
        ("1-3", "'1-3'"),
        (3, "not 3"),
        ("3:1", "'3:1'"),
        ("0:6", "node 6.* 0 to 5"),
        ("7:", "node 7.* 6 nodes"),
    ],
)
def test_what_is_no_range_of_this_job_is_refused(target, told):
    with pytest.raises(HPCError, match=told):
        nodes_in(target, 6)


def test_three_levels_of_nesting():
    assert groups_of(["0:", "2:6", "3:4"], 8) == [0, 0, 1, 2, 2, 1, 1, 0]


@pytest.mark.parametrize(
    ("targets", "told"),
    [
        (["0:3", "2:5"], "'0:3'.*'2:5'"),
        (["0:", ":"], "'0:'.*':'"),
        (["0:2", "4:5"], "Node 3 .*0:2, 4:5"),
        ([], "1 to 5 .*not 0"),
        (["0:", "0", "1", "2", "3", "4"], "1 to 5 .*not 6"),
    ],
)
def test_ranges_that_leave_a_doubt_are_refused(targets, told):
    with pytest.raises(HPCError, match=told):
        groups_of(targets, 6)


@given(st.integers(1, 1000), st.data())
def test_a_node_belongs_to_the_narrowest_range_that_names_it(nodes, data):
    start = data.draw(st.integers(0, nodes - 1))
    end = data.draw(st.integers(start, nodes - 1))
    if (start, end) == (0, nodes - 1):
        return
    outer, inner = ":", f"{start}:{end}"
    for targets in ([outer, inner], [inner, outer]):
        for node, group in enumerate(groups_of(targets, nodes)):
            assert targets[group] == (inner if start <= node <= end else outer)


def test_a_range_is_open_if_it_has_no_end():
    assert [each for each in (":", "4:", ":4", "0:4", "3") if is_open(each)] == [":", "4:"]
