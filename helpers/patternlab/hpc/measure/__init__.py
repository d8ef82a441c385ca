"""Measure messages on this machine: the ping-pong by a transport or over an emulated wire.

measure.pingpong("tcp")              # one run, and its report
measure.compare(["tcp", "shared memory"])   # the lowest medians of several runs, as a table

``results`` reads reports from elsewhere, such as those of a cluster.
"""

from __future__ import annotations

from patternlab.hpc.measure import results
from patternlab.hpc.measure.runs import compare, lowest, on_cores, pingpong

__all__ = ["compare", "lowest", "on_cores", "pingpong", "results"]
