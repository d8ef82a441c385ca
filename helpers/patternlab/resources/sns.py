"""SNS: topics and their subscriptions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from patternlab.resources.place import Place
from patternlab.resources.resource import Names, Resource, bare
from patternlab.resources.statement import OURS, Statement, pass_role
from patternlab.resources.tagging import TagPairs, pairs


class Subscription(Resource):
    """A subscription; `identifier` is "<topic>:<id>", the ARN without region and account."""

    kind, service, is_everyday, hourly_usd = "subscription", "sns", True, 0.0
    create, of, owner, by_id, takes_tags = "Subscribe", "TopicArn", "topic", True, False
    find_by, describe, remove = "ListSubscriptions", "GetSubscriptionAttributes", "Unsubscribe"
    parts = "ConfirmSubscription SetSubscriptionAttributes"
    statements = (
        Statement(
            "SubscriptionsById",
            ("sns:Unsubscribe", "sns:*SubscriptionAttributes"),
            ("*",),
            "IAM knows no resource for subscriptions.",
        ),
    )

    @classmethod
    def id_in(cls, answer: Mapping[str, Any]) -> str | None:
        return bare(answer["SubscriptionArn"]) if _is_confirmed(answer) else None

    @classmethod
    def names(cls, at: Place) -> Names:
        for one in at.items("sns", cls.find_by, "Subscriptions"):
            if _is_confirmed(one):  # others end by themselves
                yield bare(one["TopicArn"]), bare(one["SubscriptionArn"])

    def its(self, at: Place) -> dict[str, Any]:
        return {"SubscriptionArn": at.arn("sns", str(self.identifier))}


class Topic(Resource):
    """A topic."""

    kind, service, is_everyday, hourly_usd = "topic", "sns", True, 0.0
    create, named_by, tags_at, arn_prefix = "CreateTopic", "Name", TagPairs("Tags"), ""
    find_by, describe, remove = "ListTopics", "GetTopicAttributes", "DeleteTopic"
    also = "ListTagsForResource"
    parts = "AddPermission Publish PublishBatch SetTopicAttributes"
    takes = {
        "CreateTopic": ("sns:CreateTopic", "sns:TagResource"),
        "PublishBatch": ("sns:Publish",),
        "SetTopicAttributes": ("sns:SetTopicAttributes", pass_role("sns")),
    }
    statements = (
        Statement("Topics", ("sns:*",), (f"arn:aws:sns:*:*:{OURS}",), "The notebooks' topics."),
    )

    @classmethod
    def names(cls, at: Place) -> Names:
        for one in at.items("sns", cls.find_by, "Topics"):
            yield bare(one["TopicArn"]), None

    def its(self, at: Place) -> dict[str, Any]:
        return {"TopicArn": at.arn("sns", self.name)}

    def tags(self, at: Place) -> Mapping[str, str]:
        arn = at.arn("sns", self.name)
        return pairs(at.call("sns", "ListTagsForResource", ResourceArn=arn)["Tags"])


def _is_confirmed(subscription: Mapping[str, Any]) -> bool:
    """Whether it has an ARN: one that awaits confirmation has a word in its place."""
    return subscription.get("SubscriptionArn", "").startswith("arn:")
