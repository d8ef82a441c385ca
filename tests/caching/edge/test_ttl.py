"""How long CloudFront keeps a response (caching-1 to caching-21)."""

import pytest

from patternlab.caching.edge.ttl import (
    HUNDRED_YEARS,
    MANAGED,
    MANAGED_IDS,
    CachePolicy,
    edge_ttl,
)
from patternlab.caching.errors import CachingError
from tests.caching.edge.ttl_table import CASES, ERRORS, POLICIES, at


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("case", CASES)
def test_the_table(case, policy):
    headers, *expected = CASES[case]
    ttl = edge_ttl(headers(), POLICIES[policy])
    assert ttl == expected[list(POLICIES).index(policy)]


@pytest.mark.parametrize("case", CASES)
def test_caching_disabled_keeps_nothing(case):
    assert edge_ttl(CASES[case][0](), "CachingDisabled") is None
    assert edge_ttl(CASES[case][0](), "CachingDisabled", status=404) is None


@pytest.mark.parametrize(("status", "cache_control", "ttl"), ERRORS)
def test_errors(status, cache_control, ttl):
    headers = {"Cache-Control": cache_control}
    assert edge_ttl(headers, POLICIES["capped"], status) == ttl


def test_the_error_caching_minimum_ttl_can_be_set():
    assert edge_ttl({}, "CachingOptimized", 503, error_ttl=0) == 0
    assert edge_ttl({}, "CachingOptimized", 503, error_ttl=300) == 300


def test_expires_counts_for_an_error_that_is_always_kept_and_for_no_other():
    assert edge_ttl({"Expires": at(90)}, "CachingOptimized", 404) == 90
    assert edge_ttl({"Expires": at(90)}, "CachingOptimized", 403) is None


@pytest.mark.parametrize(
    ("cache_control", "ttl"),
    [
        ("MAX-AGE=60", 60),
        ('max-age="60"', 60),
        (" max-age=60 ,, public", 60),
        ("max-age=60, max-age=5", 60),  # the first one counts
        ("max-age=abc", 300),  # as if it were not there
        ("max-age=-1", 300),
        ("max-age", 300),
        ("max-age=99999999999999999999", 400),
        ('private="x-secret"', None),
    ],
)
def test_how_cache_control_is_read(cache_control, ttl):
    assert edge_ttl({"cache-CONTROL": cache_control}, POLICIES["capped"]) == ttl


@pytest.mark.parametrize("date", ["0", "-1", "soon", "", "Thu, 99 Abc 2026 00:00:00 GMT"])
def test_an_expires_that_is_no_date_is_in_the_past(date):
    assert edge_ttl({"Expires": date}, POLICIES["capped"]) == 0


def test_expires_is_held_against_the_given_moment():
    headers = {"Expires": "Sun, 22 Nov 2026 12:01:00 GMT"}
    noon = 1795348800.0
    assert edge_ttl(headers, POLICIES["capped"], now=noon) == 60
    assert edge_ttl(headers, POLICIES["capped"], now=noon + 61) == 0


def test_the_managed_policies_are_cloudfronts():
    ttls = {name: (p.min_ttl, p.default_ttl, p.max_ttl) for name, p in MANAGED.items()}
    year = 31_536_000
    assert ttls == {
        "CachingOptimized": (1, 86_400, year),
        "CachingOptimizedForUncompressedObjects": (1, 86_400, year),
        "CachingDisabled": (0, 0, 0),
        "Amplify": (2, 2, 600),
        "Elemental-MediaPackage": (0, 86_400, year),
        "UseOriginCacheControlHeaders": (0, 0, year),
        "UseOriginCacheControlHeaders-QueryStrings": (0, 0, year),
    }
    assert MANAGED_IDS.keys() == MANAGED.keys()
    assert MANAGED["CachingOptimized"].query_strings == ()


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"min_ttl": -1}, "min_ttl .* -1"),
        ({"max_ttl": HUNDRED_YEARS + 1}, "max_ttl .* 3153600001"),
        ({"default_ttl": 1.5}, "default_ttl .* 1.5"),
        ({"min_ttl": 50, "default_ttl": 40}, "50.* 40"),
        ({"headers": ("a b",)}, "'a b'"),
        ({"headers": "all\n"}, "all"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_in_a_sentence(wrong, named):
    with pytest.raises(CachingError, match=named):
        CachePolicy(**wrong)


def test_one_name_is_not_taken_for_its_letters():
    assert CachePolicy(query_strings="page").query_strings == ("page",)
    assert CachePolicy(query_strings="all").query_strings == "all"


def test_an_unknown_managed_policy_names_those_there_are():
    with pytest.raises(CachingError, match="CachingOptimised"):
        edge_ttl({}, "CachingOptimised")
