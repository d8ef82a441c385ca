"""Changes that start a bill by the hour, though they create nothing with a price of its own.

The ceiling is asked when a thing is made. What is switched on afterwards would pass it by, so it is
refused, and said how to ask for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Params = Mapping[str, Any]

_STAGE = (
    "It is billed by the hour and nothing asked whether that is within PATTERNLAB_CEILING. Make a "
    "stage that has it from the start: create_stage(stageName=cloud.name(...), "
    "cacheClusterEnabled=True, cacheClusterSize=...)."
)


def refusal(service: str, operation: str, params: Params) -> str | None:
    """Why this call is not sent, in a sentence; None where nothing is switched on."""
    look = _LOOKS.get((service, operation))
    return look(params) if look else None


def _deployment(params: Params) -> str | None:
    if params.get("cacheClusterEnabled") or params.get("cacheClusterSize"):
        return f"CreateDeployment is not sent: it would start a cache. {_STAGE}"
    return None


def _stage(params: Params) -> str | None:
    for one in params.get("patchOperations") or []:
        if _starts(one.get("op"), str(one.get("path")), str(one.get("value"))):
            return f"UpdateStage is not sent: it would start a cache or change its size. {_STAGE}"
    return None


def _starts(op: str | None, path: str, value: str) -> bool:
    """Only switching a cache off is let through."""
    off = path.strip("/") == "cacheClusterEnabled" and value.lower() == "false"
    return "cacheCluster" in path and not off and op != "test"


def _mapping(params: Params) -> str | None:
    if params.get("ProvisionedPollerConfig"):
        return (
            "UpdateEventSourceMapping is not sent: provisioned pollers are billed by the hour and "
            "data/prices.csv has no price of them. Leave out ProvisionedPollerConfig."
        )
    return None


_LOOKS: dict[tuple[str, str], Callable[[Params], str | None]] = {
    ("apigateway", "CreateDeployment"): _deployment,
    ("apigateway", "UpdateStage"): _stage,
    ("lambda", "UpdateEventSourceMapping"): _mapping,
}
