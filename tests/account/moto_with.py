"""A stand-in for a real account: moto with some services of the local cloud."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Any

from moto import mock_aws

from patternlab.clock import VirtualClock, WallClock
from patternlab.delivery.faults import Outages
from patternlab.delivery.knobs import Knobs
from patternlab.local.install import installed


@contextmanager
def moto_with(*services: str, config: Any = None) -> Iterator[None]:
    """moto, whose `services` ("ec2", "iam") are ours, on the machine's own clock."""
    shared = SimpleNamespace(
        clock=WallClock(), knobs=Knobs(instance_boot=0.0), faults=Outages(VirtualClock())
    )
    with ExitStack() as stack:
        for service in services:
            stack.enter_context(installed(service, shared))
        stack.enter_context(mock_aws(config=config))
        yield
