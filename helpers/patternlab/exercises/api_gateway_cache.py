"""The exercises of notebook 07: the cache of an API."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from functools import cache, partial
from typing import Any

from patternlab.caching import gateway, workloads
from patternlab.caching.costs import SECONDS, gateway_cache_break_even, price
from patternlab.caching.errors import CachingError
from patternlab.caching.gateway import (
    FAIL,
    MAX_TTL,
    WARN,
    MethodSettings,
    Request,
    Response,
    StageCache,
)
from patternlab.caching.theory import greatest_age
from patternlab.clock import VirtualClock
from patternlab.learn.exercises import Exercise
from patternlab.learn.judging import Wrong, fields, number, on_seeds, refusing
from patternlab.learn.situations import situations

SEEDS = (1, 2, 3)

# -- cache-key -----------------------------------------------------------------------------------

RESOURCE = "/shops/{shop}/prices"
SHOP = "method.request.path.shop"
CURRENCY = "method.request.querystring.currency"
LANGUAGE = "method.request.header.Accept-Language"
CAMPAIGN = "method.request.querystring.utm_source"
TRACE = "method.request.header.X-Request-Id"
#: What an answer depends on.
NEEDED = {"shop": SHOP, "currency": CURRENCY, "language": LANGUAGE}


def _requests(seed: int) -> list[Request]:
    """Requests for prices: 16 different answers, 50 campaigns, and an id for each request."""
    rng = random.Random(seed)
    return [
        Request(
            path={"shop": rng.choice(["bern", "oslo", "riga", "york"])},
            query={
                "currency": [rng.choice(["EUR", "USD"])],
                "utm_source": [f"mail-{rng.randrange(50)}"],
            },
            headers={
                "Accept-Language": rng.choice(["de", "en"]),
                "X-Request-Id": f"{rng.getrandbits(64):016x}",
            },
        )
        for _ in range(250)
    ]


def _prices(request: Request) -> Response:
    """What the function answers: it says for whom it is meant."""
    meant = {what: request.parameter(name) for what, name in NEEDED.items()}
    return Response(body=json.dumps(meant).encode())


def judge_cache_key(answer: Any) -> str:
    """Send seeded requests, one a second, through a stage's cache with that key."""
    if not isinstance(answer, list | tuple | set) or not all(isinstance(n, str) for n in answer):
        raise Wrong("Give a list of names, such as 'method.request.querystring.currency'.")
    names = sorted(answer)
    hits: list[int] = []
    on_seeds(SEEDS, lambda seed: hits.append(_hits(names, seed)))
    return f"No answer goes to the wrong client, and {hits[-1] / 250:.0%} of them hit."


def _hits(names: list[str], seed: int) -> int:
    """How many of the requests hit, with these names in the key, if all get their own answer."""
    clock, settings = VirtualClock(), MethodSettings(caching=True)
    stage, requests = StageCache(clock, change=0), _requests(seed)
    for request in requests:
        with refusing(CachingError):
            key = gateway.cache_key(request, RESOURCE, names)
        served = stage.serve(request, partial(_prices, request), settings, key=key)
        _compare(request, served.response)
        clock.wait(1)
    if stage.misses > len({_prices(request).body for request in requests}):
        raise Wrong(
            f"Everybody gets their own answer, but only {stage.hits} of {len(requests)} "
            "requests hit: something in the key tells apart what has the same answer."
        )
    return stage.hits


def _compare(request: Request, response: Response) -> None:
    """Refuse an answer that was meant for somebody else."""
    reasons = {
        "shop": ": the path is no part of the key unless you select its parameter.",
        "currency": ": two prices with the same key.",
        "language": ": a header can decide what is answered as well.",
    }
    got, want = json.loads(response.body), json.loads(_prices(request).body)
    for what in NEEDED:
        if got[what] != want[what]:
            told = f"A client asked for the {what} {want[what]!r} and got {got[what]!r}"
            raise Wrong(told + reasons[what])


cache_key = Exercise(
    "cache-key",
    judge=judge_cache_key,
    reference=[SHOP, CURRENCY, LANGUAGE],
    alternatives=[
        (LANGUAGE, SHOP, CURRENCY),
        [SHOP, "method.request.multivaluequerystring.currency", LANGUAGE.lower()],
    ],
    misconceptions=[
        ([CURRENCY, LANGUAGE], "no part of the key unless you select"),
        ([SHOP, LANGUAGE], "two prices with the same key"),
        ([SHOP, CURRENCY], "a header can decide"),
        ([SHOP, CURRENCY, LANGUAGE, CAMPAIGN, TRACE], "tells apart what has the"),
        (["currency", "shop"], "method.request.querystring.NAME"),
    ],
    hints=[
        "Two requests may share an entry if, and only if, the function gives both the same.",
        "A parameter in the path counts like any other: nothing is in the key by itself.",
        "Three of the five: one from the path, one from the query string, one header.",
    ],
)

# -- stacked-ttls --------------------------------------------------------------------------------

EDGES, BOUND = 8, 120
QUERY = 200e-6  # US dollars: a query of 12 s in a function of 1 GB
TOO_DEAR = 1.05


@cache
def _monthly(edge: int, gateway: int) -> tuple[float, float]:
    """US dollars a month for what gets past the edges, and the greatest age in seconds."""
    from patternlab.caching.simulator.simulate import Layer, hierarchy

    trace = workloads.zipf(20_000, objects=20, alpha=0.9, rate=10, seed=1)
    outer, inner = hierarchy(
        trace, [Layer("edge", ttl=edge, nodes=EDGES), Layer("gateway", ttl=gateway)]
    )
    paid = inner.requests * price("apigateway", "request-rest") + inner.fetches * QUERY
    return paid / trace.duration * SECONDS, outer.max_age


@cache
def _best() -> float:
    """The least that any pair of TTLs within the bound costs; tried in steps of 5 s."""
    return min(_monthly(edge, BOUND - edge)[0] for edge in range(0, BOUND + 1, 5))


def judge_ttls(answer: Any) -> str:
    """Hold the TTLs against the bound, then against the price of all others."""
    ttls = []
    for name, ttl in fields(answer, ("edge", "gateway")).items():
        refused = f"The TTL of the {name} is whole seconds from 0 to {MAX_TTL}, not {ttl}."
        ttls.append(int(number(ttl, refused, most=MAX_TTL, whole=True)))
    edge, gateway = ttls
    bound = greatest_age([edge, gateway], caches=[EDGES, 1])
    paid, seen = _monthly(edge, gateway)
    if bound > BOUND:
        raise Wrong(
            f"An answer may become {bound:.0f} s old (the simulation saw {seen:.0f} s): each layer "
            "begins a fresh TTL, and they add up."
        )
    if paid > _best() * TOO_DEAR:
        raise Wrong(
            f"No answer is too old, but it costs ${paid:.0f} a month: {_why(edge, gateway)}"
        )
    return f"At most {bound:.0f} s old, for ${paid:.0f} a month."


def _why(edge: int, gateway: int) -> str:
    if edge + gateway < BOUND:
        return f"you may use all of the {BOUND} s."
    if not edge:
        return "every request reaches the gateway, which takes its price for hits as well."
    if not gateway:
        return f"each of the {EDGES} edges has the query done for itself."
    if edge < gateway:
        return "the edges keep so little that the gateway is asked too often."
    return "the gateway keeps so little that the query is done too often."


stacked_ttls = Exercise(
    "stacked-ttls",
    judge=judge_ttls,
    reference={"edge": 30, "gateway": 90},
    alternatives=[{"edge": 25, "gateway": 95}, {"gateway": 85, "edge": 35}],
    misconceptions=[
        ({"edge": 120, "gateway": 120}, "they add up"),
        ({"edge": 10, "gateway": 60}, "you may use all"),
        ({"edge": 0, "gateway": 120}, "takes its price for hits as well"),
        ({"edge": 120, "gateway": 0}, "has the query done for itself"),
        ({"edge": 5, "gateway": 115}, "is asked too often"),
        ({"edge": 60, "gateway": 60}, "the query is done too often"),
    ],
    hints=[
        "The edges add their TTL to what is already old: both together are 120 s at most.",
        "A longer TTL at the edge saves requests to the gateway, a longer one there saves "
        "queries. Let hierarchy() count both for a few pairs.",
        "The best pairs have the smaller part at the edge: between a tenth and a third.",
    ],
)

# -- does-it-pay ---------------------------------------------------------------------------------

HIT_RATIO, RUN_SECONDS, MEMORY_GB = 0.75, 0.4, 1.0
TOLERANCE = 0.02


PER_RUN = price("lambda", "request") + RUN_SECONDS * MEMORY_GB * price("lambda", "gb-second")


def _break_even(hit_ratio: float = HIT_RATIO, saved: float = PER_RUN) -> float:
    """Requests a month from which a cache pays whose hits save so many US dollars each."""
    return float(gateway_cache_break_even(hit_ratio, saved))


def judge_break_even(answer: Any) -> str:
    """Compare with the closed form, and recognise what was left out."""
    answer = number(answer, "Give a number above 0: requests a month.", least=1e-9)
    true = _break_even()
    if _close(answer, true):
        return f"From {true:,.0f} requests a month the cache saves more than it costs."
    slips = {
        "A hit saves the run of the function, not the price of the request to the API.": (
            _break_even(saved=PER_RUN + price("apigateway", "request-rest"))
        ),
        "Only hits save something, and one request in four is a miss.": _break_even(hit_ratio=1.0),
        "That is the price of one hour. The cache is paid for in all 730 hours of a month.": (
            true / 730
        ),
        "A run has two prices: one for the invocation, one for its seconds times its memory.": (
            true * PER_RUN / price("lambda", "request")
        ),
    }
    told = [sentence for sentence, value in slips.items() if _close(answer, value)]
    if told:
        raise Wrong(told[0])
    saved = answer * HIT_RATIO * PER_RUN
    raise Wrong(f"With so many requests the hits save ${saved:,.2f} a month.")


def _close(one: float, other: float) -> bool:
    return abs(one - other) <= TOLERANCE * other


does_it_pay = Exercise(
    "does-it-pay",
    judge=judge_break_even,
    reference=_break_even(),
    alternatives=[2_850_000, 2.8e6],
    misconceptions=[
        (
            _break_even(saved=PER_RUN + price("apigateway", "request-rest")),
            "not the price of the request to the API",
        ),
        (_break_even(hit_ratio=1.0), "Only hits save"),
        (3_884, "the price of one hour"),
        (97_300_000, "A run has two prices"),
        (1_000_000, "With so many requests"),
    ],
    hints=[
        "What does one run of the function cost? $0.20 for a million invocations, and "
        "$0.0000166667 for each GB-second.",
        "A month has 730 hours, and the cache costs $0.020 in each. Hits must save as much.",
        "costs.gateway_cache_break_even(hit_ratio, per_request) does the division.",
    ],
    solution="""
            per_run = 0.20 / 1_000_000 + 0.4 * 1.0 * 0.0000166667
            answer = 730 * 0.020 / (0.75 * per_run)
        """,
)

# -- who-may-invalidate --------------------------------------------------------------------------

FRESH, KEPT, REFUSED = "a new answer", "the kept answer", "403"
OUTCOMES = (FRESH, KEPT, REFUSED)


def _outcome(authorized: bool = False, **settings: Any) -> str:
    """What a client gets that sends max-age=0 for an answer that is kept."""
    stage, how = StageCache(VirtualClock(), change=0), MethodSettings(caching=True, **settings)
    stage.serve(Request(), lambda: Response(body=b"old"), how)
    asked = Request(headers={"Cache-Control": "max-age=0"})
    served = stage.serve(asked, lambda: Response(body=b"new"), how, authorized=authorized)
    return {b"old": KEPT, b"new": FRESH}.get(served.response.body, str(served.response.status))


#: situation -> what the client gets, and a run of the model that tells it
SITUATIONS: dict[str, tuple[str, Callable[[], str]]] = {
    "not required, stranger": (FRESH, partial(_outcome, require_authorization=False)),
    "required, warn, stranger": (KEPT, partial(_outcome, unauthorized=WARN)),
    "required, fail, stranger": (REFUSED, partial(_outcome, unauthorized=FAIL)),
    "required, fail, allowed": (FRESH, partial(_outcome, authorized=True, unauthorized=FAIL)),
}
REFUSALS = {
    "not required, stranger": "nobody is asked who they are.",
    "required, warn, stranger": "the request succeeds, and only the header is ignored.",
    "required, fail, stranger": "this strategy refuses the whole request.",
    "required, fail, allowed": "the strategy is for those who are not allowed.",
}


who_may_invalidate = situations(
    "who-may-invalidate",
    {name: outcome for name, (outcome, _) in SITUATIONS.items()},
    truth=lambda name: SITUATIONS[name][1](),
    choices=OUTCOMES,
    refusal=lambda name, given: f"{name}: not {given!r}; {REFUSALS[name]}",
    praise="You know who may have an answer made anew.",
    slips=[
        ("not required, stranger", REFUSED, "nobody is asked who they are"),
        ("required, warn, stranger", FRESH, "only the header is ignored"),
        ("required, fail, stranger", KEPT, "refuses the whole request"),
        ("required, fail, allowed", REFUSED, "for those who are not allowed"),
    ],
    hints=[
        "Is authorization required? If not, the header works for everybody.",
        "If it is, the strategy decides what becomes of those who are not allowed to.",
        "SUCCEED_… answers as if the header had not been sent. FAIL_WITH_403 says it all.",
    ],
)
