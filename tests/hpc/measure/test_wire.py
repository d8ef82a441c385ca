"""An emulated wire: how it is described, and where a machine could follow it."""

import json

import pytest

from patternlab.hpc.errors import HPCError
from patternlab.hpc.measure import results
from patternlab.hpc.measure.wire import Wire, reached
from tests.hpc.reports import a_report


def test_a_wire_that_cannot_be_is_refused():
    with pytest.raises(HPCError, match="0 Gbps"):
        Wire(5, gbps=0)


def emulated_report(*rows):
    names = ("size_bytes", "asked_us", "median_us", "late")
    found = [dict(zip(names, row, strict=True)) | {"ranks": [0, 1]} for row in rows]
    return results.read(json.dumps(a_report(wire="25 us") | {"rows": found}))


def test_what_is_within_three_percent_is_reached_and_the_rest_is_not():
    report = emulated_report((1, 100.0, 102.9, 0.1), (8, 100.0, 103.1, 0.6), (9, 100.0, 96.9, 0))
    table = reached(report)
    assert list(table["reached"]) == [True, False, False]
    assert table["off"].iloc[0] == pytest.approx(0.029)
    assert list(table.columns) == ["asked_us", "median_us", "off", "late", "reached"]


def test_without_a_wire_nothing_was_asked():
    with pytest.raises(HPCError, match="nothing was asked"):
        reached(results.read(json.dumps(a_report())))
