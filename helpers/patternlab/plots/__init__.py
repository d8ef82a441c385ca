"""Figures of the course. Each function returns a ``Picture``: a figure and its twin in text."""

from patternlab.plots.picture import Picture
from patternlab.plots.timeline import retry_timeline

__all__ = ["Picture", "retry_timeline"]
