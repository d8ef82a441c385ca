"""API Gateway's stage cache, as a model on a clock.

A stage of a REST API may have one cache: an instance of a fixed size, in one region, billed by the
hour. :class:`StageCache` holds what AWS documents of it (API Gateway Developer Guide, "Cache
settings for REST APIs", read 2026-11-22). Three things are not documented, and are ours here:

* what is dropped when the cache is full: the entry that was used least recently, by bytes;
* which responses are kept: all of them, errors too (users report that a 429 stays for the TTL);
* the moment from which the TTL counts: when the response has come back.

The origin's ``Cache-Control`` is never read: the setting alone decides. No text of AWS says
otherwise.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from patternlab import facts
from patternlab.caching.costs import HOURS
from patternlab.caching.errors import CachingError
from patternlab.clock import TICK, Clock

#: The sizes on offer in gigabytes, spelled as the API spells them.
SIZES = ("0.5", "1.6", "6.1", "13.5", "28.4", "58.2", "118", "237")
#: A gigabyte, which AWS does not define here.
GIGABYTE = 10**9
#: Seconds that a response is kept by default, and at most; 0 switches caching off.
DEFAULT_TTL, MAX_TTL = 300, 3600
#: Bytes of the largest response that is kept. A larger one is passed on all the same.
MAX_RESPONSE = 1_048_576
#: Seconds to create or delete a cache ("about 4 minutes") and to flush it ("a couple of minutes").
CHANGE_SECONDS, FLUSH_SECONDS = 240.0, 120.0

CREATING, AVAILABLE, FLUSHING = "CREATE_IN_PROGRESS", "AVAILABLE", "FLUSH_IN_PROGRESS"
DELETING, GONE = "DELETE_IN_PROGRESS", "NOT_AVAILABLE"

FAIL = "FAIL_WITH_403"
WARN = "SUCCEED_WITH_RESPONSE_HEADER"
IGNORE = "SUCCEED_WITHOUT_RESPONSE_HEADER"
STRATEGIES = (FAIL, WARN, IGNORE)

HIT, MISS = "Hit", "Miss"
BYPASS = "Bypass"  # the cache was not asked
REFUSED = "Refused"  # a 403 instead of an answer

#: What a client sends to have its entry read anew.
INVALIDATE = "max-age=0"
#: The header of :data:`WARN`. AWS documents that there is one, not its words: these are ours.
WARNING = ("Warning", "199 - Cache-Control: max-age=0 was ignored, it is not authorized")


@dataclass(frozen=True)
class Response:
    """What an integration answers: an HTTP status, headers and a body."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def size(self) -> int:
        """Bytes that it takes in a cache: headers and body."""
        return len(self.body) + sum(len(n) + len(v) for n, v in self.headers.items())


@dataclass(frozen=True)
class MethodSettings:
    """The caching half of a stage's method settings, with the API's defaults.

    Attributes:
        caching: are responses of this method kept? Off until it is switched on: a stage whose
            cache runs, and is paid for, caches nothing before that.
        ttl: seconds that a response may be served, 0 to 3600; 0 switches caching off.
        require_authorization: must a client that sends ``Cache-Control: max-age=0`` be allowed to
            (execute-api:InvalidateCache)? If not, any client may.
        unauthorized: what one gets that is not: a name of :data:`STRATEGIES`.

    Raises:
        CachingError: the TTL or the strategy is none.
    """

    caching: bool = False
    ttl: int = DEFAULT_TTL
    require_authorization: bool = True
    unauthorized: str = WARN

    def __post_init__(self) -> None:
        if not (isinstance(self.ttl, int) and 0 <= self.ttl <= MAX_TTL):
            raise CachingError(
                f"A TTL of {self.ttl!r} is not possible in API Gateway: give whole seconds from 0, "
                f"which switches caching off, to {MAX_TTL}."
            )
        if self.unauthorized not in STRATEGIES:
            raise CachingError(
                f"{self.unauthorized!r} is not a way to treat a client that may not invalidate: "
                f"choose one of {', '.join(STRATEGIES)}."
            )


@dataclass(frozen=True)
class Request:
    """One request, with its parameters where API Gateway finds them.

    Attributes:
        method: "GET", "POST" ...
        path: the parameters in the path, by name: ``{"id": "7"}`` for ``/users/{id}``.
        query: those of the query string; each name has a tuple of values.
        headers: by name; which letters are capitals does not matter.
    """

    method: str = "GET"
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def parameter(self, name: str) -> str | tuple[str, ...] | None:
        """Return the value of ``method.request.querystring.type`` and the like; None if not sent.

        ``path``, ``querystring``, ``header``, ``multivaluequerystring`` and ``multivalueheader``
        are known. Of a query parameter that is sent twice, ``querystring`` is the last value.

        Raises:
            CachingError: it is the name of no parameter.
        """
        where, _, key = name.removeprefix("method.request.").partition(".")
        headers = {known.lower(): value for known, value in self.headers.items()}
        if not name.startswith("method.request.") or not key:
            where = ""
        match where:
            case "path":
                return self.path.get(key)
            case "querystring":
                return next(reversed(self.query.get(key, ())), None)
            case "multivaluequerystring":
                return tuple(self.query.get(key, ())) or None
            case "header" | "multivalueheader":
                return headers.get(key.lower())
        raise CachingError(
            f"{name!r} is not a parameter of a request: write method.request.querystring.NAME, "
            "method.request.path.NAME or method.request.header.NAME."
        )

    @property
    def invalidates(self) -> bool:
        """Whether it asks for its entry to be fetched again."""
        sent = self.parameter("method.request.header.Cache-Control") or ""
        return INVALIDATE in [part.strip().lower() for part in str(sent).split(",")]


#: What an entry is found by.
Key = tuple[object, ...]


def cache_key(request: Request, resource: str, selected: Sequence[str] = ()) -> Key:
    """Return the cache key of `request`: method, `resource` and the `selected` parameters.

    `selected` are the integration's cacheKeyParameters. **All others are ignored**, those in the
    path too: without ``method.request.path.id`` every user of ``/users/{id}`` gets the first one's
    answer.
    """
    return (request.method, resource, *((name, request.parameter(name)) for name in selected))


@dataclass(frozen=True)
class Served:
    """An answer of the cache.

    Attributes:
        response: what the client gets.
        result: "Hit", "Miss", "Bypass" (the cache was not asked) or "Refused" (403).
        age: seconds since the response came from the integration; 0 unless it is a hit.
    """

    response: Response
    result: str
    age: float = 0.0


@dataclass(frozen=True)
class _Entry:
    response: Response
    stored: float
    ttl: float


class StageCache:
    """The cache of one stage.

    Args:
        clock: tells the time: :class:`patternlab.clock.VirtualClock` or any other clock.
        size: one of :data:`SIZES`, in gigabytes.
        capacity: bytes that fit in, if not all of `size`. AWS has no such setting: it is there to
            see what a full cache does without filling half a gigabyte.
        change, flush_time: seconds that creating, resizing or deleting takes, and flushing. While
            one of them goes on, requests go to the integration.

    Attributes:
        hits, misses: how often the cache answered, and how often the integration did.
        evictions: entries that were dropped for want of room.
        used: bytes in the cache, those past their TTL included until they are asked for.
    """

    def __init__(
        self,
        clock: Clock,
        size: str = "0.5",
        *,
        capacity: int | None = None,
        change: float = CHANGE_SECONDS,
        flush_time: float = FLUSH_SECONDS,
    ) -> None:
        self.clock, self._change, self._flush_time = clock, change, flush_time
        self.hits = self.misses = self.evictions = self.used = 0
        self._entries: OrderedDict[Key, _Entry] = OrderedDict()
        self._generation = 0
        self._given = capacity
        self.resize(size)

    # -- its life ----------------------------------------------------------------------------

    @property
    def status(self) -> str:
        """What the API calls cacheClusterStatus."""
        if self.clock.elapsed < self._until - TICK:
            return self._doing
        return GONE if self._doing == DELETING else AVAILABLE

    def resize(self, size: str) -> None:
        """Put a new instance of `size` in its place, which is empty, and takes `change` seconds."""
        self.size = checked_size(size)
        self.capacity = int(float(size) * GIGABYTE) if self._given is None else self._given
        if self.capacity <= 0:
            raise CachingError("A cache of 0 bytes keeps nothing: give a capacity above 0.")
        self._empty(CREATING, self._change)

    def flush(self) -> None:
        """Drop everything, as FlushStageCache does."""
        if self.status not in (AVAILABLE, FLUSHING):
            raise CachingError(
                f"The cache is {self.status} and cannot be flushed: wait until it is {AVAILABLE}."
            )
        self._empty(FLUSHING, self._flush_time)

    def delete(self) -> None:
        """Switch the cache off."""
        self._empty(DELETING, self._change)

    def _empty(self, doing: str, seconds: float) -> None:
        self._doing, self._until = doing, self.clock.elapsed + seconds
        self._entries.clear()
        self.used = 0
        self._generation += 1

    # -- requests ----------------------------------------------------------------------------

    def serve(
        self,
        request: Request,
        fetch: Callable[[], Response],
        settings: MethodSettings,
        *,
        key: Key | None = None,
        authorized: bool = False,
    ) -> Served:
        """Answer `request`: from the cache, or with what `fetch` brings from the integration.

        `key` is that of :func:`cache_key`; left out, the method alone. `authorized`: does the
        client have execute-api:InvalidateCache? A response keeps the TTL that it was stored with,
        and is served while it is younger than that.
        """
        if not settings.caching or settings.ttl == 0 or self.status != AVAILABLE:
            return Served(fetch(), BYPASS)
        key = (request.method,) if key is None else key
        refused = request.invalidates and settings.require_authorization and not authorized
        if refused and settings.unauthorized == FAIL:
            return Served(_forbidden(), REFUSED)
        anew = request.invalidates and not refused
        served = self._read(key, anew) or self._miss(key, fetch, settings)
        return _warned(served) if refused and settings.unauthorized == WARN else served

    def _read(self, key: Key, anew: bool) -> Served | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        age = self.clock.elapsed - entry.stored
        if anew or age >= entry.ttl - TICK:
            self._drop(key)
            return None
        self._entries.move_to_end(key)
        self.hits += 1
        return Served(entry.response, HIT, age)

    def _miss(self, key: Key, fetch: Callable[[], Response], settings: MethodSettings) -> Served:
        self.misses += 1
        generation = self._generation
        response = fetch()
        if generation == self._generation:  # not flushed, resized or deleted meanwhile
            self._store(key, response, settings.ttl)
        return Served(response, MISS)

    def _store(self, key: Key, response: Response, ttl: float) -> None:
        self._drop(key)
        if response.size > min(MAX_RESPONSE, self.capacity):
            return
        self._entries[key] = _Entry(response, self.clock.elapsed, ttl)
        self.used += response.size
        while self.used > self.capacity:
            self._drop(next(iter(self._entries)))
            self.evictions += 1

    def _drop(self, key: Key) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.used -= entry.response.size

    def __len__(self) -> int:
        return len(self._entries)


def _warned(served: Served) -> Served:
    name, text = WARNING
    headers = {**served.response.headers, name: text}
    return replace(served, response=replace(served.response, headers=headers))


def _forbidden() -> Response:
    """Return a 403: the status is AWS's, the text is ours."""
    body = b'{"message":"This client may not invalidate the cache"}'
    return Response(403, {"Content-Type": "application/json"}, body)


# -- sizes and prices --------------------------------------------------------------------------


def checked_size(size: str) -> str:
    """Return `size` if it is one of :data:`SIZES`; a :class:`CachingError` if not."""
    if size not in SIZES:
        raise CachingError(
            f"There is no cache of {size!r} GB: choose one of {', '.join(SIZES)}, as text."
        )
    return size


def price_table() -> pd.DataFrame:
    """List what each size costs, as quoted in ``data/prices.csv``.

    Returns:
        Indexed by size (GB, as text): usd_per_hour, usd_per_month (730 hours), source, read_on.
    """
    prices = facts.read("prices")
    named = prices[prices["service"] == "apigateway"].set_index("item")
    rows = named.loc[[f"cache-{size}GB" for size in SIZES]]
    hourly = rows["price_usd"] / rows["per"]
    return pd.DataFrame(
        {
            "usd_per_hour": hourly.to_numpy(),
            "usd_per_month": (hourly * HOURS).to_numpy(),
            "source": rows["source"].to_numpy(),
            "read_on": rows["read_on"].to_numpy(),
        },
        index=pd.Index(SIZES, name="size_gb"),
    )
