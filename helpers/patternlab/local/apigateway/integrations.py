"""What stands behind a route: a Lambda function of this cloud, or a web server stood in for."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from moto.awslambda.exceptions import LambdaClientError
from moto.core import DEFAULT_ACCOUNT_ID

from patternlab.caching.gateway import Request, Response
from patternlab.delivery.faults import DeliveryFailure
from patternlab.local.apigateway.routes import Route
from patternlab.local.patches import NetworkRefused
from patternlab.local.receivers import LocalReceiver, Sender

SERVICE = "apigateway.amazonaws.com"
TIMEOUT = 29.0  # seconds that an integration has (API Gateway quotas)
LAMBDA = re.compile(
    r"arn:[^:]+:apigateway:[^:]+:lambda:path/[^/]+/functions/(?P<arn>.+)/invocations"
)
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Call:
    """A request on its way to an integration.

    Attributes:
        route, request: where it goes, and its parameters.
        path: the path behind the stage, as it was asked for.
        body: text, or None.
        source: the ARN of the method that asks, for the function's policy.
        context: the event's requestContext.
        variables: those of the stage.
    """

    route: Route
    request: Request
    path: str
    body: str | None
    source: str
    context: Mapping[str, Any]
    variables: Mapping[str, str]


def message(status: int, text: str) -> Response:
    """One of API Gateway's own answers."""
    return Response(status, dict(JSON), json.dumps({"message": text}).encode())


def _failed(status: int = 500) -> Response:
    return message(status, "Internal server error")


# -- Lambda, as a proxy --------------------------------------------------------------------------


def call_function(call: Call) -> Response:
    """Invoke the function with an event of version 1.0, and read what it returns.

    500 when it cannot be invoked (no permission, an outage, throttled, or a method other than
    POST), 502 when it fails or returns something else than a proxy response.
    """
    found = LAMBDA.fullmatch(call.route.uri)
    if found is None or call.route.uri_method != "POST":
        return _failed()
    function = LocalReceiver(found["arn"], Sender(SERVICE, call.source, DEFAULT_ACCOUNT_ID))
    headers: dict[str, str] = {}
    try:
        answer = function.check().answer
        payload = answer(json.dumps(_event(call)), "RequestResponse", headers)
    except (DeliveryFailure, LambdaClientError):
        return _failed()
    return _failed(502) if "x-amz-function-error" in headers else _read(payload)


def _event(call: Call) -> dict[str, Any]:
    request = call.request
    query = {name: list(values) for name, values in request.query.items()}
    return {
        "resource": call.route.path,
        "path": call.path,
        "httpMethod": request.method,
        "headers": dict(request.headers) or None,
        "multiValueHeaders": {name: [value] for name, value in request.headers.items()} or None,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": dict(request.path) or None,
        "stageVariables": dict(call.variables) or None,
        "requestContext": dict(call.context),
        "body": call.body,
        "isBase64Encoded": False,
    }


def _read(payload: bytes) -> Response:
    """Return a function's proxy response, or 502 for anything else."""
    try:
        given = json.loads(payload)
        headers = {name: str(value) for name, value in (given.get("headers") or {}).items()}
        for name, values in (given.get("multiValueHeaders") or {}).items():
            headers[name] = ", ".join(map(str, values))
        body = given.get("body")
        body = "" if body is None else body
        raw = base64.b64decode(body) if given.get("isBase64Encoded") else body.encode()
        return Response(int(given["statusCode"]), {**JSON, **headers}, raw)
    except (AttributeError, KeyError, TypeError, ValueError):
        return _failed(502)


# -- HTTP, as a proxy ----------------------------------------------------------------------------

#: Stands in for a web server: headers and body in; out come a status, or (status, body), or None.
Web = Callable[[dict[str, str], str], Any]


def call_web(call: Call, web: Mapping[str, Web]) -> Response:
    """Ask what stands in for the web server: by its whole address, or that without its query.

    504 when it gives no answer.
    """
    address = _address(call)
    server = web.get(address) or web.get(address.partition("?")[0])
    if server is None:
        raise NetworkRefused(
            f"A local cloud has no network, so {address} does not answer. Stand in for it with "
            "cloud.web_endpoint(url, answer), where answer(headers, body) returns (200, 'text')."
        )
    answer = server(dict(call.request.headers), call.body or "")
    if answer is None:
        return message(504, "Endpoint request timed out")
    status, body = answer if isinstance(answer, tuple) else (answer, "")
    return Response(int(status), dict(JSON), body.encode() if isinstance(body, str) else body)


def _address(call: Call) -> str:
    """The integration's address with ``{id}`` filled in from the request, and its query."""
    address = call.route.uri
    for name, source in (call.route.parameters or {}).items():
        if name.startswith("integration.request.path."):
            value = call.request.parameter(source) or ""
            address = address.replace("{" + name.rsplit(".", 1)[1] + "}", str(value))
    query = "&".join(
        f"{name}={value}" for name, values in call.request.query.items() for value in values
    )
    return f"{address}?{query}" if query else address
