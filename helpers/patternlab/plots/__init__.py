"""Figures of the course. Each function returns a ``Picture``: a figure and its twin in text."""

from patternlab.plots.asynchronous import async_timeline
from patternlab.plots.fan_out import fan_out
from patternlab.plots.fifo import fifo_lanes
from patternlab.plots.groups import head_of_line
from patternlab.plots.latency import latency_distribution
from patternlab.plots.picture import Picture
from patternlab.plots.timeline import retry_timeline

__all__ = [
    "Picture",
    "async_timeline",
    "fan_out",
    "fifo_lanes",
    "head_of_line",
    "latency_distribution",
    "retry_timeline",
]
