"""SQS: queues."""

from __future__ import annotations

from patternlab.account.naming import PROJECT
from patternlab.account.removal.thing import Removal, aws


class Queue(Removal):
    kind, patience = "queue", 90.0  # "the deletion process takes up to 60 seconds" (DeleteQueue)

    def names(self, at):
        for page in at.pages("sqs", "list_queues", QueueNamePrefix=f"{PROJECT}-"):
            yield from ((url.rsplit("/", 1)[-1], None) for url in page.get("QueueUrls", []))

    def look(self, at, thing):
        return at.call("sqs", "get_queue_url", QueueName=thing.name)["QueueUrl"]

    def tags(self, at, thing):
        url = self.look(at, thing)
        return at.call("sqs", "list_queue_tags", QueueUrl=url).get("Tags", {})

    def delete(self, at, thing):
        at.call("sqs", "delete_queue", QueueUrl=self.look(at, thing))

    def by_hand(self, thing):
        url = aws(thing, "sqs get-queue-url", queue_name=thing.name)
        return f"{aws(thing, 'sqs delete-queue')} --queue-url $({url} --output text)"
