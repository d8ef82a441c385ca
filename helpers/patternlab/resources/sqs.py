"""SQS: queues."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from patternlab.resources.naming import PROJECT
from patternlab.resources.place import Place
from patternlab.resources.resource import Names, Resource
from patternlab.resources.statement import OURS, Statement
from patternlab.resources.tagging import TagMap


class Queue(Resource):
    """A queue. "The deletion process takes up to 60 seconds" (DeleteQueue, SQS API Reference)."""

    kind, service, is_everyday, hourly_usd, patience = "queue", "sqs", True, 0.0, 90.0
    create, named_by, tags_at, arn_prefix = "CreateQueue", "QueueName", TagMap("tags"), ""
    find_by, describe, remove = "ListQueues", "GetQueueUrl", "DeleteQueue"
    also = "ListQueueTags"
    parts = "AddPermission SetQueueAttributes StartMessageMoveTask"
    takes = {
        "ChangeMessageVisibilityBatch": ("sqs:ChangeMessageVisibility",),
        "CreateQueue": ("sqs:CreateQueue", "sqs:TagQueue"),
        "DeleteMessageBatch": ("sqs:DeleteMessage",),
        "SendMessageBatch": ("sqs:SendMessage",),
        # moving messages takes what its parts take
        "StartMessageMoveTask": (
            "sqs:StartMessageMoveTask",
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:SendMessage",
        ),
    }
    statements = (
        Statement("Queues", ("sqs:*",), (f"arn:aws:sqs:*:*:{OURS}",), "The notebooks' queues."),
    )

    @classmethod
    def names(cls, at: Place) -> Names:
        urls = at.items("sqs", cls.find_by, "QueueUrls", QueueNamePrefix=f"{PROJECT}-")
        yield from ((url.rsplit("/", 1)[-1], None) for url in urls)

    def _url(self, at: Place) -> dict[str, Any]:
        return {"QueueUrl": self.look(at)["QueueUrl"]}

    def tags(self, at: Place) -> Mapping[str, str]:
        return at.call("sqs", "ListQueueTags", **self._url(at)).get("Tags", {})

    def delete(self, at: Place) -> None:
        at.call("sqs", self.remove, **self._url(at))

    def by_hand(self) -> str:
        url = self.aws(self.describe, QueueName=self.name)
        return f"{self.aws(self.remove)} --queue-url $({url} --output text)"
