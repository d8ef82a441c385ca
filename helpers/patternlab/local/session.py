"""A boto3 session that knows nothing of this machine and reaches nothing but moto."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES
from botocore.loaders import Loader, create_loader
from moto.core.models import botocore_stubber

from patternlab.local.guard import Guard

#: A throttled call is answered at once: a retry would sleep in real time.
CONFIG = Config(retries={"total_max_attempts": 1}, ignore_configured_endpoint_urls=True)


class NetworkRefused(RuntimeError):
    """A local cloud was asked for something outside of it."""


def isolated_session(region: str, guard: Guard) -> boto3.Session:
    """A session for `region` that ignores environment, profiles and instance metadata.

    Every configuration variable keeps botocore's default, credentials are made up, and a request
    that moto does not answer is refused instead of sent.
    """
    defaults = {
        name: (None, None, default, convert)
        for name, (_, _, default, convert) in BOTOCORE_DEFAUT_SESSION_VARIABLES.items()
    }
    core = botocore.session.Session(session_vars=defaults)
    core.register_component("data_loader", _loader())
    core.set_credentials("local", "local")
    answer = guard.shield(_answer)
    core.unregister("before-send", botocore_stubber)  # it would answer every request once more
    core.register("before-send", answer)
    return boto3.Session(botocore_session=core, region_name=region)


@cache
def _loader() -> Loader:
    """botocore's service models, read once in a process."""
    return create_loader()


def _answer(event_name: str, request: Any, **_: Any) -> Any:
    response = botocore_stubber(event_name, request)
    if response is None:
        raise NetworkRefused(
            f"A local cloud opens no connection, and {request.url} is not part of it. Leave out "
            "endpoint_url, or open a real account with PATTERNLAB_BACKEND=aws."
        )
    return response
