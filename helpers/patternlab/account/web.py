"""Requests to web addresses: of an API, or of a distribution. Real ones, over HTTPS."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ConnectionError as NoConnection
from botocore.exceptions import HTTPClientError
from botocore.httpsession import URLLib3Session

from patternlab.resources.errors import AccountError
from patternlab.web import Answer

API = re.compile(r"(?P<id>[a-z0-9]+)\.execute-api\.(?P<region>[a-z0-9-]+)\.amazonaws\.com")
PATIENCE = 35  # seconds: API Gateway itself gives an integration 29


def send(
    session: Any,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: str | None,
    *,
    signed: bool,
    endpoint: str | None = None,
) -> Answer:
    """Send a request, and wait for its answer.

    Args:
        session: the boto3 session whose credentials sign it.
        method: the verb of HTTP.
        url: the address.
        headers: those of the request.
        body: its text, sent as UTF-8; None for none.
        signed: sign it with AWS Signature Version 4; only for the address of an API, so that no
            signature gets anywhere else.
        endpoint: the address that stands in for AWS; an API's requests go there.

    Raises:
        AccountError: no https address, or none that may be signed; no answer came.
    """
    parts = urlsplit(url)
    api = API.fullmatch((parts.hostname or "").lower())
    if parts.scheme != "https" or not parts.hostname:
        raise AccountError(f"{url} is not a web address: write one that begins with https://.")
    if signed and api is None:
        raise AccountError(
            f"{url} is not signed: only https://API.execute-api.REGION.amazonaws.com/STAGE/PATH "
            "gets a signature of your credentials. Leave out signed=True."
        )
    if endpoint:
        url = _at_the_stand_in(endpoint, url, api)
    request = AWSRequest(method, url, dict(headers), data=body and body.encode())
    if signed and api is not None:
        SigV4Auth(session.get_credentials(), "execute-api", api["region"]).add_auth(request)
    return _answer(request)


def _at_the_stand_in(endpoint: str, url: str, api: re.Match[str] | None) -> str:
    """Where a stand-in for AWS answers an API (the address that ministack has for it)."""
    if api is None:
        raise AccountError(
            f"AWS_ENDPOINT_URL names a stand-in for AWS, which does not answer at {url}: it knows "
            "the addresses of APIs only."
        )
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    return f"{endpoint.rstrip('/')}/_aws/execute-api/{api['id']}{parts.path}{query}"


def _answer(request: AWSRequest) -> Answer:
    begun = time.monotonic()
    try:
        response = URLLib3Session(timeout=PATIENCE).send(request.prepare())
    except (HTTPClientError, NoConnection) as error:
        raise AccountError(
            f"No answer from {request.url}: {str(error).rstrip('.')}. A new API or distribution "
            "takes some seconds or minutes before it answers: run the cell again."
        ) from None
    seconds = time.monotonic() - begun
    return Answer(response.status_code, response.headers, response.content, seconds)
