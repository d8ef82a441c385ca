"""The exercises of notebook 08: a cache in front of a query."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from patternlab.caching import costs, theory
from patternlab.caching.layer import lazy
from patternlab.caching.stampede import Lock, locked
from patternlab.caching.valkey import open_valkey
from patternlab.learn.exercises import Exercise
from patternlab.learn.judging import Wrong, fields, number
from patternlab.learn.situations import situations

LONGEST = 300  # seconds that a key may live

# -- nothing-found-too ---------------------------------------------------------------------------


class _Database:
    """Answers by key, counts how often it is asked, and is down when told so."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers, self.asked, self.down = dict(answers), 0, False

    def __call__(self, key: str) -> Any:
        self.asked += 1
        if self.down:
            raise TimeoutError("the database does not answer")
        return self.answers[key]


def judge_read(read: Any) -> str:
    """Read from a real Valkey what is there, what is not, and what fails."""
    _on_valkey(read, _both_reads, _emptied_cache, _outage)
    return "A second read costs no query, whatever the first one found; an error is not kept."


def _both_reads(read: Callable[..., Any], cache: Any) -> None:
    """Each answer must come back as it was, and without a second query."""
    answers = {"lamp": {"cents": 4990}, "free": 0, "nobody": [], "unnamed": "", "ghost": None}
    database = _Database(answers | {"word": "null"})
    for key, value in database.answers.items():
        for turn in ("first", "second"):
            found = read(cache, key, database)
            if found != value or type(found) is not type(value):
                raise Wrong(f"The database says {value!r}, and the {turn} read gives {found!r}.")
        asked, database.asked = database.asked, 0
        if asked == 1:
            continue
        if value is None:
            raise Wrong(
                f"What does not exist was asked for {asked} times in two reads. Keep that, too."
            )
        if not value:
            raise Wrong(
                f"{value!r} was asked for {asked} times in two reads. It is an answer, too."
            )
        raise Wrong(f"Two reads of one key made {asked} queries: the second one must hit.")


def _emptied_cache(read: Callable[..., Any], cache: Any) -> None:
    """What is not in the cache any more must be asked for."""
    database = _Database({"lamp": 1})
    read(cache, "lamp", database)
    cache.flushall()
    database.answers["lamp"] = 2
    if read(cache, "lamp", database) != 2:
        raise Wrong(
            "The cache was emptied, and your read still answers, from somewhere else: keep "
            "answers in the cache only, or nobody can invalidate them."
        )


def _outage(read: Callable[..., Any], cache: Any) -> None:
    """An error goes to the caller and is not kept."""
    database = _Database({"lamp": 1})
    database.down = True
    try:
        found = read(cache, "lamp", database)
    except TimeoutError:
        pass
    else:
        raise Wrong(
            f"The database failed, and your read gave {found!r} as if nothing had happened."
        )
    database.down = False
    if (found := read(cache, "lamp", database)) != 1:
        raise Wrong(
            f"The database is back, and your read still gives {found!r}: do not keep a failure."
        )


def _on_valkey(read: Callable[..., Any], *looks: Callable[..., None]) -> None:
    """Look at a read on a real Valkey, emptied before each look; no key may stay too long."""
    with open_valkey() as valkey:
        for look_at in looks:
            valkey.client.flushall()
            look_at(read, valkey.client)
            _expiry(valkey.client)


def _expiry(cache: Any) -> None:
    for key in cache.keys("*"):
        left = cache.pttl(key)
        if left == -1:
            raise Wrong(f"The key {key.decode()!r} has no TTL: it stays for ever, outdated or not.")
        if left > 1000 * LONGEST:
            raise Wrong(
                f"The key {key.decode()!r} lives {left / 1000:,.0f} s, and {LONGEST} are allowed."
            )


def read(cache, key, load):
    """Return what the cache has, or ask for it and keep it, "nothing" included."""
    import json

    found = cache.get(key)
    if found is None:
        found = json.dumps(load(key))  # None becomes null: a text like others
        cache.set(key, found, ex=300)
    return json.loads(found)


def _read_in_an_envelope(cache, key, load):
    return lazy(cache, f"mine:{key}", lambda: [load(key)])[0]


def _read_with_a_mark(cache, key, load):
    found = cache.get(key)
    if found == b"(nothing)":
        return None
    if found is not None:
        return json.loads(found)
    value = load(key)
    cache.setex(key, 60, "(nothing)" if value is None else json.dumps(value))
    return value


def _reads(
    hits: Callable[[bytes | None], Any] = lambda found: found is not None,
    keeps: Callable[[Any], bool] = lambda value: True,
    **expiry: int,
) -> Callable[..., Any]:
    """Lazy loading with another idea of what is a hit, what is kept, or for how long."""

    def read_like_this(cache, key, load):
        found = cache.get(key)
        if hits(found):
            return json.loads(found)
        value = load(key)
        if keeps(value):
            cache.set(key, json.dumps(value), **expiry)
        return value

    return read_like_this


def _hides_the_error(cache, key, load):
    try:
        return read(cache, key, load)
    except TimeoutError:
        return None


def _keeps_the_error(cache, key, load):
    try:
        return read(cache, key, load)
    except TimeoutError:
        cache.set(key, "null", ex=60)
        raise


def _keeps_it_at_home():
    home: dict[tuple[int, str], Any] = {}

    def read_at_home(cache, key, load):
        place = id(cache), key
        if place not in home:
            home[place] = read(cache, key, load)
        return home[place]

    return read_at_home


nothing_found_too = Exercise(
    "nothing-found-too",
    judge=judge_read,
    reference=read,
    alternatives=[_read_in_an_envelope, _read_with_a_mark],
    misconceptions=[
        (
            _reads(keeps=lambda value: value is not None, ex=300),
            "What does not exist was asked for",
        ),
        (_reads(hits=lambda found: found and json.loads(found), ex=300), "It is an answer, too"),
        (_reads(), "has no TTL"),
        (_reads(ex=300_000), "and 300 are allowed"),
        (_hides_the_error, "as if nothing had happened"),
        (_keeps_the_error, "do not keep a failure"),
        (_keeps_it_at_home(), "from somewhere else"),
    ],
    hints=[
        "cache.get gives None where there is no key, and bytes where there is one. What you "
        "keep for 'nothing found' must be some bytes.",
        "json.dumps(None) is 'null': a text that can be kept, and that json.loads turns back.",
        "Ask the cache for None before you decode, not after. And if load raises, you need do "
        "nothing at all.",
    ],
)

# -- stop-the-stampede ---------------------------------------------------------------------------

READERS = 8
QUERY_SECONDS = 0.05
WAIT_SECONDS = 3.0  # after which a reader who still waits, waits for nothing


class _SlowQuery:
    """A query that takes a while; notes how many run at once and what the cache holds meanwhile."""

    def __init__(self, cache: Any) -> None:
        self.cache, self.calls, self.running, self.most = cache, 0, 0, 0
        self.fails = False
        self.locks: dict[bytes, int] = {}  # key -> milliseconds left
        self._one_at_a_time = threading.Lock()

    def __call__(self) -> Any:
        with self._one_at_a_time:
            self.calls += 1
            self.running += 1
            self.most = max(self.most, self.running)
        if self.calls == 1:
            self.locks = {key: self.cache.pttl(key) for key in self.cache.keys("*")}
        time.sleep(QUERY_SECONDS)
        with self._one_at_a_time:
            self.running -= 1
        if self.fails:
            raise TimeoutError("the database does not answer")
        return ["lamp", 4990]


def _crowd(readers: int, ask: Callable[[], Any]) -> tuple[list[Any], list[BaseException]]:
    """Let so many ask at once: the answers that came within the time, and the errors."""
    start = threading.Barrier(readers)
    answers: list[Any] = []
    errors: list[BaseException] = []

    def run() -> None:
        start.wait()
        try:
            answers.append(ask())
        except BaseException as error:  # of a learner's code: anything
            errors.append(error)

    threads = [threading.Thread(target=run, daemon=True) for _ in range(readers)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + WAIT_SECONDS
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    return list(answers), list(errors)


def judge_stampede(read_one: Any) -> str:
    """Let a crowd find a missing key, then a failing query, on a real Valkey."""
    _on_valkey(read_one, _one_query, _failed_query)
    return f"{READERS} readers, one query; a failure or a death in the middle stops nobody."


def _one_query(read_one: Callable[..., Any], cache: Any) -> None:
    query = _SlowQuery(cache)
    answers, errors = _crowd(READERS, lambda: read_one(cache, "best", query))
    if errors:
        raise errors[0]
    if any(answer != ["lamp", 4990] for answer in answers):
        raise Wrong("Not everybody got the answer of the query.")
    if query.most > 1:
        raise Wrong(
            f"{READERS} readers made {query.most} queries at the same time, and one is enough."
        )
    if len(answers) < READERS:
        raise Wrong(
            f"{READERS - len(answers)} of {READERS} readers still wait after {WAIT_SECONDS:g} s."
        )
    if query.calls > 1:
        raise Wrong(
            f"{READERS} readers made {query.calls} queries, one after the other: who got the lock "
            "must look into the cache again."
        )
    if not query.locks:
        raise Wrong("During the query the cache held no lock: yours is known to this process only.")
    if -1 in query.locks.values():
        raise Wrong(
            "If the machine died during the query, its lock would stay for ever: let it expire."
        )
    read_one(cache, "best", query)
    if query.calls > 1:
        raise Wrong("A later read asked again: the answer was not kept.")


def _failed_query(read_one: Callable[..., Any], cache: Any) -> None:
    query = _SlowQuery(cache)
    query.fails = True
    answers, errors = _crowd(1, lambda: read_one(cache, "best", query))
    if answers or not errors:
        raise Wrong("The query failed, and its caller did not get the error.")
    query.fails = False
    answers, errors = _crowd(1, lambda: read_one(cache, "best", query))
    if errors:
        raise errors[0]
    if not answers:
        raise Wrong(
            "The query failed, and the next reader waits for a lock that nobody needs any more."
        )


def read_one(cache, key, load):
    """Return what the cache has, or let one caller ask for it."""
    import json
    import time

    from patternlab.caching.stampede import Lock

    lock = Lock(cache, key, seconds=10)
    while (found := cache.get(key)) is None:
        if not lock.take():
            time.sleep(0.005)
            continue
        try:
            if cache.get(key) is None:  # somebody may have been quicker
                cache.set(key, json.dumps(load()), ex=300)
        finally:
            lock.release()
    return json.loads(found)


def _one_lock_first(cache, key, load):
    with cache.lock(f"only-one:{key}", timeout=10, sleep=0.005):
        return lazy(cache, key, load)


def _process_lock():
    mine = threading.Lock()

    def read_under_my_lock(cache, key, load):
        with mine:
            return lazy(cache, key, load)

    return read_under_my_lock


def _locks_and_does_not_look(cache, key, load):
    found = cache.get(key)
    if found is not None:
        return json.loads(found)
    with cache.lock(f"lock:{key}", timeout=10, sleep=0.005):
        value = load()
        cache.set(key, json.dumps(value), ex=300)
    return value


def _lock_for_ever(cache, key, load):
    while (found := cache.get(key)) is None:
        if cache.set(f"lock:{key}", "mine", nx=True):
            try:
                lazy(cache, key, load)
            finally:
                cache.delete(f"lock:{key}")
        time.sleep(0.005)
    return json.loads(found)


def _keeps_the_lock(cache, key, load):
    lock = Lock(cache, key, seconds=LONGEST)
    while (found := cache.get(key)) is None:
        if lock.take():
            lazy(cache, key, load)
            lock.release()
        time.sleep(0.005)
    return json.loads(found)


stop_the_stampede = Exercise(
    "stop-the-stampede",
    judge=judge_stampede,
    reference=read_one,
    alternatives=[locked, _one_lock_first],
    misconceptions=[
        (lazy, "at the same time"),
        (_locks_and_does_not_look, "one after the other"),
        (_process_lock(), "known to this process only"),
        (_lock_for_ever, "would stay for ever"),
        (_keeps_the_lock, "nobody needs any more"),
    ],
    hints=[
        "cache.set(lock, token, nx=True, ex=10) is true for one caller only. The others sleep "
        "a little and look again.",
        "Whoever gets the lock must look into the cache once more: the one before may have "
        "stored the answer meanwhile.",
        "Release the lock in a finally, and let it expire by itself, too. stampede.Lock takes "
        "and releases one.",
    ],
)

# -- price-page-ttls -----------------------------------------------------------------------------

PAGE_RATE, EDGES = 200.0, 40
BOUND = 300.0  # seconds that a price may be old
PER_QUERY = 20 / 1_000_000  # USD
WITHIN = 0.02


def page_costs(edge: ArrayLike, valkey: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """USD a month for what passes the edges, and for the queries; TTLs in seconds."""
    passing = theory.origin_rate(PAGE_RATE, edge, caches=EDGES)
    queries = theory.origin_rate(passing, valkey)
    per_pass = costs.price("apigateway", "request-rest")
    return passing * per_pass * costs.SECONDS, queries * PER_QUERY * costs.SECONDS


def _least() -> tuple[float, float]:
    """The least cost where all of the bound is used, and the TTL of the edges, to a second."""
    edges = np.arange(BOUND + 1)
    total = np.add(*page_costs(edges, BOUND - edges))
    return float(total.min()), float(edges[total.argmin()])


def judge_ttls(answer: Any) -> str:
    """Hold two TTLs against the bound, then against the least cost."""
    given = fields(answer, ("edge", "valkey"))
    edge, valkey = (
        number(given[name], f"The TTL {name!r} is a number of seconds from 0, not {given[name]!r}.")
        for name in ("edge", "valkey")
    )
    oldest = theory.greatest_age([edge, valkey], caches=[EDGES, 1])
    if oldest > BOUND:
        raise Wrong(
            f"A price may be {oldest:g} s old: an edge may fetch what has lain in Valkey for long, "
            "and starts a fresh TTL. The two add up."
        )
    passing, queries = page_costs(edge, valkey)
    least, best = _least()
    told = f"${passing:,.2f} a month for what passes the edges, ${queries:,.2f} for queries"
    if passing + queries <= least * (1 + WITHIN):
        return f"{told}; no price is older than {oldest:g} s."
    more = f"{told}: {(passing + queries) / least - 1:.0%} more than need be."
    if oldest < BOUND:
        raise Wrong(f"{more} The oldest price is {oldest:g} s old, and {BOUND:g} are allowed.")
    if edge < best:
        raise Wrong(f"{more} Each of {EDGES} edges fetches for itself: give the edges more.")
    raise Wrong(f"{more} Almost every fetch of an edge is a query: give Valkey more.")


def _answer(edge: float, valkey: float) -> dict[str, float]:
    return {"edge": edge, "valkey": valkey}


price_page_ttls = Exercise(
    "price-page-ttls",
    judge=judge_ttls,
    reference=_answer(222, 78),
    alternatives=[_answer(230, 70), _answer(215.5, 84.5)],
    misconceptions=[
        (_answer(300, 300), "The two add up"),
        (_answer(150, 150), "give the edges more"),
        (_answer(300, 0), "give Valkey more"),
        (_answer(60, 60), "The oldest price is 120 s old"),
    ],
    hints=[
        "The greatest age is the sum of both TTLs. So one number is left to choose.",
        "What passes the edges is origin_rate(200, edge, caches=40) a second. That is the rate "
        "at which Valkey is asked; origin_rate of it, with Valkey's TTL, are the queries.",
        "Try all whole seconds for the edge, with 300 minus that for Valkey, and take the one "
        "with the least of 3.5 times what passes plus 20 times the queries.",
    ],
    solution="""
            from patternlab.caching.theory import origin_rate

            def cost(edge):
                passing = origin_rate(200, edge, caches=40)
                return 3.5 * passing + 20 * origin_rate(passing, 300 - edge)

            edge = min(range(301), key=cost)
            answer = {"edge": edge, "valkey": 300 - edge}
        """,
)

# -- worth-caching -------------------------------------------------------------------------------

LOOK_MS = KEEP_MS = 0.1
#: answer -> (query in ms, different keys, reads a second of all keys, seconds it may be outdated),
#: and what is right
ANSWERS = {
    "best sellers": ((100.0, 10, 50.0, 300.0), "cache"),
    "order by number": ((0.02, 100_000, 500.0, 60.0), "leave"),
    "free-text search": ((5.0, 1_000_000, 20.0, 300.0), "leave"),
    "stock before payment": ((3.0, 500, 200.0, 0.0), "leave"),
    "exchange rates": ((30.0, 20, 100.0, 5.0), "cache"),
}


def mean_ms(query: float, keys: int, reads: float, outdated: float) -> float:
    """Mean milliseconds of a read with a cache: the look, and on a miss the query and the write."""
    hits = float(theory.ttl_hit_ratio(reads / keys, outdated))
    return LOOK_MS + (1 - hits) * (query + KEEP_MS)


def _better(name: str) -> str:
    about, _ = ANSWERS[name]
    return "cache" if mean_ms(*about) < about[0] else "leave"


def _refusal(name: str, given: str) -> str:
    (query, keys, reads, outdated), _ = ANSWERS[name]
    with_cache = mean_ms(query, keys, reads, outdated)
    told = f"{name}: {query:g} ms without a cache, {with_cache:.3g} ms with it."
    if given == "leave":
        return f"{told} Each key is read {reads / keys * outdated:g} times in {outdated:g} s."
    if outdated == 0:
        return f"{told} It may not be outdated at all, so no hit is allowed."
    if query <= LOOK_MS:
        return f"{told} The look alone takes longer than the query."
    return f"{told} Hardly anybody asks for the same key twice in {outdated:g} s."


worth_caching = situations(
    "worth-caching",
    {name: right for name, (_, right) in ANSWERS.items()},
    truth=_better,
    choices=("cache", "leave"),
    refusal=_refusal,
    praise="Worth it: a slow query, asked for again soon, that may be a little outdated.",
    slips=[
        ("order by number", "cache", "The look alone takes longer"),
        ("free-text search", "cache", "Hardly anybody asks"),
        ("stock before payment", "cache", "no hit is allowed"),
        ("exchange rates", "leave", "Each key is read 25 times"),
        ("best sellers", "maybe", "choose one of cache, leave"),
    ],
    hints=[
        "A read with a cache always pays for the look; on a miss for the query as well.",
        "A key that is read r times a second, with a TTL of T, hits in rT / (1 + rT) of its "
        "reads. r is the reads of all keys, divided by the keys.",
        "The TTL can be as long as the answer may be outdated. Not at all is a TTL of 0.",
    ],
)
