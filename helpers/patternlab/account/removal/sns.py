"""SNS: topics and their subscriptions."""

from __future__ import annotations

from patternlab.account.kinds import bare
from patternlab.account.removal.thing import AWS_ACCOUNT, Removal, aws, pairs


class Subscription(Removal):
    kind, owner, by_id, can_be_tagged = "subscription", "topic", True, False

    def names(self, at):
        for page in at.pages("sns", "list_subscriptions"):
            for one in page["Subscriptions"]:
                arn = one["SubscriptionArn"]
                if arn.startswith("arn:"):  # one that was never confirmed ends by itself
                    yield bare(one["TopicArn"]), bare(arn)

    def look(self, at, thing):
        arn = at.arn("sns", thing.identifier)
        return at.call("sns", "get_subscription_attributes", SubscriptionArn=arn)

    def delete(self, at, thing):
        at.call("sns", "unsubscribe", SubscriptionArn=at.arn("sns", thing.identifier))

    def by_hand(self, thing):
        arn = f"arn:aws:sns:{thing.region}:{AWS_ACCOUNT}:{thing.identifier}"
        return f"{aws(thing, 'sns unsubscribe')} --subscription-arn {arn}"


class Topic(Removal):
    kind = "topic"

    def names(self, at):
        for page in at.pages("sns", "list_topics"):
            yield from ((bare(one["TopicArn"]), None) for one in page["Topics"])

    def look(self, at, thing):
        return at.call("sns", "get_topic_attributes", TopicArn=at.arn("sns", thing.name))

    def tags(self, at, thing):
        arn = at.arn("sns", thing.name)
        return pairs(at.call("sns", "list_tags_for_resource", ResourceArn=arn)["Tags"])

    def delete(self, at, thing):
        at.call("sns", "delete_topic", TopicArn=at.arn("sns", thing.name))

    def by_hand(self, thing):
        arn = f"arn:aws:sns:{thing.region}:{AWS_ACCOUNT}:{thing.name}"
        return f"{aws(thing, 'sns delete-topic')} --topic-arn {arn}"
