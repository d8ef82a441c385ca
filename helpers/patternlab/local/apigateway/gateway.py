"""The addresses of local APIs: method, then cache, then integration.

``https://{api}.execute-api.{region}.amazonaws.com/{stage}/{path}``, as AWS spells it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

from moto.apigateway.models import apigateway_backends
from moto.cloudwatch.models import cloudwatch_backends
from moto.core import DEFAULT_ACCOUNT_ID
from moto.moto_api._internal import mock_random

from patternlab.caching.gateway import (
    BYPASS,
    HIT,
    MISS,
    Request,
    Response,
    Served,
    cache_key,
)
from patternlab.local.apigateway.integrations import TIMEOUT, Call, call_function, call_web, message
from patternlab.local.apigateway.log import write_access_log
from patternlab.local.apigateway.routes import Route, find_route
from patternlab.local.apigateway.service import LocalDeployment, LocalStage
from patternlab.local.hub import wait_for
from patternlab.local.patches import NetworkRefused
from patternlab.local.services import Services
from patternlab.web import Answer

HOST = re.compile(r"(?P<api>[a-z0-9]+)\.execute-api\.(?P<region>[a-z0-9-]+)\.amazonaws\.com", re.I)
CLIENT = "127.0.0.1"  # whose requests these are: an address of this computer
AWS_IAM = "AWS_IAM"


def request(
    services: Services,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: str | None = None,
    *,
    signed: bool = False,
) -> Answer:
    """Send a request to a deployed API, and let time pass until it is answered.

    `signed` requests are those of the account itself: they may invalidate, where the method asks
    for signatures (authorizationType AWS_IAM) and so looks at them.
    """
    clock, begun = services.clock, services.clock.elapsed
    sent = _Sent(services, method.upper(), url, dict(headers), body, signed)
    wait_for(clock, clock.env.timeout(services.knobs.gateway_overhead))
    response, result = sent.answer()
    seconds = clock.elapsed - begun
    if sent.stage is not None:
        sent.record(sent.stage, response, result, seconds)
    out = {**response.headers, "x-amzn-RequestId": sent.id}
    return Answer(response.status, out, response.body, seconds)


class _Sent:
    """One request, from its address to its answer."""

    def __init__(
        self,
        services: Services,
        method: str,
        url: str,
        headers: dict[str, str],
        body: str | None,
        signed: bool,
    ) -> None:
        parts = urlsplit(url)
        host = HOST.fullmatch(parts.hostname or "")
        if parts.scheme != "https" or host is None:
            raise NetworkRefused(
                f"A local cloud has no network, and {url} is no address of an API in it. Write "
                "https://API.execute-api.REGION.amazonaws.com/STAGE/PATH."
            )
        self.services, self.method, self.signed, self.body = services, method, signed, body
        self.headers = {**headers, "Host": parts.hostname or ""}
        self.query = parse_qs(parts.query, keep_blank_values=True)
        self.api_id, self.region = host["api"].lower(), host["region"]
        self.path = parts.path or "/"
        self.stage_name, _, rest = self.path.removeprefix("/").partition("/")
        self.inner = f"/{rest}"
        self.id = str(mock_random.uuid4())
        self.route: Route | None = None
        self.begun: datetime = services.clock.now()
        self.took = 0.0  # by the integration
        api = apigateway_backends[DEFAULT_ACCOUNT_ID][self.region].apis.get(self.api_id)
        stage = api.stages.get(self.stage_name) if api else None
        deployment = api.deployments[stage.deployment_id or ""] if api and stage else None
        self.api_name = api.name if api else ""
        self.stage = stage if isinstance(stage, LocalStage) else None
        self.routes = deployment.routes if isinstance(deployment, LocalDeployment) else ()

    def answer(self) -> tuple[Response, str]:
        """The response, and what the cache had to do with it."""
        if self.stage is None:
            return message(403, "Forbidden"), BYPASS
        found = find_route(self.routes, self.method, self.inner)
        if found is None or (found[0].authorization == AWS_IAM and not self.signed):
            return message(403, "Missing Authentication Token"), BYPASS
        self.route, in_path = found
        request = Request(self.method, in_path, self.query, self.headers)
        served = self._serve(self.stage, self.route, request)
        return served.response, served.result

    def _serve(self, stage: LocalStage, route: Route, request: Request) -> Served:
        cache, settings = stage.cache, stage.caching_of(route, self.method)
        fetch = partial(self._fetch, stage.variables, route, request)
        if cache is None:
            return Served(fetch(), BYPASS)
        key = cache_key(request, route.cache_namespace, route.cache_keys)
        # a method that does not ask for a signature does not look at one
        authorized = self.signed and route.authorization == AWS_IAM
        return cache.serve(request, fetch, settings, key=key, authorized=authorized)

    def _fetch(self, variables: dict[str, Any], route: Route, request: Request) -> Response:
        """Ask the integration.

        The answer of one that takes longer than 29 s is not used, but the clock has moved as far
        as the function took.
        """
        call = Call(
            route,
            request,
            self.inner,
            self.body,
            source=self._source(route),
            context=self.context(),
            variables=variables,
        )
        begun = self.services.clock.elapsed
        if route.kind == "AWS_PROXY":
            response = call_function(call)
        elif route.kind == "HTTP_PROXY":
            response = call_web(call, self.services.web)
        else:
            raise NetworkRefused(
                f"A local cloud has integrations of type AWS_PROXY, to a Lambda function, and "
                f"HTTP_PROXY; {self.method} {route.path} is of type {route.kind}."
            )
        self.took = self.services.clock.elapsed - begun
        if self.took > TIMEOUT:
            return message(504, "Endpoint request timed out")
        return response

    def _source(self, route: Route) -> str:
        api = f"arn:aws:execute-api:{self.region}:{DEFAULT_ACCOUNT_ID}:{self.api_id}"
        return f"{api}/{self.stage_name}/{self.method}{route.path}"

    def context(self) -> dict[str, Any]:
        """What an event's requestContext and an access log tell of the request."""
        return {
            "accountId": DEFAULT_ACCOUNT_ID,
            "apiId": self.api_id,
            "domainName": self.headers["Host"],
            "httpMethod": self.method,
            "identity": {"sourceIp": CLIENT, "userAgent": self.headers.get("User-Agent")},
            "path": self.path,
            "protocol": "HTTP/1.1",
            "requestId": self.id,
            "requestTime": f"{self.begun:%d/%b/%Y:%H:%M:%S %z}",
            "requestTimeEpoch": round(self.begun.timestamp() * 1000),
            "resourceId": self.route.resource if self.route else None,
            "resourcePath": self.route.path if self.route else None,
            "stage": self.stage_name,
        }

    # -- what is written down ----------------------------------------------------------------

    def record(self, stage: LocalStage, response: Response, result: str, seconds: float) -> None:
        """Count the request in CloudWatch, and write the stage's access log."""
        counts = {
            "Count": 1,
            "4XXError": int(400 <= response.status < 500),
            "5XXError": int(response.status >= 500),
        }
        if result in (HIT, MISS):
            counts[f"Cache{result}Count"] = 1
        metrics = [self._metric(name, value, "Count") for name, value in counts.items()]
        metrics.append(self._metric("Latency", seconds * 1000, "Milliseconds"))
        if result != HIT and self.route is not None:
            metrics.append(self._metric("IntegrationLatency", self.took * 1000, "Milliseconds"))
        # not through a client, which would take longer than the rest; moto adds the time
        cloudwatch = cloudwatch_backends[DEFAULT_ACCOUNT_ID][self.region]
        cloudwatch.put_metric_data("AWS/ApiGateway", metrics)
        settings = stage.access_log_settings
        if settings:
            about = self.context() | {
                "status": response.status,
                "responseLength": len(response.body),
                "responseLatency": round(seconds * 1000),
                "integrationLatency": round(self.took * 1000) if self.took else None,
            }
            write_access_log(settings, about, self.services.clock.time())

    def _metric(self, name: str, value: float, unit: str) -> dict[str, Any]:
        return {
            "MetricName": name,
            "Dimensions": [
                {"Name": "ApiName", "Value": self.api_name},
                {"Name": "Stage", "Value": self.stage_name},
            ],
            "Value": float(value),
            "Unit": unit,
        }
