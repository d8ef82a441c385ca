"""API Gateway: moto's REST APIs, with stages that cache and deployments that stay as they are.

moto keeps the settings of a stage's cache and has no cache. It also answers an API's addresses by
itself, without the stage: that is switched off here, and
:mod:`patternlab.local.apigateway.gateway` answers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from moto.apigateway import models
from moto.apigateway.exceptions import (
    BadRequestException,
    DeploymentNotFoundException,
    NotFoundException,
)
from moto.apigateway.responses import APIGatewayResponse

from patternlab.caching.errors import CachingError
from patternlab.caching.gateway import DELETING, GONE, MethodSettings, StageCache
from patternlab.local.apigateway.checks import check_cache_keys, check_size, check_stage_patch
from patternlab.local.apigateway.routes import Route, routes_of
from patternlab.local.patches import NetworkRefused
from patternlab.local.services import LocalService, Services, in_place_of

SMALLEST = "0.5"  # what a cache is when no size is given
FLUSH = r"{0}/restapis/(?P<function_id>[^/]+)/stages/(?P<stage_name>[^/]+)/cache/data$"
EVERY = "*/*"  # all methods of a stage, in its method settings


class LocalStage(models.Stage):
    """A stage as moto describes it, with the model's :class:`StageCache`.

    moto makes stages itself, so :func:`install` gives it a subclass that has the `services`.
    """

    services: Services

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cache: StageCache | None = None
        self._follow()

    def _follow(self) -> None:
        """Create, resize or delete the cache, as the settings now say."""
        size, knobs = self.cache_cluster_size or SMALLEST, self.services.knobs
        cache = self.cache
        if cache is not None and cache.status in (DELETING, GONE):
            cache = None
        if not self.cache_cluster_enabled:
            if cache is None:
                return
            cache.delete()
        elif cache is None:
            self.cache = StageCache(
                self.services.clock,
                size,
                change=knobs.gateway_cache_change,
                flush_time=knobs.gateway_cache_flush,
            )
        elif cache.size != size:
            cache.resize(size)
        else:
            return
        self._wake(knobs.gateway_cache_change)

    def _wake(self, seconds: float) -> None:
        """Schedule an event then: ``cloud.wait_until`` checks only when something happens."""
        self.services.clock.env.timeout(seconds)

    def flush(self) -> None:
        """Drop all that is in the cache; BadRequestException where there is none."""
        if self.cache is None:
            raise BadRequestException(f"Stage {self.name} has no cache that could be flushed.")
        try:
            self.cache.flush()
        except CachingError as error:
            raise BadRequestException(str(error)) from None
        self._wake(self.services.knobs.gateway_cache_flush)

    # -- settings ----------------------------------------------------------------------------

    def apply_operations(self, patch_operations: list[dict[str, Any]]) -> LocalStage:
        check_stage_patch(patch_operations)
        super().apply_operations(patch_operations)
        for operation in patch_operations:
            if operation["op"] == "remove":  # which moto passes over
                self.method_settings.pop(operation["path"].removeprefix("/"), None)
        self._follow()
        return self

    def _patch_method_setting(self, resource_path_and_method: str, key: str, value: str) -> None:
        """Settings of one method begin as those of the stage, but only GET is cached for that."""
        name, known = resource_path_and_method, self.method_settings
        if name not in known and EVERY in known:
            known[name] = dict(known[EVERY])
            known[name]["cachingEnabled"] &= name.endswith("/GET")
        super()._patch_method_setting(name, key, value)

    def caching_of(self, route: Route, method: str) -> MethodSettings:
        """What the stage says about caching `method` on `route`.

        The settings for all methods make only GET cached; others have to be named.
        """
        path = route.path.replace("~", "~0").replace("/", "~1")
        own = (f"{path}/{name}" for name in (method, route.method))
        found = next(
            (self.method_settings[key] for key in own if key in self.method_settings), None
        )
        if found is None and method == "GET":
            found = self.method_settings.get(EVERY)
        return _caching(found) if found else MethodSettings()

    def to_json(self) -> dict[str, Any]:
        shown = super().to_json()
        shown["cacheClusterStatus"] = GONE if self.cache is None else self.cache.status
        return shown


class LocalDeployment(models.Deployment):
    """A deployment that keeps the routes of its API as they were."""

    routes: tuple[Route, ...] = ()


def _caching(settings: Mapping[str, Any]) -> MethodSettings:
    return MethodSettings(
        caching=settings["cachingEnabled"],
        ttl=settings["cacheTtlInSeconds"],
        require_authorization=settings["requireAuthorizationForCacheControl"],
        unauthorized=settings["unauthorizedCacheControlHeaderStrategy"],
    )


def _no_second_gateway(api: models.RestAPI, request: Any) -> Any:
    raise NetworkRefused(
        f"A local cloud answers its APIs through cloud.get(url), not through another client: write "
        f"cloud.get({request.url!r})."
    )


class LocalAPIGatewayBackend(LocalService, models.APIGatewayBackend):
    """moto's API Gateway backend of one Region, whose deployments stay as they are."""

    def create_rest_api(self, *args: Any, **kwargs: Any) -> models.RestAPI:
        api = super().create_rest_api(*args, **kwargs)
        api.create_date = int(self.services.clock.time())
        return api

    def delete_rest_api(self, function_id: str) -> models.RestAPI:
        self.get_rest_api(function_id)  # raises if there is none
        return super().delete_rest_api(function_id)

    def create_stage(
        self, function_id: str, stage_name: str, deploymentId: str, *args: Any, **kwargs: Any
    ) -> models.Stage:
        check_size(kwargs.get("cacheClusterSize"))
        if deploymentId not in self.get_rest_api(function_id).deployments:
            raise DeploymentNotFoundException()
        return super().create_stage(function_id, stage_name, deploymentId, *args, **kwargs)

    def create_deployment(
        self, function_id: str, name: str, description: str = "", stage_variables: Any = None
    ) -> models.Deployment:
        """Deploy the API as it is now. A stage that is there gets the deployment, and stays."""
        api = self.get_rest_api(function_id)
        before = api.stages.get(name)
        deployment = super().create_deployment(function_id, name, description, stage_variables)
        assert isinstance(deployment, LocalDeployment)
        deployment.created_date = int(self.services.clock.time())
        deployment.routes = routes_of(api)
        if before is not None:
            before.deployment_id = deployment.id
            api.stages[name] = before
        return deployment


class LocalAPIGatewayResponse(APIGatewayResponse):
    """moto's API Gateway responses, and what they leave out."""

    backend: LocalAPIGatewayBackend

    def create_deployment(self) -> Any:
        size = self._get_param("cacheClusterSize")
        check_size(size)
        answer = super().create_deployment()
        enabled, name = self._get_param("cacheClusterEnabled"), self._get_param("stageName")
        wanted = {"Enabled": None if enabled is None else str(enabled).lower(), "Size": size}
        patch = [
            {"op": "replace", "path": f"/cacheCluster{what}", "value": value}
            for what, value in wanted.items()
            if value is not None
        ]
        if name:
            self.backend.update_stage(self.path.split("/")[2], name, patch)
        return answer

    def put_integration(self) -> Any:
        keys = self._get_param("cacheKeyParameters") or []
        api, _, resource, _, method, *_ = self.path.split("/")[2:]
        declared = self.backend.get_method(api, resource, method).request_parameters or {}
        check_cache_keys(keys, declared, self._get_param("requestParameters") or {})
        status, headers, _ = super().put_integration()
        integration = self.backend.get_integration(api, resource, method)
        integration.cache_key_parameters = list(keys)
        integration.cache_namespace = integration.cache_namespace or resource
        return status, headers, json.dumps(integration.to_json())

    def update_integration(self) -> Any:
        """What there is to change of an integration's cache; moto has no such operation."""
        api, _, resource, _, method, *_ = self.path.split("/")[2:]
        integration = self.backend.get_integration(api, resource, method)
        if integration is None:
            raise NotFoundException("Invalid Integration identifier specified")
        keys, namespace = list(integration.cache_key_parameters), integration.cache_namespace
        for operation in self._get_param("patchOperations") or []:
            _, what, key = (operation["path"] + "/").split("/", 2)
            match operation["op"], what, key.rstrip("/"):
                case "add", "cacheKeyParameters", key:
                    keys = [*dict.fromkeys([*keys, key])]
                case "remove", "cacheKeyParameters", key:
                    keys = [one for one in keys if one != key]
                case "replace", "cacheNamespace", "":
                    namespace = operation["value"]
                case _:
                    raise BadRequestException(
                        f"A local cloud cannot {operation['op']} {operation['path']}: it changes "
                        "cacheKeyParameters and cacheNamespace. Call put_integration again."
                    )
        declared = self.backend.get_method(api, resource, method).request_parameters or {}
        check_cache_keys(keys, declared, integration.request_parameters or {})
        integration.cache_key_parameters, integration.cache_namespace = keys, namespace
        return json.dumps(integration.to_json())

    def flush_stage_cache(self) -> Any:
        _, _, api, _, stage, *_ = self.path.split("/")
        found = self.backend.get_stage(api, stage)
        assert isinstance(found, LocalStage)
        found.flush()
        return 202, {"status": 202}, "{}"


@contextmanager
def install(services: Services) -> Iterator[None]:
    """Let moto's API Gateway be ours, and its stages too; leave an API's addresses to us."""
    stage = type("LocalStage", (LocalStage,), {"services": services})
    ours = LocalAPIGatewayBackend, services, LocalAPIGatewayResponse, (FLUSH,)
    with (
        patch.multiple(models, Stage=stage, Deployment=LocalDeployment),
        patch.object(models.RestAPI, "resource_callback", _no_second_gateway),
        in_place_of(models.apigateway_backends, *ours),
    ):
        yield
