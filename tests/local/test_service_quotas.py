"""Service Quotas in a local cloud: how many vCPUs EC2 lets run."""

import pytest

from patternlab import open_cloud
from patternlab.delivery.knobs import Knobs
from patternlab.hpc.quotas import QUOTAS


def test_the_quota_is_the_knob():
    with open_cloud(knobs=Knobs(vcpu_quota=64)) as cloud:
        quotas = cloud.client("service-quotas")
        for code, name in QUOTAS.items():
            found = quotas.get_service_quota(ServiceCode="ec2", QuotaCode=code)["Quota"]
            assert (found["Value"], found["QuotaName"]) == (64, name)


def test_what_nobody_knows_is_not_found(cloud):
    quotas = cloud.client("service-quotas")
    with pytest.raises(quotas.exceptions.NoSuchResourceException):
        quotas.get_service_quota(ServiceCode="ec2", QuotaCode="L-00000000")


def test_the_quotas_that_moto_knows_stay(cloud):
    quotas = cloud.client("service-quotas")
    found = quotas.get_service_quota(ServiceCode="vpc", QuotaCode="L-F678F1CE")
    assert found["Quota"]["ServiceCode"] == "vpc"
