from .caching.hit_ratio import hit_ratio_curve
from .caching.layers import layer_flow
from .caching.miss_ratio import knee_of, miss_ratio_curve
from .caching.origin_load import origin_load
from .drawing.picture import Picture
from .hpc.bandwidth_curve import bandwidth_curve
from .hpc.cluster_map import cluster_map
from .hpc.instance_catalogue import instance_catalogue
from .hpc.latency_curve import latency_curve
from .hpc.multinode import node_lives, node_ranges
from .hpc.scaling import scaling
from .hpc.transfer import transfer_times
from .latency import latency_distribution
from .messages.asynchronous import async_timeline
from .messages.fan_out import fan_out
from .messages.fifo import fifo_lanes
from .messages.groups import head_of_line
from .messages.timeline import retry_timeline

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
