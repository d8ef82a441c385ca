from . import costs, stampede, theory, workloads
from .dax import Dax, two_views
from .edge.cloudfront import Distribution
from .edge.edge import Edge
from .edge.ttl import CachePolicy, edge_ttl
from .errors import CachingError, TraceError
from .eviction import fill
from .gateway import price_table
from .layer import WriteBehind, lazy, write_through
from .measure import measure
from .orders import Orders
from .simulator.result import Result, table
from .simulator.settings import Layer
from .simulator.simulate import hierarchy, simulate
from .traces.readers import read_trace
from .traces.trace import Trace, Updates
from .valkey import open_valkey

__all__ = [
    "CachePolicy",
    "CachingError",
    "Dax",
    "Distribution",
    "Edge",
    "Layer",
    "Orders",
    "Result",
    "Trace",
    "TraceError",
    "Updates",
    "WriteBehind",
    "costs",
    "edge_ttl",
    "fill",
    "hierarchy",
    "lazy",
    "measure",
    "open_valkey",
    "price_table",
    "read_trace",
    "simulate",
    "stampede",
    "table",
    "theory",
    "two_views",
    "workloads",
    "write_through",
]
