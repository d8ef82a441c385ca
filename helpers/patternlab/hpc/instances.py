"""The catalogue of instance types: what EC2 says of each, as a table, and how to choose from it.

Whatever the cloud answers to DescribeInstanceTypes is shown: on a local cloud that is moto's copy
of AWS's answers (1395 types in moto 5.2.5), on an account what its Region has. Prices are not part
of that answer; the few that are known are quoted from ``data/prices.csv`` (on demand, Linux,
us-east-1).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from patternlab.hpc.errors import HPCError
from patternlab.resources.prices import prices

HAS_EFA = [{"Name": "network-info.efa-supported", "Values": ["true"]}]
_NUMBER = re.compile(r"(?:Up to )?(?:(\d+)x )?([\d.]+) Gigabit")
_kept: WeakKeyDictionary[Any, dict[str, pd.DataFrame]] = WeakKeyDictionary()


def catalogue(cloud: Any, region: str | None = None, *, efa_only: bool = False) -> pd.DataFrame:
    """One row an instance type, by name, from DescribeInstanceTypes (it costs nothing).

    EC2 is asked once per cloud and Region. `efa_only` asks only for the types with EFA, which is
    five times faster.

    Columns: family, architecture, vcpus, cores, memory_gib, gpus (NVIDIA and AMD GPUs), gpu (their
    name), accelerators (Inferentia, Trainium), network (EC2's words), network_gbps (the same as a
    number; with "up to" only for a while), baseline_gbps (always), network_cards, efa, max_efa,
    strategies (of placement groups, such as "cluster, partition, spread"), burstable, spot,
    usd_per_hour (quoted; NaN where ``data/prices.csv`` has none).
    """
    client = cloud.client("ec2", region_name=region)
    key = f"{client.meta.region_name} {'efa' if efa_only else 'all'}"
    kept = _kept.setdefault(cloud, {})
    if key not in kept:
        asked = HAS_EFA if efa_only else []
        pages = client.get_paginator("describe_instance_types").paginate(Filters=asked)
        kept[key] = table_of(each for page in pages for each in page["InstanceTypes"])
    return kept[key].copy()


def table_of(described: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """The table of :func:`catalogue`, of entries as DescribeInstanceTypes gives them."""
    rows = [_row(each) for each in described]
    if not rows:
        raise HPCError("EC2 described no instance types: ask without filters, or another Region.")
    table = pd.DataFrame(rows).set_index("type").sort_index()
    table["usd_per_hour"] = pd.Series(hourly_prices(), dtype=float).reindex(table.index)
    return table


def _row(each: Mapping[str, Any]) -> dict[str, Any]:
    name, network = each["InstanceType"], each["NetworkInfo"]
    cards = network["NetworkCards"]
    gpus = each.get("GpuInfo", {}).get("Gpus", [])
    neurons = each.get("NeuronInfo", {}).get("NeuronDevices", [])
    peak = gbps(network["NetworkPerformance"]) or sum(_of(card, "Peak") for card in cards)
    return {
        "type": name,
        "family": name.split(".")[0],
        "architecture": each["ProcessorInfo"]["SupportedArchitectures"][-1],
        "vcpus": each["VCpuInfo"]["DefaultVCpus"],
        "cores": each["VCpuInfo"].get("DefaultCores", each["VCpuInfo"]["DefaultVCpus"]),
        "memory_gib": each["MemoryInfo"]["SizeInMiB"] / 1024,
        "gpus": sum(gpu["Count"] for gpu in gpus),
        "gpu": ", ".join(gpu["Name"] for gpu in gpus),
        "accelerators": sum(device["Count"] for device in neurons),
        "network": network["NetworkPerformance"],
        "network_gbps": peak,
        "baseline_gbps": min(peak, sum(_of(card, "Baseline") for card in cards) or peak),
        "network_cards": network["MaximumNetworkCards"],
        "efa": bool(network.get("EfaSupported")),
        "max_efa": network.get("EfaInfo", {}).get("MaximumEfaInterfaces", 0),
        "strategies": ", ".join(sorted(each["PlacementGroupInfo"]["SupportedStrategies"])),
        "burstable": bool(each.get("BurstablePerformanceSupported")),
        "spot": "spot" in each["SupportedUsageClasses"],
    }


def _of(card: Mapping[str, Any], which: str) -> float:
    return card.get(f"{which}BandwidthInGbps", 0.0)


def gbps(text: str) -> float | None:
    """Read the number in EC2's words, such as "4x 100 Gigabit"; None for old types ("High")."""
    found = _NUMBER.fullmatch(text)
    return float(found[2]) * int(found[1] or 1) if found else None


def hourly_prices() -> dict[str, float]:
    """US dollars an hour by instance type, on demand in us-east-1, from ``data/prices.csv``."""
    return {
        item: row.cost(1)
        for (service, item), row in prices().items()
        if service == "ec2" and row.unit == "hours"
    }


# -- choosing --------------------------------------------------------------------------------


def suitable(
    table: pd.DataFrame,
    *,
    efa: bool | None = None,
    spot: bool | None = None,
    accelerated: bool | None = None,
    architecture: str | None = None,
    strategy: str | None = None,
    types: Iterable[str] | None = None,
    vcpus: float = 0,
    memory_gib: float = 0,
    gpus: int = 0,
    network_gbps: float = 0,
) -> pd.DataFrame:
    """Select the rows of `table` that meet all conditions.

    Args:
        efa, spot, accelerated: with it (True) or without it (False); `accelerated` means GPUs,
            Inferentia or Trainium.
        architecture: "x86_64" or "arm64".
        strategy: of a placement group.
        types: only these names, such as those that a Region has.
        vcpus, memory_gib, gpus, network_gbps: at least this much.

    Raises:
        HPCError: no type meets all conditions; the message names the one that ruled out the last.
    """
    unknown = [] if architecture is None else {architecture} - set(table["architecture"])
    if unknown:
        known = ", ".join(sorted(set(table["architecture"])))
        raise HPCError(f"There is no architecture {architecture!r}: choose one of {known}.")
    wishes = {
        "efa": None if efa is None else table["efa"] == efa,
        "spot": None if spot is None else table["spot"] == spot,
        "accelerated": None if accelerated is None else _accelerated(table) == accelerated,
        "architecture": None if architecture is None else table["architecture"] == architecture,
        "strategy": None if strategy is None else table["strategies"].str.contains(strategy),
        "types": None if types is None else table.index.isin(list(types)),
    } | {
        name: table[name] >= least if least else None
        for name, least in {
            "vcpus": vcpus,
            "memory_gib": memory_gib,
            "gpus": gpus,
            "network_gbps": network_gbps,
        }.items()
    }
    left = pd.Series(True, index=table.index)
    for name, fits in wishes.items():
        if fits is None:
            continue
        if not (left & fits).any():
            raise HPCError(
                f"No instance type has all that is asked for: {name} rules out the last "
                f"{left.sum()}. Ask for less of it, or for another architecture or Region."
            )
        left &= fits
    return table[left]


def _accelerated(table: pd.DataFrame) -> pd.Series:
    return (table["gpus"] > 0) | (table["accelerators"] > 0)


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Count the types with EFA at each network speed.

    One row per speed in Gbps, fastest first: types, the most EFA interfaces of one, an example (the
    one with the fewest vCPUs).
    """
    fabric = suitable(table, efa=True).sort_values(["network_gbps", "vcpus"])
    grouped = fabric.reset_index().groupby("network_gbps")
    found = grouped.agg(
        types=("type", "size"), max_efa=("max_efa", "max"), example=("type", "first")
    )
    return found.sort_index(ascending=False).replace({np.nan: None})
