"""A cluster that runs: wait for it, run the ping-pong on it, end it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from patternlab.hpc.cluster import nodes
from patternlab.hpc.cluster.commands import MakeKey, PingPong, Prepare, TrustKey
from patternlab.hpc.cluster.plan import INSTANCES, Plan
from patternlab.hpc.cluster.teardown import TAG, remains, teardown
from patternlab.hpc.errors import HPCError
from patternlab.hpc.measure import results

#: Seconds that agents may take to report, and the installation to end.
REPORTED_WITHIN, INSTALLED_WITHIN = 300, 900


class Cluster:
    """The nodes of one launch. Made by :func:`patternlab.hpc.cluster.launch`.

    As a context manager it is closed at the end of the block.
    """

    def __init__(
        self, cloud: Any, plan: Plan, ids: Sequence[str], tell: Callable[[str], None] = print
    ) -> None:
        self._cloud, self._tell = cloud, tell
        self.plan, self.ids = plan, list(ids)
        self._prepared = False

    def addresses(self) -> list[str]:
        """The private addresses of the nodes, the main node's first."""
        pages = self._cloud.client("ec2").get_paginator("describe_instances")
        nodes = pages.paginate(InstanceIds=self.ids).search(INSTANCES)
        by_id = {
            node["InstanceId"]: node["PrivateIpAddress"]
            for node in nodes
            if node["State"]["Name"] == "running"
        }
        if len(by_id) < len(self.ids):
            raise HPCError(
                f"{len(self.ids) - len(by_id)} of {len(self.ids)} nodes are gone: their timer may "
                "have ended them. Close the cluster and launch another one."
            )
        return [by_id[one] for one in self.ids]

    def security_group(self) -> str:
        """The id of the security group that all nodes are in."""
        asked = [{"Name": f"tag:{TAG}", "Values": [self.plan.name]}]
        ec2 = self._cloud.client("ec2")
        found = ec2.describe_security_groups(Filters=asked)["SecurityGroups"]
        if not found:
            raise HPCError(f"The cluster {self.plan.name} has no security group: it was closed.")
        return found[0]["GroupId"]

    def wait_until_ready(self) -> None:
        """Wait for the agents and the installation, then let the main node reach the others."""
        try:
            self._cloud.wait_until(self._all_online, timeout=REPORTED_WITHIN)
        except TimeoutError:
            raise HPCError(
                f"Not all nodes reported to Session Manager within {REPORTED_WITHIN} s. They need "
                "the instance profile and a way to the internet (a public address and a subnet "
                "with an internet gateway). Close the cluster."
            ) from None
        self._tell("Session Manager reaches all nodes")
        said = nodes.run(self._cloud, self.ids, Prepare(), time_limit=INSTALLED_WITHIN)
        self._tell(f"ready: {said[0].strip().splitlines()[0]}")
        (key,) = nodes.run(self._cloud, self.ids[:1], MakeKey())
        nodes.run(self._cloud, self.ids, TrustKey(key.strip()))
        self._tell("the other nodes trust the main node's public key")
        self._prepared = True

    def ping_pong(
        self,
        transport: str | None = "efa",
        *,
        expect: str | None = "efa",
        sizes: str | None = None,
        trips: int | None = None,
        time_limit: int = 120,
    ) -> results.Report:
        """Run the ping-pong between the first two nodes; its report says what answered.

        Raises an :class:`HPCError` with what the nodes printed if it fails: EFA asked for by name
        on nodes without one fails, and does not fall back.

        Args:
            transport: Asked for by name: "efa", "tcp" or "shared memory". None lets the MPI
                library choose.
            expect: What should have answered: the report's verdict says whether it did.
            sizes, trips: As the ping-pong takes them, for example ``sizes="1,1KiB,1MiB"``; None
                for its own.
            time_limit: Seconds that it may run.
        """
        if not self._prepared:
            self.wait_until_ready()
        asked = PingPong(tuple(self.addresses()[:2]), transport, expect, sizes, trips)
        (said,) = nodes.run(self._cloud, self.ids[:1], asked, time_limit=time_limit)
        return results.read(said)

    def remains(self) -> list[str]:
        """List what exists of it, by tag and by name; empty after :meth:`close`."""
        return remains(self._cloud, self.plan.name)

    def close(self) -> None:
        """End the nodes, delete all that was made, and check by tag that nothing is left."""
        teardown(self._cloud, self.plan.name, self._tell, nodes=self.ids)

    def _all_online(self) -> bool:
        return set(nodes.online(self._cloud, self.ids)) == set(self.ids)

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()
