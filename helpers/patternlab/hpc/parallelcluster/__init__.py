"""Cluster files of AWS ParallelCluster, judged by AWS's own schema and validators, offline.

`judge` gives what AWS's package (the extra ``parallelcluster``) says of a file, each finding with
its place and a sentence what to do, and what the file would create. No account is asked: a process
of its own runs the package with moto in place of AWS, and may open no connection.

What the judge takes for granted is said with each judgement: that the subnets, security groups,
key pairs, images and placement groups which the file names exist. Give a `Site` to say which
subnets there are, where, and whether they are public. What only a real account can tell (a role, a
file system, a URL) is a finding of level "not judged".
"""

from patternlab.hpc.parallelcluster.client import judge
from patternlab.hpc.parallelcluster.created import Cluster, Fleet, Queue, Storage
from patternlab.hpc.parallelcluster.findings import Finding, Judgement
from patternlab.hpc.parallelcluster.site import EXAMPLE, SecurityGroup, Site, Subnet

__all__ = [
    "EXAMPLE",
    "Cluster",
    "Finding",
    "Fleet",
    "Judgement",
    "Queue",
    "SecurityGroup",
    "Site",
    "Storage",
    "Subnet",
    "judge",
]
