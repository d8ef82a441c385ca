"""What AWS's package makes of a file, as plain data for `created.Cluster`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from patternlab.hpc.instances import gbps
from patternlab.hpc.parallelcluster.site import Subnet

_KINDS = {
    "SharedEbs": "EBS",
    "SharedEfs": "EFS",
    "SharedFsxLustre": "FSx for Lustre",
    "ExistingFsxOpenZfs": "FSx for OpenZFS",
    "ExistingFsxOntap": "FSx for ONTAP",
    "ExistingFileCache": "File Cache",
}


def cluster_of(config: Any, region: str, subnets: Sequence[Subnet]) -> dict[str, Any]:
    """The cluster of pcluster's configuration object."""
    used = {config.head_node.networking.subnet_id, *config.compute_subnet_ids}
    pools = config.login_nodes.pools if config.login_nodes else []
    used |= {pool.networking.subnet_ids[0] for pool in pools}
    return {
        "region": region,
        "system": config.image.os,
        "head_type": config.head_node.instance_type,
        "head_subnet": config.head_node.networking.subnet_id,
        "queues": [_queue(queue) for queue in config.scheduling.queues],
        "storage": [_storage(storage) for storage in config.shared_storage or []],
        "subnets": [asdict(subnet) for subnet in subnets if subnet.id in used],
        "login": [
            [pool.name, pool.instance_type, pool.count, pool.networking.subnet_ids[0]]
            for pool in pools
        ],
    }


def _queue(queue: Any) -> dict[str, Any]:
    return {
        "name": queue.name,
        "capacity_type": queue.capacity_type.value,
        "subnets": list(queue.networking.subnet_ids),
        "fleets": [_fleet(queue, compute) for compute in queue.compute_resources],
    }


def _fleet(queue: Any, compute: Any) -> dict[str, Any]:
    group = queue.get_placement_group_settings_for_compute_resource(compute)
    types = list(compute.instance_type_info_map.values())
    threads = not compute.disable_simultaneous_multithreading
    told = [kind.instance_type_data["NetworkInfo"]["NetworkPerformance"] for kind in types]
    known = [number for text in told if (number := gbps(text)) is not None]
    return {
        "name": compute.name,
        "instance_types": list(compute.instance_types),
        "minimum": compute.min_count,
        "maximum": compute.max_count,
        "efa": bool(compute.efa.enabled),
        "placement_group": group["key"] or "",
        "managed_group": bool(group["is_managed"]),
        "cores": min(kind.cores_count() for kind in types),
        "vcpus": min(kind.vcpus_count() if threads else kind.cores_count() for kind in types),
        "gbps": min(known) if len(known) == len(types) else None,
        "architecture": types[0].supported_architecture()[0],
        "gpus": min(kind.gpu_count() for kind in types),
    }


def _storage(storage: Any) -> dict[str, Any]:
    there = any(
        getattr(storage, name, None) for name in ("volume_id", "file_system_id", "file_cache_id")
    )
    return {
        "name": storage.name,
        "kind": _KINDS.get(type(storage).__name__, "storage"),
        "mounted_at": storage.mount_dir,
        "size_gib": getattr(storage, "size", None) or getattr(storage, "storage_capacity", None),
        "new": not there,
    }
