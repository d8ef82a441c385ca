"""How long CloudFront keeps a response: its TTL decision table as one pure function.

Three parties have a say: the origin by its headers, the cache policy by its minimum, default and
maximum TTL, and, for errors, the error caching minimum TTL. The rule is the same that the real edge
of the course follows (``edge.js``); a test holds the two together, case by case.

Source: Amazon CloudFront Developer Guide, "Manage how long content stays in the cache",
"Control how long CloudFront caches errors", "Use managed cache policies", read 2026-11-22.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import time as wall_time

from patternlab.caching.errors import CachingError

YEAR = 31_536_000  # seconds
HUNDRED_YEARS = 100 * YEAR  # the largest TTL

#: Errors that are kept whatever the origin says of them, except that the second set obeys no-store.
ALWAYS_KEPT = frozenset({404, 410, 414, 500, 501, 502, 503, 504})
MAY_REFUSE = frozenset({404, 410, 414, 501})
#: Errors that are kept only if the origin gives them an age.
KEPT_IF_ASKED = frozenset({400, 403, 405, 412, 415})

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}")


@dataclass(frozen=True)
class CachePolicy:
    """What CloudFront calls a cache policy: how long it keeps, and by which key.

    Args:
        min_ttl, default_ttl, max_ttl: seconds. With a maximum of 0 nothing is kept.
        query_strings, headers, cookies: what belongs to the cache key besides the path: their
            names, or for query strings and cookies ``"all"``. What is not in the key does not reach
            the origin either.
        accept_encoding: Is the viewer's Accept-Encoding, reduced to br and gzip, in the key?
        name: what to call it.

    Raises:
        CachingError: the three TTLs are not whole seconds in ascending order, or a name cannot be
            one.
    """

    min_ttl: int = 0
    default_ttl: int = 86_400
    max_ttl: int = YEAR
    query_strings: tuple[str, ...] | str = ()
    headers: tuple[str, ...] = ()
    cookies: tuple[str, ...] | str = ()
    accept_encoding: bool = False
    name: str = "custom"

    def __post_init__(self) -> None:
        for field in ("min_ttl", "default_ttl", "max_ttl"):
            seconds = getattr(self, field)
            if not isinstance(seconds, int) or not 0 <= seconds <= HUNDRED_YEARS:
                raise CachingError(
                    f"{field} is {seconds!r}: a TTL is a whole number of seconds from 0 to "
                    f"{HUNDRED_YEARS} (100 years)."
                )
        if not self.min_ttl <= self.default_ttl <= self.max_ttl:
            raise CachingError(
                f"The TTLs are {self.min_ttl}, {self.default_ttl} and {self.max_ttl} s: the "
                "minimum must not exceed the default, nor the default the maximum."
            )
        for field in ("query_strings", "headers", "cookies"):
            self._check_names(field)

    def _check_names(self, field: str) -> None:
        names = getattr(self, field)
        if names == "all" and field != "headers":
            return
        if isinstance(names, str):
            object.__setattr__(self, field, (names,) if names else ())  # one name, not its letters
        for name in getattr(self, field):
            if not isinstance(name, str) or not _TOKEN.fullmatch(name):
                raise CachingError(f"{field} has {name!r}, which cannot be the name of one.")

    def key(self) -> dict[str, object]:
        """Return what the edge's script needs to know, in the types of JSON."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}


_OWN_HEADERS = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")
_MEDIA_QUERIES = ("aws.manifestfilter", "start", "end", "m")

_ORIGIN_DECIDES = CachePolicy(
    0,
    0,
    YEAR,
    headers=("Host", "Origin", *_OWN_HEADERS),
    cookies="all",
    accept_encoding=True,
    name="UseOriginCacheControlHeaders",
)
_ALL_QUERIES = replace(
    _ORIGIN_DECIDES, query_strings="all", name="UseOriginCacheControlHeaders-QueryStrings"
)
_MEDIA = CachePolicy(0, 86_400, YEAR, _MEDIA_QUERIES, ("Origin",), name="Elemental-MediaPackage")
_AMPLIFY = ("Authorization", "CloudFront-Viewer-Country", "Host")

#: CloudFront's managed policies.
MANAGED: dict[str, CachePolicy] = {
    policy.name: policy
    for policy in (
        CachePolicy(1, 86_400, YEAR, accept_encoding=True, name="CachingOptimized"),
        CachePolicy(1, 86_400, YEAR, name="CachingOptimizedForUncompressedObjects"),
        CachePolicy(0, 0, 0, name="CachingDisabled"),
        CachePolicy(2, 2, 600, "all", _AMPLIFY, "all", True, name="Amplify"),
        _MEDIA,
        _ORIGIN_DECIDES,
        _ALL_QUERIES,
    )
}

#: The ids by which CloudFront's API knows them.
MANAGED_IDS = {
    "CachingOptimized": "658327ea-f89d-4fab-a63d-7e88639e58f6",
    "CachingOptimizedForUncompressedObjects": "b2884449-e4de-46a7-ac36-70bc7f1ddd6d",
    "CachingDisabled": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
    "Amplify": "2e54312d-136d-493c-8eb9-b001f22f67d2",
    "Elemental-MediaPackage": "08627262-05a9-4f76-9ded-b50ca2e3a84f",
    "UseOriginCacheControlHeaders": "83da9c7e-98b4-4e11-a168-04f0df8e2c65",
    "UseOriginCacheControlHeaders-QueryStrings": "4cc15a8a-d715-48a4-82b8-cc0b614638fe",
}


def policy_of(policy: str | CachePolicy) -> CachePolicy:
    """Return the policy itself, or the managed one of that name."""
    if isinstance(policy, CachePolicy):
        return policy
    if policy in MANAGED:
        return MANAGED[policy]
    raise CachingError(
        f"There is no managed cache policy {policy!r}: choose one of {', '.join(MANAGED)}, or make "
        "a CachePolicy(min_ttl, default_ttl, max_ttl)."
    )


def edge_ttl(
    headers: Mapping[str, str],
    policy: str | CachePolicy = "CachingOptimized",
    status: int = 200,
    error_ttl: int = 10,
    now: float | None = None,
) -> int | None:
    """Return for how many seconds CloudFront serves this response without asking again.

    Args:
        headers: the origin's response headers; case does not matter.
        policy: a cache policy, or the name of a managed one.
        status: the response's status: errors have rules of their own.
        error_ttl: the error caching minimum TTL, in seconds.
        now: seconds since 1970, to hold Expires against; the machine's clock without it.

    Returns:
        Seconds. 0: it is kept, and the origin is asked (If-None-Match) for each request. None: it
        is not kept.
    """
    policy = policy_of(policy)
    if policy.max_ttl == 0:
        return None
    told = _Told(headers, wall_time() if now is None else now)
    if status >= 400:
        return _error_ttl(told, policy, status, error_ttl)
    if told.refuses:
        # A minimum above 0 wins over the origin. That is the trap: private is then shared.
        if policy.min_ttl > 0:
            return policy.min_ttl
        return None if told.forbids_keeping else 0
    if told.age is None:
        return max(policy.min_ttl, policy.default_ttl)
    return min(max(told.age, policy.min_ttl), policy.max_ttl)


def directives(headers: Mapping[str, str]) -> dict[str, str]:
    """Parse Cache-Control: ``{"max-age": "60", "private": ""}``, names in lower case."""
    value = next((v for name, v in headers.items() if name.lower() == "cache-control"), "")
    found: dict[str, str] = {}
    for part in value.split(","):
        name, _, argument = part.strip().partition("=")
        found.setdefault(name.strip().lower(), argument.strip().strip('"'))
    found.pop("", None)
    return found


class _Told:
    """What the origin's headers say about keeping."""

    def __init__(self, headers: Mapping[str, str], now: float) -> None:
        said = directives(headers)
        self.refuses = not {"no-cache", "no-store", "private"}.isdisjoint(said)
        self.forbids_keeping = not {"no-store", "private"}.isdisjoint(said)
        #: Seconds, from s-maxage, max-age or Expires, in this order; None if none is there.
        self.age = _seconds(said.get("s-maxage"))
        if self.age is None:
            self.age = _seconds(said.get("max-age"))
        #: The same without Expires: some errors are kept only for these.
        self.given = self.age
        if self.age is None:
            self.age = _expires_in(headers, now)


def _error_ttl(told: _Told, policy: CachePolicy, status: int, error_ttl: int) -> int | None:
    if status in MAY_REFUSE and told.refuses:
        return None
    if status in ALWAYS_KEPT:
        return max(error_ttl, min(told.age or 0, policy.max_ttl))
    if status in KEPT_IF_ASKED and told.given is not None:
        return max(error_ttl, min(told.given, policy.max_ttl))
    return None


def _seconds(argument: str | None) -> int | None:
    """Read a number of seconds in a header; None if there is none, or it cannot be read."""
    if argument is None or not re.fullmatch("[0-9]+", argument):
        return None
    return min(int(argument), HUNDRED_YEARS)


def _expires_in(headers: Mapping[str, str], now: float) -> int | None:
    """Return whole seconds until Expires, at least 0; a date that cannot be read is in the past."""
    value = next((v for name, v in headers.items() if name.lower() == "expires"), None)
    if value is None:
        return None
    try:
        moment: datetime = parsedate_to_datetime(value)
        left = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now
    except (ValueError, TypeError, OverflowError):
        return 0
    return min(max(0, math.ceil(left)), HUNDRED_YEARS)
