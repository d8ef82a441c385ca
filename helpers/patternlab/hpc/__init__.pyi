from . import hockney, measure, multinode, results, transfer, units
from .cluster import launch, plan, remains, teardown
from .cluster.cases import cases
from .cluster.diagnosis import diagnose, gather
from .errors import HPCError
from .instances import catalogue, suitable, summary
from .mpi import run_mpi
from .namespaces import two_hosts
from .parallelcluster import EXAMPLE, judge
from .scaling import HaloExchange, Independent, most_useful_ranks, strong_scaling
from .transports import TRANSPORTS
from .wire import Wire, reached

__all__ = [
    "EXAMPLE",
    "HPCError",
    "HaloExchange",
    "Independent",
    "TRANSPORTS",
    "Wire",
    "cases",
    "catalogue",
    "diagnose",
    "gather",
    "hockney",
    "judge",
    "launch",
    "measure",
    "most_useful_ranks",
    "multinode",
    "plan",
    "reached",
    "remains",
    "results",
    "run_mpi",
    "strong_scaling",
    "suitable",
    "summary",
    "teardown",
    "transfer",
    "two_hosts",
    "units",
]
