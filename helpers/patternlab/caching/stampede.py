"""A stampede: one popular key expires, and all who ask for it ask the origin at the same time.

Three cures, each a function like :func:`patternlab.caching.layer.lazy`: :func:`locked`,
:func:`early` and :func:`stale_while_revalidate`. :func:`herd` lets many threads ask at once,
and :class:`Counted` counts how often the origin was asked.
"""

from __future__ import annotations

import math
import random
import secrets
import threading
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from patternlab.caching.checks import number, whole
from patternlab.caching.errors import CachingError
from patternlab.caching.layer import TTL, decode, encode, lazy, milliseconds

#: Seconds after which a lock ends by itself: more than the slowest query, less than an outage.
LOCK_SECONDS = 10.0

#: Seconds between two looks of one who waits for another's query.
NAP = 0.005


class Lock:
    """A lock in the cache that one caller at a time holds, on whichever machine it runs.

    ``SET key token NX PX`` takes it: NX sets the key only where there is none, PX ends the lock if
    its holder dies. The token says whose it is, so that a holder who was too slow does not release
    the lock of the next one. (valkey-py has the same as ``client.lock(name, timeout=...)``.)
    """

    # Compare and delete in one step; on the server, so that nothing comes between.
    RELEASE = """
    if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("del", KEYS[1]) end
    return 0
    """

    def __init__(self, cache: Any, key: str, seconds: float = LOCK_SECONDS) -> None:
        self.cache, self.key = cache, f"lock:{key}"
        self.token, self.expiry = secrets.token_hex(16), milliseconds(seconds)

    def take(self) -> bool:
        """Take the lock; return False if another caller holds it."""
        return bool(self.cache.set(self.key, self.token, nx=True, px=self.expiry))

    def release(self) -> bool:
        """Give the lock back; return False if it is no longer ours."""
        return bool(self.cache.eval(self.RELEASE, 1, self.key, self.token))


def locked(
    cache: Any,
    key: str,
    load: Callable[[], Any],
    ttl: float = TTL,
    jitter: float = 0.0,
    lock_seconds: float = LOCK_SECONDS,
) -> Any:
    """Cure 1, lock: one caller asks the origin, the others wait until its answer is in the cache.

    If `load` raises, nothing is kept, the lock is released, and the next one tries.
    """
    milliseconds(ttl, jitter)
    lock = Lock(cache, key, lock_seconds)
    while True:
        found = cache.get(key)
        if found is not None:
            return decode(found)
        if lock.take():
            try:
                # lazy() looks again: between our look and our lock another may have stored it.
                return lazy(cache, key, load, ttl, jitter)
            finally:
                lock.release()
        time.sleep(NAP)


def early(
    cache: Any,
    key: str,
    load: Callable[[], Any],
    ttl: float = TTL,
    beta: float = 1.0,
    now: Callable[[], float] = time.time,
    draw: Callable[[], float] = random.random,
) -> Any:
    """Cure 2, refresh early: now and then a reader renews the key before it expires.

    The nearer the expiry and the slower the query, the likelier. A key that is asked for often is
    renewed by one reader while the others still hit. This is XFetch of Vattani, Chierichetti and
    Lowenstein, Optimal Probabilistic Cache Stampede Prevention (VLDB 2015); with `beta` above 1 it
    renews earlier. 0 renews at expiry only. An expired key, or a first one, is not protected.

    `now` gives seconds, `draw` numbers evenly from 0 up to 1 (1 not included).
    """
    expiry = milliseconds(ttl)
    number("beta", beta, advice="1 suits most queries.")
    found = cache.get(key)
    if found is not None:
        entry = _entry(found, "expires", "seconds")
        if now() + ahead(entry["seconds"], beta, draw()) < entry["expires"]:
            return entry["value"]
    started = now()
    value = load()
    stored = now()
    text = encode({"value": value, "expires": stored + ttl, "seconds": stored - started})
    cache.set(key, text, px=expiry)
    return decode(text)["value"]


def ahead(seconds: float, beta: float, drawn: Any) -> Any:
    """Return how many seconds early a reader renews: exponential, with mean seconds * beta.

    `seconds` is how long the query takes, `drawn` a number (or an array) from 0 up to 1.
    """
    return -seconds * beta * np.log1p(-drawn)


def stale_while_revalidate(
    cache: Any,
    key: str,
    load: Callable[[], Any],
    ttl: float = TTL,
    stale: float = TTL,
    now: Callable[[], float] = time.time,
    background: Callable[[Callable[[], None]], object] | None = None,
    lock_seconds: float = LOCK_SECONDS,
) -> Any:
    """Cure 3, serve stale: after expiry all callers get the old value while one renews it.

    Nobody waits, for up to `stale` seconds after the TTL; then, and the first time, one asks the
    origin and the others wait. `background(work)` runs the renewal; None: in a thread. If `load`
    raises there, the old value stays, and the next reader tries again.
    """
    milliseconds(ttl), milliseconds(stale)
    lock = Lock(cache, key, lock_seconds)
    while True:
        found = cache.get(key)
        if found is not None:
            entry = _entry(found, "fresh_until")
            if now() >= entry["fresh_until"] and lock.take():
                (background or _in_a_thread)(
                    lambda: _renew(cache, key, load, ttl, stale, now, lock)
                )
            return entry["value"]
        if lock.take():
            _renew(cache, key, load, ttl, stale, now, lock)
        else:
            time.sleep(NAP)


def _renew(cache, key, load, ttl, stale, now, lock) -> None:
    """Ask the origin, keep its answer and release the lock, which the caller took."""
    try:
        found = cache.get(key)  # between our look and our lock another may have renewed it
        if found is None or now() >= _entry(found, "fresh_until")["fresh_until"]:
            text = encode({"value": load(), "fresh_until": now() + ttl})
            cache.set(key, text, px=milliseconds(ttl + stale))
    finally:
        lock.release()


def _in_a_thread(work: Callable[[], None]) -> None:
    def run() -> None:
        try:
            work()
        except Exception as problem:  # nothing waits for it: warn, and keep the old value
            warnings.warn(f"A renewal failed, and the old value stays: {problem}", stacklevel=1)

    threading.Thread(target=run, name="renewal", daemon=True).start()


def _entry(found: bytes, *beside: str) -> dict[str, Any]:
    """Return the value and what a cure stored beside it; refuse what another strategy wrote."""
    entry = decode(found)
    if not isinstance(entry, dict) or set(entry) != {"value", *beside}:
        raise CachingError(
            "Another strategy wrote this key: give each strategy keys of its own, or delete the "
            "key first."
        )
    return entry


def queries_per_expiry(
    rate: float,
    seconds: float,
    ttl: float = TTL,
    beta: float = 1.0,
    expiries: int = 10_000,
    seed: int = 1,
) -> np.ndarray:
    """Simulate how often :func:`early` asks the origin at each expiry of a key: int64[expiries].

    `rate` requests per second arrive at random (Poisson), a query takes `seconds`, and until the
    first one is back, others may start one, too. ``beta=0`` is a key without a cure: 1 + rate *
    seconds queries on average. With a cure and much traffic it is e^(1/beta), whatever the rate:
    from the first start to its answer, the expected number of starts grows by that factor.
    Provenance: simulated.
    """
    for name, given in {"rate": rate, "seconds": seconds, "ttl": ttl}.items():
        number(name, given, above=True)
    number("beta", beta, advice="1 suits most queries.")
    # Readers start queries as a Poisson process whose rate rises to `rate` at the expiry:
    # rate * P(ahead > what is left). Its first start is read off the integral of that rate.
    rng = np.random.default_rng(seed)
    mean = max(seconds * beta, 1e-12)
    before = rate * mean * -math.expm1(-ttl / mean)  # starts to expect until the expiry

    def starts(time: np.ndarray) -> np.ndarray:  # until so many seconds after the expiry
        grown = rate * mean * (np.exp(np.minimum(time, 0) / mean) - math.exp(-ttl / mean))
        return grown + rate * np.maximum(time, 0)

    drawn = rng.exponential(size=expiries)
    share = np.minimum(drawn, before) / (rate * mean) + math.exp(-ttl / mean)
    first = np.where(drawn < before, mean * np.log(share), np.maximum(drawn - before, 0) / rate)
    return 1 + rng.poisson(starts(first + seconds) - starts(first))


class Counted:
    """A function that counts its calls: ``origin = Counted(query)``, then ``origin.calls``."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function, self.calls = function, 0
        self._one_at_a_time = threading.Lock()

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        with self._one_at_a_time:
            self.calls += 1
        return self.function(*arguments, **named)


def herd(cache: Any, ask: Callable[[Any], Any], threads: int = 50) -> list[Any]:
    """Let several threads ``ask(cache)`` at the same time; return their answers.

    "The same time" is exact: nobody gets the answer of the first look into the cache before all
    have looked. So it is always the same: all find the key expired, or none does.

    Raises what the first of them raised, after all have ended, and a CachingError where some looked
    into the cache and others never did.
    """
    threads = whole("threads", threads)
    together = _AllLookFirst(cache, threads)
    answers: list[Any] = [None] * threads
    problems: list[BaseException] = []
    left_waiting: list[int] = []

    def run(turn: int) -> None:
        together.enter()
        try:
            answers[turn] = ask(together)
        except threading.BrokenBarrierError:  # another one did not look
            left_waiting.append(turn)
        except BaseException as problem:
            problems.append(problem)
        together.leave()

    running = [threading.Thread(target=run, args=(n,), daemon=True) for n in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    if problems:
        raise problems[0]
    if left_waiting:
        raise CachingError(
            f"{len(left_waiting)} of {threads} threads looked into the cache, and the others did "
            "not: let every one ask the cache it is given."
        )
    return answers


class _AllLookFirst:
    """The cache, for threads whose first look is answered when all of them have looked."""

    def __init__(self, cache: Any, threads: int) -> None:
        self._cache, self._all = cache, threading.Barrier(threads)
        self._mine = threading.local()

    def enter(self) -> None:
        """Mark this thread as one of them; others, such as those that renew a key, do not wait."""
        self._mine.is_to_look = True

    def leave(self) -> None:
        """Release the others if this thread ends without a look."""
        if self._mine.is_to_look:
            self._all.abort()

    def get(self, key: str) -> Any:
        found = self._cache.get(key)
        if getattr(self._mine, "is_to_look", False):
            self._mine.is_to_look = False
            self._all.wait()
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cache, name)
