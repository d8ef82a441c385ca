"""boto3's clients, made once in a process (that takes long), and calls of theirs that fail."""

from __future__ import annotations

import io
import json
import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import botocore.client
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError

from patternlab.service_models import boto3_session

_made: dict[tuple[Any, ...], Any] = {}
_MATTERS = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


class Clients:
    """In place of a boto3 session of a region, for this process's account and credentials."""

    def __init__(self, region: str) -> None:
        self.region = region

    def client(self, service: str, region_name: str | None = None, config: Any = None) -> Any:
        """The client that a session would make, or has made before."""
        region = region_name or self.region
        key = (service, region, config, *map(os.environ.get, _MATTERS))
        if key not in _made:
            _made[key] = boto3_session(region).client(service, config=config)
        return _made[key]


class RawBytes(io.BytesIO):
    """What botocore reads a body from."""

    def stream(self) -> Iterator[bytes]:
        """All of it, in one piece."""
        yield self.getvalue()


def answer_with(events: Any, name: str, code: str, message: str, times: int) -> None:
    """Let the next `times` requests of botocore's event `name` be refused, as JSON services do."""
    left = [times]

    def answer(request: Any, **_: Any) -> AWSResponse | None:
        if left[0] <= 0:
            return None
        left[0] -= 1
        body = RawBytes(json.dumps({"message": message}).encode())
        return AWSResponse(request.url, 400, {"x-amzn-errortype": code}, body)

    events.register_first(name, answer)


def fail(
    monkeypatch: pytest.MonkeyPatch, error: Any, operation: str, times: int = 10**6
) -> Counter[str]:
    """Let calls of `operation` end in `error`, a code of AWS's or an exception; counts those."""
    count: Counter[str] = Counter()
    call = botocore.client.BaseClient._make_api_call

    def failing(self: Any, name: str, params: Any) -> Any:
        if name == operation and count[name] < times:
            count[name] += 1
            raise error if isinstance(error, BaseException) else refused(error, name)
        return call(self, name, params)

    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", failing)
    return count


def refused(code: str, operation: str) -> ClientError:
    """AWS's answer to who may not do it; it names the account."""
    message = "User: arn:aws:iam::123456789012:user/ada may not do it"
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)
