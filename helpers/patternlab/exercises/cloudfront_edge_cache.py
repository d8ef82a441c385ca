"""The exercises of notebook 06: what the edge keeps."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from patternlab.caching.edge.ttl import CachePolicy
from patternlab.caching.errors import CachingError
from patternlab.learn.exercises import Exercise
from patternlab.learn.judging import Wrong, fields, number, refusing

if TYPE_CHECKING:
    from patternlab.caching.edge.edge import Edge
    from patternlab.caching.edge.origin import Request, Response
    from patternlab.caching.simulator.simulate import Result


# -- nobody-elses-page -----------------------------------------------------------------------------

DAY = 86_400
BASKET, SEARCH, STYLE = "/basket", "/search", "/style.css"


class _Shop:
    """The origin: baskets by session, searches by q, and one style sheet."""

    def __init__(self, cache_control: Mapping[str, str]) -> None:
        self.cache_control = cache_control
        self.things: Counter[str] = Counter()

    def __call__(self, request: Request) -> Response:
        told = self.cache_control[request.path]
        headers = {"Cache-Control": told} if told else {}
        return 200, headers, self._page(request)

    def _page(self, request: Request) -> str:
        if request.path == BASKET:
            cookies = parse_qs(request.headers.get("cookie", "").replace("; ", "&"))
            owner = cookies.get("session", ["nobody"])[0]
            return f"the basket of {owner}, with {self.things[owner]} things"
        if request.path == SEARCH:
            return f"results for {parse_qs(request.query).get('q', ['nothing'])[0]}"
        return "body { color: black }"


def judge_settings(settings: Any) -> str:
    """Run the three settings on a real edge, and go shopping."""
    from patternlab.caching.edge.edge import Edge

    fields(settings, (BASKET, SEARCH, STYLE))
    for path, pair in settings.items():
        if not isinstance(pair, tuple | list) or len(pair) != 2 or not isinstance(pair[1], str):
            raise Wrong(f"{path}: give a policy and the text of Cache-Control, which may be empty.")
    shop = _Shop({path: told for path, (_, told) in settings.items()})
    policies = {path: policy for path, (policy, _) in settings.items()}
    with refusing(CachingError), Edge(shop, behaviors=policies) as edge:
        for look_at in (_basket, _search, _style):
            look_at(edge, shop)
    return "Every user sees their own basket as it is, and what is for all is kept for all."


def _basket(edge: Edge, shop: _Shop) -> None:
    """Refuse what is wrong with the baskets of two users."""
    for user in ("ada", "bob"):
        for things in (0, 1):
            shop.things[user] = things
            page = edge.get(BASKET, {"Cookie": f"session={user}; theme=dark"}).text
            if f"of {user}" not in page:
                raise Wrong(
                    f"{user.title()} sees {page!r}. Only the cookies that are in the key reach "
                    "the origin."
                )
    kept = _kept(edge, BASKET)
    longest = kept[["ttl", "stale_while_revalidate"]].max(axis=None) if len(kept) else 0
    if not longest:
        return
    least = dict(edge.policies)[BASKET].min_ttl
    why = (
        "A minimum TTL above 0 keeps the page, whatever Cache-Control says."
        if least
        else "Neither the header nor the policy forbids it."
    )
    raise Wrong(f"A basket is kept for {longest} s: a click shows only after that. {why}")


def _search(edge: Edge, shop: _Shop) -> None:
    """Refuse what is wrong with the results of searches."""
    for what in ("hats", "shoes"):
        page = edge.get(f"{SEARCH}?q={what}").text
        if page != f"results for {what}":
            raise Wrong(f"A search for {what} shows {page!r}. Is q in the cache key?")
    kept = _kept(edge, SEARCH)
    if kept.empty or not kept["ttl"].all():
        raise Wrong("A search is not kept at all: the same search a second later costs a fetch.")
    edge.get(f"{SEARCH}?utm_source=letter&q=hats", {"Cookie": "theme=light"})
    if len(_kept(edge, SEARCH)) > len(kept):
        raise Wrong("The same search with another utm_source costs a fetch: put less into the key.")


def _style(edge: Edge, shop: _Shop) -> None:
    """Refuse what is wrong with the style sheet."""
    for user in ("ada", "bob"):
        edge.get(f"{STYLE}?from={user}", {"Cookie": f"session={user}"})
    kept = _kept(edge, STYLE)
    if kept.empty or kept["ttl"].min() < DAY:
        seconds = 0 if kept.empty else kept["ttl"].min()
        raise Wrong(
            f"The style sheet is kept for {seconds} s: the origin is asked more than once a day."
        )
    if len(kept) > 1:
        raise Wrong("Each user fetches a style sheet of their own: the key has cookies or queries.")


def _kept(edge: Edge, path: str) -> Any:
    objects = edge.objects()
    return objects[objects["path"].str.split("?").str[0] == path]


_SETTINGS = {
    BASKET: (CachePolicy(0, 0, 60, cookies=("session",)), "private, no-store"),
    SEARCH: (CachePolicy(0, 60, 3600, query_strings=("q",)), "max-age=60"),
    STYLE: ("CachingOptimized", "max-age=86400"),
}


def _but(path: str, policy: Any, told: str) -> dict[str, Any]:
    """The reference with another setting of one path."""
    return _SETTINGS | {path: (policy, told)}


nobody_elses_page = Exercise(
    "nobody-elses-page",
    judge=judge_settings,
    reference=_SETTINGS,
    alternatives=[
        {
            BASKET: ("UseOriginCacheControlHeaders", "no-cache"),
            SEARCH: (CachePolicy(10, 60, 60, query_strings=("q",)), ""),
            STYLE: (CachePolicy(0, DAY, 7 * DAY), ""),
        },
        _but(BASKET, CachePolicy(0, 0, 0, cookies="all"), "max-age=60"),
    ],
    misconceptions=[
        (_but(BASKET, "CachingOptimized", "private"), "the basket of nobody"),
        (
            _but(BASKET, CachePolicy(1, 1, 1, cookies=("session",)), "private, no-store"),
            "whatever Cache-Control says",
        ),
        (
            _but(BASKET, CachePolicy(0, 0, 60, cookies=("session",)), "max-age=60"),
            "Neither the header nor the policy",
        ),
        (_but(SEARCH, "CachingOptimized", "max-age=60"), "Is q in the cache key"),
        (_but(SEARCH, CachePolicy(0, 60, 60, query_strings="all"), ""), "another utm_source"),
        (_but(SEARCH, CachePolicy(0, 60, 60, query_strings=("q",)), "private"), "not kept at all"),
        (_but(STYLE, "UseOriginCacheControlHeaders", ""), "more than once a day"),
        (
            _but(STYLE, "UseOriginCacheControlHeaders", "max-age=86400"),
            "a style sheet of their own",
        ),
    ],
    hints=[
        "What changes the page belongs into the key, and nothing else does: a cookie here, "
        "a query string there.",
        "CachePolicy(min_ttl, default_ttl, max_ttl, cookies=(...), query_strings=(...)) takes "
        "the names that are in the key.",
        "The basket: a minimum TTL of 0, so that private, no-store or no-cache is obeyed.",
    ],
    solution="""
            from patternlab.caching.edge.ttl import CachePolicy

            answer = {
                "/basket": (CachePolicy(0, 0, 60, cookies=("session",)), "private, no-store"),
                "/search": (CachePolicy(0, 60, 3600, query_strings=("q",)), "max-age=60"),
                "/style.css": ("CachingOptimized", "max-age=86400"),
            }
        """,
)

# -- fresh-enough ----------------------------------------------------------------------------------

PRODUCTS, RATE, ALPHA, CHANGES_EVERY = 500, 2.0, 0.8, 7200.0
BOUND = 0.01  # of all answers
SEEDS = (1, 2, 3)
MARGIN = 1.10  # of the fewest fetches


@cache
def longest_ttl() -> float:
    """The TTL at which the modelled share of outdated answers is the bound, in seconds."""
    from patternlab.caching import theory, workloads

    rates = RATE * workloads.zipf_weights(PRODUCTS, ALPHA)
    low, high = 0.0, CHANGES_EVERY
    for _ in range(50):
        ttl = (low + high) / 2
        stale = theory.stale_read_share(rates, ttl, 1 / CHANGES_EVERY)
        low, high = (ttl, high) if theory.mean_hit_ratio(rates, stale) <= BOUND else (low, ttl)
    return low


def _run(ttl: float, seed: int) -> Result:
    from patternlab.caching import workloads
    from patternlab.caching.simulator.simulate import simulate

    trace = workloads.zipf(200_000, PRODUCTS, ALPHA, RATE, seed=seed)
    changes = workloads.updates(PRODUCTS, trace.duration, CHANGES_EVERY, seed=seed)
    return simulate(trace, ttl=ttl, updates=changes)


@cache
def _fewest() -> int:
    return sum(_run(longest_ttl(), seed).fetches for seed in SEEDS)


def judge_ttl(ttl: Any) -> str:
    """Simulate the price list on three seeds: the bound first, then the cost."""
    ttl = number(ttl, "Give the TTL as a number of seconds.", most=1e9)
    runs = [_run(ttl, seed) for seed in SEEDS]
    outdated, requests, fetches = (
        sum(getattr(run, name) for run in runs) for name in ("outdated", "requests", "fetches")
    )
    share, more = outdated / requests, fetches / _fewest()
    seen = f"{share:.1%} of the answers are outdated"
    if round(share, 3) > BOUND:
        raise Wrong(f"{seen}: too old too often.")
    if more <= MARGIN:
        return f"{seen}, and the origin gets {fetches / requests:.0%} of the requests."
    if not outdated and fetches == requests:
        raise Wrong("Nothing is kept, and each request costs a fetch.")
    said = f"{seen}, but there are {more:.2f} times as many fetches as needed. "
    hits = requests - fetches
    if hits and round(outdated / hits, 3) == BOUND:
        raise Wrong(said + "You gave the bound to the hits: misses are answers, too, and fresh.")
    raise Wrong(said + "It may be kept longer.")


fresh_enough = Exercise(
    "fresh-enough",
    judge=judge_ttl,
    reference=235,
    alternatives=[210, 240.0],
    misconceptions=[
        (7200, "too old too often"),
        (0, "Nothing is kept"),
        # 2 * bound / update rate: the share of hits that are outdated is u T / 2
        (146, "You gave the bound to the hits"),
        (60, "may be kept longer"),
        ("4 minutes", "a number of seconds"),
    ],
    hints=[
        "The longer the TTL, the fewer fetches: look for the longest that keeps the bound.",
        "Simulate: workloads.zipf(200_000, 500, 0.8, rate=2), workloads.updates(500, "
        "trace.duration, every=7200), and simulate(trace, ttl=..., updates=...).stale_ratio.",
        "Or by formula: theory.stale_read_share(rates, ttl, 1 / 7200) for each product, and "
        "theory.mean_hit_ratio(rates, that) for all. It is a few minutes.",
    ],
    solution="""
            from patternlab.caching import theory
            from patternlab.caching import workloads

            rates = 2 * workloads.zipf_weights(500, 0.8)

            def outdated(ttl):
                return theory.mean_hit_ratio(rates, theory.stale_read_share(rates, ttl, 1 / 7200))

            answer = max(ttl for ttl in range(1, 7200) if outdated(ttl) <= 0.01)
        """,
)

# -- forget-or-rename ------------------------------------------------------------------------------

WAYS = ("each file", "wildcard", "names")
FREE, PER_PATH = 1000, 0.005  # told in the notebook


def month(deployments, changed, cached, caches, per_fetch, page):
    """Return what each way to bring out new versions costs a month, in USD."""
    changes = deployments * changed * caches * per_fetch
    everything = deployments * cached * caches * per_fetch
    return {
        "each file": max(deployments * changed - 1000, 0) * 0.005 + changes,
        "wildcard": max(deployments - 1000, 0) * 0.005 + everything,
        "names": changes + page,
    }


def _by_the_courses_functions(deployments, changed, cached, caches, per_fetch, page):
    from patternlab.caching.costs import invalidation_cost

    def fetches(files):
        return deployments * files * caches * per_fetch

    return {
        "names": page + fetches(changed),
        "wildcard": invalidation_cost(deployments, 1) + fetches(cached),
        "each file": invalidation_cost(deployments, changed) + fetches(changed),
    }


def _months() -> list[tuple[int, int, int, int, float, float]]:
    """Small sites and large ones; each allowance is exceeded somewhere, and kept somewhere."""
    chance = random.Random(6)
    some = [
        (
            chance.choice([4, 30, 200, 3000]),
            chance.choice([1, 20, 500]),
            chance.choice([500, 5_000]),
            chance.choice([1, 13]),
            chance.choice([1e-6, 2e-5]),
            chance.choice([0.1, 2.0]),
        )
        for _ in range(20)
    ]
    return [(30, 200, 2_000, 13, 1e-6, 0.5), (2, 10, 500, 13, 1e-6, 0.5), *some]


def judge_month(answer: Any) -> str:
    """Compare with the formulas, to a hundredth of a cent, for many months."""
    for case in _months():
        found, expected = answer(*case), _by_the_courses_functions(*case)
        if not isinstance(found, dict) or set(found) != set(WAYS):
            raise Wrong(f"Return a dictionary with {', '.join(map(repr, WAYS))}.")
        for way in WAYS:
            if abs(float(found[way]) - float(expected[way])) > 1e-4:
                raise Wrong(_why(way, float(found[way]), float(expected[way]), case))
    return "Names cost a page with a short TTL, files by name soon more than the free paths."


def _why(way: str, found: float, expected: float, case: tuple) -> str:
    """What a wrong amount was made of, in a sentence."""
    deployments, changed, cached, caches, per_fetch, _ = case
    said = f"{way!r}: ${found:.4f} and not ${expected:.4f} (deployments {deployments}, "
    said += f"changed {changed}, cached {cached}, caches {caches}, per_fetch {per_fetch:g}). "
    files = changed if way != "wildcard" else cached
    fetches = deployments * files * caches * per_fetch
    paths = deployments * (changed if way == "each file" else 1)
    reasons = {
        paths * PER_PATH + fetches: "The first 1,000 paths a month are free.",
        expected - fetches: "What is new or forgotten has to be fetched, by every cache.",
        expected - fetches + fetches / caches: "Each of the caches fetches for itself.",
        expected - fetches + deployments * changed * caches * per_fetch: (
            "A wildcard also throws away what has not changed."
        ),
    }
    if way == "wildcard":
        every = max(deployments * cached - FREE, 0) * PER_PATH
        reasons[every + fetches] = "A wildcard is one path, however many files it covers."
    near = (reason for amount, reason in reasons.items() if abs(found - amount) < 1e-4)
    return said + next(near, "")


def _slip(free=1000, each_cache=True, wildcard_paths=False, wildcard_all=True, fetch=True):
    """A month with one mistake in it."""

    def wrong_month(deployments, changed, cached, caches, per_fetch, page):
        one = deployments * (caches if each_cache else 1) * per_fetch * fetch
        under = cached if wildcard_paths else 1
        return {
            "each file": max(deployments * changed - free, 0) * 0.005 + changed * one,
            "wildcard": max(deployments * under - free, 0) * 0.005
            + (cached if wildcard_all else changed) * one,
            "names": changed * one + page,
        }

    return wrong_month


forget_or_rename = Exercise(
    "forget-or-rename",
    judge=judge_month,
    reference=month,
    alternatives=[_by_the_courses_functions],
    misconceptions=[
        (_slip(free=0), "1,000 paths a month are free"),
        (_slip(each_cache=False), "Each of the caches fetches for itself"),
        (_slip(wildcard_paths=True), "A wildcard is one path"),
        (_slip(wildcard_all=False), "throws away what has not changed"),
        (_slip(fetch=False), "has to be fetched, by every cache"),
    ],
    hints=[
        "Two parts: the paths, and the fetches that come after. Versioned names have no paths, "
        "but the page.",
        "Paths: deployments × files, less 1,000, at $0.005 each, and at least 0. A wildcard is "
        "one path for each deployment.",
        "Fetches: deployments × files × caches × per_fetch. A wildcard has all cached files "
        "fetched again, the other two ways only those that changed.",
    ],
)
