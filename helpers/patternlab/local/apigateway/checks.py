"""What API Gateway refuses of a stage's cache.

Three of the sentences are AWS's, as users quote them; they are marked. The others are ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from moto.apigateway.exceptions import BadRequestException

from patternlab.caching.errors import CachingError
from patternlab.caching.gateway import MAX_TTL, STRATEGIES, Request, checked_size

#: AWS's words, in issue 142 of DHI/terracotta on GitHub (2019).
BAD_TTL = f"Invalid time-to-live setting, must be an integer no greater than {MAX_TTL}"
#: AWS's words, in issue 65 of DianaIonita/serverless-api-gateway-caching on GitHub (2020).
BAD_CACHE_KEY = "Invalid cache key parameter specified"
#: AWS's words, in issue 15855 of hashicorp/terraform-provider-aws on GitHub (2020).
BAD_SETTING = "Invalid method setting path: {}"

#: What there is to set of a method's caching.
CACHING = {
    "caching/enabled",
    "caching/ttlInSeconds",
    "caching/dataEncrypted",
    "caching/requireAuthorizationForCacheControl",
    "caching/unauthorizedCacheControlHeaderStrategy",
}
_WHOLE = re.compile(r"[0-9]+")


def check_size(size: str | None) -> None:
    """Refuse a cacheClusterSize that is not on offer."""
    if size is not None:
        try:
            checked_size(size)
        except CachingError as error:
            raise BadRequestException(str(error)) from None


def check_stage_patch(operations: Iterable[Mapping[str, Any]]) -> None:
    """Refuse settings of the cache that are none. Nothing has been changed yet."""
    for operation in operations:
        path, value = operation.get("path", ""), operation.get("value")
        if path == "/cacheClusterSize":
            check_size(value)
        elif path == "/cacheClusterEnabled":
            _check_bool(path, value)
        elif "caching/" in path and operation.get("op") == "replace":
            _check_setting(path, str(value))


def _check_setting(path: str, value: str) -> None:
    setting = path.split("/", 3)[-1]
    if path.count("/") < 4 or setting not in CACHING:
        raise BadRequestException(BAD_SETTING.format(path))
    if setting == "caching/ttlInSeconds":
        if not _WHOLE.fullmatch(value) or int(value) > MAX_TTL:
            raise BadRequestException(BAD_TTL)
    elif setting.endswith("Strategy"):
        if value not in STRATEGIES:
            raise BadRequestException(f"{path} is one of {', '.join(STRATEGIES)}, not {value!r}.")
    else:
        _check_bool(path, value)


def _check_bool(path: str, value: Any) -> None:
    if str(value).lower() not in ("true", "false"):
        raise BadRequestException(f"{path} is 'true' or 'false', as text, not {value!r}.")


def check_cache_keys(
    keys: Iterable[str], method: Mapping[str, Any], integration: Mapping[str, str]
) -> None:
    """Refuse cacheKeyParameters that the request does not declare.

    `method` and `integration` are their requestParameters: a key must be among the first, or among
    the second if it is named after the integration's request.
    """
    for key in keys:
        source = integration.get(key, key)
        try:
            Request().parameter(source)
        except CachingError:
            raise BadRequestException(BAD_CACHE_KEY) from None
        if source not in method:
            raise BadRequestException(BAD_CACHE_KEY)
