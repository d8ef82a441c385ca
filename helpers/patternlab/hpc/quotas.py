"""How many vCPUs an account may run at the same time: which quota counts them, and what it allows.

Sources: EC2 User Guide, "On-Demand Instance quotas"; the codes as Service Quotas lists them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: What begins the names of types -> (code, name) of the quota of their vCPUs, longest first.
_QUOTAS: Mapping[str, tuple[str, str]] = {
    "hpc": ("L-F7808C92", "Running On-Demand HPC instances"),
    "inf": ("L-1945791B", "Running On-Demand Inf instances"),
    "trn": ("L-2C3B7624", "Running On-Demand Trn instances"),
    "dl": ("L-6E869C2A", "Running On-Demand DL instances"),
    "vt": ("L-DB2E81BA", "Running On-Demand G and VT instances"),
    "u-": ("L-43DA4232", "Running On-Demand High Memory instances"),
    "u7": ("L-43DA4232", "Running On-Demand High Memory instances"),
    "f": ("L-74FC7D96", "Running On-Demand F instances"),
    "g": ("L-DB2E81BA", "Running On-Demand G and VT instances"),
    "p": ("L-417A185B", "Running On-Demand P instances"),
    "x": ("L-7295265B", "Running On-Demand X instances"),
}
_STANDARD = "L-1216C47A", "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances"
#: Code -> name of every quota that counts vCPUs on demand.
QUOTAS: Mapping[str, str] = dict([_STANDARD, *_QUOTAS.values()])


def quota_of(instance_type: str) -> tuple[str, str]:
    """(code, name) of the quota that counts the vCPUs of this type."""
    found = (quota for begins, quota in _QUOTAS.items() if instance_type.startswith(begins))
    return next(found, _STANDARD)


def vcpu_quota(cloud: Any, code: str) -> float:
    """Ask Service Quotas how many vCPUs the quota `code` allows; AWS's refusals are passed on."""
    quotas = cloud.client("service-quotas")
    return quotas.get_service_quota(ServiceCode="ec2", QuotaCode=code)["Quota"]["Value"]
