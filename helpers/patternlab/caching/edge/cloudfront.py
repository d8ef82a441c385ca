"""A real CloudFront distribution behind the same door as the local edge.

It needs a cloud on a real account and an origin that the internet can reach. Creating and deleting
one takes some minutes each; CloudFront itself bills requests and traffic, not the distribution. On
a local cloud (moto) everything but the requests works: nothing would answer.
"""

from __future__ import annotations

import http.client
from typing import Any
from urllib.parse import urlsplit

from patternlab.caching.edge.ttl import MANAGED, MANAGED_IDS, CachePolicy, policy_of
from patternlab.caching.edge.viewer import Viewed, Viewer
from patternlab.caching.errors import CachingError

DEPLOYED_WITHIN = 1800.0  # seconds; mostly some minutes


class Distribution(Viewed):
    """One distribution in front of one origin; a context manager, which deletes it at its end.

    Args:
        cloud: an open cloud (:func:`patternlab.open_cloud`).
        origin: the URL of the origin, https or http, with a path if it has one (a stage of API
            Gateway).
        policy: a cache policy or the name of a managed one; any other than those is created, too.
        name: what to call it in this session; no two of a session may have the same name.

    Attributes:
        identifier, domain: CloudFront's id of the distribution and the host name it answers to.

    Should this Python end before the distribution is deleted, the session's sweep deletes it.

    Raises:
        CachingError: the origin is not the URL of another machine, or the policy does not exist.
    """

    def __init__(
        self,
        cloud: Any,
        origin: str,
        policy: str | CachePolicy = "CachingOptimized",
        name: str = "edge",
    ) -> None:
        self._cloud, self._cloudfront = cloud, cloud.client("cloudfront")
        self._name = cloud.name(name)
        self._invalidations = 0
        self._policy_id: str | None = None  # of a policy that was created for this
        self._closed = False
        config = self._config(_public(origin), policy_of(policy))
        made = self._cloudfront.create_distribution_with_tags(
            DistributionConfigWithTags={"DistributionConfig": config, "Tags": {"Items": []}}
        )["Distribution"]
        self.identifier, self.domain = made["Id"], made["DomainName"]
        self._viewer = Viewer("CloudFront", http.client.HTTPSConnection, self.domain, 443, 60)

    def wait(self) -> float:
        """Wait until all edges of CloudFront know; return the seconds that took."""
        return self._cloud.wait_until(self._deployed, timeout=DEPLOYED_WITHIN)

    def invalidate(self, path: str) -> str:
        """Ask all edges to drop a path, or with a ``*`` at its end all below it; return its id.

        The first 1,000 paths a month of an account are free, then each costs.
        """
        self._invalidations += 1
        paths = {"Quantity": 1, "Items": [path if path.startswith("/") else "/" + path]}
        reference = f"{self._name}-{self._invalidations}"
        made = self._cloudfront.create_invalidation(
            DistributionId=self.identifier,
            InvalidationBatch={"Paths": paths, "CallerReference": reference},
        )
        return made["Invalidation"]["Id"]

    def close(self) -> None:
        """Switch it off, wait until all edges know, and delete it. Closing twice is fine."""
        if self._closed:
            return
        self._viewer.close()
        its = {"Id": self.identifier}
        got = self._cloudfront.get_distribution_config(**its)
        if got["DistributionConfig"]["Enabled"]:
            off = {**got["DistributionConfig"], "Enabled": False}
            self._cloudfront.update_distribution(**its, IfMatch=got["ETag"], DistributionConfig=off)
        self.wait()
        tag = self._cloudfront.get_distribution_config(**its)["ETag"]
        self._cloudfront.delete_distribution(**its, IfMatch=tag)
        if self._policy_id:
            its = {"Id": self._policy_id}
            tag = self._cloudfront.get_cache_policy(**its)["ETag"]
            self._cloudfront.delete_cache_policy(**its, IfMatch=tag)
        self._closed = True

    def __enter__(self) -> Distribution:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def _deployed(self) -> bool:
        found = self._cloudfront.get_distribution(Id=self.identifier)
        return found["Distribution"]["Status"] == "Deployed"

    def _config(self, origin: Any, policy: CachePolicy) -> dict[str, Any]:
        """Return what CloudFront calls a DistributionConfig: one origin, one behavior."""
        ports = {"HTTPPort": origin.port or 80, "HTTPSPort": origin.port or 443}
        return {
            "CallerReference": self._name,
            "Comment": self._name,
            "Enabled": True,
            "Origins": {
                "Quantity": 1,
                "Items": [
                    {
                        "Id": "origin",
                        "DomainName": origin.hostname,
                        "OriginPath": origin.path.rstrip("/"),
                        "CustomOriginConfig": {
                            **ports,
                            "OriginProtocolPolicy": f"{origin.scheme}-only",
                            "OriginSslProtocols": {"Quantity": 1, "Items": ["TLSv1.2"]},
                        },
                    }
                ],
            },
            "DefaultCacheBehavior": {
                "TargetOriginId": "origin",
                "ViewerProtocolPolicy": "allow-all",
                "CachePolicyId": self._policy(policy),
            },
        }

    def _policy(self, policy: CachePolicy) -> str:
        """Return the id of the cache policy, and create it if CloudFront does not have it."""
        if policy == MANAGED.get(policy.name):
            return MANAGED_IDS[policy.name]
        made = self._cloudfront.create_cache_policy(
            CachePolicyConfig=cache_policy_config(policy, self._name)
        )
        self._policy_id = made["CachePolicy"]["Id"]
        return self._policy_id


def cache_policy_config(policy: CachePolicy, name: str) -> dict[str, Any]:
    """Return the policy as CloudFront's API wants it."""
    return {
        "Name": name,
        "MinTTL": policy.min_ttl,
        "DefaultTTL": policy.default_ttl,
        "MaxTTL": policy.max_ttl,
        "ParametersInCacheKeyAndForwardedToOrigin": {
            "EnableAcceptEncodingGzip": policy.accept_encoding,
            "EnableAcceptEncodingBrotli": policy.accept_encoding,
            "QueryStringsConfig": _chosen("QueryString", "QueryStrings", policy.query_strings),
            "HeadersConfig": _chosen("Header", "Headers", policy.headers),
            "CookiesConfig": _chosen("Cookie", "Cookies", policy.cookies),
        },
    }


def _chosen(one: str, many: str, names: tuple[str, ...] | str) -> dict[str, Any]:
    """Say which of them are in the key: all, none, or a list."""
    behavior = f"{one}Behavior"
    if isinstance(names, str) or not names:
        return {behavior: names or "none"}
    return {behavior: "whitelist", many: {"Quantity": len(names), "Items": list(names)}}


def _public(origin: str) -> Any:
    """Split the URL, if CloudFront can reach it."""
    url = urlsplit(origin)
    host = url.hostname or ""
    if url.scheme not in ("http", "https") or "." not in host or host[-1].isdigit():
        raise CachingError(
            f"CloudFront cannot reach the origin {origin!r}: give the https URL of a server with a "
            "name on the internet, as a stage of API Gateway has."
        )
    return url
