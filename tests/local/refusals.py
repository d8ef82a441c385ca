"""What a refused call says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError


def refusal(operation: Callable[..., Any], *arguments: Any, **parameters: Any) -> dict[str, Any]:
    """The whole answer to `operation`, which must be an error."""
    with pytest.raises(ClientError) as caught:
        operation(*arguments, **parameters)
    return caught.value.response


def refused(operation: Callable[..., Any], *arguments: Any, **parameters: Any) -> tuple[str, str]:
    """Code and message of the error that `operation` gives."""
    error = refusal(operation, *arguments, **parameters)["Error"]
    return error["Code"], error["Message"]
