"""What an ARN names in the local cloud at this moment; None if there is no such thing."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.utils import get_backend

if TYPE_CHECKING:
    from patternlab.local.awslambda.function import LocalFunction


def find_function(arn: str) -> LocalFunction | None:
    """The Lambda function of that ARN."""
    _, _, _, region, account, *_ = arn.split(":")
    try:
        return cast("LocalFunction", get_backend(account, region).get_function(arn))
    except LambdaClientError:
        return None
