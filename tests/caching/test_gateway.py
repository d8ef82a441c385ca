"""API Gateway's stage cache: what it does (caching-37 to caching-44) and what it never does."""

import random

import pytest

from patternlab.caching.errors import CachingError
from patternlab.caching.gateway import (
    AVAILABLE,
    BYPASS,
    CREATING,
    DELETING,
    FAIL,
    FLUSHING,
    GONE,
    HIT,
    IGNORE,
    MAX_RESPONSE,
    MISS,
    REFUSED,
    SIZES,
    STRATEGIES,
    WARN,
    MethodSettings,
    Request,
    Response,
    StageCache,
    cache_key,
    price_table,
)
from patternlab.clock import VirtualClock

ON = MethodSettings(caching=True)
FRESH = {"Cache-Control": "max-age=0"}


class Origin:
    """Answers with a number that grows, so that an old answer is told from a new one."""

    def __init__(self):
        self.asked = 0

    def __call__(self):
        self.asked += 1
        return Response(body=b"%d" % self.asked)


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def origin():
    return Origin()


def ready(clock, **settings):
    """A cache that is there already."""
    return StageCache(clock, **{"change": 0.0, "flush_time": 0.0, **settings})


def get(cache, origin, settings=ON, headers=None, **request):
    return cache.serve(Request(headers=headers or {}, **request), origin, settings)


# -- TTL ---------------------------------------------------------------------------------------


def test_the_default_ttl_is_300_seconds(clock, origin):
    assert MethodSettings().ttl == 300
    cache = ready(clock)
    get(cache, origin)
    clock.wait(299)
    served = get(cache, origin)
    assert (served.result, served.age, served.response.body) == (HIT, 299, b"1")
    clock.wait(1)
    served = get(cache, origin)
    assert (served.result, served.age, served.response.body) == (MISS, 0, b"2")


def test_the_ttl_is_not_renewed_by_a_hit(clock, origin):
    cache = ready(clock)
    for _ in range(3):
        get(cache, origin)
        clock.wait(100)
    assert origin.asked == 1 and get(cache, origin).result == MISS


@pytest.mark.parametrize("ttl", [3601, -1, 1.5, "300", None])
def test_the_greatest_ttl_is_3600_seconds(ttl):
    assert MethodSettings(ttl=3600).ttl == 3600
    with pytest.raises(CachingError, match=f"{ttl!r}.* 3600"):
        MethodSettings(ttl=ttl)


def test_a_ttl_of_0_switches_caching_off(clock, origin):
    cache = ready(clock)
    results = {get(cache, origin, MethodSettings(caching=True, ttl=0)).result for _ in range(3)}
    assert results == {BYPASS} and origin.asked == 3
    assert (cache.hits, cache.misses, len(cache)) == (0, 0, 0)


def test_the_origins_cache_control_does_not_matter(clock):
    cache = ready(clock)
    for header in ("no-store", "private", "max-age=1", "s-maxage=99999"):
        key = (header,)
        made = Response(headers={"Cache-Control": header})
        assert cache.serve(Request(), lambda r=made: r, ON, key=key).result == MISS
    clock.wait(299)
    assert cache.serve(Request(), Response, ON, key=("no-store",)).result == HIT
    clock.wait(1)
    assert cache.serve(Request(), Response, ON, key=("s-maxage=99999",)).result == MISS


def test_never_serves_older_than_the_ttl(clock):
    """Over random requests, TTLs, waits, flushes and invalidations: a hit is younger than the TTL
    that its response was stored with, and tells its age truly."""
    rng = random.Random(6)
    cache = ready(clock, capacity=400)
    stored = {}
    hits = 0
    for _ in range(5000):
        settings = MethodSettings(
            caching=True, ttl=rng.choice([1, 30, 300, 3600]), require_authorization=False
        )
        key = ("GET", rng.randrange(20))
        request = Request(headers=FRESH if rng.random() < 0.05 else {})

        def fetch(ttl=settings.ttl):
            clock.wait(rng.random())
            return Response(body=f"{clock.elapsed!r} {ttl}".encode())

        served = cache.serve(request, fetch, settings, key=key)
        born, ttl = map(float, served.response.body.split())
        assert clock.elapsed - born == pytest.approx(served.age)
        if served.result == HIT:
            hits += 1
            assert stored[key] == (born, ttl) and clock.elapsed - born < ttl
        else:
            stored[key] = (born, ttl)
        assert cache.used <= cache.capacity
        if rng.random() < 0.01:
            cache.flush()
        clock.wait(rng.choice([0, 0, 1, 20, 299]))
    assert hits > 300 and cache.hits == hits and cache.hits + cache.misses == 5000


# -- the key -----------------------------------------------------------------------------------


def test_parameters_that_are_not_selected_are_ignored():
    """The documentation's own example."""
    a = Request(query={"type": ["admin"], "department": ["A"]})
    b = Request(query={"type": ["admin"], "department": ["B"]})
    selected = ["method.request.querystring.type"]
    assert cache_key(a, "/users", selected) == cache_key(b, "/users", selected)
    both = [*selected, "method.request.querystring.department"]
    assert cache_key(a, "/users", both) != cache_key(b, "/users", both)


def test_the_key_is_the_same_exactly_when_the_selected_parameters_are():
    rng = random.Random(1)
    names = ["querystring.a", "querystring.b", "path.id", "header.X-Who"]
    names = [f"method.request.{name}" for name in names]

    def anything():
        values = [rng.choice(["1", "2"]) for _ in names]
        query = {"a": [values[0]], "b": [values[1]], "noise": [str(rng.random())]}
        headers = {"x-who": values[3], "User-Agent": str(rng.random())}
        request = Request(query=query, path={"id": values[2]}, headers=headers)
        return request, dict(zip(names, values, strict=True))

    for _ in range(500):
        selected = [name for name in names if rng.random() < 0.5]
        (first, mine), (second, theirs) = anything(), anything()
        same = all(mine[name] == theirs[name] for name in selected)
        equal = cache_key(first, "r", selected) == cache_key(second, "r", selected)
        assert equal == same


def test_without_the_path_parameter_in_the_key_one_user_gets_the_others_answer(clock, origin):
    cache = ready(clock)
    users = [Request(path={"id": name}) for name in ("7", "8")]
    for request in users:
        served = cache.serve(request, origin, ON, key=cache_key(request, "/users/{id}"))
    assert served.response.body == b"1"
    for request in users:
        key = cache_key(request, "/users/{id}", ["method.request.path.id"])
        assert cache.serve(request, origin, ON, key=key).result == MISS


def test_method_and_resource_are_part_of_the_key():
    get, post = Request("GET"), Request("POST")
    assert len({cache_key(get, "/a"), cache_key(post, "/a"), cache_key(get, "/b")}) == 3


def test_a_parameter_that_is_not_sent_differs_from_an_empty_one():
    nothing, empty = Request(), Request(query={"q": [""]})
    selected = ["method.request.querystring.q"]
    assert cache_key(nothing, "/a", selected) != cache_key(empty, "/a", selected)


def test_where_parameters_are_found():
    request = Request(path={"id": "7"}, query={"q": ["1", "2"]}, headers={"x-who": "me"})
    found = {
        "path.id": "7",
        "querystring.q": "2",
        "multivaluequerystring.q": ("1", "2"),
        "header.X-WHO": "me",
        "multivalueheader.X-Who": "me",
        "querystring.none": None,
        "multivaluequerystring.none": None,
    }
    assert {name: request.parameter(f"method.request.{name}") for name in found} == found


NO_PARAMETERS = ["type", "path.id", "method.request.body.x", "method.request.header."]


@pytest.mark.parametrize("name", NO_PARAMETERS)
def test_what_is_no_parameter_is_a_sentence(name):
    with pytest.raises(CachingError, match=name):
        Request().parameter(name)


# -- methods, sizes and limits -----------------------------------------------------------------


def test_a_method_is_cached_only_if_its_settings_say_so(clock, origin):
    cache = ready(clock)
    assert [get(cache, origin, MethodSettings()).result for _ in range(2)] == [BYPASS, BYPASS]
    assert (cache.hits, cache.misses) == (0, 0)


def test_a_response_of_1_048_576_bytes_is_cached_and_one_more_is_not(clock):
    cache = ready(clock)
    for size, expected in ((MAX_RESPONSE, HIT), (MAX_RESPONSE + 1, MISS)):
        response = Response(body=bytes(size))
        key = (size,)
        cache.serve(Request(), lambda r=response: r, ON, key=key)
        served = cache.serve(Request(), lambda r=response: r, ON, key=key)
        assert served.result == expected and len(served.response.body) == size


def test_errors_are_cached_like_any_other_response(clock):
    cache = ready(clock)
    cache.serve(Request(), lambda: Response(429), ON)
    served = cache.serve(Request(), Response, ON)
    assert (served.result, served.response.status) == (HIT, 429)


def test_the_sizes_are_those_of_the_api():
    import botocore.session

    model = botocore.session.get_session().get_service_model("apigateway")
    assert tuple(model.shape_for("CacheClusterSize").enum) == SIZES
    assert set(model.shape_for("UnauthorizedCacheControlHeaderStrategy").enum) == set(STRATEGIES)
    statuses = {CREATING, AVAILABLE, FLUSHING, DELETING, GONE}
    assert set(model.shape_for("CacheClusterStatus").enum) == statuses


@pytest.mark.parametrize("size", ["1", "0", 0.5, None])
def test_another_size_is_refused(clock, size):
    with pytest.raises(CachingError, match=f"{size!r}.* 237"):
        StageCache(clock, size)


def test_a_size_is_that_many_gigabytes(clock):
    assert ready(clock, size="1.6").capacity == 1_600_000_000


def test_a_capacity_of_0_is_refused(clock):
    with pytest.raises(CachingError, match="capacity"):
        ready(clock, capacity=0)


def test_a_full_cache_drops_what_was_used_least_recently(clock, origin):
    cache = ready(clock, capacity=3)
    for key in "abc":
        cache.serve(Request(), origin, ON, key=(key,))
    cache.serve(Request(), origin, ON, key=("a",))
    cache.serve(Request(), origin, ON, key=("d",))
    assert (len(cache), cache.used, cache.evictions) == (3, 3, 1)
    results = {key: cache.serve(Request(), origin, ON, key=(key,)).result for key in "adcb"}
    assert results == {"a": HIT, "d": HIT, "c": HIT, "b": MISS}


# -- invalidation ------------------------------------------------------------------------------


def test_any_client_can_invalidate_when_no_authorization_is_required(clock, origin):
    cache, open_to_all = ready(clock), MethodSettings(caching=True, require_authorization=False)
    get(cache, origin, open_to_all)
    served = get(cache, origin, open_to_all, headers=FRESH)
    assert (served.result, served.response.body) == (MISS, b"2")
    assert get(cache, origin, open_to_all).response.body == b"2"  # the entry is replaced
    assert (cache.hits, cache.misses) == (1, 2)


def test_an_authorized_client_can_invalidate_under_every_strategy(clock, origin):
    for asked, strategy in enumerate(STRATEGIES, start=1):
        settings = MethodSettings(caching=True, unauthorized=strategy)
        served = ready(clock).serve(Request(headers=FRESH), origin, settings, authorized=True)
        assert served.response.body == b"%d" % asked and not served.response.headers


def test_fail_with_403(clock, origin):
    cache, settings = ready(clock), MethodSettings(caching=True, unauthorized=FAIL)
    get(cache, origin, settings)
    served = get(cache, origin, settings, headers=FRESH)
    assert (served.result, served.response.status, origin.asked) == (REFUSED, 403, 1)
    assert get(cache, origin, settings).result == HIT
    assert (cache.hits, cache.misses) == (1, 1)


def test_succeed_with_response_header(clock, origin):
    cache, settings = ready(clock), MethodSettings(caching=True, unauthorized=WARN)
    get(cache, origin, settings)
    served = get(cache, origin, settings, headers=FRESH)
    assert (served.result, served.response.body) == (HIT, b"1")
    assert "max-age=0 was ignored" in served.response.headers["Warning"]
    assert "Warning" not in get(cache, origin, settings).response.headers  # it is not stored


def test_succeed_without_response_header(clock, origin):
    cache, settings = ready(clock), MethodSettings(caching=True, unauthorized=IGNORE)
    get(cache, origin, settings)
    served = get(cache, origin, settings, headers=FRESH)
    assert (served.result, served.response.headers) == (HIT, {})


def test_authorization_is_required_unless_switched_off_and_a_warning_is_the_default():
    assert MethodSettings().require_authorization and MethodSettings().unauthorized == WARN


def test_an_unknown_strategy_is_a_sentence():
    with pytest.raises(CachingError, match="'FAIL'.* FAIL_WITH_403"):
        MethodSettings(unauthorized="FAIL")


@pytest.mark.parametrize("value", ["max-age=0", "no-cache, Max-Age=0", " max-age=0 "])
def test_what_invalidates(value):
    assert Request(headers={"cache-control": value}).invalidates


@pytest.mark.parametrize("value", ["no-cache", "no-store", "max-age=00", "max-age=60", ""])
def test_what_does_not_invalidate(value):
    assert not Request(headers={"Cache-Control": value}).invalidates


# -- its life ----------------------------------------------------------------------------------


def test_creating_takes_about_4_minutes_in_which_the_integration_answers(clock, origin):
    cache = StageCache(clock)
    assert (cache.status, get(cache, origin).result) == (CREATING, BYPASS)
    clock.wait(239)
    assert (cache.status, get(cache, origin).result) == (CREATING, BYPASS)
    clock.wait(1)
    assert (cache.status, get(cache, origin).result) == (AVAILABLE, MISS)
    assert (cache.hits, cache.misses) == (0, 1)


def test_resizing_deletes_all_data(clock, origin):
    cache = StageCache(clock, change=60)
    clock.wait(60)
    get(cache, origin)
    cache.resize("6.1")
    assert (cache.status, len(cache), cache.used, cache.size) == (CREATING, 0, 0, "6.1")
    clock.wait(60)
    assert get(cache, origin).result == MISS


def test_flushing_deletes_all_data(clock, origin):
    cache = StageCache(clock, change=0, flush_time=120)
    get(cache, origin)
    cache.flush()
    assert (cache.status, len(cache), get(cache, origin).result) == (FLUSHING, 0, BYPASS)
    clock.wait(120)
    assert (cache.status, get(cache, origin).result) == (AVAILABLE, MISS)


def test_deleting_takes_about_4_minutes(clock, origin):
    cache = ready(clock, change=240)
    cache.delete()
    assert (cache.status, get(cache, origin).result) == (DELETING, BYPASS)
    clock.wait(240)
    assert (cache.status, get(cache, origin).result) == (GONE, BYPASS)
    with pytest.raises(CachingError, match=GONE):
        cache.flush()


def test_what_was_fetched_before_a_flush_is_not_stored_after_it(clock):
    cache = ready(clock)

    def old():
        cache.flush()
        return Response(body=b"old")

    assert cache.serve(Request(), old, ON).response.body == b"old"
    assert cache.serve(Request(), lambda: Response(body=b"new"), ON).response.body == b"new"


def test_a_failed_integration_leaves_nothing_behind(clock, origin):
    def fails():
        raise OSError("down")

    cache = ready(clock)
    with pytest.raises(OSError):
        get(cache, fails)
    assert len(cache) == 0 and get(cache, origin).result == MISS


# -- money -------------------------------------------------------------------------------------


def test_half_a_gigabyte_costs_14_60_a_month_whatever_the_traffic():
    assert price_table().loc["0.5", "usd_per_hour"] == pytest.approx(0.02)
    assert price_table().loc["0.5", "usd_per_month"] == pytest.approx(14.60)


def test_every_size_has_a_price_with_its_source():
    table = price_table()
    assert tuple(table.index) == SIZES
    assert table["usd_per_hour"].is_monotonic_increasing and (table["usd_per_hour"] > 0).all()
    assert table["source"].str.len().min() > 0
