"""The routes of a deployed API: what a deployment keeps of the resources, methods, integrations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

ANY = "ANY"


@dataclass(frozen=True)
class Route:
    """One method of one resource, as it was when it was deployed.

    Attributes:
        resource: the resource's id.
        path: with its parameters: ``/users/{id}``.
        method: "GET" ..., or "ANY".
        authorization: "NONE", "AWS_IAM" ...
        kind: the integration's type: "AWS_PROXY" ...
        uri, uri_method: what the integration calls, and how.
        cache_keys: the integration's cacheKeyParameters, as parameters of the request.
        cache_namespace: routes with the same one share their entries; the resource's id by default.
        parameters: the integration's requestParameters: where each comes from.
    """

    resource: str
    path: str
    method: str
    authorization: str
    kind: str
    uri: str
    uri_method: str
    cache_keys: tuple[str, ...] = ()
    cache_namespace: str = ""
    parameters: Mapping[str, str] | None = None


def routes_of(api: Any) -> tuple[Route, ...]:
    """All routes of moto's `api` that have an integration, as they are now."""
    return tuple(
        _route(resource, method)
        for resource in api.resources.values()
        for method in resource.resource_methods.values()
        if method.method_integration is not None
    )


def _route(resource: Any, method: Any) -> Route:
    integration = method.method_integration
    parameters = dict(integration.request_parameters or {})
    return Route(
        resource=resource.id,
        path=resource.get_path(),
        method=method.http_method,
        authorization=method.authorization_type or "NONE",
        kind=integration.integration_type,
        uri=integration.uri or "",
        uri_method=integration.http_method or "",
        # a key may be named after the integration's parameter, which comes from one of the method's
        cache_keys=tuple(parameters.get(key, key) for key in integration.cache_key_parameters),
        cache_namespace=integration.cache_namespace or resource.id,
        parameters=parameters,
    )


def find_route(
    routes: Iterable[Route], method: str, path: str
) -> tuple[Route, dict[str, str]] | None:
    """The route that answers, and the parameters in the path; None where there is none.

    A resource that is written out goes before ``{id}``, and that before ``{proxy+}``.
    """
    matching = [(route, found) for route in routes if (found := _match(route.path, path))]
    if not matching:
        return None
    best = min(rank for _, (rank, _) in matching)
    of_resource = {route.method: route for route, (rank, _) in matching if rank == best}
    route = of_resource.get(method) or of_resource.get(ANY)
    parameters = next(given for _, (rank, given) in matching if rank == best)
    return (route, parameters) if route else None


def _match(pattern: str, path: str) -> tuple[list[int], dict[str, str]] | None:
    """How exactly `pattern` says `path` (less is better) and the parameters; None: not at all."""
    rank: list[int] = []
    given: dict[str, str] = {}
    wanted, parts = _parts(pattern), _parts(path)
    for index, want in enumerate(wanted):
        rest = parts[index:]
        if not rest:
            return None
        if want.startswith("{") and want.endswith("+}"):
            return [*rank, 2], {**given, want[1:-2]: unquote("/".join(rest))}
        if want.startswith("{") and want.endswith("}"):
            rank.append(1)
            given[want[1:-1]] = unquote(rest[0])
        elif want == unquote(rest[0]):
            rank.append(0)
        else:
            return None
    return (rank, given) if len(parts) == len(wanted) else None


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part]
