"""CloudFront: distributions and cache policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from patternlab.resources.place import Place, Refusal, until
from patternlab.resources.resource import Names, Resource
from patternlab.resources.statement import NEW_WITH_TAG, Statement
from patternlab.resources.tagging import TagPairs, pairs


class Distribution(Resource):
    """A distribution. CloudFront deletes only what is switched off, which takes some minutes."""

    kind, service, is_global, by_id, hourly_usd = "distribution", "cloudfront", True, True, 0.0
    create, id_at = "CreateDistributionWithTags", ("Distribution", "Id")
    named_by = "DistributionConfigWithTags.DistributionConfig.CallerReference"
    tags_at = TagPairs("DistributionConfigWithTags.Tags.Items")
    find_by, describe, remove = "ListDistributions", "GetDistribution", "DeleteDistribution"
    also = "GetDistributionConfig ListTagsForResource UpdateDistribution"
    parts = "CreateInvalidation"
    switched_off_within = 1200.0
    takes = {
        "CreateDistributionWithTags": ("cloudfront:CreateDistribution", "cloudfront:TagResource"),
    }
    by_tag = (
        "cloudfront:*Distribution",
        "cloudfront:CreateInvalidation",
        "cloudfront:ListTagsForResource",
    )
    statements = (
        Statement(
            "NewDistributions",
            ("cloudfront:CreateDistribution", "cloudfront:TagResource"),
            ("*",),
            "Nothing exists yet that they could be limited to, except the tag of the course.",
            NEW_WITH_TAG,
        ),
    )

    @classmethod
    def names(cls, at: Place) -> Names:
        for one in at.items("cloudfront", cls.find_by, "DistributionList.Items"):
            got = at.call("cloudfront", "GetDistributionConfig", Id=one["Id"])
            yield got["DistributionConfig"]["CallerReference"], one["Id"]

    def its(self, at: Place) -> dict[str, Any]:
        return {"Id": self.identifier}

    def tags(self, at: Place) -> Mapping[str, str]:
        arn = self.look(at)["Distribution"]["ARN"]
        found = at.call("cloudfront", "ListTagsForResource", Resource=arn)
        return pairs(found["Tags"].get("Items", []))

    def delete(self, at: Place) -> None:
        its = self.its(at)
        got = at.call("cloudfront", "GetDistributionConfig", **its)
        if got["DistributionConfig"]["Enabled"]:
            off = {**got["DistributionConfig"], "Enabled": False}
            its_now = {**its, "IfMatch": got["ETag"], "DistributionConfig": off}
            at.call("cloudfront", "UpdateDistribution", **its_now)
        if not until(lambda: self._is_deployed(at), self.switched_off_within, at.sleep):
            raise Refusal("CloudFront is still switching it off. Sweep again in some minutes.")
        tag = at.call("cloudfront", "GetDistributionConfig", **its)["ETag"]
        at.call("cloudfront", self.remove, IfMatch=tag, **its)

    def _is_deployed(self, at: Place) -> bool:
        return self.look(at)["Distribution"]["Status"] == "Deployed"

    def by_hand(self) -> str:
        return (
            "switch it off in the CloudFront console, wait until it is deployed, and delete it "
            f"there ({self.identifier})"
        )


class CachePolicy(Resource):
    """A cache policy. It cannot have tags."""

    kind, service, is_global, by_id, hourly_usd = "cache policy", "cloudfront", True, True, 0.0
    create, named_by, takes_tags = "CreateCachePolicy", "CachePolicyConfig.Name", False
    id_at = ("CachePolicy", "Id")
    find_by, describe, remove = "ListCachePolicies", "GetCachePolicy", "DeleteCachePolicy"
    statements = (
        Statement(
            "NewCachePolicies",
            ("cloudfront:CreateCachePolicy",),
            ("*",),
            "IAM knows no resource for new ones, and they have no tags.",
        ),
        Statement(
            "CachePolicies",
            ("cloudfront:*CachePolicy",),
            ("arn:aws:cloudfront::*:cache-policy/*",),
            "AWS chooses their ids and they have no tags: any that no distribution uses can go.",
        ),
    )

    @classmethod
    def names(cls, at: Place) -> Names:
        for one in at.items("cloudfront", cls.find_by, "CachePolicyList.Items", Type="custom"):
            policy = one["CachePolicy"]
            yield policy["CachePolicyConfig"]["Name"], policy["Id"]

    def its(self, at: Place) -> dict[str, Any]:
        return {"Id": self.identifier}

    def delete(self, at: Place) -> None:
        its = self.its(at)
        at.call("cloudfront", self.remove, IfMatch=self.look(at)["ETag"], **its)

    def by_hand(self) -> str:
        get = self.aws(self.describe, Id=str(self.identifier))
        return f"{super().by_hand()} --if-match $({get} --query ETag --output text)"
