"""What holds for every figure of the course."""

import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgba

from patternlab import plots
from patternlab.delivery.scenarios import fifo_orders
from patternlab.hpc.hockney import Hockney
from patternlab.hpc.parallelcluster import Cluster, Fleet, Queue, Subnet
from patternlab.hpc.scaling import HaloExchange, Independent, strong_scaling
from patternlab.hpc.transfer import Site
from patternlab.plots.drawing import style
from tests.plots.tables import deliveries_of, history_of, mixed, tries

LATENCIES = {"wire": {1: 5.0, 1024: 6.0, 1 << 20: 900.0}, "b": {1: 15.6, 1 << 20: 287.0}}
CACHE = SimpleNamespace(hit_ratio=0.9, stale_ratio=0.4, mean_age=1.0, fetches=7)
FLEET = Fleet("c5n", ("c5n.18xlarge",), 1, 4, True, "mpi", True, 36, 72, 100.0, "x86_64", 0)
CLUSTER = Cluster(
    "us-east-1", "alinux2023", "c5.large", "subnet-a",
    (Queue("mpi", "ONDEMAND", ("subnet-a",), (FLEET,)),), storage=(), subnets=(Subnet("subnet-a"),),
)  # fmt: skip
TYPES = pd.DataFrame(
    [("t3.micro", 2, 1.0, 0, 0, "Up to 5 Gigabit", 5.0, False, 0),
     ("c5n.9xlarge", 36, 96.0, 0, 0, "50 Gigabit", 50.0, True, 1)],
    columns=["type", "vcpus", "memory_gib", "gpus", "accelerators", "network", "network_gbps",
             "efa", "max_efa"],
).set_index("type")  # fmt: skip
NODE = {
    "jobId": "job#0",
    "nodeDetails": {"nodeIndex": 0, "isMainNode": True},
    "startedAt": 1000,
    "stoppedAt": 6000,
    "container": {"exitCode": 0},
}
RUNS = {
    "halo": strong_scaling(HaloExchange(), Hockney(25, 10), [1, 8, 64]),
    "independent": strong_scaling(Independent(), Hockney(25, 10), [1, 8, 64]),
}
EVENTS = {"a": [(0, 1, "failed"), (67, 68, "timed out"), (198, 199, "failed")]}
DELIVERIES = tries("m", "orders", (0, "delivered")) + tries(
    "m", "mail", (0, "failed"), (9, "dropped")
)
LAYER = SimpleNamespace(name="a very long name indeed", requests=10**9, fetches=3)
LOADS = {f"design {n}": np.arange(100) for n in range(2)}
LIMITS = {"visibility_timeout": 30, "max_receive_count": 5}

#: A small call of each figure; all take ``theme`` and ``title`` besides.
FIGURES = {
    "async_timeline": (history_of(EVENTS, sent=0.0), {}),
    "bandwidth_curve": (LATENCIES, {"line_gbps": 100}),
    "cluster_map": (CLUSTER, {}),
    "fan_out": (deliveries_of(DELIVERIES), {}),
    "fifo_lanes": (fifo_orders(groups=4, max_receive_count=3).history, LIMITS),
    "hit_ratio_curve": ({1: CACHE, 300: CACHE}, {"bound": 0.1}),
    "instance_catalogue": (TYPES, {}),
    "latency_curve": (LATENCIES, {"fits": {"EFA": Hockney(15, 30), "ENA": Hockney(25, 10)}}),
    "latency_distribution": (np.arange(101.0), {}),
    "layer_flow": ([LAYER], {}),
    "miss_ratio_curve": ({"LRU": {10: 0.9, 100: 0.3, 1000: 0.25}}, {}),
    "node_lives": ([NODE], {}),
    "node_ranges": (["0:10", "11:"], {"nodes": 16}),
    "origin_load": (LOADS, {"bin_seconds": 60, "limit": 1}),
    "retry_timeline": (mixed(5), LIMITS),
    "scaling": (RUNS, {}),
    "transfer_times": (Site("1 Gbps", drives="100 TB"), {"load": "80 TB", "deadline": 9}),
}  # fmt: skip


def drawn(name, **look):
    first, more = FIGURES[name]
    return getattr(plots, name)(first, **more, **look)


def test_every_figure_is_here():
    assert set(plots.__all__) == {*FIGURES, "Picture", "head_of_line", "knee_of"}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_fits_is_the_same_each_time_and_has_two_themes(name, assert_nothing_is_cut_off):
    long = "Orders $1 " * 40
    one, other, dark = (
        drawn(name, theme=theme, title=long) for theme in ("light", "light", "dark")
    )
    assert_nothing_is_cut_off(one)
    assert one.png(50) == other.png(50)
    assert one.twin_html() == other.twin_html() == dark.twin_html()
    assert dark.figure.get_facecolor() == to_rgba(style.DARK.background)
    with pytest.raises(ValueError, match="'neon'"):
        drawn(name, theme="neon")


def test_plots_never_load_pyplot():
    code = (
        "import sys; from patternlab import plots; [getattr(plots, n) for n in plots.__all__];"
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
