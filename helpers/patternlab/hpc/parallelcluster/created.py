"""What a cluster file creates, as plain data: head node, queues, fleets, storage, and their price.

Figures come from AWS's package, defaults included: what the file does not say is as AWS fills it
in. Prices are those of ``data/prices.csv`` (us-east-1, on demand).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from patternlab.hpc.instances import hourly_prices
from patternlab.hpc.parallelcluster.site import Subnet


@dataclass(frozen=True)
class Fleet:
    """A compute resource: nodes of one kind that a queue starts and stops.

    Attributes:
        name: of the compute resource.
        instance_types: one, or several to choose from.
        minimum, maximum: nodes that run always, and at most.
        efa: do its nodes get an Elastic Fabric Adapter?
        placement_group: the name of its placement group; "" without one.
        managed_group: does the cluster create and delete that group?
        cores: physical cores of a node (the fewest, where types differ).
        vcpus: virtual CPUs that Slurm sees of a node: as many as cores without multithreading.
        gbps: network bandwidth of a node in Gbit/s (the least, where types differ), as EC2's
            catalogue in moto says; None if it says no number.
        architecture: "x86_64" or "arm64".
        gpus: of a node.
    """

    name: str
    instance_types: tuple[str, ...]
    minimum: int
    maximum: int
    efa: bool
    placement_group: str
    managed_group: bool
    cores: int
    vcpus: int
    gbps: float | None
    architecture: str
    gpus: int


@dataclass(frozen=True)
class Queue:
    """A Slurm queue (partition).

    Attributes:
        capacity_type: "ONDEMAND", "SPOT" or "CAPACITY_BLOCK".
        subnets: ids; more than one only without EFA.
    """

    name: str
    capacity_type: str
    subnets: tuple[str, ...]
    fleets: tuple[Fleet, ...]


@dataclass(frozen=True)
class Storage:
    """A shared file system.

    Attributes:
        kind: "EBS", "EFS", "FSx for Lustre" or another of AWS's names.
        new: does the cluster create it? Otherwise it exists already.
    """

    name: str
    kind: str
    mounted_at: str
    size_gib: int | None
    new: bool


@dataclass(frozen=True)
class Cluster:
    """All that a cluster file creates, and the subnets it is put into.

    Attributes:
        head_type, head_subnet: the instance type of the head node, and where it is.
        login: name, instance type, count and subnet of each pool of login nodes.
    """

    region: str
    system: str
    head_type: str
    head_subnet: str
    queues: tuple[Queue, ...]
    storage: tuple[Storage, ...]
    subnets: tuple[Subnet, ...]
    login: tuple[tuple[str, str, int, str], ...] = ()

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Cluster:
        """The cluster from what JSON can hold (dicts and lists)."""
        queues = tuple(
            Queue(
                **queue
                | {
                    "subnets": tuple(queue["subnets"]),
                    "fleets": tuple(
                        Fleet(**fleet | {"instance_types": tuple(fleet["instance_types"])})
                        for fleet in queue["fleets"]
                    ),
                }
            )
            for queue in plain["queues"]
        )
        made: dict[str, Any] = {
            "queues": queues,
            "storage": tuple(Storage(**storage) for storage in plain["storage"]),
            "subnets": tuple(Subnet(**subnet) for subnet in plain["subnets"]),
            "login": tuple(tuple(pool) for pool in plain["login"]),
        }
        return cls(**{**plain, **made})

    @property
    def fleets(self) -> tuple[tuple[Queue, Fleet], ...]:
        """Every fleet with its queue."""
        return tuple((queue, fleet) for queue in self.queues for fleet in queue.fleets)

    @property
    def least_nodes(self) -> int:
        """Compute nodes that always run."""
        return sum(fleet.minimum for _, fleet in self.fleets)

    def subnet(self, name: str) -> Subnet:
        """The subnet with this id; in no known zone if the account does not have it."""
        return next((s for s in self.subnets if s.id == name), Subnet(name, zone="?"))

    def table(self) -> pd.DataFrame:
        """One row per part: part, name, instance type, subnets, min, max, EFA, placement group."""
        rows = [_row("head node", "", self.head_type, self.head_subnet, 1, 1)]
        for name, kind, count, subnet in self.login:
            rows.append(_row("login nodes", name, kind, subnet, count, count))
        for queue, fleet in self.fleets:
            row = _row(
                f"queue {queue.name}",
                fleet.name,
                " or ".join(fleet.instance_types),
                ", ".join(queue.subnets),
                fleet.minimum,
                fleet.maximum,
            )
            group = fleet.placement_group or "no"
            rows.append(
                row
                | {
                    "EFA": "yes" if fleet.efa else "no",
                    "placement group": "new" if fleet.managed_group else group,
                    "capacity": queue.capacity_type.lower().replace("ondemand", "on demand"),
                }
            )
        for storage in self.storage:
            rows.append(_row(f"storage {storage.kind}", storage.name, storage.mounted_at))
        return pd.DataFrame(rows)

    def costs(self) -> pd.DataFrame:
        """What the instances cost: part, instance type, USD an hour each, least, most.

        `least` and `most` are USD an hour with the smallest and the largest fleet, on demand, in
        us-east-1; NaN if ``data/prices.csv`` has no price. If types differ, the dearest counts.
        Storage, traffic and NAT gateways are not included.
        """
        rows = [_cost_row("head node", (self.head_type,), 1, 1)]
        rows += [_cost_row("login nodes", (kind,), n, n) for _, kind, n, _ in self.login]
        for queue, fleet in self.fleets:
            part = f"queue {queue.name}, {fleet.name}"
            rows.append(_cost_row(part, fleet.instance_types, fleet.minimum, fleet.maximum))
        return pd.DataFrame(rows)

    def cost_line(self) -> str:
        """The costs in a sentence."""
        table = self.costs()
        unknown = table.loc[table["USD an hour each"].isna(), "instance type"]
        least, most = table["least"].sum(), table["most"].sum()
        told = (
            f"Instances cost ${least:,.2f} an hour with the smallest fleet and ${most:,.2f} with "
            "the largest (on demand, us-east-1; storage, traffic and NAT not counted)"
        )
        if unknown.empty:
            return told + "."
        names = ", ".join(sorted(set(unknown)))
        return told + f", and on top what data/prices.csv has no price for: {names}."


def _row(part: str, name: str, kind: str, subnets: str = "", least: Any = "", most: Any = ""):
    return {
        "part": part,
        "name": name,
        "instance type or path": kind,
        "subnets": subnets,
        "min": least,
        "max": most,
        "EFA": "",
        "placement group": "",
        "capacity": "",
    }


def _cost_row(part: str, types: tuple[str, ...], least: int, most: int) -> dict[str, Any]:
    each = max((price(kind) for kind in types), key=lambda usd: (usd != usd, usd))  # NaN first
    return {
        "part": part,
        "instance type": " or ".join(types),
        "USD an hour each": each,
        "least": round(each * least, 4),
        "most": round(each * most, 4),
    }


def price(instance_type: str) -> float:
    """USD an hour for an instance, on demand in us-east-1; NaN if ``data/prices.csv`` has none."""
    return hourly_prices().get(instance_type, math.nan)
