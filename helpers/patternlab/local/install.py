"""Which of moto's services are ours, and when ours is put in the place of moto's.

The services of messages and of the web are there when the cloud opens. The others come when they
are first asked for: moto takes a second or two to read what it knows of EC2's types and Systems
Manager's parameters, and few notebooks want it.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from importlib import import_module
from typing import Any

from patternlab.local.patches import no_profile
from patternlab.local.services import Services

#: Service -> the module below ``patternlab.local`` whose ``install(services)`` puts it in place.
MODULES = {
    "sqs": "sqs.service",
    "sns": "sns.service",
    "s3": "s3.service",
    "events": "events.service",
    "apigateway": "apigateway.service",
    "lambda": "awslambda.service",
    "iam": "iam",
    "ec2": "ec2.service",
    "batch": "batch.service",
    "datasync": "datasync.service",
    "service-quotas": "service_quotas",
    "ssm": "ssm",
}
AT_ONCE = "sqs", "sns", "s3", "events", "apigateway", "lambda", "iam"

#: Services of moto that never ask its EC2 anything. Of the others some do.
WITHOUT_EC2 = {*AT_ONCE, "cloudwatch", "datasync", "logs"}


def installed(service: str, services: Services) -> AbstractContextManager[Any]:
    """A scope in which our `service` ("sqs", "ec2") is in the place of moto's."""
    return import_module(f"patternlab.local.{MODULES[service]}").install(services)


class Installer:
    """Puts the services of one cloud in place, each once; `stack` takes them away at the end."""

    def __init__(self, services: Services, stack: ExitStack) -> None:
        self._services, self._stack = services, stack
        self._there: set[str] = set()

    def prepare(self, service: str) -> None:
        """Put ours in place before `service` is used, and EC2 if moto needs that for it."""
        for name in ("ec2", service) if service not in WITHOUT_EC2 else (service,):
            if name in MODULES and name not in self._there:
                self._there.add(name)
                with no_profile():
                    self._stack.enter_context(installed(name, self._services))
