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

from patternlab import facts
from patternlab.hpc.errors import HPCError

CLUSTER, SPREAD, PARTITION = "cluster", "spread", "partition"
EFA_FILTER = {"network-info.efa-supported": ["true"]}
#: Regions with HPC types or many EFA types (moto 5.2.5); asked by :func:`regions_with`.
REGIONS = (
    "us-east-1",
    "us-east-2",
    "us-west-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "ap-northeast-1",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
)
_NUMBER = re.compile(r"(?:Up to )?(?:(\d+)x )?([\d.]+) Gigabit")
_kept: WeakKeyDictionary[Any, dict[str, pd.DataFrame]] = WeakKeyDictionary()


def catalogue(cloud: Any, region: str | None = None, *, efa_only: bool = False) -> pd.DataFrame:
    """One row an instance type, by name, from DescribeInstanceTypes (it costs nothing).

    Asked once for a cloud and a Region; `efa_only` asks for the types with EFA alone, which is
    five times quicker.

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
        asked = {"Filters": _filters(EFA_FILTER)} if efa_only else {}
        pages = client.get_paginator("describe_instance_types").paginate(**asked)
        kept[key] = table_of(each for page in pages for each in page["InstanceTypes"])
    return kept[key].copy()


def table_of(described: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """The table of :func:`catalogue`, of entries as DescribeInstanceTypes gives them."""
    rows = [_row(each) for each in described]
    if not rows:
        raise HPCError("EC2 described no instance types: ask without filters, or another Region.")
    table = pd.DataFrame(rows).set_index("type").sort_index()
    table["usd_per_hour"] = pd.Series(_prices(), dtype=float).reindex(table.index)
    return table


def _row(each: Mapping[str, Any]) -> dict[str, Any]:
    name, network = each["InstanceType"], each["NetworkInfo"]
    cards = network["NetworkCards"]
    gpus = each.get("GpuInfo", {}).get("Gpus", [])
    neurons = each.get("NeuronInfo", {}).get("NeuronDevices", [])
    peak = _gbps(network["NetworkPerformance"], sum(_of(card, "Peak") for card in cards))
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


def _gbps(text: str, otherwise: float) -> float:
    """A text such as "4x 100 Gigabit" as a number; old types say "High": then what cards do."""
    found = _NUMBER.fullmatch(text)
    return float(found[2]) * int(found[1] or 1) if found else otherwise


def _prices() -> dict[str, float]:
    table = facts.read("prices")
    hourly = table[(table["service"] == "ec2") & (table["unit"] == "hours")]
    return dict(zip(hourly["item"], hourly["price_usd"] / hourly["per"], strict=True))


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
    """The rows of `table` that have what is asked for.

    `efa`, `spot`, `accelerated` (GPUs, Inferentia, Trainium): with (True) or without (False).
    `architecture`: "x86_64" or "arm64". `strategy`: of a placement group. `types`: only these
    names, such as a Region's. The rest: at least so much.

    Raises:
        HPCError: nothing has all of it; the sentence names the wish that rules out what was left.
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


def smallest(table: pd.DataFrame, **needs: Any) -> pd.Series:
    """The row with the fewest vCPUs, and of those the least memory, that is :func:`suitable`.

    Its name (``.name``) is the instance type.
    """
    return _first(suitable(table, **needs), ["vcpus", "memory_gib"], [True, True])


def most_gpus(table: pd.DataFrame, **needs: Any) -> pd.Series:
    """The suitable row with the most GPUs, and of those the fastest network."""
    return _first(suitable(table, **{"gpus": 1} | needs), ["gpus", "network_gbps"], [False, False])


def fastest_network(table: pd.DataFrame, **needs: Any) -> pd.Series:
    """The suitable row with the fastest network, and of those the fewest vCPUs."""
    return _first(suitable(table, **needs), ["network_gbps", "vcpus"], [False, True])


def cheapest(table: pd.DataFrame, **needs: Any) -> pd.Series:
    """The suitable row with the lowest known price.

    Raises:
        HPCError: nothing is suitable, or no price of what is suitable is known.
    """
    found = suitable(table, **needs)
    priced = found[found["usd_per_hour"].notna()]
    if priced.empty:
        raise HPCError(
            f"No price is known of any of the {len(found)} suitable types, {found.index[0]} among "
            "them: see aws.amazon.com/ec2/pricing, and add a row to data/prices.csv."
        )
    return _first(priced, ["usd_per_hour", "vcpus"], [True, True])


def _first(found: pd.DataFrame, by: list[str], ascending: list[bool]) -> pd.Series:
    return found.sort_values(by, ascending=ascending, kind="stable").iloc[0]


# -- one type --------------------------------------------------------------------------------


def the_type(table: pd.DataFrame, instance_type: str) -> pd.Series:
    """The row of one type.

    Raises:
        HPCError: the table has none of that name; the sentence names the nearest there are.
    """
    if instance_type in table.index:
        return table.loc[instance_type]
    family = instance_type.split(".")[0]
    others = sorted(table.index[table["family"] == family])
    near = f"{family} has {', '.join(others)}" if others else "look through catalogue(cloud).index"
    raise HPCError(f"There is no instance type {instance_type!r} in this catalogue: {near}.")


def with_efa(table: pd.DataFrame, instance_type: str) -> pd.Series:
    """The row of one type, which has EFA.

    Raises:
        HPCError: it has none; the sentence names the nearest types that have.
    """
    row = the_type(table, instance_type)
    if row["efa"]:
        return row
    wanted = (table["architecture"] == row["architecture"]) & table["efa"]
    fabric = table[wanted & (_accelerated(table) == _accelerated(table).loc[instance_type])]
    if fabric.empty:
        raise HPCError(f"{instance_type} has no EFA, and no type like it here has.")
    same, spot = fabric[fabric["family"] == row["family"]], fabric[fabric["spot"]]
    ways = dict.fromkeys(smallest(some).name for some in (same, spot, fabric) if len(some))
    raise HPCError(
        f"{instance_type} has no EFA. The smallest like it that have: {', '.join(ways)}."
    )


# -- where -----------------------------------------------------------------------------------


def zones_with(cloud: Any, instance_type: str, region: str | None = None) -> list[str]:
    """The Availability Zones of the Region that offer `instance_type`, sorted; may be none."""
    return _offered(cloud.client("ec2", region_name=region), "availability-zone", instance_type)


def regions_with(
    cloud: Any, instance_type: str, regions: Iterable[str] = REGIONS
) -> dict[str, list[str]]:
    """Which of `regions` offer `instance_type`, each with its zones. One request a Region."""
    found = {region: zones_with(cloud, instance_type, region) for region in regions}
    return {region: zones for region, zones in found.items() if zones}


def a_zone_with(
    cloud: Any, instance_type: str, region: str | None = None, zone: str | None = None
) -> str:
    """`zone`, or the first zone of the Region that offers `instance_type`.

    Raises:
        HPCError: the Region, or that zone, does not offer it; the sentence says which do.
    """
    region = cloud.client("ec2", region_name=region).meta.region_name
    zones = zones_with(cloud, instance_type, region)
    if not zones:
        known = ", ".join(regions_with(cloud, instance_type)) or "none that we know"
        raise HPCError(
            f"{region} does not offer {instance_type}. Regions that do: {known}. Open the cloud "
            "with region=..., or choose another type."
        )
    if zone is None:
        return zones[0]
    if zone not in zones:
        raise HPCError(
            f"{zone} does not offer {instance_type}. Of this Region's zones "
            f"{', '.join(zones)} do: take a subnet there."
        )
    return zone


def offerings(cloud: Any, region: str | None = None) -> pd.DataFrame:
    """Which zone of the Region offers which type: True or False, one row a type, one column a
    zone."""
    rows = _pages(cloud.client("ec2", region_name=region), "availability-zone")
    pairs = pd.DataFrame(rows)[["InstanceType", "Location"]]
    return pd.crosstab(pairs["InstanceType"], pairs["Location"]).astype(bool).rename_axis("type")


def _offered(client: Any, kind: str, instance_type: str) -> list[str]:
    rows = _pages(client, kind, Filters=_filters({"instance-type": [instance_type]}))
    return sorted(row["Location"] for row in rows)


def _pages(client: Any, kind: str, **asked: Any) -> list[Mapping[str, Any]]:
    pages = client.get_paginator("describe_instance_type_offerings")
    found = pages.paginate(LocationType=kind, **asked)
    return [row for page in found for row in page["InstanceTypeOfferings"]]


def _filters(wanted: Mapping[str, list[str]]) -> list[dict[str, Any]]:
    return [{"Name": name, "Values": values} for name, values in wanted.items()]


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """How many types have EFA at each network speed: the sentence "up to 100 Gbps", by date.

    One row a speed in Gbps, fastest first: types, the most EFA interfaces of one, an example (the
    one with the fewest vCPUs).
    """
    fabric = suitable(table, efa=True).sort_values(["network_gbps", "vcpus"])
    grouped = fabric.reset_index().groupby("network_gbps")
    found = grouped.agg(
        types=("type", "size"), max_efa=("max_efa", "max"), example=("type", "first")
    )
    return found.sort_index(ascending=False).replace({np.nan: None})
