"""botocore's descriptions of the services, read once per process instead of once per session."""

from __future__ import annotations

from functools import cache

import boto3
import botocore.session
from botocore.loaders import Loader, create_loader


@cache
def loader() -> Loader:
    """Return the reader of service models, with what it has read."""
    return create_loader()


def boto3_session(region: str) -> boto3.Session:
    """Return a boto3 session with the standard chain of credentials that makes clients quickly."""
    core = botocore.session.Session()
    core.register_component("data_loader", loader())
    return boto3.Session(botocore_session=core, region_name=region)
