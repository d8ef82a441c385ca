"""Services that are put in moto's place when they are first asked for, not as the cloud opens.

moto takes a second or two to read what it knows of EC2's types and Systems Manager's parameters,
and few notebooks want it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack

from patternlab.local.patches import no_profile
from patternlab.local.services import Services

#: Services of moto that never ask its EC2 anything. Of the others some do.
WITHOUT_EC2 = {
    *["apigateway", "cloudwatch", "datasync", "events", "iam"],
    *["lambda", "logs", "s3", "sns", "sqs"],
}


class Late:
    """The late services of one cloud; what it puts in place, `stack` takes away at the end."""

    def __init__(self, services: Services, stack: ExitStack) -> None:
        self._services, self._stack = services, stack
        self._there: set[str] = set()

    def prepare(self, service: str) -> None:
        """Put ours in place, and EC2 where moto asks that, before anything asks for `service`."""
        wanted = ["ec2"] if service not in WITHOUT_EC2 else []
        wanted += [service] if service in _OURS else []
        for name in wanted:
            if name not in self._there:
                self._there.add(name)
                with no_profile():
                    self._stack.enter_context(_OURS[name](self._services))


def _ec2(services: Services) -> AbstractContextManager[None]:
    from patternlab.local.ec2.service import LocalEC2Backend, groups_and_cards

    return groups_and_cards(
        type("LocalEC2Backend", (LocalEC2Backend,), {"faults": services.faults})
    )


def _batch(services: Services) -> AbstractContextManager[None]:
    from patternlab.local.batch.service import jobs_that_run

    return jobs_that_run(services)


def _datasync(services: Services) -> AbstractContextManager[None]:
    from patternlab.local.datasync.service import tasks_that_copy

    return tasks_that_copy(services)


def _service_quotas(services: Services) -> AbstractContextManager[None]:
    from patternlab.local.nodes import of_nodes

    return of_nodes("service-quotas", services)


def _ssm(services: Services) -> AbstractContextManager[None]:
    from patternlab.local.nodes import of_nodes

    return of_nodes("ssm", services)


_OURS: dict[str, Callable[[Services], AbstractContextManager[None]]] = {
    "ec2": _ec2,
    "batch": _batch,
    "datasync": _datasync,
    "service-quotas": _service_quotas,
    "ssm": _ssm,
}
