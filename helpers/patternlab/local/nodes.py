"""What the nodes of a cluster need of a local cloud besides EC2: a quota, an agent, an end.

Each service is put in moto's place when the first client of it is asked for: moto takes its time to
read what it knows of them, and few notebooks want it.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from moto.core import DEFAULT_ACCOUNT_ID
from moto.ec2.models import ec2_backends
from moto.servicequotas.models import servicequotas_backends
from moto.ssm.models import ssm_backends

from patternlab.local.patches import backend_class
from patternlab.local.service_quotas import LocalServiceQuotasBackend
from patternlab.local.services import Services
from patternlab.local.ssm import LocalSSMBackend

_OURS = {
    "service-quotas": (servicequotas_backends, LocalServiceQuotasBackend),
    "ssm": (ssm_backends, LocalSSMBackend),
}


def of_nodes(service: str, services: Services) -> AbstractContextManager[None]:
    """Put our backend of `service` ("service-quotas", "ssm") in the place of moto's."""
    backends, ours = _OURS[service]
    return backend_class(backends, type(ours.__name__, (ours,), {"services": services}))


def terminate(region: str, instance: str) -> None:
    """End an instance, as its timer does. One that is gone stays gone."""
    backend = ec2_backends[DEFAULT_ACCOUNT_ID][region]
    if any(each.id == instance for each in backend.all_instances()):
        backend.terminate_instances([instance])
