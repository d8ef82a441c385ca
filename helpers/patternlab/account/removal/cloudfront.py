"""CloudFront: distributions and cache policies."""

from __future__ import annotations

from patternlab.account.asking import Place, Refusal, until
from patternlab.account.removal.thing import Removal, Thing, aws, pairs


class Distribution(Removal):
    """CloudFront deletes only what is switched off, and switching off takes some minutes."""

    kind, is_global, by_id = "distribution", True, True
    switched_off_within = 1200.0

    def names(self, at):
        for page in at.pages("cloudfront", "list_distributions"):
            for one in page["DistributionList"].get("Items", []):
                got = at.call("cloudfront", "get_distribution_config", Id=one["Id"])
                yield got["DistributionConfig"]["CallerReference"], one["Id"]

    def look(self, at, thing):
        return at.call("cloudfront", "get_distribution", Id=thing.identifier)

    def tags(self, at, thing):
        arn = self.look(at, thing)["Distribution"]["ARN"]
        found = at.call("cloudfront", "list_tags_for_resource", Resource=arn)
        return pairs(found["Tags"].get("Items", []))

    def delete(self, at, thing):
        its = {"Id": thing.identifier}
        got = at.call("cloudfront", "get_distribution_config", **its)
        if got["DistributionConfig"]["Enabled"]:
            off = {**got["DistributionConfig"], "Enabled": False}
            its_now = {**its, "IfMatch": got["ETag"], "DistributionConfig": off}
            at.call("cloudfront", "update_distribution", **its_now)
        if not until(lambda: self._deployed(at, thing), self.switched_off_within, at.sleep):
            raise Refusal("CloudFront is still switching it off. Sweep again in some minutes.")
        tag = at.call("cloudfront", "get_distribution_config", **its)["ETag"]
        at.call("cloudfront", "delete_distribution", IfMatch=tag, **its)

    def _deployed(self, at: Place, thing: Thing) -> bool:
        return self.look(at, thing)["Distribution"]["Status"] == "Deployed"

    def by_hand(self, thing):
        return (
            "switch it off in the CloudFront console, wait until it is deployed, and delete it "
            f"there ({thing.identifier})"
        )


class CachePolicy(Removal):
    kind, is_global, by_id, can_be_tagged = "cache policy", True, True, False

    def names(self, at):
        for page in at.pages("cloudfront", "list_cache_policies", Type="custom"):
            for one in page["CachePolicyList"].get("Items", []):
                policy = one["CachePolicy"]
                yield policy["CachePolicyConfig"]["Name"], policy["Id"]

    def look(self, at, thing):
        return at.call("cloudfront", "get_cache_policy", Id=thing.identifier)

    def delete(self, at, thing):
        tag = self.look(at, thing)["ETag"]
        at.call("cloudfront", "delete_cache_policy", Id=thing.identifier, IfMatch=tag)

    def by_hand(self, thing):
        get = aws(thing, "cloudfront get-cache-policy", id=thing.identifier or "ID")
        delete = aws(thing, "cloudfront delete-cache-policy", id=thing.identifier or "ID")
        return f"{delete} --if-match $({get} --query ETag --output text)"
