"""Service Quotas that knows how many vCPUs EC2 lets run. moto knows the quotas of VPC only."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from moto.servicequotas.models import ServiceQuotasBackend, servicequotas_backends

from patternlab.hpc.quotas import QUOTAS
from patternlab.local.services import LocalService, Services, in_place_of


class LocalServiceQuotasBackend(LocalService, ServiceQuotasBackend):
    """moto's Service Quotas of one Region.

    The value is the knob ``vcpu_quota`` for every family; the quotas of an account differ.
    """

    def get_service_quota(self, service_code: str, quota_code: str) -> dict[str, Any]:
        if service_code != "ec2" or quota_code not in QUOTAS:
            return super().get_service_quota(service_code, quota_code)
        return {
            "Adjustable": True,
            "GlobalQuota": False,
            "QuotaCode": quota_code,
            "QuotaName": QUOTAS[quota_code],
            "ServiceCode": service_code,
            "ServiceName": "Amazon Elastic Compute Cloud (Amazon EC2)",
            "Unit": "None",
            "Value": self.services.knobs.vcpu_quota,
        }


def install(services: Services) -> AbstractContextManager[Any]:
    """A scope in which moto's Service Quotas is ours."""
    return in_place_of(servicequotas_backends, LocalServiceQuotasBackend, services)
