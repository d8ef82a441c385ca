"""A boto3 session that knows nothing of this machine and reaches nothing but moto."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES
from moto.core.models import botocore_stubber

from patternlab.local.guard import Guard
from patternlab.local.patches import NetworkRefused
from patternlab.local.tracing import HEADER, traced
from patternlab.service_models import loader

#: A throttled call is answered at once: a retry would sleep in real time.
CONFIG = Config(
    retries={"total_max_attempts": 1},
    ignore_configured_endpoint_urls=True,  # type: ignore[call-arg]  # the stubs lack it
)

UNKNOWN_TO_MOTO = b"Not yet implemented"  # its answer for a service that it does not have


class LocalSession:
    """Makes the clients and resources of one local cloud.

    Every configuration variable keeps botocore's default, credentials are made up, and a request
    that moto does not answer is refused instead of sent. Environment, profiles and instance
    metadata are never looked at.
    """

    def __init__(self, region: str, guard: Guard) -> None:
        self.region = region
        self.closed = False
        #: Called with the name of a service before a client or resource of it is given out.
        self.prepare: Callable[[str], None] = lambda service: None
        defaults = {
            name: (None, None, default, convert)
            for name, (_, _, default, convert) in BOTOCORE_DEFAUT_SESSION_VARIABLES.items()
        }
        for file in ("config_file", "credentials_file"):  # read for a token of IAM Identity Center
            defaults[file] = (None, None, os.devnull, None)
        self.core = core = botocore.session.Session(session_vars=defaults)
        core.register_component("data_loader", loader())
        core.set_credentials("local", "local")
        stubber: Any = botocore_stubber
        core.unregister("before-send", stubber)  # it would answer every request once more
        core.register("before-send", guard.shield(self._answer))
        #: Any, because boto3's types know a service by a literal name only.
        self.boto3: Any = boto3.Session(botocore_session=core, region_name=region)
        self._clients: dict[tuple[str, str], Any] = {}

    def client(self, service: str, region_name: str | None = None, **kwargs: Any) -> Any:
        """A boto3 client. Plain ones are kept: making one takes longer than using it."""
        self.prepare(service)
        settings = self._settings(region_name, kwargs)
        if kwargs:
            return self.boto3.client(service, **settings)
        key = service, settings["region_name"]
        if key not in self._clients:
            self._clients[key] = self.boto3.client(service, **settings)
        return self._clients[key]

    def resource(self, service: str, region_name: str | None = None, **kwargs: Any) -> Any:
        """A boto3 resource."""
        self.prepare(service)
        return self.boto3.resource(service, **self._settings(region_name, kwargs))

    def _settings(self, region: str | None, asked: dict[str, Any]) -> dict[str, Any]:
        """boto3's keyword arguments: what was asked for, but never an address or a retry."""
        url = asked.pop("endpoint_url", None)
        if url is not None:
            raise NetworkRefused(
                f"A local cloud opens no connection, not to {url} either. Leave out endpoint_url."
            )
        config = asked.get("config")
        return {
            **asked,
            "region_name": region or self.region,
            "config": config.merge(CONFIG) if config is not None else CONFIG,
        }

    def _answer(self, event_name: str, request: Any, **_: Any) -> Any:
        if self.closed:
            raise NetworkRefused(
                "The local cloud of this client is closed. Open one with cloud = open_cloud(), and "
                "get a client from it."
            )
        with traced(request.headers.get(HEADER)):
            response = botocore_stubber(event_name, request)
        if response is None:
            raise NetworkRefused(
                f"A local cloud opens no connection, and {request.url} is not part of it."
            )
        if response.status_code == 404 and response.content == UNKNOWN_TO_MOTO:
            raise NetworkRefused(
                f"A local cloud has no service at {request.url}: moto does not know it. Use a real "
                "account for that."
            )
        return response
