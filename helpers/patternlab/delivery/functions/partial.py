"""Which messages of a batch failed, by the function's own report (events-32 to events-34)."""

from __future__ import annotations

from typing import Any

from patternlab.delivery.sqs.message import Received


def failed_receipts(response: Any, batch: list[Received]) -> list[Received]:
    """Return the receipts that must come back, given the response of a function.

    An empty report means success. A report that is malformed, or names a message that was not in
    the batch, fails the whole batch. Only the listed messages come back, on FIFO queues too: there
    it is the function that must stop at the first failure and list what it left undone.
    """
    if response is None or response == "":
        return []
    if not isinstance(response, dict):
        return list(batch)
    items = response.get("batchItemFailures")
    if items is None:
        return []
    if not isinstance(items, list):
        return list(batch)
    by_id = {receipt.message.id: i for i, receipt in enumerate(batch)}
    failed = set()
    for item in items:
        name = item.get("itemIdentifier") if isinstance(item, dict) else None
        if not isinstance(name, str) or name not in by_id:
            return list(batch)
        failed.add(by_id[name])
    return [batch[i] for i in sorted(failed)]
