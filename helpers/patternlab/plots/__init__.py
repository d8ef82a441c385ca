"""Figures of the course. Each function returns a ``Picture``: a figure and its twin in text."""

from patternlab.plots.caching.hit_ratio import hit_ratio_curve
from patternlab.plots.caching.layers import layer_flow
from patternlab.plots.caching.miss_ratio import knee_of, miss_ratio_curve
from patternlab.plots.caching.origin_load import origin_load
from patternlab.plots.drawing.picture import Picture
from patternlab.plots.hpc.bandwidth_curve import bandwidth_curve
from patternlab.plots.hpc.cluster_map import cluster_map
from patternlab.plots.hpc.instance_catalogue import instance_catalogue
from patternlab.plots.hpc.latency_curve import latency_curve
from patternlab.plots.hpc.multinode import node_lives, node_ranges
from patternlab.plots.hpc.scaling import scaling
from patternlab.plots.hpc.transfer import transfer_times
from patternlab.plots.latency import latency_distribution
from patternlab.plots.messages.asynchronous import async_timeline
from patternlab.plots.messages.fan_out import fan_out
from patternlab.plots.messages.fifo import fifo_lanes
from patternlab.plots.messages.groups import head_of_line
from patternlab.plots.messages.timeline import retry_timeline

__all__ = [
    "Picture",
    "async_timeline",
    "bandwidth_curve",
    "cluster_map",
    "fan_out",
    "fifo_lanes",
    "head_of_line",
    "hit_ratio_curve",
    "instance_catalogue",
    "knee_of",
    "latency_curve",
    "latency_distribution",
    "layer_flow",
    "miss_ratio_curve",
    "node_lives",
    "node_ranges",
    "origin_load",
    "retry_timeline",
    "scaling",
    "transfer_times",
]
