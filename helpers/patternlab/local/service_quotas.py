"""Service Quotas that knows how many vCPUs EC2 lets run. moto knows the quotas of VPC only."""

from __future__ import annotations

from typing import Any

from moto.servicequotas import urls
from moto.servicequotas.models import ServiceQuotasBackend

from patternlab.hpc.quotas import QUOTAS
from patternlab.local.services import Services


class LocalServiceQuotasBackend(ServiceQuotasBackend):
    """moto's Service Quotas of one region. `services` is set by the cloud.

    The value is the knob ``vcpu_quota`` for every family: what an account really has differs.
    """

    services: Services

    @property
    def _url_module(self) -> Any:
        return urls

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
