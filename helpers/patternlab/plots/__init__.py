"""Figures of the course. Each function returns a ``Picture``: a figure and its twin in text."""

from patternlab.plots.asynchronous import async_timeline
from patternlab.plots.bandwidth_curve import bandwidth_curve
from patternlab.plots.cluster_map import cluster_map
from patternlab.plots.fan_out import fan_out
from patternlab.plots.fifo import fifo_lanes
from patternlab.plots.groups import head_of_line
from patternlab.plots.hit_ratio import hit_ratio_curve
from patternlab.plots.instance_catalogue import instance_catalogue
from patternlab.plots.latency import latency_distribution
from patternlab.plots.latency_curve import latency_curve
from patternlab.plots.layers import layer_flow
from patternlab.plots.miss_ratio import knee_of, miss_ratio_curve
from patternlab.plots.multinode import node_lives, node_ranges
from patternlab.plots.origin_load import origin_load
from patternlab.plots.picture import Picture
from patternlab.plots.scaling import scaling
from patternlab.plots.timeline import retry_timeline
from patternlab.plots.transfer import transfer_times

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
