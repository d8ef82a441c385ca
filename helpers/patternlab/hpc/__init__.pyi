from . import hockney, measure, multinode, transfer, units
from .cluster import launch, plan, remains, teardown
from .cluster.cases import cases
from .cluster.diagnosis import diagnose, gather
from .errors import HPCError
from .instances import catalogue, suitable, summary
from .measure import results
from .measure.namespaces import two_hosts
from .measure.transports import TRANSPORTS
from .measure.wire import Wire, reached
from .mpi import run_mpi
from .parallelcluster import EXAMPLE, judge
from .scaling import HaloExchange, Independent, most_useful_ranks, strong_scaling

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
