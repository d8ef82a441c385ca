"""A small EFA cluster: planned, agreed to, launched, measured and deleted without a trace.

One code for a local cloud (moto) and an account::

    wanted = plan(cloud, "c5n.9xlarge", minutes=45)     # reads only: can it be, what may it cost
    with launch(cloud, wanted, agreed_usd=4.00) as cluster:
        report = cluster.ping_pong("efa")               # EFA by name: TCP cannot answer instead

On a local cloud the nodes are moto's: they are asked for, tagged, placed and ended as on an
account, but nothing runs on them. The ping-pong then runs for real, between two processes of this
machine.
"""

from __future__ import annotations

from patternlab.hpc.cluster.cluster import Cluster
from patternlab.hpc.cluster.launch import launch
from patternlab.hpc.cluster.plan import Plan, plan
from patternlab.hpc.cluster.teardown import remains, teardown

__all__ = ["Cluster", "Plan", "launch", "plan", "remains", "teardown"]
