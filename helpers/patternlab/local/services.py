"""What the services of one local cloud share, and how each takes the place of moto's."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from importlib import import_module
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.responses import ActionResult, BaseResponse

from patternlab.clock import VirtualClock
from patternlab.delivery.faults import Outages
from patternlab.delivery.functions.function import Account
from patternlab.delivery.knobs import Knobs
from patternlab.delivery.sns.delivery_log import Delivery
from patternlab.local.guard import Guard
from patternlab.local.session import LocalSession


@dataclass
class Services:
    """The clock, the knobs, the seed and the account of one local cloud."""

    clock: VirtualClock
    knobs: Knobs
    rng: random.Random
    guard: Guard
    session: LocalSession
    faults: Outages
    account: Account = field(default_factory=Account)
    #: Every attempt of a topic to deliver, as a row of ``delivery.delivery_log``.
    deliveries: list[Delivery] = field(default_factory=list)
    #: What stands in for web servers, by URL: called with headers and body, gives a status code.
    web: dict[str, Callable[[dict[str, str], str], int | None]] = field(default_factory=dict)


class LocalService(BaseBackend):
    """A backend of moto's that belongs to one local cloud: :func:`in_place_of` fills it in."""

    services: Services


def in_place_of(
    backends: BackendDict[Any],
    ours: type[LocalService],
    services: Services,
    responses: type[BaseResponse] | None = None,
    more_paths: tuple[str, ...] = (),
) -> AbstractContextManager[Any]:
    """Put our backend of a service in the place of moto's.

    Args:
        backends: moto's backends of the service, by account and Region.
        ours: what makes the backend of each Region within the scope.
        services: what the services of the cloud share.
        responses: our response class, which answers at moto's addresses of the service; None
            leaves moto's.
        more_paths: addresses that moto does not have, answered by `responses`.

    Returns:
        The scope in which ours is there.
    """
    theirs = next(each for each in ours.__mro__ if each.__module__.startswith("moto."))
    urls = import_module(theirs.__module__.partition(".models")[0] + ".urls")
    paths = dict(urls.url_paths)
    if responses is not None:
        for path, answer in paths.items():  # a class method of moto's becomes the same of ours
            if issubclass(responses, getattr(answer, "__self__", ())):
                paths[path] = getattr(responses, answer.__name__)
        paths |= dict.fromkeys(more_paths, responses.dispatch)
    addresses = SimpleNamespace(url_bases=urls.url_bases, url_paths=paths)
    bound = type(ours.__name__, (ours,), {"services": services, "_url_module": addresses})
    return patch.object(backends, "backend", bound)


def body_of(answer: ActionResult) -> dict[str, Any]:
    """The body of one of moto's answers, to be added to."""
    assert isinstance(answer.result, dict)
    return answer.result
