"""The waiting line gives what a sorted list gives."""

from hypothesis import strategies as st

from patternlab.delivery.sqs.line import Line
from tests.delivery.shared import proof


def check_a_line(operations):
    """A number is added, None pops; against a list that is sorted each time."""
    line, expected = Line(), []
    for key in operations:
        if key is not None:
            line.add(key, "x")
            expected = sorted([*expected, (key, "x")])
        elif expected:
            assert line.first() == expected[0]
            assert line.pop() == expected.pop(0)
        else:
            assert line.first() is None
    while expected:
        assert line.pop() == expected.pop(0)
    assert line.first() is None


@proof(50, 500, st.lists(st.one_of(st.integers(0, 50), st.none())))
def test_smallest_first_whatever_the_order_of_arrival(prove):
    prove(check_a_line)
