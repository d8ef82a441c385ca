"""Figures of the course. Each function returns a ``Picture``: a figure and its twin in text."""

from patternlab.plots.fifo import fifo_lanes
from patternlab.plots.groups import head_of_line
from patternlab.plots.picture import Picture
from patternlab.plots.timeline import retry_timeline

__all__ = ["Picture", "fifo_lanes", "head_of_line", "retry_timeline"]
